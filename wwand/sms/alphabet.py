"""The alphabet of seven bits in messages: from text to septets and octets, and back (23.038)."""

from wwand.errors import BadReply
from wwand.gsm import BASIC, EXTENSION

ESCAPE = 0x1B

_CODES = {char: bytes([code]) for code, char in enumerate(BASIC) if code != ESCAPE} | {
    char: bytes([ESCAPE, code]) for code, char in EXTENSION.items()
}


def septets(text: str) -> bytes | None:
    """Write a text in septets, one to an octet; None when it has a letter that is not there."""
    try:
        return b"".join([_CODES[char] for char in text])
    except KeyError:
        return None


def pack(data: bytes, start: int = 0) -> bytes:
    """Pack septets, beginning at that bit of the first octet (23.038 §6.1.2.1)."""
    value = 0
    for place, septet in enumerate(data):
        value |= (septet & 0x7F) << (7 * place)
    return (value << start).to_bytes((7 * len(data) + start + 7) // 8, "little")


def unpack(data: bytes, count: int, start: int = 0) -> bytes:
    """Take septets out of octets, beginning at that bit; BadReply when there are too few."""
    if count < 0 or 7 * count + start > 8 * len(data):
        raise BadReply(f"{len(data)} octets do not hold {count} septets")
    value = int.from_bytes(data, "little") >> start
    return bytes((value >> (7 * place)) & 0x7F for place in range(count))
