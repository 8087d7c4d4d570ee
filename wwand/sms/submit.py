"""Write what is to be sent: a text in as many PDUs as it takes (23.040 §9.2.2.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wwand.errors import BadArgument
from wwand.gsm7 import pack, septets
from wwand.sms import address, coding, header
from wwand.sms.coding import Alphabet
from wwand.sms.facts import NO_CLASS
from wwand.sms.header import Concatenation
from wwand.sms.moment import validity_octet
from wwand.sms.pdu import HAS_HEADER, STATUS_REPORT_REQUEST

ROOM = 140
"""Octets of user data (§9.2.3.24)."""

MOST_PARTS = 255
"""The part's number has one octet (§9.2.3.24.1)."""

SUBMIT, RELATIVE_VALIDITY = 0x01, 0x10
"""Bits of the first octet (§9.2.3.1, §9.2.3.3)."""

FORBIDDEN = {chr(code) for code in (*range(0x20), 0x7F)} - set("\n\r\f\t")
"""Control characters that no message needs; NUL, ESC and Ctrl-Z are among them."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent, and how."""

    number: str = field(repr=False)
    text: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)
    """Octets instead of a text."""
    smsc: str = field(default="", repr=False)
    """The service centre; empty for the one that the SIM knows."""
    validity: int | None = None
    """Minutes."""
    message_class: int = NO_CLASS
    report: bool = False
    """Ask the network to tell what became of it."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One PDU, ready to be sent."""

    pdu: bytes = field(repr=False)
    """With the service centre's address in front."""
    offset: int
    """Octets of that address."""

    @property
    def length(self) -> int:
        """Octets without it, which is what AT commands are told (27.005 §3.1)."""
        return len(self.pdu) - self.offset


def split(text: str) -> tuple[list[str], Alphabet]:
    """Cut a text into parts that fit, never between the halves of a letter."""
    if septets(text) is not None:
        return _cut(text, _septets_of, 8 * ROOM // 7, 153), Alphabet.GSM7
    return _cut(text, _units_of, ROOM // 2, 67), Alphabet.UCS2


def encode(message: Outgoing, reference: int = 0) -> list[Submit]:
    """Write a message in one PDU or more; `reference` tells its parts from those of others."""
    contents, alphabet = _contents(message)
    if len(contents) > MOST_PARTS:
        raise BadArgument(f"the text needs {len(contents)} messages; {MOST_PARTS} is the most")
    if len(contents) == 1:
        return [_submit(message, alphabet, contents[0])]
    return [
        _submit(message, alphabet, content, Concatenation(reference, len(contents), number))
        for number, content in enumerate(contents, 1)
    ]


def checked(name: str, text: str) -> str:
    """Return a text if it can be sent; the error never says what it is."""
    if FORBIDDEN.intersection(text):
        raise BadArgument(f"{name} holds a control character")
    try:
        text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise BadArgument(f"{name} holds half a character") from None
    return text


def user_data(alphabet: Alphabet, content: bytes, part: Concatenation | None = None) -> bytes:
    """Write user data with its length, and with a header that numbers the part."""
    head = header.write(part) if part else b""
    if alphabet is not Alphabet.GSM7:
        return bytes([len(head) + len(content)]) + head + content
    taken = (8 * len(head) + 6) // 7
    filling = 7 * taken - 8 * len(head)
    return bytes([taken + len(content)]) + head + pack(content, filling)


def written(text: str, alphabet: Alphabet) -> bytes:
    """Write a text in an alphabet that it fits into: septets, or UTF-16."""
    if alphabet is Alphabet.GSM7:
        found = septets(text)
        assert found is not None
        return found
    return text.encode("utf-16-be")


def _contents(message: Outgoing) -> tuple[Sequence[bytes], Alphabet]:
    if message.data:
        room = ROOM if len(message.data) <= ROOM else ROOM - 6
        pieces = range(0, len(message.data), room)
        return [message.data[at : at + room] for at in pieces], Alphabet.DATA
    parts, alphabet = split(message.text)
    return [written(part, alphabet) for part in parts], alphabet


def _submit(
    message: Outgoing, alphabet: Alphabet, content: bytes, part: Concatenation | None = None
) -> Submit:
    first, validity = SUBMIT, b""
    if message.validity is not None:
        first |= RELATIVE_VALIDITY
        validity = bytes([validity_octet(message.validity)])
    if part:
        first |= HAS_HEADER
    if message.report:
        first |= STATUS_REPORT_REQUEST
    smsc = address.encode_service_centre(message.smsc)
    dcs = coding.write(alphabet, message.message_class)
    head = bytes([first, 0]) + address.encode(message.number) + bytes([0, dcs]) + validity
    return Submit(smsc + head + user_data(alphabet, content, part), len(smsc))


def _septets_of(char: str) -> int:
    return len(septets(char) or b"")


def _units_of(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _cut(text: str, size: Callable[[str], int], whole: int, most: int) -> list[str]:
    """Cut a text into parts of `most` units, unless it fits whole."""
    sizes = [size(char) for char in text]
    if sum(sizes) <= whole:
        return [text]
    parts, begin, used = [], 0, 0
    for at, needed in enumerate(sizes):
        if used + needed > most:
            parts.append(text[begin:at])
            begin, used = at, 0
        used += needed
    return [*parts, text[begin:]]
