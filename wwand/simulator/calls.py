"""Data calls: what is behind a modem's port, or its network interface, while it is connected."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the network knows of a call when it sets it up."""

    apn: str
    user: str = ""
    password: str = ""
    ip_type: str = "IP"
    router: bool = False
    """The caller is a router on a stick: its host gets an address of the stick's own network."""

    @property
    def wants_ipv4(self) -> bool:
        """Whether an IPv4 address is asked for."""
        return self.ip_type != "IPV6"

    @property
    def wants_ipv6(self) -> bool:
        """Whether an IPv6 address is asked for."""
        return self.ip_type != "IP"


class Framing(Enum):
    """What the frames of a network interface are; the names are QMI's and the kernel's."""

    ETHERNET = "802-3"
    RAW_IP = "raw-ip"


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the network tells a caller; a family that is not there is None and empty."""

    ipv4: IPv4Interface | None = None
    gateway4: IPv4Address | None = None
    dns4: tuple[IPv4Address, ...] = ()
    ipv6: IPv6Interface | None = None
    gateway6: IPv6Address | None = None
    dns6: tuple[IPv6Address, ...] = ()
    mtu: int = 1500


class Link(Protocol):
    """The network's end of one call."""

    def write(self, data: bytes) -> None:
        """Take bytes the modem got from the host."""
        ...

    def close(self) -> None:
        """End the call; nothing is delivered afterwards."""
        ...


class PacketLink(Link, Protocol):
    """The network's end of a connection that carries whole frames, one a `write`."""

    addressing: Addressing


class Carrier(Protocol):
    """A network that takes data calls."""

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        """Set a call up; once this returns the network's end is ready for the first byte."""
        ...

    async def attach(
        self,
        facts: CallFacts,
        framing: Framing,
        deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> PacketLink:
        """Set up a connection that carries frames."""
        ...


class Swallow:
    """A carrier whose calls take every byte and say nothing."""

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        """Set up such a call."""
        return _Nothing()

    async def attach(
        self,
        facts: CallFacts,
        framing: Framing,
        deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> PacketLink:
        """Set up such a connection, with addresses that nobody has (RFC 5737, RFC 3849)."""
        return _Nothing(
            Addressing(
                ipv4=IPv4Interface("192.0.2.2/30") if facts.wants_ipv4 else None,
                gateway4=IPv4Address("192.0.2.1") if facts.wants_ipv4 else None,
                dns4=(IPv4Address("192.0.2.53"),) if facts.wants_ipv4 else (),
                ipv6=IPv6Interface("2001:db8::2/64") if facts.wants_ipv6 else None,
                gateway6=IPv6Address("2001:db8::1") if facts.wants_ipv6 else None,
                dns6=(IPv6Address("2001:db8::53"),) if facts.wants_ipv6 else (),
            )
        )


class _Nothing:
    def __init__(self, addressing: Addressing = Addressing()) -> None:
        self.addressing = addressing

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
