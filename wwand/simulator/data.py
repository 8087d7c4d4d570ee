"""The modem's data connection through its network interface: set up, carried, ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wwand.simulator.calls import Addressing, CallFacts, Framing, PacketLink
from wwand.simulator.journal import Happened
from wwand.simulator.model import InterfaceModel

if TYPE_CHECKING:  # the modem owns its data connection
    from wwand.simulator.engine import Context, Modem

UNKNOWN_APN, WRONG_PASSWORD, NOT_SUBSCRIBED = 27, 29, 33
CALLED_OFF, NETWORK_FAILURE = 36, 38
"""Causes of session management (3GPP TS 24.008 §10.5.6.6)."""


class DataRefused(Exception):
    """The network does not set the connection up; `cause` is 24.008's."""

    def __init__(self, cause: int) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass
class Traffic:
    """What has passed in one direction since the connection began."""

    frames: int = 0
    octets: int = 0

    def count(self, frame: bytes) -> None:
        """Add a frame."""
        self.frames += 1
        self.octets += len(frame)


class DataConnection:
    """At most one at a time; AT commands and QMI both start and stop it."""

    def __init__(self, modem: "Modem", interface: InterfaceModel) -> None:
        self.number = interface.usb.number
        self.is_router = interface.router
        self.framing = Framing.ETHERNET
        """What the network interface carries; QMI may change it while nothing is connected."""
        self.addressing: Addressing | None = None
        """What the network gave; None while nothing is connected."""
        self.context: Context | None = None
        self.deliver: Callable[[bytes], None] = lambda _frame: None
        """Takes frames for the host; the USB function sets it."""
        self.sent, self.received = Traffic(), Traffic()
        """Counters of the host's frames and of those for it."""
        self.cause = CALLED_OFF
        """Why the network ended the last connection (24.008 §10.5.6.6)."""
        self.watchers: list[Callable[[bool, str], None]] = []
        """Hear that it is connected, or that it ended and who did that: `host`, `network`…"""
        self._modem = modem
        self._link: PacketLink | None = None
        self.connecting = False

    @property
    def connected(self) -> bool:
        """Whether frames pass."""
        return self._link is not None

    async def start(self, context: "Context") -> Addressing:
        """Connect with that context's access point and type of address; raises DataRefused."""
        modem = self._modem
        if self.connected or self.connecting or not modem.network.registered:
            raise DataRefused(NETWORK_FAILURE)
        if not modem.accepts(context):
            raise DataRefused(NOT_SUBSCRIBED if modem.knobs.no_carrier else UNKNOWN_APN)
        facts = modem.credentials(context)
        if (facts.user, facts.password) not in (("", ""), (context.user, context.password)):
            raise DataRefused(WRONG_PASSWORD)
        return await self._join(context, facts)

    async def route(self) -> None:
        """Be a router on a stick: connected at once, and until the stick is pulled out."""
        await self._join(self._modem.context(1), CallFacts("", router=True))

    def stop(self, reason: str = "host") -> None:
        """End it, or the attempt to connect; nothing happens when there is neither."""
        if self.is_router and reason != "unplugged":
            return
        self.connecting = False
        if self._link is None or self.context is None:
            return
        self._link.close()
        cid = self.context.cid
        self._link = self.addressing = self.context = None
        self._modem.journal.note(self._modem.key, Happened.ENDED, reason, self.number)
        self._modem.set_active(cid, False, by_network=reason == "network")
        self._tell(False, reason)

    def write(self, frame: bytes) -> None:
        """Take a frame of the host; lost while nothing is connected, or the modem hangs."""
        if self._link and not self._modem.silent:
            self.sent.count(frame)
            self._link.write(frame)

    async def _join(self, context: "Context", facts: CallFacts) -> Addressing:
        modem = self._modem
        self.connecting = True
        try:
            link = await modem.carrier.attach(facts, self.framing, self._from_network, self._ended)
            if not self.connecting:
                link.close()
                raise DataRefused(CALLED_OFF)
        finally:
            self.connecting = False
        self._link, self.addressing, self.context = link, link.addressing, context
        self.sent, self.received = Traffic(), Traffic()
        modem.journal.note(modem.key, Happened.CONNECTED, context.apn, self.number)
        modem.set_active(context.cid, True)
        self._tell(True, "")
        return link.addressing

    def _from_network(self, frame: bytes) -> None:
        if not self._modem.silent:
            self.received.count(frame)
            self.deliver(frame)

    def _ended(self) -> None:
        self.stop("network")

    def _tell(self, connected: bool, reason: str) -> None:
        for watcher in list(self.watchers):
            watcher(connected, reason)
