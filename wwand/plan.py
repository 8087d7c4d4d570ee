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
        self._kernel = kernel
        self._spoken = spoken
        self.basis = (device.id, spoken, preference)
        """What the plan was made for; with another one a new plan is needed."""
        self.offered = layouts(device, kernel)
        self._preference = preference
        self._experience = experience
        self._card = ""
        usable = tuple(each for each in self.offered if not self.why_unusable(each))
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

    def why_unusable(self, layout: Layout) -> str:
        """Why a layout is no rung of the ladder, with the next step; empty when it may be one."""
        if layout.kind not in ORDER:
            return f"wwand does not speak {layout.kind.value} yet"
        if layout.kind not in self._spoken:
            return "nobody knows how this modem is dialled for it"
        if missing := self._kernel.unavailable(layout.driver):
            return f"{missing}: {next_step(layout.driver)}"
        return ""

    def story(self, layout: Layout) -> str:
        """What is to be said of a layout now."""
        if why := self.why_unusable(layout):
            return why
        if layout not in self.ladder.rungs:
            return "not in the configuration that is wanted"
        if layout in self.ladder.failures:
            return f"failed: {self.ladder.failures[layout]}"
        return "in use" if layout == self.ladder.current else "not tried"
