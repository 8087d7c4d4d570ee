"""Whether a connection that is up carries data: every minute somebody out there has to answer.

Some modems and networks stop carrying data without a word. The network's name servers are asked, or
addresses of the user's choice are pinged, over the bearer's interface whatever the routes say.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from wwand.log import ObjectLog

INTERVAL = 60.0
"""Seconds between two questions; they cost about 200 kB a day."""

AGAIN = 10.0
"""Seconds until the next question when one was not answered."""

PATIENCE = 5.0
"""Seconds for an answer: what waits longer in a cell's queue is of no use to anybody."""

FAILURES = 3
"""Questions without an answer, one after the other, that mean the end."""

REST = 300.0
"""Seconds from one end to the next on the same interface: connecting anew is no cure for all."""

DNS_PORT = 53
ECHO_REQUESTS = {4: 8, 6: 128}
ECHO_REPLIES = {4: 0, 6: 129}
"""Types of ICMP (RFC 792) and ICMPv6 (RFC 4443 §4)."""

ROOT_SOA = b"\0\0\x06\0\x01"
"""Question for the root's SOA (RFC 1035 §4.1.2): every server knows it, and it is short."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and what an answer to it looks like."""

    version: int
    """Of IP."""
    kind: int
    protocol: int
    """Of the socket."""
    port: int
    packet: bytes
    is_answered: Callable[[bytes], bool]
    """Told a packet, whether that is the answer."""


def dns_query(version: int, number: int) -> Question:
    """Ask a name server; any answer will do, a refusal too."""
    head = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0)  # one question, recursion desired

    def is_answered(packet: bytes) -> bool:
        return len(packet) >= 12 and packet[:2] == head[:2] and bool(packet[2] & 0x80)

    datagram = socket.SOCK_DGRAM, 0
    return Question(version, *datagram, DNS_PORT, head + ROOT_SOA, is_answered)


def echo(version: int, number: int) -> Question:
    """Ping a host."""
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    body = struct.pack("!HH", number, 1) + b"wwand's watchdog"
    packet = struct.pack("!BBH", ECHO_REQUESTS[version], 0, 0) + body
    if version == 4:  # the kernel computes the other's
        packet = packet[:2] + struct.pack("!H", checksum(packet)) + body

    def is_answered(packet: bytes) -> bool:
        # a raw IPv4 socket gives the IP header as well (raw(7))
        start = (packet[0] & 0xF) * 4 if version == 4 and packet else 0
        return packet[start : start + 1] == bytes([ECHO_REPLIES[version]]) and packet[
            start + 4 :
        ].startswith(body)

    return Question(version, socket.SOCK_RAW, protocol, 0, packet, is_answered)


def checksum(packet: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = packet + bytes(len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


async def ask(interface: str, address: str, question: Question) -> bool:
    """Send a question over an interface; whether it is answered in time."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET if question.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, question.kind, question.protocol) as sending:
            sending.setblocking(False)
            sending.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            async with asyncio.timeout(PATIENCE):
                # connected, so that nobody else's packets come in
                sending.connect((address, question.port))
                await loop.sock_sendall(sending, question.packet)
                while not question.is_answered(await loop.sock_recv(sending, 65536)):
                    pass
                return True
    except OSError:  # also the time-out
        return False


class Watchdog:
    """Watches one interface."""

    def __init__(
        self,
        interface: str,
        servers: Callable[[], tuple[str, ...]],
        hosts: tuple[str, ...] = (),
        *,
        not_before: float = 0.0,
    ) -> None:
        self.log = ObjectLog(__name__, interface)
        self._interface = interface
        self._servers = servers
        self._hosts = hosts
        self._not_before = not_before
        """When, on the loop's clock, the connection may be ended."""

    async def run(self) -> str:
        """Watch until nobody answers any more; returns the reason in words."""
        loop = asyncio.get_running_loop()
        failures = asked = 0
        while True:
            await asyncio.sleep(AGAIN if failures else INTERVAL)
            targets = self._hosts or self._servers()
            if not targets:
                self.log.warning("the network names no server: the watchdog needs an address")
                await asyncio.Event().wait()
            target = targets[asked % len(targets)]
            asked += 1
            version = 6 if ":" in target else 4
            number = int.from_bytes(os.urandom(2), "big")
            question = (echo if self._hosts else dns_query)(version, number)
            if await ask(self._interface, target, question):
                failures = 0
                continue
            failures += 1
            self.log.info("no answer from %s, the %d. in a row", target, failures)
            if failures >= FAILURES and loop.time() >= self._not_before:
                return f"{', '.join(targets)} did not answer {failures} times in a row (watchdog)"
