"""The machine sleeps and wakes up, as a logind on the bus tells it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.bus.conftest import connected
from tests.bus.daemon import DEADLINE, STICK, Lab, S, comes_true, laboratory
from wwand import keeper, recovery
from wwand.at import channel
from wwand.service.sleep import LOGIND, MANAGER, PATH, SleepWatch
from wwand.simulator.journal import Happened

AUTO = '[connection]\nauto = true\napn = "internet"\n'
H = Happened


class Logind:
    """Hands out delay locks, and tells of sleep."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.asked: list[list[str]] = []
        self.locks: list[int] = []
        """Its ends of the pipes; readable when the other end was closed."""
        bus.add_message_handler(self._answer)

    def _answer(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.member != "Inhibit":
            return None
        self.asked.append(message.body)
        ours, theirs = os.pipe()
        self.locks.append(ours)
        reply = Message.new_method_return(message, "h", [0], unix_fds=[theirs])
        asyncio.get_running_loop().call_later(0.1, os.close, theirs)  # once it has been sent
        return reply

    def sleeps(self, going: bool) -> None:
        self._bus.send(Message.new_signal(PATH, MANAGER, "PrepareForSleep", "b", [going]))

    async def locked(self, count: int) -> None:
        """Wait until so many locks have been asked for."""
        await comes_true(lambda: len(self.locks) == count, "a lock")

    async def unlocked(self) -> None:
        """Wait until the last lock is let go of."""
        closed = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.locks[-1], closed.set)
        try:
            async with asyncio.timeout(DEADLINE):
                await closed.wait()
        finally:
            loop.remove_reader(self.locks[-1])


@asynccontextmanager
async def logind(address: str) -> AsyncIterator[Logind]:
    async with connected(address) as bus:
        made = Logind(bus)
        await bus.request_name(LOGIND)
        yield made
        for lock in made.locks:
            os.close(lock)


class Sleeper:
    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    def suspending(self) -> None:
        self.heard.put_nowait("suspending")

    def resumed(self) -> None:
        self.heard.put_nowait("resumed")

    async def next(self) -> str:
        async with asyncio.timeout(DEADLINE):
            return await self.heard.get()


async def test_logind_waits_until_sleep_was_noted_and_is_asked_to_wait_again(
    bus: MessageBus, bus_address: str
) -> None:
    sleeper = Sleeper()
    async with logind(bus_address) as manager, SleepWatch(bus, sleeper):
        await manager.locked(1)
        assert manager.asked[0][0] == "sleep"
        assert manager.asked[0][3] == "delay"
        manager.sleeps(True)
        assert await sleeper.next() == "suspending"
        await manager.unlocked()
        manager.sleeps(False)
        assert await sleeper.next() == "resumed"
        await manager.locked(2)


async def test_a_logind_that_comes_later_is_found(bus: MessageBus, bus_address: str) -> None:
    sleeper = Sleeper()
    async with SleepWatch(bus, sleeper):
        async with logind(bus_address) as manager:
            await manager.locked(1)
        async with logind(bus_address) as another:
            await another.locked(1)
            another.sleeps(False)
            assert await sleeper.next() == "resumed"


async def test_nobody_but_logind_is_believed(bus: MessageBus, bus_address: str) -> None:
    sleeper = Sleeper()
    async with logind(bus_address) as manager, SleepWatch(bus, sleeper):
        await manager.locked(1)
        async with connected(bus_address) as stranger:
            told = Message.new_signal(PATH, MANAGER, "PrepareForSleep", "b", [True])
            told.destination = bus.unique_name
            await stranger.send(told)
            manager.sleeps(False)
            assert await sleeper.next() == "resumed"


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


async def test_a_modem_that_hangs_after_a_sleep_is_noticed_at_once(
    lab: Lab, bus_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "ASK", 0.1)
    monkeypatch.setattr(recovery, "PATIENCE", 0.2)
    monkeypatch.setattr(recovery, "QUIET", 3600.0)
    monkeypatch.setattr(channel, "RESYNC", 0.1)
    async with logind(bus_address) as manager:
        await lab.start()
        place = lab.plug(STICK)
        first = await lab.modem(place, S.DISABLED)
        await manager.locked(1)
        manager.sleeps(True)
        await manager.unlocked()
        lab.fault("hang", "reopen")
        manager.sleeps(False)
        await lab.another_modem(place, [first])
        await lab.stop()


async def test_a_connection_that_is_waited_for_is_made_as_soon_as_the_machine_wakes_up(
    lab: Lab, bus_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSES", (3600.0,))
    async with logind(bus_address) as manager:
        await lab.start(AUTO)
        key = lab.simulation.add(STICK)
        lab.fault("no-carrier", key=key)
        lab.fault("return-delay", 0, key=key)
        lab.fault("registration-delay", 0, key=key)
        lab.simulation.plug(key)
        await lab.happens(H.COMMAND, text="ATD")
        await lab.modem(key, S.REGISTERED)
        lab.fault("no-carrier", on=False)
        await manager.locked(1)
        manager.sleeps(False)
        await lab.modem(key, S.CONNECTED)
        await lab.stop()
