"""What answers a QMI message: handlers by request, and how they refuse."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Request, Response, failure, title

if TYPE_CHECKING:  # the engine looks handlers up
    from wwand.simulator.engine import Modem
    from wwand.simulator.qmi.clients import Client
    from wwand.simulator.qmi.engine import QmiEngine

Q = TypeVar("Q", bound=Request[Any])
T = TypeVar("T")


class Refusal(Exception):
    """The request fails with this error; `response` has more to say about it."""

    def __init__(self, code: ProtocolError, response: Response | None = None) -> None:
        super().__init__(code.name)
        self.response = response or Response(result=failure(code))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way to an answer: who asks, and whom."""

    engine: "QmiEngine"
    client: "Client"
    after: list[Callable[[], None]] = field(default_factory=list)
    """What is done when the answer is out."""

    @property
    def modem(self) -> "Modem":
        """The modem behind all ports."""
        return self.engine.modem


Handler = Callable[[Exchange, Q], Response | Awaitable[Response]]


@dataclass
class Handlers:
    """Handlers of one service, by message number."""

    by_id: dict[int, tuple[type[Request[Any]], Handler[Any]]] = field(default_factory=dict)

    def on(self, *requests: type[Q]) -> Callable[[Handler[Q]], Handler[Q]]:
        """Register the decorated function for these requests."""

        def register(handler: Handler[Q]) -> Handler[Q]:
            for request in requests:
                if request.id in self.by_id:
                    raise ValueError(f"two handlers for {title(request)}")
                self.by_id[request.id] = request, handler
            return handler

        return register


def needed(value: T | None) -> T:
    """Return a TLV that must be there; raises Refusal."""
    if value is None:
        raise Refusal(ProtocolError.MISSING_ARGUMENT)
    return value
