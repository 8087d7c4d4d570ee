"""Client ids: which of the host's programs talks to which service of the modem."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.values import Service
from wwand.simulator.qmi.handlers import Refusal

MOST = 254
"""Client ids are octets; 0 is the control service's, 255 addresses all (QMUX, libqmi's names)."""

DEFAULT_REPORTS = {Service.NAS: ("serving system",)}
"""What a client is told without having asked."""


@dataclass(eq=False)
class Client:
    """One client of a service and what it has set for itself."""

    service: Service
    cid: int
    reports: set[str] = field(default_factory=set)
    """Indications it gets."""
    family: int = 0
    """IP family of the calls it starts; 0: it has not said."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget its settings, as the Reset message of each service does."""
        self.reports = set(DEFAULT_REPORTS.get(self.service, ()))
        self.family = 0

    def report(self, what: str, on: bool) -> None:
        """Choose whether it gets an indication."""
        (self.reports.add if on else self.reports.discard)(what)


@dataclass
class Clients:
    """The clients there are, and how ids are given out: the next free one, in a circle.

    A number that was just released does not come back at once, so that a client that goes on
    using it is answered with an error, as it is by a modem whose firmware does the same.
    """

    limit: int
    on_change: Callable[[str, Client], None]
    """Hears `allocated` and `released`."""
    held: dict[tuple[Service, int], Client] = field(default_factory=dict)
    _last: dict[Service, int] = field(default_factory=dict)

    def allocate(self, service: Service) -> Client:
        """Give an id out; raises Refusal when all are in use."""
        taken = {cid for held, cid in self.held if held == service}
        if len(taken) >= min(self.limit, MOST):
            raise Refusal(ProtocolError.CLIENT_IDS_EXHAUSTED)
        cid = self._last.get(service, 0)
        while True:
            cid = cid % MOST + 1
            if cid not in taken:
                break
        self._last[service] = cid
        client = self.held[service, cid] = Client(service, cid)
        self.on_change("allocated", client)
        return client

    def release(self, service: Service, cid: int) -> None:
        """Take one back; raises Refusal when it is not in use."""
        client = self.held.pop((service, cid), None)
        if client is None:
            raise Refusal(ProtocolError.INVALID_CLIENT_ID)
        self.on_change("released", client)

    def release_all(self) -> None:
        """Take all back, as the control service's Sync does."""
        for service, cid in list(self.held):
            self.release(service, cid)

    def of(self, service: Service) -> list[Client]:
        """Return a service's clients."""
        return [client for (held, _), client in self.held.items() if held == service]
