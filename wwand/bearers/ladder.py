"""The ladder of layouts: which one to use first, and which one after it has failed."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from wwand.status import LayoutKind
from wwand.switching.layouts import Layout

ORDER = (LayoutKind.QMI, LayoutKind.NCM, LayoutKind.ECM, LayoutKind.PPP)
"""What wwand speaks, best first: more of the way is the kernel's, and less is guessed."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What the user wants of a device's layouts."""

    kind: LayoutKind | None = None
    configuration: int = 0
    """0: any of the device's."""


def rungs(
    offered: Iterable[Layout],
    spoken: Collection[LayoutKind],
    active: int,
    preference: Preference = Preference(),
    remembered: Layout | None = None,
) -> tuple[Layout, ...]:
    """Order the layouts that can be used: what worked, what is wanted, then the present way first.

    A wanted configuration is a must; a wanted kind comes first, and others follow.
    """

    def key(layout: Layout) -> tuple[bool, bool, bool, int]:
        return (
            layout != remembered,
            preference.kind not in (None, layout.kind),
            layout.configuration != active,
            ORDER.index(layout.kind),
        )

    possible = (
        layout
        for layout in offered
        if layout.kind in spoken
        and layout.kind in ORDER
        and preference.configuration in (0, layout.configuration)
    )
    return tuple(sorted(possible, key=key))


class Ladder:
    """Rungs in their order, which of them is stood on, and why others were left."""

    def __init__(self, rungs: tuple[Layout, ...]) -> None:
        self.rungs = rungs
        """In the order in which they are tried."""
        self.failures: dict[Layout, str] = {}
        """Why a rung was left, the last time."""
        self.on_failure: Callable[[Layout, str], None] | None = None
        self.on_success: Callable[[Layout], None] | None = None
        self._at = 0
        self._moved = asyncio.Event()

    @property
    def current(self) -> Layout | None:
        """The layout to be used now; None when there is none at all."""
        return self.rungs[self._at] if self.rungs else None

    @property
    def begins_anew(self) -> bool:
        """Whether the first rung is stood on: nothing was tried yet, or everything."""
        return self._at == 0

    def serves(self, active: int, spoken: Collection[LayoutKind]) -> bool:
        """Whether the current rung is in that configuration, and one of those kinds."""
        layout = self.current
        return layout is None or (layout.configuration == active and layout.kind in spoken)

    def fail(self, why: str) -> bool:
        """Go on to the next rung; False after the last one, when the first is next again."""
        if failed := self.current:
            self.failures[failed] = why
            self._at = (self._at + 1) % len(self.rungs)
            if self.on_failure:
                self.on_failure(failed, why)
            self._moved.set()
        return not self.begins_anew

    def choose(self, layout: Layout) -> None:
        """Begin with that rung; those before it come after the last one."""
        before, at = self.current, self.rungs.index(layout)
        self.rungs = self.rungs[at:] + self.rungs[:at]
        self._at = 0
        if layout != before:
            self._moved.set()

    def worked(self) -> None:
        """Note that the current rung carries data."""
        if layout := self.current:
            self.failures.pop(layout, None)
            if self.on_success:
                self.on_success(layout)

    async def moved(self) -> None:
        """Wait until another rung is stood on."""
        await self._moved.wait()
        self._moved.clear()
