"""The carrier's end of a connection that carries frames: a tap or tun device in its namespace.

A tap is an Ethernet peer that answers ARP and has a DHCP server; a tun takes bare IP packets.
"""

import asyncio
import ctypes
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path

from wwand.errors import CallFailed, WwandError
from wwand.simulator.calls import Addressing, CallFacts, Framing

CLONE_NEWNET = 0x40000000
"""linux/sched.h."""

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000
"""linux/if_tun.h."""

LARGEST, BURST = 2048, 64
"""Octets of the largest frame, and how many frames are taken in one turn of the loop."""

MOST_CALLS = 1 << 16
PORTAL = int(IPv4Address("10.65.0.0"))
"""Call n has the four addresses from here + 4 n: the second is the carrier's, the third ours."""

PREFIX = int(IPv6Address("fd00:64::"))
"""Call n has a /64: ::1 is the carrier's, ::2 ours (RFC 4193)."""

SERVER_SECONDS = 20.0
"""Longest wait for dnsmasq; a loaded emulated machine needs a second or two."""

READY4, READY6 = b"DHCP, ", b"router advertisement enabled"
"""dnsmasq says so when it has its sockets (`DHCP, sockets bound exclusively to interface…`)."""


ROUTER, ROUTER_HOST = IPv4Address("192.168.8.1"), IPv4Interface("192.168.8.100/24")
"""Of Huawei's HiLink sticks, all of them: two on one machine are in each other's way."""


def addressing(number: int, facts: CallFacts, name_server: str) -> Addressing:
    """Choose what call `number` is told."""
    if facts.router:
        return Addressing(ipv4=ROUTER_HOST, gateway4=ROUTER, dns4=(ROUTER,))
    number %= MOST_CALLS
    four, six = PORTAL + 4 * number, PREFIX + (number << 64)
    return Addressing(
        ipv4=IPv4Interface((four + 2, 30)) if facts.wants_ipv4 else None,
        gateway4=IPv4Address(four + 1) if facts.wants_ipv4 else None,
        dns4=(IPv4Address(name_server),) if facts.wants_ipv4 else (),
        ipv6=IPv6Interface((six + 2, 64)) if facts.wants_ipv6 else None,
        gateway6=IPv6Address(six + 1) if facts.wants_ipv6 else None,
        dns6=(IPv6Address(six + 1),) if facts.wants_ipv6 else (),
    )


class TapLink:
    """One connection; make it with `open_tap`."""

    def __init__(
        self, fd: int, told: Addressing, deliver: Callable[[bytes], None],
        server: asyncio.subprocess.Process | None,
    ) -> None:  # fmt: skip
        self.addressing = told
        self._fd = fd
        self._deliver = deliver
        self._server = server
        self._closed = asyncio.Event()
        asyncio.get_running_loop().add_reader(fd, self._readable)

    def write(self, data: bytes) -> None:
        """Pass one frame on; what the device cannot take is lost, as on the air."""
        if self._fd >= 0:
            with suppress(OSError):
                os.write(self._fd, data)

    def close(self) -> None:
        """Take the device down, and its DHCP server with it."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
            self._closed.set()
            if self._server and self._server.returncode is None:
                self._server.terminate()

    async def over(self) -> None:
        """Wait until it is closed and the DHCP server has ended."""
        await self._closed.wait()
        if self._server:
            await self._server.wait()

    def _readable(self) -> None:
        for _ in range(BURST):
            try:
                frame = os.read(self._fd, LARGEST)
            except OSError:
                return
            self._deliver(frame)
            if self._fd < 0:
                return


async def open_tap(
    namespace: str, number: int, told: Addressing, framing: Framing,
    deliver: Callable[[bytes], None],
) -> TapLink:  # fmt: skip
    """Make the device with its addresses, and the DHCP server where there are Ethernet frames."""
    name = f"call{number}"
    fd = _make(namespace, name, framing, ipv6=told.ipv6 is not None)
    try:
        lines = [f"link set {name} up"]
        if told.gateway4 and told.ipv4:
            lines.append(f"address add {told.gateway4}/{told.ipv4.network.prefixlen} dev {name}")
        if told.gateway6:
            lines.append(f"address add {told.gateway6}/64 dev {name} nodad")
        await _batch(namespace, lines)
        server = None
        if framing is Framing.ETHERNET:
            server = await _dhcp_server(namespace, name, told)
    except BaseException:
        os.close(fd)
        raise
    return TapLink(fd, told, deliver, server)


def _make(namespace: str, name: str, framing: Framing, *, ipv6: bool) -> int:
    kind = IFF_TAP if framing is Framing.ETHERNET else IFF_TUN
    with _inside(namespace):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            request = struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI)
            fcntl.ioctl(fd, TUNSETIFF, request)
            setting = Path("/proc/sys/net/ipv6/conf") / name / "disable_ipv6"
            if not ipv6 and setting.exists():
                setting.write_text("1")
        except BaseException:
            os.close(fd)
            raise
    return fd


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """Be in a network namespace; nothing may wait in here, the whole thread is there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as ours, open(f"/run/netns/{namespace}") as theirs:
        if libc.setns(theirs.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
        try:
            yield
        finally:
            if libc.setns(ours.fileno(), CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "cannot leave the carrier's namespace")


async def _dhcp_server(namespace: str, name: str, told: Addressing) -> asyncio.subprocess.Process:
    """Start dnsmasq for one caller, and wait until it listens."""
    ranges = []
    if told.ipv4 and told.gateway4:
        ranges += [
            f"--dhcp-range={told.ipv4.ip},{told.ipv4.ip},{told.ipv4.netmask},1h",
            f"--dhcp-option=option:router,{told.gateway4}",
            f"--dhcp-option=option:dns-server,{','.join(map(str, told.dns4))}",
        ]
    if told.ipv6:
        ranges += [
            "--enable-ra",
            f"--dhcp-range={told.ipv6.network.network_address},ra-stateless",
            f"--dhcp-option=option6:dns-server,[{told.gateway6}]",
        ]
    server = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", namespace, "dnsmasq", "--keep-in-foreground",
        "--conf-file=/dev/null", "--user=root", "--group=root", "--pid-file=", "--leasefile-ro",
        "--log-facility=-", "--quiet-dhcp", "--quiet-dhcp6", "--quiet-ra",
        "--port=0", f"--interface={name}", "--bind-interfaces", "--except-interface=lo",
        "--dhcp-authoritative", "--no-ping", *ranges,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SERVER_SECONDS):
            await _says(server, READY4 if told.ipv4 else READY6)
    except BaseException as error:
        if server.returncode is None:
            server.kill()
        if isinstance(error, TimeoutError):
            raise CallFailed("NoCarrier", "the carrier's dnsmasq does not start") from error
        raise
    return server


async def _says(server: asyncio.subprocess.Process, wanted: bytes) -> None:
    assert server.stderr
    said = b""
    while wanted not in said:
        if not (line := await server.stderr.readline()):
            raise CallFailed("NoCarrier", f"the carrier's dnsmasq ended: {said.decode().strip()}")
        said += line


async def _batch(namespace: str, lines: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        "ip", "-n", namespace, "-batch", "-",
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate("\n".join(lines).encode())
    if process.returncode:
        raise WwandError(f"the carrier's device: {said.decode().strip()}")
