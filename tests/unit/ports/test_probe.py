import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from wwand.at.channel import AtChannel
from wwand.at.command import query
from wwand.device import Plugged, Port, UsbDevice
from wwand.errors import PortGone, WwandError
from wwand.ports import probe
from wwand.ports.probe import Prober
from wwand.ports.roles import Role
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model
from wwand.simulator.pty import Simulation

DEADLINE = 10.0
STICK = replace(load_model("longcheer-mmx352g"), starts_as="modem")
TABLE = {3: Role.PRIMARY, 0: Role.SECONDARY, 1: Role.SECONDARY, 2: Role.SECONDARY}


@query("AT+CSQ", prefix="+CSQ")
def signal(rssi: int, _ber: int) -> int:
    return rssi


class Bench:
    """A stick in modem mode, and what is learned of its ports."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.notes: dict[str, str] = {}
        self.noted = asyncio.Event()
        self.device: UsbDevice

    def note(self, name: str, what: str) -> None:
        self.notes[name] = what
        self.noted.set()

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not check():
                self.noted.clear()
                await self.noted.wait()

    async def plug(self, *, ports: int = 4) -> None:
        self.simulation.plug("1-1")
        async with asyncio.timeout(DEADLINE):
            async for event in self.simulation.events():
                if isinstance(event, Plugged) and len(event.device.ports) == ports:
                    self.device = event.device
                    return

    def port(self, number: int) -> Port:
        return next(p for p in self.device.ports if p.interface == number)

    async def closed(self) -> None:
        """Wait until every port has been closed."""
        journal = self.simulation.journal
        try:
            async with asyncio.timeout(DEADLINE):
                for port in range(4):
                    await journal.until(Happened.CLOSED, port=port)
        except TimeoutError:
            pytest.fail(f"not closed: {self.open()}; {journal.entries}")

    def open(self) -> list[int]:
        return self.simulation.controls.status()[0]["open"]  # type: ignore[no-any-return]


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(probe, "SHORT", 0.1)
    monkeypatch.setattr(probe, "ONE_TRY", 0.1)
    async with Simulation([STICK], plugged=False) as simulation:
        yield Bench(simulation)


@asynccontextmanager
async def probing(bench: Bench, table: dict[int, Role]) -> AsyncIterator[Prober]:
    prober = Prober(bench.device, table, bench.note)
    try:
        prober.offer(bench.device)
        yield prober
    finally:
        await prober.close()


async def primary(prober: Prober) -> Port:
    async with asyncio.timeout(DEADLINE):
        return await prober.primary()


async def test_the_port_of_the_table_is_the_primary_one(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as prober:
        port = await primary(prober)
        assert port.name == "ttyUSB3"
        assert await prober.answering[port].send(signal) == STICK.network.signal
        assert bench.notes["ttyUSB3"] == "primary"


async def test_without_a_table_the_port_with_a_notification_endpoint_is_it(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, {}) as prober:
        assert (await primary(prober)).name == "ttyUSB3"


async def test_ports_that_are_not_for_commands_are_not_opened(bench: Bench) -> None:
    await bench.plug()
    table = {**TABLE, 0: Role.GPS, 1: Role.IGNORED, 2: Role.DIAG}
    async with probing(bench, table) as prober:
        await primary(prober)
        assert bench.open() == [3]
    assert {n: bench.notes[f"ttyUSB{n}"] for n in range(3)} == {0: "gps", 1: "ignored", 2: "diag"}


async def test_the_end_closes_every_port(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as prober, asyncio.timeout(DEADLINE):
        await primary(prober)
        assert 3 in bench.open()
        for port in range(4):  # the others may be opened after the first has answered
            await bench.simulation.journal.until(Happened.OPENED, port=port)
    await bench.closed()


async def test_the_end_closes_ports_that_answer_in_this_very_moment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = asyncio.Event(), asyncio.Semaphore(0)

    async def attention(_channel: AtChannel, _timeout: float) -> bool:
        asked.release()
        return await answers.wait()

    monkeypatch.setattr(AtChannel, "attention", attention)
    await bench.plug()
    async with probing(bench, TABLE), asyncio.timeout(DEADLINE):
        for _ in range(4):
            await asked.acquire()
        answers.set()
    await bench.closed()


async def test_a_port_that_comes_later_is_asked_too_and_told_to_who_listens(bench: Bench) -> None:
    await bench.plug()
    all_ports = bench.device
    bench.device = replace(all_ports, ports=all_ports.ports[3:])
    heard: asyncio.Queue[tuple[Port, AtChannel]] = asyncio.Queue()
    async with probing(bench, TABLE) as prober:
        assert (await primary(prober)).name == "ttyUSB3"
        prober.on_answer.append(lambda *found: heard.put_nowait(found))
        prober.offer(all_ports)
        async with asyncio.timeout(DEADLINE):
            port, channel = await heard.get()
        assert port.name == "ttyUSB1"
        assert channel is prober.answering[port]


async def test_the_same_snapshot_twice_asks_no_port_twice(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as prober:
        await primary(prober)
        prober.offer(bench.device)
        prober.offer(replace(bench.device))
    opened = bench.simulation.journal.find(Happened.OPENED)
    assert sorted(e.port for e in opened if e.port is not None) == [0, 1, 2, 3]


async def test_a_port_that_vanishes_is_closed_though_nothing_is_read_from_it(
    bench: Bench,
) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as prober:
        port = await primary(prober)
        channel = prober.answering[port]
        assert channel._transport
        channel._transport.pause_reading()  # as in a call
        prober.offer(replace(bench.device, ports=bench.device.ports[:3]))
        async with asyncio.timeout(DEADLINE):
            await channel.closed.wait()
        assert port not in prober.answering
        with pytest.raises(PortGone):
            await prober.reopen(port)


async def test_a_port_that_was_hung_up_can_be_opened_again(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as prober:
        port = await primary(prober)
        await prober.answering[port].close()
        async with asyncio.timeout(DEADLINE):
            channel = await prober.reopen(port)
        assert channel is prober.answering[port]
        assert await channel.send(signal) == STICK.network.signal


async def test_nothing_that_answers_is_an_error_that_tells_of_every_port(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "BOOT", 0.1)
    await bench.plug()
    for port in range(4):
        bench.simulation.controls.fault("mute", port)
    table = {**TABLE, 0: Role.DIAG, 3: Role.UNKNOWN}
    async with probing(bench, table) as prober:
        with pytest.raises(WwandError) as caught:
            await primary(prober)
    told = str(caught.value)
    assert told.startswith("no port answers AT commands: ttyUSB0 diag; ttyUSB1 does not answer AT")
    assert caught.value.next_step


async def test_a_firmware_that_boots_is_waited_for_on_its_primary_port(bench: Bench) -> None:
    """Longer than for a port that may have nothing to say; the other ones do not hold it up."""
    await bench.plug()
    for port in range(4):
        bench.simulation.controls.fault("mute", port)
    async with probing(bench, {**TABLE, 3: Role.PRIMARY}) as prober:
        waiting = asyncio.create_task(prober.primary())
        await bench.until(lambda: "does not answer" in bench.notes["ttyUSB1"])
        assert not waiting.done()
        bench.simulation.controls.fault("mute", 3, on=False)
        async with asyncio.timeout(DEADLINE):
            assert (await waiting).name == "ttyUSB3"


async def test_a_port_that_another_program_holds_is_named(bench: Bench) -> None:
    await bench.plug()
    async with probing(bench, TABLE) as first:
        port = await primary(first)
        only = replace(bench.device, ports=(port,))
        second = Prober(only, TABLE, bench.note)
        second.offer(only)
        with pytest.raises(WwandError, match="ttyUSB3 cannot be used: ttyUSB3 is in use"):
            await primary(second)
        await second.close()
