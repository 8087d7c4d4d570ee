"""The data coding scheme: which alphabet a message is in, and its class (23.038 §4, §5)."""

from dataclasses import dataclass
from enum import StrEnum

from wwand.sms.facts import NO_CLASS


class Alphabet(StrEnum):
    """How the text is written."""

    GSM7 = "gsm7"
    DATA = "8bit"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Coding:
    """A data coding scheme, understood."""

    alphabet: Alphabet
    message_class: int = NO_CLASS
    compressed: bool = False
    """Nobody writes those; the text cannot be read."""
    has_header: bool = False
    """A broadcast begins with a user data header."""


_ALPHABETS = (Alphabet.GSM7, Alphabet.DATA, Alphabet.UCS2, Alphabet.GSM7)
"""By bits 3 and 2; the last is reserved, and read as the default alphabet."""


def read(dcs: int) -> Coding:
    """Read the octet of a message; a reserved one is read as the default alphabet (§4)."""
    group = dcs >> 4
    if group < 8:
        return _general(dcs)
    if group == 0xE:
        return Coding(Alphabet.UCS2)
    if group == 0xF:
        return _with_class(dcs)
    return Coding(Alphabet.GSM7)


def write(alphabet: Alphabet, message_class: int = NO_CLASS) -> int:
    """Give the octet for a message to be sent."""
    base = _ALPHABETS.index(alphabet) << 2
    return base if message_class == NO_CLASS else base | 0x10 | message_class


def of_broadcast(dcs: int) -> Coding:
    """Read the octet of a broadcast (§5); languages are `wwand.sms.broadcast`'s."""
    group = dcs >> 4
    if dcs == 0x11:
        return Coding(Alphabet.UCS2)
    if 4 <= group < 8:
        return _general(dcs)
    if group == 9:
        return Coding(_ALPHABETS[dcs >> 2 & 3], dcs & 3, has_header=True)
    return _with_class(dcs) if group == 0xF else Coding(Alphabet.GSM7)


def _general(dcs: int) -> Coding:
    message_class = dcs & 3 if dcs & 0x10 else NO_CLASS
    return Coding(_ALPHABETS[dcs >> 2 & 3], message_class, bool(dcs & 0x20))


def _with_class(dcs: int) -> Coding:
    return Coding(Alphabet.DATA if dcs & 4 else Alphabet.GSM7, dcs & 3)
