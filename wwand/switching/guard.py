"""Stops a device that keeps coming back in its old mode from being switched for ever."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from wwand.errors import SwitchFailed


class LoopGuard:
    """Counts the switches at each place."""

    def __init__(
        self, limit: int = 5, within: float = 180.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Allow `limit` switches at one place in `within` seconds."""
        self._limit = limit
        self._within = within
        self._clock = clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, key: str) -> None:
        """Count one more switch at that place, or raise SwitchFailed."""
        times = self._times[key]
        now = self._clock()
        while times and now - times[0] >= self._within:
            times.popleft()
        if len(times) >= self._limit:
            raise SwitchFailed(
                f"the device at {key} was switched {self._limit} times in"
                f" {now - times[0]:.0f} s and keeps coming back in its old mode",
                "try another USB port, without a hub or with one that has its own power supply;"
                " it will be tried again when it has been left alone for"
                f" {self._within - (now - times[0]):.0f} s and is plugged in anew",
            )
        times.append(now)
