"""The user data header: what tells the parts of a long message (23.040 §9.2.3.24)."""

from dataclasses import dataclass

SHORT_REFERENCE, LONG_REFERENCE = 0x00, 0x08
"""Elements that number the parts, with references of 8 and of 16 bits (§9.2.3.24.1, .8)."""


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of which message this is."""

    reference: int
    parts: int
    part: int
    """From 1."""


def read(data: bytes) -> Concatenation | None:
    """Find the part's number in a header, given without its length.

    A header whose elements do not fit is ignored as a whole, and so is an element that numbers a
    part which cannot be (§9.2.3.24, §9.2.3.24.1).
    """
    found, at = None, 0
    while at < len(data):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            return None
        kind, body = data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + len(body)
        if (kind, len(body)) in ((SHORT_REFERENCE, 3), (LONG_REFERENCE, 4)):
            reference, (parts, part) = int.from_bytes(body[:-2]), body[-2:]
            if 1 <= part <= parts:
                found = Concatenation(reference, parts, part)
    return found


def write(part: Concatenation) -> bytes:
    """Write a header, with its length, that numbers a part."""
    body = bytes([part.parts, part.part])
    if part.reference < 0x100:
        return bytes([5, SHORT_REFERENCE, 3, part.reference]) + body
    return bytes([6, LONG_REFERENCE, 4]) + part.reference.to_bytes(2) + body
