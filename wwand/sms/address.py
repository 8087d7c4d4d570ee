"""Numbers and names of who sends and receives (23.040 §9.1.2.5, 24.011 §8.2.5)."""

import re

from wwand.errors import BadArgument
from wwand.gsm import gsm
from wwand.gsm7 import pack, septets, unpack

INTERNATIONAL, UNKNOWN, NAME = 0x91, 0x81, 0xD0
"""Types of number with the ISDN numbering plan, and of a name in seven bits."""

DIGITS = "0123456789*#abc"
"""What a half octet stands for; 15 fills the last one up (§9.1.2.3)."""

NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
"""What can be sent to: twenty digits are all that an address has room for."""


def checked(name: str, number: str) -> str:
    """Return `number` if it can be sent to; blanks and hyphens, as people write them, are left out.

    The error names the argument and never says its value.
    """
    plain = re.sub(r"[ ().-]", "", number) if len(number) <= 40 else ""
    if not NUMBER.fullmatch(plain):
        raise BadArgument(
            f"{name} is not a telephone number", "digits, * and #, with + in front of a country"
        )
    return plain


def half_octets(number: str) -> bytes:
    """Write digits two to an octet, the first one in the low half."""
    codes = [DIGITS.index(digit) for digit in number]
    codes += [15] * (len(codes) % 2)
    return bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))


def encode(number: str) -> bytes:
    """Write an address, with the length that counts digits."""
    kind, digits = _parted(number)
    if any(digit not in DIGITS for digit in digits):
        name = septets(number)
        if name is None or len(name) > 11:
            raise BadArgument("the address is neither a number nor a short name")
        packed = pack(name)
        return bytes([(7 * len(name) + 3) // 4, NAME]) + packed
    return bytes([len(digits), kind]) + half_octets(digits)


def encode_service_centre(number: str) -> bytes:
    """Write a service centre's address, with the length that counts octets; none is one 0."""
    if not number:
        return b"\0"
    kind, digits = _parted(number)
    packed = half_octets(digits)
    return bytes([1 + len(packed), kind]) + packed


def decode(kind: int, data: bytes, digits: int) -> str:
    """Read an address of `digits` half octets."""
    if kind & 0x70 == NAME & 0x70:
        return gsm(unpack(data, digits * 4 // 7))
    codes = [half for octet in data for half in (octet & 15, octet >> 4)][:digits]
    number = "".join(DIGITS[code] for code in codes if code < len(DIGITS))
    return f"+{number}" if number and kind & 0x70 == INTERNATIONAL & 0x70 else number


def _parted(number: str) -> tuple[int, str]:
    if number.startswith("+"):
        return INTERNATIONAL, number[1:]
    return UNKNOWN, number
