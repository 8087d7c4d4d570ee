"""rtnetlink messages for links, addresses and routes, as bytes (rtnetlink(7)); no I/O here."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence number, port id (linux/netlink.h)."""
ATTRIBUTE = struct.Struct("=HH")
LINK = struct.Struct("=BxHiII")
"""struct ifinfomsg: family, hardware type, index, flags, mask of the flags to change."""
ADDRESS = struct.Struct("=BBBBi")
"""struct ifaddrmsg: family, length of the prefix, flags, scope, index of the interface."""
ROUTE = struct.Struct("=BBBBBBBBI")
"""struct rtmsg: family, lengths of the prefixes, TOS, table, protocol, scope, type, flags."""
ERROR = struct.Struct("=i")

NEWLINK, GETLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE = 16, 18, 20, 21, 24, 25
NLMSG_ERROR = 2
REQUEST, ACK, EXCLUSIVE, CREATE = 0x1, 0x4, 0x200, 0x400
ADD = ACK | CREATE | EXCLUSIVE
"""linux/netlink.h and linux/rtnetlink.h."""

IFLA_MTU = 4
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_OIF, RTA_GATEWAY, RTA_PRIORITY = 4, 5, 6
RT_TABLE_MAIN, RTPROT_STATIC, RTN_UNICAST = 254, 4, 1
RTNH_F_ONLINK = 4
IFF_UP = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the kernel, without the header."""

    kind: int
    flags: int
    body: bytes

    def packed(self, sequence: int) -> bytes:
        """The message whose answer will have the same sequence number."""
        length = HEADER.size + len(self.body)
        return HEADER.pack(length, self.kind, REQUEST | self.flags, sequence, 0) + self.body


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the kernel's."""

    kind: int
    sequence: int
    payload: bytes

    @property
    def error(self) -> int:
        """The errno of an answer that refuses; 0 of any other message."""
        return -int(ERROR.unpack_from(self.payload)[0]) if self.kind == NLMSG_ERROR else 0


def messages(datagram: bytes) -> Iterator[Message]:
    """Split what one read gave."""
    while len(datagram) >= HEADER.size:
        length, kind, _, sequence, _ = HEADER.unpack_from(datagram)
        if length < HEADER.size:
            return
        yield Message(kind, sequence, datagram[HEADER.size : length])
        datagram = datagram[(length + 3) & ~3 :]


def get_link(index: int) -> Request:
    """Ask for an interface's flags and MTU."""
    return Request(GETLINK, 0, LINK.pack(socket.AF_UNSPEC, 0, index, 0, 0))


def read_link(payload: bytes) -> tuple[int, int]:
    """Flags and MTU of the answer to `get_link`."""
    flags, mtu = LINK.unpack_from(payload)[3], 0
    rest = payload[LINK.size :]
    while len(rest) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(rest)
        if length < ATTRIBUTE.size:
            break
        if kind == IFLA_MTU and length == ATTRIBUTE.size + 4:
            (mtu,) = struct.unpack_from("=I", rest, ATTRIBUTE.size)
        rest = rest[(length + 3) & ~3 :]
    return flags, mtu


def set_link(index: int, *, up: bool | None = None, mtu: int = 0) -> Request:
    """Raise or lower an interface, or set its MTU."""
    change = 0 if up is None else IFF_UP
    head = LINK.pack(socket.AF_UNSPEC, 0, index, IFF_UP if up else 0, change)
    if mtu:
        head += _attribute(IFLA_MTU, struct.pack("=I", mtu))
    return Request(NEWLINK, ACK, head)


def address(
    add: bool, index: int, family: int, packed: bytes, prefix: int, flags: int = 0
) -> Request:
    """Add an address or take it away."""
    body = ADDRESS.pack(family, prefix, flags, 0, index)
    body += _attribute(IFA_LOCAL, packed) + _attribute(IFA_ADDRESS, packed)
    return Request(NEWADDR, ADD, body) if add else Request(DELADDR, ACK, body)


def default_route(add: bool, index: int, family: int, metric: int, gateway: bytes = b"") -> Request:
    """Add a default route or take it away; the gateway may be outside of every prefix."""
    flags = RTNH_F_ONLINK if gateway else 0
    body = ROUTE.pack(family, 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNICAST, flags)
    body += _attribute(RTA_OIF, struct.pack("=I", index))
    body += _attribute(RTA_PRIORITY, struct.pack("=I", metric))
    if gateway:
        body += _attribute(RTA_GATEWAY, gateway)
    return Request(NEWROUTE, ADD, body) if add else Request(DELROUTE, ACK, body)


def _attribute(kind: int, value: bytes) -> bytes:
    length = ATTRIBUTE.size + len(value)
    return ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)
