"""Data calls: what is behind a modem's port between CONNECT and NO CARRIER."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the network knows of a call when it sets it up."""

    apn: str
    user: str = ""
    password: str = ""
    ip_type: str = "IP"


class Link(Protocol):
    """The network's end of one call."""

    def write(self, data: bytes) -> None:
        """Take bytes the modem got from the host."""
        ...

    def close(self) -> None:
        """End the call; nothing is delivered afterwards."""
        ...


class Carrier(Protocol):
    """A network that takes data calls."""

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        """Set a call up; once this returns the network's end is ready for the first byte."""
        ...


class Swallow:
    """A carrier whose calls take every byte and say nothing."""

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        """Set up such a call."""
        return _Nothing()


class _Nothing:
    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


class Call:
    """One data call of a port: buffers what the network says until CONNECT is out."""

    def __init__(self, cid: int, facts: CallFacts) -> None:
        self.cid = cid
        self.facts = facts
        self.over = False
        self._link: Link | None = None
        self._early = bytearray()
        self._deliver: Callable[[bytes], None] = self._early.extend
        self._ended: Callable[[], None] = lambda: None

    async def set_up(self, carrier: Carrier) -> None:
        """Bring up the network's end."""
        self._link = await carrier.call(
            self.facts, lambda data: self._deliver(data), self._network_ended
        )

    def begin(self, deliver: Callable[[bytes], None], ended: Callable[[], None]) -> None:
        """Hand over to the port; what came early is delivered first."""
        self._deliver, self._ended = deliver, ended
        if self._early:
            deliver(bytes(self._early))
        if self.over:
            ended()

    def write(self, data: bytes) -> None:
        """Pass bytes of the host to the network."""
        if self._link:
            self._link.write(data)

    def close(self) -> None:
        """End the call from the modem's side."""
        self.over = True
        self._ended = lambda: None
        self._deliver = lambda _data: None
        if self._link:
            self._link.close()
            self._link = None

    def _network_ended(self) -> None:
        self.over = True
        self._ended()
