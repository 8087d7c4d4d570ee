"""USSD in Huawei's way: septets packed as hex, whatever character set is chosen.  Pure."""

from wwand.at.command import AtCommand, action
from wwand.errors import BadArgument, BadReply
from wwand.gsm import BASIC, EXTENSION, gsm

ESCAPE = 0x1B
FILLER = 0x0D
"""CR takes up seven spare bits at the end, which would read as an @ (23.038 §6.1.2.3.1)."""

GSM_SCHEME = 15
"""<dcs>: the default alphabet, language unspecified (23.038 §5)."""

LONGEST = 182
"""Characters that fit into the 160 octets of a USSD string (24.090 §4.4)."""

_CODES = {char: bytes([code]) for code, char in enumerate(BASIC) if code != ESCAPE} | {
    char: bytes([ESCAPE, code]) for code, char in EXTENSION.items()
}


def pack(text: str) -> str:
    """Return the hex of a text; BadArgument where the alphabet lacks a character."""
    try:
        septets = b"".join(_CODES[char] for char in text)
    except KeyError:
        raise BadArgument("the text holds a character that USSD cannot carry") from None
    if len(septets) > LONGEST:
        raise BadArgument(f"the text is longer than {LONGEST} characters")
    if len(septets) % 8 == 7:
        septets += bytes([FILLER])
    number = sum(septet << 7 * place for place, septet in enumerate(septets))
    return number.to_bytes((7 * len(septets) + 7) // 8, "little").hex().upper()


def unpack(text: str) -> str:
    """Read the hex of packed septets."""
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise BadReply("not the hex of a USSD string") from None
    number = int.from_bytes(octets, "little")
    count = 8 * len(octets) // 7
    septets = bytes(number >> 7 * place & 0x7F for place in range(count))
    if count and count % 8 == 0 and septets[-1] == FILLER:
        septets = septets[:-1]
    return gsm(septets)


def request(text: str) -> AtCommand[None]:
    """27.007 §7.15: send a string; what the network answers is reported with +CUSD."""
    return action(f'AT+CUSD=1,"{pack(text)}",{GSM_SCHEME}', timeout=15)
