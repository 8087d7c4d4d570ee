"""Texts as septets, packed into octets: what networks send and take (3GPP TS 23.038 §6).  Pure."""

from wwand.errors import BadReply
from wwand.gsm import BASIC, EXTENSION, gsm

ESCAPE = 0x1B

FILLER = 0x0D
"""CR takes up seven spare bits at the end, which would read as an @ (23.038 §6.1.2.3.1)."""

_CODES = {char: bytes([code]) for code, char in enumerate(BASIC) if code != ESCAPE} | {
    char: bytes([ESCAPE, code]) for code, char in EXTENSION.items()
}


def septets(text: str) -> bytes | None:
    """Write a text one septet to an octet; None when the alphabet lacks a character."""
    try:
        return b"".join([_CODES[char] for char in text])
    except KeyError:
        return None


def pack(codes: bytes, start: int = 0) -> bytes:
    """Pack septets, the first one into the lowest bits from that one on (23.038 §6.1.2.1)."""
    number = sum((code & 0x7F) << 7 * place for place, code in enumerate(codes))
    return (number << start).to_bytes((7 * len(codes) + start + 7) // 8, "little")


def unpack(octets: bytes, count: int, start: int = 0) -> bytes:
    """Take septets out of octets, beginning at that bit; BadReply when there are too few."""
    if count < 0 or 7 * count + start > 8 * len(octets):
        raise BadReply(f"{len(octets)} octets do not hold {count} septets")
    number = int.from_bytes(octets, "little") >> start
    return bytes(number >> 7 * place & 0x7F for place in range(count))


def pack_string(codes: bytes) -> bytes:
    """Pack septets that go without their number, with a filler where one is needed."""
    return pack(codes + bytes([FILLER]) if len(codes) % 8 == 7 else codes)


def unpack_string(octets: bytes, fillers: bytes = bytes([FILLER])) -> str:
    """Read such a string; `fillers` are what may stand in the last seven bits without meaning."""
    codes = unpack(octets, 8 * len(octets) // 7)
    if codes and len(codes) % 8 == 0 and codes[-1] in fillers:
        codes = codes[:-1]
    return gsm(codes)
