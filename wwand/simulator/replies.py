"""What a command handler gives; sets of handlers; the numbered errors of 27.007 and 27.005."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wwand.simulator.commandline import Command

if TYPE_CHECKING:  # the terminal looks handlers up, so it imports this module
    from wwand.simulator.calls import Call
    from wwand.simulator.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Reply:
    """Information lines and the final result of one command."""

    lines: tuple[str, ...] = ()
    final: str = "OK"
    call: "Call | None" = None
    """A data call that takes the port over when CONNECT is out."""


OK = Reply()
ERROR = Reply(final="ERROR")
NO_CARRIER = Reply(final="NO CARRIER")


def say(*lines: str) -> Reply:
    """Answer with these lines and OK."""
    return Reply(lines)


class Refused(Exception):
    """The command fails with a number; CMEE decides how it is put (27.007 §9.1)."""

    kind = "CME"

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class MessageRefused(Refused):
    """The same for the commands of 27.005 (§3.2.5)."""

    kind = "CMS"


CME_TEXT = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    16: "incorrect password",
    21: "invalid index",
    30: "no network service",
    32: "network not allowed - emergency calls only",
    50: "incorrect parameters",
    100: "unknown",
    148: "unspecified GPRS error",
}
"""27.007 §9.2.1, the ones the engine uses."""

CMS_TEXT = {
    310: "SIM not inserted",
    311: "SIM PIN required",
    316: "SIM PUK required",
    321: "invalid memory index",
    322: "memory full",
    330: "SMSC address unknown",
    331: "no network service",
    304: "invalid PDU mode parameter",
}
"""27.005 §3.2.5, the ones the engine uses."""

Handler = Callable[["Terminal", Command], Reply | Awaitable[Reply]]


@dataclass
class CommandSet:
    """Handlers by command name."""

    handlers: dict[str, Handler] = field(default_factory=dict)

    def on(self, *names: str) -> Callable[[Handler], Handler]:
        """Register the decorated function for these commands."""

        def register(handler: Handler) -> Handler:
            for name in names:
                if name in self.handlers:
                    raise ValueError(f"two handlers for {name}")
                self.handlers[name] = handler
            return handler

        return register
