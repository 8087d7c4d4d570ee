import asyncio
import errno
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from tests.unit.discovery.tree import MICROMAX, MU609, FakeSysfs
from wwand.device import Plugged, Unplugged
from wwand.discovery.tracker import Uevent
from wwand.discovery.udev import PyudevSource, UdevDiscovery


def _nothing() -> None:
    """Nothing happens while it looks."""


class FakeSource:
    """udev's socket as a pipe; what it says is what the test puts in."""

    def __init__(self) -> None:
        self.there: list[Uevent] = []
        self.waiting: deque[Uevent | OSError] = deque()
        self.on_look: Callable[[], None] = _nothing
        self.closed = False

    def open(self) -> int:
        self._reader, self._writer = os.pipe()
        return self._reader

    def say(self, *messages: Uevent | OSError) -> None:
        self.waiting.extend(messages)
        os.write(self._writer, b"x")

    def present(self) -> Iterable[Uevent]:
        self.on_look()
        return list(self.there)

    def receive(self) -> Uevent | None:
        os.set_blocking(self._reader, False)
        if not self.waiting:
            with suppress(BlockingIOError):
                os.read(self._reader, 100)
            return None
        message = self.waiting.popleft()
        if isinstance(message, OSError):
            raise message
        return message

    def close(self) -> None:
        self.closed = True
        os.close(self._reader)
        os.close(self._writer)


@pytest.fixture
def tree(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path)


async def following(events: AsyncIterator[Plugged | Unplugged]) -> Plugged | Unplugged:
    async with asyncio.timeout(5):
        return await anext(events)


async def test_what_is_there_comes_first_and_then_each_change(tree: FakeSysfs) -> None:
    source = FakeSource()
    source.there = tree.plug("1-1", MICROMAX)
    async with aclosing(UdevDiscovery(tree.root, source).events()) as events:
        first = await following(events)
        assert isinstance(first, Plugged)
        assert len(first.device.ports) == 4
        source.say(*tree.unplug("1-1"))
        assert await following(events) == Unplugged("1-1")
    assert source.closed


async def test_what_is_plugged_in_while_it_looks_around_is_not_missed(tree: FakeSysfs) -> None:
    source = FakeSource()
    source.on_look = lambda: source.say(*tree.plug("1-1", MICROMAX))
    async with aclosing(UdevDiscovery(tree.root, source).events()) as events:
        first = await following(events)
        assert isinstance(first, Plugged)
        assert len(first.device.ports) == 4


async def test_lost_uevents_make_it_look_at_everything_again(tree: FakeSysfs) -> None:
    source = FakeSource()
    source.there = tree.plug("1-1", MICROMAX)
    async with aclosing(UdevDiscovery(tree.root, source).events()) as events:
        await following(events)
        tree.unplug("1-1")
        source.there = tree.plug("1-2", MU609)
        source.say(OSError(errno.ENOBUFS, "No buffer space available"))
        assert await following(events) == Unplugged("1-1")
        second = await following(events)
        assert isinstance(second, Plugged)
        assert second.device.key == "1-2"


async def test_rescan_finds_what_was_never_announced(tree: FakeSysfs) -> None:
    source = FakeSource()
    source.there = tree.plug("1-1", MICROMAX)
    discovery = UdevDiscovery(tree.root, source)
    discovery.rescan()  # nobody follows yet: nothing to do
    async with aclosing(discovery.events()) as events:
        await following(events)
        source.there = [*source.there, *tree.plug("1-2", MU609)]
        discovery.rescan()
        second = await following(events)
        assert isinstance(second, Plugged)
        assert second.device.key == "1-2"


def test_libudev_can_be_listened_to_and_asked_here() -> None:
    source = PyudevSource()
    try:
        assert source.open() >= 0
        for event in source.present():
            assert event.path.startswith("/devices/")
        assert source.receive() is None
    finally:
        source.close()
