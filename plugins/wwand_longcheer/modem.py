"""Longcheer modems: what their firmware answers beside, or in place of, 3GPP 27.007.

Commands and values: ModemManager's and wader's observations of the firmware, as facts.
"""

import re
from collections.abc import Sequence

from wwand.at.command import AtCommand, action, query, query_lines, query_text
from wwand.at.technology import by_words
from wwand.errors import BadReply
from wwand.modem.at import AtModem
from wwand.status import AccessTechnology, Capability, Lock, Mode

BOTH = Mode.G2 | Mode.G3

MODES: dict[tuple[Mode, Mode], int] = {
    (Mode.G2, Mode.NONE): 3,
    (Mode.G3, Mode.NONE): 1,
    (BOTH, Mode.G2): 4,
    (BOTH, Mode.G3): 2,
}
"""What AT+MODODR can be set to."""

RETRIES = {
    "PIN1": Lock.SIM_PIN,
    "PUK1": Lock.SIM_PUK,
    "PIN2": Lock.SIM_PIN2,
    "PUK2": Lock.SIM_PUK2,
}


@query("AT+MODODR?", prefix="+MODODR")
def mode_order(value: int) -> int:
    """Which generations are used, as a number of `MODES`."""
    return value


def set_mode_order(value: int) -> AtCommand[None]:
    """Choose the generations; the modem registers anew."""
    return action(f"AT+MODODR={value}", timeout=10)


@query_text("AT+PSRAT", prefix="+PSRAT")
def radio_technology(text: str) -> AccessTechnology:
    """The radio link in words; the command takes no question mark."""
    return by_words(text)


@query_lines("AT+CPNNUM")
def retries(lines: Sequence[str]) -> dict[Lock, int]:
    """Tries left, as in `PIN1=3; PUK1=10; PIN2=3; PUK2=10`; the line has no prefix."""
    found = re.findall(r"(P(?:IN|UK)[12])\s*=\s*(\d+)", " ".join(lines))
    if not found:
        raise BadReply("no number of tries in the answer to AT+CPNNUM")
    return {RETRIES[code]: int(left) for code, left in found}


class LongcheerModem(AtModem):
    """Asks for modes, radio technology and tries in the maker's own way; all are 2G/3G modems."""

    async def load_capabilities(self) -> tuple[Capability, ...]:
        """Nothing to ask: none of them has LTE."""
        return (Capability.GSM_UMTS,)

    async def load_retries(self) -> dict[Lock, int]:
        """AT+CPNNUM; what 3GPP has for it where that is refused."""
        return await self.ask(retries, {}) or await super().load_retries()

    async def load_modes(self) -> None:
        """AT+MODODR; it says what is chosen, and all four can be."""
        self.supported_modes = tuple(MODES)
        chosen = await self.ask(mode_order, 0)
        by_number = {number: modes for modes, number in MODES.items()}
        self.current_modes = by_number.get(chosen, (BOTH, Mode.NONE))

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """AT+MODODR."""
        await self.control.send(set_mode_order(MODES[allowed, preferred]))

    async def load_access_technology(self) -> AccessTechnology:
        """AT+PSRAT; what the registration reports said where that is refused."""
        told = await self.ask(radio_technology, AccessTechnology.UNKNOWN)
        return told or await super().load_access_technology()
