"""Whether a connection carries data: the questions, and what follows from no answer."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import pytest

from wwand.net import watchdog
from wwand.net.watchdog import AGAIN, INTERVAL, Question, Watchdog, checksum, dns_query, echo

DEADLINE = 10


def test_any_answer_of_a_name_server_will_do() -> None:
    question = dns_query(4, 0x1234)
    assert question.packet == bytes.fromhex("12340100000100000000000000000600 01")
    refused = bytes.fromhex("123481850000000000000000")
    assert question.is_answered(refused)
    assert not question.is_answered(question.packet)
    assert not question.is_answered(b"\x43\x21" + refused[2:])
    assert not question.is_answered(b"")


def test_a_ping_is_answered_by_its_own_reply() -> None:
    question = echo(4, 7)
    assert checksum(question.packet) == 0
    header = bytes([0x45]) + bytes(19)
    reply = b"\0\0\xff\xff" + question.packet[4:]
    assert question.is_answered(header + reply)
    assert not question.is_answered(header + question.packet)
    assert not question.is_answered(header + b"\0\0\xff\xff" + echo(4, 8).packet[4:])
    assert not question.is_answered(b"")


def test_an_ipv6_ping_comes_without_a_header() -> None:
    question = echo(6, 7)
    assert question.packet[0] == 128
    assert question.is_answered(b"\x81\0\0\0" + question.packet[4:])
    assert not question.is_answered(question.packet)


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"\x01") == 0xFEFF


class NameServer(asyncio.DatagramProtocol):
    """Answers as it is told."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.works = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport
        if self.works:
            (number,) = struct.unpack_from("!H", data)
            self.transport.sendto(struct.pack("!H", number ^ 1) + bytes.fromhex("8180"), addr)
            self.transport.sendto(data[:2] + bytes.fromhex("81800000000000000000"), addr)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    monkeypatch.setattr(watchdog, "DNS_PORT", transport.get_extra_info("sockname")[1])
    yield server
    transport.close()


async def test_a_server_that_answers_is_heard(server: NameServer) -> None:
    assert await watchdog.ask("lo", "127.0.0.1", dns_query(4, 0x1234))


async def test_a_silent_server_is_waited_for_no_longer_than_it_may_take(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE", 0.05)
    server.works = False
    assert not await watchdog.ask("lo", "127.0.0.1", dns_query(4, 0x1234))


async def test_nobody_there_and_no_such_interface_are_no_answer(server: NameServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    query = dns_query(4, 1)
    closed = Question(4, query.kind, 0, port, query.packet, query.is_answered)
    assert not await watchdog.ask("lo", "127.0.0.1", closed)
    assert not await watchdog.ask("wwan99", "127.0.0.1", query)


class World:
    """Stands in place of the network and of the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.slept: list[float] = []
        self.over = asyncio.Event()
        own = SimpleNamespace(**{**vars(asyncio), "sleep": self._sleep})
        monkeypatch.setattr(watchdog, "asyncio", own)
        monkeypatch.setattr(watchdog, "ask", self._ask)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.answers:
            self.over.set()
            await asyncio.Event().wait()

    async def _ask(self, interface: str, address: str, question: Question) -> bool:
        kind = "DNS" if question.kind == socket.SOCK_DGRAM else "ping"
        self.asked.append((kind, address))
        return self.answers.pop(0)

    async def until_over(self, watching: Watchdog) -> None:
        """Let it run until no answer is left, and it waits for the next."""
        running = asyncio.create_task(watching.run())
        try:
            async with asyncio.timeout(DEADLINE):
                await self.over.wait()
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.wait([running])


def servers() -> tuple[str, ...]:
    return ("10.1.1.1", "2001:db8::53")


async def test_three_questions_in_a_row_without_an_answer_are_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, True, False, False, True, False, False, False)
    reason = await Watchdog("wwan0", servers).run()
    assert "did not answer 3 times in a row" in reason
    assert "10.1.1.1" in reason
    assert world.slept == [
        *(INTERVAL, INTERVAL, AGAIN, AGAIN),
        *(INTERVAL, AGAIN, AGAIN),
    ]


async def test_the_name_servers_are_asked_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, True, True, True)
    await world.until_over(Watchdog("wwan0", servers))
    assert world.asked == [("DNS", "10.1.1.1"), ("DNS", "2001:db8::53"), ("DNS", "10.1.1.1")]


async def test_hosts_that_are_named_are_pinged(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, True)
    await world.until_over(Watchdog("wwan0", servers, ("10.9.9.9",)))
    assert world.asked == [("ping", "10.9.9.9")]


async def test_it_does_not_end_the_connection_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    later = asyncio.get_running_loop().time() + 1000
    world = World(monkeypatch, *[False] * 20)
    await world.until_over(Watchdog("wwan0", servers, not_before=later))
    assert len(world.asked) == 20


async def test_a_network_without_name_servers_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(monkeypatch, True)
    told = asyncio.Event()

    def none() -> tuple[str, ...]:
        told.set()
        return ()

    running = asyncio.create_task(Watchdog("wwan0", none).run())
    async with asyncio.timeout(DEADLINE):
        await told.wait()
    await asyncio.wait([running], timeout=0)
    assert "needs an address" in caplog.text
    assert world.asked == []
    running.cancel()
    await asyncio.wait([running])
