"""Texts as septets, packed into octets: what networks send and take (3GPP TS 23.038 §6).  Pure."""

from wwand.errors import BadArgument
from wwand.gsm import BASIC, EXTENSION, gsm

ESCAPE = 0x1B

FILLER = 0x0D
"""CR takes up seven spare bits at the end, which would read as an @ (23.038 §6.1.2.3.1)."""


def septets(text: str) -> bytes:
    """Write a text one septet to an octet; BadArgument where the alphabet lacks a character."""
    written = bytearray()
    for char in text:
        if (code := BASIC.find(char)) >= 0 and code != ESCAPE:
            written.append(code)
        elif code := next((code for code, other in EXTENSION.items() if other == char), 0):
            written += bytes((ESCAPE, code))
        else:
            raise BadArgument("the text holds a character that the GSM alphabet lacks")
    return bytes(written)


def pack(codes: bytes) -> bytes:
    """Pack septets, the first one into the lowest bits, with a filler where one is needed."""
    if len(codes) % 8 == 7:
        codes += bytes([FILLER])
    number = sum(code << 7 * place for place, code in enumerate(codes))
    return number.to_bytes((7 * len(codes) + 7) // 8, "little")


def unpack(octets: bytes, fillers: bytes = bytes([FILLER])) -> str:
    """Read packed septets; `fillers` are what may stand in the last seven bits without meaning."""
    number = int.from_bytes(octets, "little")
    codes = bytes(number >> 7 * place & 0x7F for place in range(8 * len(octets) // 7))
    if codes and len(codes) % 8 == 0 and codes[-1] in fillers:
        codes = codes[:-1]
    return gsm(codes)
