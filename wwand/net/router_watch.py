"""What an interface's IPv6 router advertisements give: an address, name servers, the router.

Cellular networks give a bearer's global prefix in no other way (23.401 §5.3.1.2.2). The kernel
makes the address; name servers (RFC 8106) it passes on to whoever listens. A netlink socket
of its own tells when to look; who the router is, a raw socket hears.
"""

import asyncio
import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path

from wwand.net.rtnetlink import messages
from wwand.status import IpConfig, IpMethod

RTMGRP_IPV6_IFADDR = 1 << 8
RTMGRP_ND_USEROPT = 1 << 19
RTM_NEWNDUSEROPT = 68
"""linux/rtnetlink.h; the second group is RTNLGRP_ND_USEROPT, 20."""

NDUSEROPT = struct.Struct("=BxHiBB6x")
"""struct nduseroptmsg: family, length of the options, interface, ICMP type and code."""

ND_OPT_RDNSS = 25
"""RFC 8106 §5.1."""

GLOBAL = 0x00
TENTATIVE = 0x40
DADFAILED = 0x08
"""Scope and flags in /proc/net/if_inet6 (linux/if_addr.h)."""

ICMP6_FILTER = 1
"""linux/icmpv6.h; the filter has a bit per ICMP type, set for those to be dropped."""

ROUTER_ADVERTISEMENT = 134
ONLY_ADVERTISEMENTS = struct.pack(
    "=8I", *(0xFFFFFFFF & ~((word == 4) << ROUTER_ADVERTISEMENT % 32) for word in range(8))
)
"""134 is bit 6 of the fifth word."""

IF_INET6 = Path("/proc/net/if_inet6")


def global_address(table: str, interface: str) -> IpConfig | None:
    """Find an interface's usable global address in the text of /proc/net/if_inet6."""
    for line in table.splitlines():
        address, _, prefix, scope, flags, name = line.split()
        unusable = int(flags, 16) & (TENTATIVE | DADFAILED)
        if name == interface and int(scope, 16) == GLOBAL and not unusable:
            text = str(ipaddress.IPv6Address(bytes.fromhex(address)))
            return IpConfig(method=IpMethod.PPP, address=text, prefix=int(prefix, 16))
    return None


def name_servers(datagram: bytes, index: int) -> tuple[str, ...]:
    """Return the name servers that a netlink datagram tells for the interface of that index."""
    servers: list[str] = []
    for message in messages(datagram):
        if message.kind != RTM_NEWNDUSEROPT or len(message.payload) < NDUSEROPT.size:
            continue
        _, size, where, *_ = NDUSEROPT.unpack_from(message.payload)
        if where == index:
            servers += _rdnss(message.payload[NDUSEROPT.size : NDUSEROPT.size + size])
    return tuple(servers)


def is_default_router(advertisement: bytes) -> bool:
    """Whether the sender offers to carry what has no other way (RFC 4861 §4.2)."""
    head = advertisement[:8]
    return len(head) == 8 and head[0] == ROUTER_ADVERTISEMENT and any(head[6:8])


def _rdnss(options: bytes) -> list[str]:
    servers: list[str] = []
    while len(options) >= 8 and options[1]:
        option, options = options[: options[1] * 8], options[options[1] * 8 :]
        if option[0] == ND_OPT_RDNSS and len(option) >= 24:
            addresses = option[8:]
            servers += [
                str(ipaddress.IPv6Address(addresses[at : at + 16]))
                for at in range(0, len(addresses) - 15, 16)
            ]
    return servers


def _addresses() -> str:
    try:
        return IF_INET6.read_text()
    except FileNotFoundError:  # a kernel without IPv6
        return ""


class RouterWatch:
    """Listens from the moment the interface appears, for the advertisement may come at once."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.servers: tuple[str, ...] = ()
        self.gateway = ""
        """The router's link-local address; not known on a link that has no room for one."""
        self._index = socket.if_nametoindex(interface)
        self._news = asyncio.Event()
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.setblocking(False)
        self._socket.bind((0, RTMGRP_IPV6_IFADDR | RTMGRP_ND_USEROPT))
        asyncio.get_running_loop().add_reader(self._socket, self._readable)
        self._hears: socket.socket | None = None
        with suppress(OSError):  # not allowed to: then the link itself is the way
            self._hears = _advertisements(interface)
            asyncio.get_running_loop().add_reader(self._hears, self._heard)

    def _heard(self) -> None:
        assert self._hears
        with suppress(OSError):
            advertisement, sender = self._hears.recvfrom(65536)
            if is_default_router(advertisement):
                self.gateway = str(sender[0]).partition("%")[0]

    def _readable(self) -> None:
        with suppress(OSError):  # nothing more, or too much came (ENOBUFS): look in any case
            while datagram := self._socket.recv(65536):
                self.servers = name_servers(datagram, self._index) or self.servers
        self._news.set()

    async def address(self) -> IpConfig:
        """Wait until the interface has a global address; `servers` come with it, if at all."""
        while True:
            self._news.clear()
            if found := global_address(_addresses(), self.interface):
                return found
            await self._news.wait()

    def close(self) -> None:
        """Stop listening."""
        for each in (self._socket, self._hears):
            if each:
                asyncio.get_running_loop().remove_reader(each)
                each.close()


def _advertisements(interface: str) -> socket.socket:
    """A socket that hears the interface's router advertisements, beside the kernel."""
    listening = socket.socket(
        socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMPV6
    )
    try:
        listening.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, ONLY_ADVERTISEMENTS)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    except OSError:
        listening.close()
        raise
    return listening
