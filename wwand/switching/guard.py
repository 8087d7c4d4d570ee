"""Stops a device that keeps coming back in its old mode from being switched for ever."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from wwand.errors import SwitchFailed, WwandError

Refusal = Callable[[str, int, float, float], WwandError]
"""Makes the error: the place, how often in how many seconds, and after how many it may go on."""


def switched_too_often(key: str, times: int, seconds: float, left: float) -> WwandError:
    """What is said of a device that is switched again and again."""
    return SwitchFailed(
        f"the device at {key} was switched {times} times in"
        f" {seconds:.0f} s and keeps coming back in its old mode",
        "try another USB port, without a hub or with one that has its own power supply;"
        " it will be tried again when it has been left alone for"
        f" {left:.0f} s and is plugged in anew",
    )


class LoopGuard:
    """Counts the switches, or what else must not go on for ever, at each place."""

    def __init__(
        self,
        limit: int = 5,
        within: float = 180.0,
        clock: Callable[[], float] = time.monotonic,
        refuse: Refusal = switched_too_often,
    ) -> None:
        """Allow `limit` times at one place in `within` seconds."""
        self._limit = limit
        self._within = within
        self._clock = clock
        self._refuse = refuse
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, key: str) -> None:
        """Count one more time at that place, or raise what refuses it."""
        times = self._times[key]
        now = self._clock()
        while times and now - times[0] >= self._within:
            times.popleft()
        if len(times) >= self._limit:
            since = now - times[0]
            raise self._refuse(key, self._limit, since, self._within - since)
        times.append(now)
