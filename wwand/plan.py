"""The plan for a device: which layouts it offers, which of them can be used, and how they fared."""

from collections.abc import Callable, Collection

from wwand.bearers.ladder import ORDER, Ladder, Preference, rungs
from wwand.device import UsbDevice
from wwand.experience import Experience
from wwand.status import LayoutKind
from wwand.switching.layouts import Kernel, Layout, layouts, next_step


class Plan:
    """One device's layouts under one preference."""

    def __init__(
        self,
        device: UsbDevice,
        spoken: Collection[LayoutKind],
        preference: Preference,
        kernel: Kernel,
        experience: Experience,
    ) -> None:
        self.basis = (device.id, spoken, preference)
        """What the plan was made for; with another one a new plan is needed."""
        self.offered = layouts(device, kernel)
        self._preference = preference
        self._experience = experience
        self._card = ""
        self._unusable = {
            each: why for each in self.offered if (why := why_unusable(each, spoken, kernel))
        }
        usable = tuple(each for each in self.offered if each not in self._unusable)
        remembered = experience.layout(usable, preference)
        self.ladder = Ladder(rungs(usable, spoken, device.active, preference, remembered))
        self.ladder.on_success = self._worked

    def meet(self, card: str) -> None:
        """Learn the SIM's ICCID: what worked with this SIM is used, if it is known."""
        self._card = card
        known = self._experience.layout(self.ladder.rungs, self._preference, card)
        if known and not self.ladder.failures:
            self.ladder.choose(known)

    def _worked(self, layout: Layout) -> None:
        self._experience.note_layout(layout, self._preference, self._card)

    def on_failure(self, tell: Callable[[str], None]) -> None:
        """Have every failure of a layout told in words."""

        def failed(layout: Layout, why: str) -> None:
            following = self.ladder.current
            tell(f"{layout} failed: {why}" + (f"; {following} is next" if following else ""))

        self.ladder.on_failure = failed

    def story(self, layout: Layout) -> str:
        """What is to be said of a layout now."""
        if layout in self._unusable:
            return self._unusable[layout]
        if layout not in self.ladder.rungs:
            return "not in the configuration that is wanted"
        if layout in self.ladder.failures:
            return f"failed: {self.ladder.failures[layout]}"
        return "in use" if layout == self.ladder.current else "not tried"


def why_unusable(layout: Layout, spoken: Collection[LayoutKind], kernel: Kernel) -> str:
    """Why a layout is no rung of the ladder, with the next step; empty when it may be one."""
    if layout.kind not in ORDER:
        return f"wwand does not speak {layout.kind.value} yet"
    if layout.kind not in spoken:
        return "nobody knows how this modem is dialled for it"
    if missing := kernel.unavailable(layout.driver):
        return f"{missing}: {next_step(layout.driver)}"
    return ""
