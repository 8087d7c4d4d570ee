"""The network's end of USSD: codes, menus, and what it says of its own accord."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wwand.simulator.model import Page

ANY = "*"
"""In a menu: whatever else is answered."""

DONE, ANSWER_WANTED, TERMINATED, NOT_SUPPORTED = 0, 1, 2, 4
"""<m> of +CUSD (27.007 §7.15)."""

BEHAVIOURS = ("answers", "silent", "refused")
"""What the network does with a code."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the network says; without a text it has ended the dialogue."""

    outcome: int
    text: str = ""


@dataclass
class Dialogue:
    """One modem's dialogue with the network."""

    codes: Mapping[str, Page]
    behaviour: Callable[[], str]
    """A word of BEHAVIOURS."""
    listeners: list[Callable[[Said], None]] = field(default_factory=list)
    """Hear what the network says of its own accord."""
    menu: Mapping[str, Page] = field(default_factory=dict)
    """What may be answered; empty while the network waits for nothing."""

    def ask(self, text: str) -> Said | None:
        """Take a code, or an answer while a menu is open; None when the network is silent."""
        menu, self.menu = self.menu, {}
        match self.behaviour():
            case "silent":
                return None
            case "refused":
                return Said(TERMINATED)
        page = (menu.get(text) or menu.get(ANY)) if menu else self.codes.get(text)
        if page is None:
            return Said(TERMINATED if menu else NOT_SUPPORTED)
        return self._show(page)

    def cancel(self) -> bool:
        """Take the host's leave; whether there was a dialogue."""
        menu, self.menu = self.menu, {}
        return bool(menu)

    def say(self, text: str, *, wants_answer: bool) -> None:
        """Say something unasked; any answer is thanked for."""
        page = Page(text, {ANY: Page("Thank you")} if wants_answer else {})
        said = self._show(page)
        for listener in list(self.listeners):
            listener(said)

    def _show(self, page: Page) -> Said:
        self.menu = page.menu
        return Said(ANSWER_WANTED if page.menu else DONE, page.text)
