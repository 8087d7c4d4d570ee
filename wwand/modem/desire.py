"""What is wanted of a modem's connection: it outlives the modem, which a layout's change ends."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, fields
from typing import Any

from wwand.bearers.base import Bearer, BearerSettings


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """What Simple.Connect is asked."""

    settings: BearerSettings = field(default_factory=BearerSettings)
    pin: str = field(default="", repr=False)
    operator_id: str = ""
    apply_ip: bool = False
    """wwand puts the IP configuration on this machine (key `wwand-apply-ip`)."""
    timeout: float = 27.0
    """Seconds in all: mmcli gives a call 30 s before it gives up without a reason."""

    def serves(self, asked: "ConnectRequest") -> bool:
        """Whether this brings what is asked for, as far as that says anything."""
        if self.apply_ip != asked.apply_ip or asked.operator_id not in ("", self.operator_id):
            return False
        unsaid = BearerSettings(number=asked.settings.number)
        return all(
            getattr(asked.settings, each.name)
            in (getattr(unsaid, each.name), getattr(self.settings, each.name))
            for each in fields(BearerSettings)
        )


@dataclass(eq=False, slots=True)
class Attempt:
    """A connection that is being made."""

    request: ConnectRequest
    keeping: bool
    """Whether wwand makes it by itself, to keep a connection up."""
    task: asyncio.Task[Bearer]
    called_off: str = ""
    """By what, once it is."""

    def call_off(self, by: str) -> Coroutine[Any, Any, None]:
        """End it, at once; what is returned waits until nothing of it is left."""
        self.called_off = by
        self.task.cancel()
        return self._end()

    async def _end(self) -> None:
        await asyncio.wait([self.task])


class Desire:
    """The connection to be kept up, and how often in a row it could not be made."""

    def __init__(
        self,
        request: ConnectRequest | None = None,
        on_change: Callable[[ConnectRequest | None], None] | None = None,
    ) -> None:
        self.failures = 0
        self.rest = 0.0
        """Seconds to wait before the next try."""
        self._request = request
        self._on_change = on_change

    @property
    def request(self) -> ConnectRequest | None:
        """None while nobody wants a connection."""
        return self._request

    @request.setter
    def request(self, request: ConnectRequest | None) -> None:
        if request != self._request:
            self._request = request
            self.failures, self.rest = 0, 0.0
            if self._on_change:
                self._on_change(request)
