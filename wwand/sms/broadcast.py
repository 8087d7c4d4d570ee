"""Pages of broadcasts, such as warnings of the authorities (23.041 §9.4.1)."""

from dataclasses import dataclass
from enum import StrEnum

from wwand.errors import BadReply
from wwand.gsm import gsm
from wwand.gsm7 import unpack
from wwand.sms import coding
from wwand.sms.coding import Alphabet
from wwand.sms.pdu import wide

HEAD = 6
"""Octets before the content (§9.4.1.2)."""

LANGUAGES = (
    *("de", "en", "it", "fr", "es", "nl", "sv", "da"),
    *("pt", "fi", "no", "el", "tr", "hu", "pl", None),
)
MORE_LANGUAGES = ("cs", "he", "ar", "ru", "is")
"""By the low half of a data coding scheme of group 0 and of group 2 (23.038 §5)."""


class Scope(StrEnum):
    """Where a message is the same one (§9.4.1.2.1)."""

    CELL_AT_ONCE = "cell-immediate"
    PLMN = "plmn"
    AREA = "area"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a broadcast message."""

    serial: int
    channel: int
    """Kind of message; warnings have 4352 and above (§9.4.1.2.2)."""
    dcs: int
    part: int
    parts: int
    text: str | None
    """None for data."""
    language: str | None

    @property
    def scope(self) -> Scope:
        """Where it is the same one."""
        return tuple(Scope)[self.serial >> 14]

    @property
    def message_code(self) -> int:
        """Tells messages of a kind apart; the lower eight bits, as warnings use them."""
        return self.serial >> 4 & 0xFF

    @property
    def alert(self) -> bool:
        """Whether the user is to be alerted."""
        return bool(self.serial & 0x2000)

    @property
    def popup(self) -> bool:
        """Whether it is to be shown at once."""
        return bool(self.serial & 0x1000)

    @property
    def update(self) -> int:
        """Counts changes of the same message."""
        return self.serial & 0xF


def read(data: bytes) -> Page:
    """Read a page; BadReply when it is too short to be one."""
    if len(data) < HEAD:
        raise BadReply(f"a page of a broadcast has more than {len(data)} octets")
    serial, channel, dcs = int.from_bytes(data[:2]), int.from_bytes(data[2:4]), data[4]
    part, parts = data[5] >> 4, data[5] & 0xF
    if not 1 <= part <= parts:  # §9.4.1.2.4: the only page
        part = parts = 1
    content, how = data[HEAD:], coding.of_broadcast(dcs)
    if how.has_header:
        content = content[1 + content[0] :] if content else b""
    language, text = _language(dcs), None
    if how.alphabet is Alphabet.GSM7 and not how.compressed:
        text = gsm(unpack(content, 8 * len(content) // 7))
        if dcs == 0x10:
            language, text = _in_front(content, text)
    elif how.alphabet is Alphabet.UCS2:
        if dcs == 0x11:
            language, content = gsm(unpack(content[:2], 2)) if content[1:] else None, content[2:]
        text = wide(content)
    return Page(serial, channel, dcs, part, parts, text and text.rstrip("\r"), language)


def _language(dcs: int) -> str | None:
    group, number = dcs >> 4, dcs & 0xF
    if group == 0:
        return LANGUAGES[number]
    return MORE_LANGUAGES[number] if group == 2 and number < len(MORE_LANGUAGES) else None


def _in_front(content: bytes, text: str) -> tuple[str | None, str]:
    """Take the language off a text; some networks write those three letters unpacked."""
    if text[2:3] == "\r":
        return text[:2], text[3:]
    if content[2:3] == b"\r":
        rest = content[3:]
        return gsm(content[:2]), gsm(unpack(rest, 8 * len(rest) // 7))
    return None, text
