import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import pytest

from wwand import recovery
from wwand.device import UsbDevice, UsbId
from wwand.errors import ModemMute, PortGone, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.recovery import Patient, Recoveries, Recovery, Watch
from wwand.switching.guard import LoopGuard

DEADLINE = 5.0
DEVICE = UsbDevice("1-1", UsbId(0x1C9E, 0x9605), "/nowhere")
MUTE = ModemMute("modem0 hangs")

# --- finding out ----------------------------------------------------------------------------------


class FakeLine:
    """Answers, or does not, or raises, as it is told."""

    def __init__(
        self, answer: bool | Exception = True, *, busy_for: float = 0.0, takes: float = 0.0
    ) -> None:
        self.name = "ttyUSB0"
        self.log = ObjectLog(__name__, self.name)
        self.doubtful = asyncio.Event()
        self.heard = asyncio.get_running_loop().time()
        self.askable = True
        self._busy_for = busy_for
        self._takes = takes
        self.answer = answer
        self.asked = 0

    @property
    def busy_for(self) -> float:
        return max(0.0, self._busy_for - self.asked * recovery.ASK)

    async def attention(self, timeout: float) -> bool:
        self.asked += 1
        await asyncio.sleep(self._takes)
        if isinstance(self.answer, Exception):
            self.askable = False
            raise self.answer
        if self.answer:
            self.heard = asyncio.get_running_loop().time()
            self.doubtful.clear()
        return self.answer

    async def close(self) -> None:
        self.askable = False


@asynccontextmanager
async def watched(
    *lines: FakeLine, received: Callable[[], int] = lambda: 0
) -> AsyncIterator["asyncio.Task[None]"]:
    watch = Watch(lambda: lines, received)
    task = asyncio.create_task(watch.until_mute())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def comes_true(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not check():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


async def test_a_port_in_doubt_that_answers_after_all_is_left_alone() -> None:
    line = FakeLine()
    line.doubtful.set()
    async with watched(line) as task:
        await comes_true(lambda: not line.doubtful.is_set())
        assert line.askable
        assert not task.done()


async def test_a_modem_that_never_answers_is_asked_until_patience_ends() -> None:
    line = FakeLine(False)
    line.doubtful.set()
    async with watched(line) as task, asyncio.timeout(DEADLINE):
        await task
    assert line.asked == recovery.PATIENCE / recovery.ASK


async def test_a_modem_that_may_be_at_work_on_a_slow_command_gets_the_time_for_it() -> None:
    line = FakeLine(False, busy_for=180.0)
    line.doubtful.set()
    async with watched(line) as task, asyncio.timeout(DEADLINE):
        await task
    assert line.asked == 180.0 / recovery.ASK


async def test_what_others_ask_of_a_mute_modem_does_not_prolong_the_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "ASK", 0.01)
    monkeypatch.setattr(recovery, "PATIENCE", 0.1)
    line = FakeLine(False, takes=0.05)
    line.doubtful.set()
    async with watched(line) as task, asyncio.timeout(DEADLINE):
        await task
    assert line.asked == 2


async def test_one_port_that_does_not_answer_is_closed_and_no_more() -> None:
    mute, well = FakeLine(False), FakeLine()
    mute.doubtful.set()
    async with watched(mute, well) as task:
        await comes_true(lambda: not mute.askable)
        assert well.askable
        assert not task.done()


async def test_a_modem_that_still_receives_data_does_not_hang_before_they_stop_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "QUIET", 0.01)
    octets, stopped = itertools.count(), False
    only, other = FakeLine(False), FakeLine(False)
    only.doubtful.set()
    async with watched(only, other, received=lambda: 0 if stopped else next(octets)) as task:
        await comes_true(lambda: only.asked == 3 * recovery.PATIENCE / recovery.ASK)
        assert only.askable
        assert other.askable
        assert not task.done()
        stopped = True
        async with asyncio.timeout(DEADLINE):
            await task
    assert only.askable


async def test_a_mute_port_is_left_alone_for_a_while_when_data_come_in() -> None:
    octets, mute = itertools.count(), FakeLine(False)
    mute.doubtful.set()
    watch = Watch(lambda: [mute], lambda: next(octets))
    task = asyncio.create_task(watch.until_mute())
    round_ = recovery.PATIENCE / recovery.ASK
    await comes_true(lambda: mute.asked == round_)
    for _ in range(100):
        await asyncio.sleep(0)
    assert mute.asked == round_
    watch.look_now()
    await comes_true(lambda: mute.asked == 2 * round_)
    mute.answer = True
    watch.look_now()
    await comes_true(lambda: not mute.doubtful.is_set())
    assert mute.askable
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("error", [PortGone("closed"), WrongState("carries data")])
async def test_a_port_that_was_closed_or_began_a_call_meanwhile_does_not_hang(
    error: WwandError,
) -> None:
    line = FakeLine(error)
    line.doubtful.set()
    async with watched(line) as task:
        await comes_true(lambda: not line.askable)
        await asyncio.sleep(0)
        assert not task.done()


async def test_a_modem_that_says_nothing_for_long_is_asked() -> None:
    line = FakeLine()
    line.heard -= recovery.QUIET
    async with watched(line):
        await comes_true(lambda: line.asked == 1)


# --- what is done ---------------------------------------------------------------------------------


@dataclass
class FakePatient:
    device: UsbDevice = DEVICE
    worked: bool = True
    done: list[str] = field(default_factory=list)

    async def restart(self) -> bool:
        self.done.append("restart")
        return self.worked

    async def reset(self) -> bool:
        self.done.append("reset")
        return True


@dataclass
class Clinic:
    """A recovery with a clock that is set by hand."""

    limit: int = 10
    now: float = 0.0
    told: list[str] = field(default_factory=list)
    patient: FakePatient = field(default_factory=FakePatient)

    def __post_init__(self) -> None:
        guard = LoopGuard(
            self.limit, 3600.0, clock=lambda: self.now, refuse=recovery.reset_too_often
        )
        self.recovery = Recovery(guard, clock=lambda: self.now)

    async def hang(self) -> None:
        await self.recovery.climb(MUTE, cast(Patient, self.patient), self.told.append)


async def test_each_hang_soon_after_the_last_one_gets_the_next_step() -> None:
    clinic = Clinic()
    for _ in range(3):
        clinic.recovery.answered()
        await clinic.hang()
    assert clinic.told == [
        "modem0 hangs; opening its ports anew",
        "modem0 hangs; telling it to restart",
        "modem0 hangs; resetting it on the USB bus",
    ]
    with pytest.raises(WwandError, match="neither a restart nor a reset") as stuck:
        await clinic.hang()
    assert "unplug it" in stuck.value.next_step


async def test_a_restart_that_had_no_effect_is_followed_by_a_reset_at_once() -> None:
    clinic = Clinic(patient=FakePatient(worked=False))
    await clinic.hang()
    await clinic.hang()
    assert clinic.patient.done == ["restart", "reset"]


async def test_a_modem_that_was_well_for_long_begins_with_the_mildest_step_again() -> None:
    clinic = Clinic()
    for _ in range(4):
        clinic.recovery.answered()
        clinic.now += recovery.STEADY
        await clinic.hang()
    assert clinic.patient.done == []


async def test_a_modem_that_does_not_answer_after_a_step_was_not_well_meanwhile() -> None:
    clinic = Clinic()
    clinic.recovery.answered()
    for _ in range(2):
        clinic.now += recovery.STEADY
        await clinic.hang()
    assert clinic.patient.done == ["restart"]


async def test_resets_are_limited() -> None:
    clinic = Clinic(limit=1)
    await clinic.hang()
    await clinic.hang()
    with pytest.raises(WwandError, match="was reset 1 times in 0 minutes and hangs again") as stuck:
        await clinic.hang()
    assert "60 minutes" in stuck.value.next_step
    assert clinic.patient.done == ["restart"]


def test_what_was_done_is_known_when_the_device_comes_back_and_only_for_it() -> None:
    known = Recoveries()
    first = known.of(DEVICE)
    assert not first.expected
    first.answered()
    assert known.of(DEVICE).expected
    assert not known.of(UsbDevice("1-1", UsbId(0x12D1, 0x1573), "/nowhere")).expected
