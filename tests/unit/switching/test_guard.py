import pytest

from wwand.errors import SwitchFailed
from wwand.switching.guard import LoopGuard


def test_a_device_that_keeps_coming_back_is_stopped_at_its_place_only() -> None:
    times = iter((0.0, 10.0, 20.0, 30.0, 30.0))
    guard = LoopGuard(limit=3, within=60.0, clock=lambda: next(times))
    for _ in range(3):
        guard.admit("1-1")
    with pytest.raises(SwitchFailed, match="at 1-1 was switched 3 times in 30 s") as refused:
        guard.admit("1-1")
    assert "30 s" in refused.value.next_step
    guard.admit("1-2")


def test_switches_of_long_ago_do_not_count() -> None:
    now = 0.0
    guard = LoopGuard(limit=1, within=60.0, clock=lambda: now)
    guard.admit("1-1")
    now = 60.0
    guard.admit("1-1")
