"""What people use beside data: codes such as *100#, and the network's clock.

A modem that only connects has no more of it than these facts; the rest is loaded when used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol, cast

from wwand.errors import Unsupported
from wwand.status import Observable

if TYPE_CHECKING:
    from wwand.at.clock import NetworkTime
    from wwand.modem.base import Modem
    from wwand.modem.ussd import Ussd


class UssdState(IntEnum):
    """ModemManager's MMModem3gppUssdSessionState."""

    UNKNOWN = 0
    IDLE = 1
    ACTIVE = 2
    """The network has yet to answer."""
    USER_RESPONSE = 3
    """The network waits for an answer."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How far a USSD dialogue is, and what the network has said of its own accord."""

    state: UssdState = UssdState.IDLE
    notification: str = ""
    request: str = ""


class UssdDriver(Protocol):
    """Carries USSD strings in one protocol."""

    async def listen(self) -> None:
        """Have reported what the network says of its own accord."""
        ...

    async def send(self, text: str, *, answers: bool) -> None:
        """Send a code, or an answer to the network; what comes back is told to the dialogue."""
        ...

    async def cancel(self) -> None:
        """End the dialogue."""
        ...

    def heard(self, said: Any) -> None:
        """Take what the modem reported, in the protocol's own form."""
        ...


class Services(Observable):
    """The facts, and what a protocol implements."""

    def __init__(self) -> None:
        super().__init__()
        self.dialogue = Dialogue()
        self.zone: tuple[int | None, int | None] = (None, None)
        """Minutes from UTC to the network's local time, and what of them is due to summer."""
        self.on_time: list[Callable[[str], None]] = []
        """Hear each time that the network tells: ISO 8601."""
        self._ussd: Ussd | None = None

    @property
    def ussd(self) -> "Ussd":
        """The modem's USSD dialogue; Unsupported where it can have none."""
        if self._ussd is None:
            from wwand.modem.ussd import Ussd

            self._ussd = Ussd(cast("Modem", self))
        return self._ussd

    def note_dialogue(self, **changes: Any) -> None:
        """Change what is known of the dialogue."""
        self.dialogue = replace(self.dialogue, **changes)
        self.changed()

    def note_zone(self, offset: int | None, saving: int | None) -> None:
        """Take over the network's zone; how much of it is due to summer is not always told."""
        if offset is not None:
            known = self.zone[1] if offset == self.zone[0] else None
            self.zone = offset, known if saving is None else saving
            self.changed()

    def note_time(self, time: "NetworkTime", *, announce: bool = True) -> None:
        """Take over what the network says its clock is, and tell it unless that was asked for."""
        self.note_zone(time.offset_minutes, time.saving_minutes)
        if announce:
            for listener in tuple(self.on_time):
                listener(time.text)

    def make_ussd_driver(self, dialogue: "Ussd") -> UssdDriver:
        """Make what carries USSD strings."""
        raise Unsupported("this modem has no way to send codes (USSD)")

    async def tell_time(self) -> str:
        """The network's time in ISO 8601; empty where it is not known."""
        if (time := await self.load_network_time()) is None:
            return ""
        self.note_time(time, announce=False)
        return time.text

    async def load_network_time(self) -> "NetworkTime | None":
        """Ask what the network's clock says; None where it is not known."""
        raise Unsupported("this modem does not tell the network's time")
