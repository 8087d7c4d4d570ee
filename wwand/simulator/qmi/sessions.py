"""Packet data sessions: the calls of WDS clients over the modem's one data connection."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from wwand.qmi.error_tables import ProtocolError
from wwand.simulator.calls import Addressing
from wwand.simulator.data import DataConnection, DataRefused
from wwand.simulator.engine import Context
from wwand.simulator.qmi.clients import Client
from wwand.simulator.qmi.ends import CLIENT_END, NO_SERVICE, OFFLINE, End, network_end, read_end
from wwand.simulator.qmi.handlers import Refusal

if TYPE_CHECKING:  # the engine has the sessions
    from wwand.simulator.qmi.engine import QmiEngine

IPV4, IPV6 = 4, 6
"""IP families (libqmi: QmiWdsIpFamily)."""

TYPES = {IPV4: "IP", IPV6: "IPV6"}

IPV4_ONLY, IPV6_ONLY = 50, 51
"""Causes of 24.008 §10.5.6.6: the network gives the other family only."""

FIRST_HANDLE = 0xE1000000
"""Packet data handles are opaque; those of real modems are addresses in their memory."""


class CallRefused(Exception):
    """The call cannot be set up."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


@dataclass(eq=False)
class Session:
    """One client's call."""

    handle: int
    client: Client
    family: int


class Sessions:
    """All calls; they share one connection, which ends with the last of them."""

    def __init__(self, engine: "QmiEngine", tell: Callable[[int, End], None]) -> None:
        self._engine = engine
        self._tell = tell
        self._sessions: list[Session] = []
        self._handles = count(FIRST_HANDLE, 4)
        self._turn = asyncio.Lock()
        self._stopping = False
        self.automatic = False
        """Whether the modem connects by itself as soon as it is registered."""

    @property
    def data(self) -> DataConnection:
        """The modem's connection; raises Refusal when the model has no network interface."""
        if self._engine.modem.data is None:
            raise Refusal(ProtocolError.DEVICE_UNSUPPORTED)
        return self._engine.modem.data

    def of(self, client: Client) -> Session | None:
        """The client's call."""
        return next((s for s in self._sessions if s.client is client), None)

    def connected(self, family: int) -> bool:
        """Whether there is a call of that family."""
        return any(s.family == family for s in self._sessions)

    def addressing(self, family: int) -> Addressing | None:
        """What the network gave to that family's call."""
        return self.data.addressing if self.connected(family) else None

    async def start(self, client: Client, context: Context, family: int) -> tuple[Session, bool]:
        """Set a call up, and say whether it is its family's first.

        Raises CallRefused, or Refusal when the client has a call already.
        """
        async with self._turn:
            if self.of(client):
                raise Refusal(ProtocolError.NO_EFFECT)
            told = await self._connect(context, family)
            if not (told.ipv4 if family == IPV4 else told.ipv6):
                if not self._sessions:
                    self.data.stop("host")
                cause = IPV6_ONLY if family == IPV4 else IPV4_ONLY
                raise CallRefused(network_end(cause))
            first = not self.connected(family)
            session = Session(next(self._handles), client, family)
            self._sessions.append(session)
        return session, first

    def stop(self, session: Session) -> None:
        """End a call for its client's sake."""
        self._sessions.remove(session)
        if not self._sessions:
            self._stopping = True
            self.data.stop("host")
            self._stopping = False
        if not self.connected(session.family):
            self._tell(session.family, CLIENT_END)

    def client_gone(self, client: Client) -> None:
        """End the call of a client that is no more."""
        if session := self.of(client):
            self.stop(session)

    def data_changed(self, connected: bool, reason: str) -> None:
        """The connection ended, or somebody else's began."""
        if connected or self._stopping:
            return
        ended = {s.family for s in self._sessions}
        self._sessions.clear()
        ends = {"network": network_end(self.data.cause), "radio off": OFFLINE}
        for family in sorted(ended):
            self._tell(family, ends.get(reason, CLIENT_END))

    @property
    def wanted(self) -> bool:
        """Whether the modem should connect by itself now."""
        registered = self._engine.modem.network.registered
        return self.automatic and registered and not self._sessions

    async def _connect(self, context: Context, family: int) -> Addressing:
        """Connect, or join what is connected."""
        data, modem = self.data, self._engine.modem
        if modem.knobs.call_end != "none":
            raise CallRefused(read_end(modem.knobs.call_end))
        if not modem.network.registered:
            raise CallRefused(NO_SERVICE if modem.radio_on else OFFLINE)
        if not data.connected:
            fitting = context.type if context.type == "IPV4V6" else TYPES[family]
            try:
                return await data.start(replace(context, type=fitting))
            except DataRefused as refused:
                raise CallRefused(network_end(refused.cause)) from refused
        if not self._sessions or data.context is None or data.addressing is None:
            raise Refusal(ProtocolError.DEVICE_IN_USE)  # an AT command started it
        if data.context.apn != context.apn:
            raise Refusal(ProtocolError.INSUFFICIENT_RESOURCES)  # one interface, one APN
        return data.addressing
