"""Codes that people type, such as *100#, and what the network answers (27.007 §7.15).  Pure.

How a string is written depends on the character set of the port (AT+CSCS), on the data coding
scheme beside it (23.038 §5), and on firmware that packs septets whatever either of them says.
"""

import re
from dataclasses import dataclass
from enum import Enum, IntEnum

from wwand.at.arguments import number, quoted
from wwand.at.charset import ucs2
from wwand.at.command import AtCommand, action, strip_prefix
from wwand.errors import BadArgument, BadReply
from wwand.gsm import BASIC, gsm
from wwand.gsm7 import pack_string, septets, unpack_string

PREFIX = "+CUSD"

GSM_SCHEME = 15
"""<dcs>: the default alphabet, language unspecified (23.038 §5)."""

UCS2_SCHEME = 72
"""<dcs>: UCS2, no message class (23.038 §5)."""

MOST_SEPTETS = 182
MOST_UCS2 = 80
"""Characters that fit into the 160 octets of a USSD string (24.090 §4.4)."""

MOST_WRITTEN = 4 * MOST_SEPTETS
"""The same as digits of UCS2."""

SEND = 30.0
"""Seconds until OK: some firmware says it when the network has taken the string."""

CANCEL = action("AT+CUSD=2")

HEX_CHARSETS = ("UCS2", "HEX")
"""Character sets that write every string as hexadecimal digits (27.007 §5.5)."""

LONG_HEX = re.compile(
    r"(?=[0-9]*[A-F])(?:[0-9A-F]{2}){8,}|(0[0-9])[0-9]{2}(?:\1[0-9]{2}){3,}", re.IGNORECASE
)
"""What no network says in plain words: sixteen hexadecimal digits and more, which hold a letter
or repeat the first octet of one script's UCS2."""

FEW_PAGES, MOSTLY = 2, 0.9
"""UCS2 in one script has one or two first octets; packed words are plain, but for few letters."""

_QUOTED = re.compile(r'(\d)\s*(?:,\s*"(.*)"\s*(?:,\s*(\d*)\s*)?)?', re.DOTALL)
_BARE = re.compile(r"(\d)\s*,(.*?)(?:,\s*(\d+)\s*)?", re.DOTALL)


class Alphabet(Enum):
    """What a data coding scheme says."""

    GSM = "gsm"
    OCTETS = "octets"
    UCS2 = "ucs2"


class Outcome(IntEnum):
    """<m> of +CUSD."""

    DONE = 0
    ANSWER_WANTED = 1
    TERMINATED = 2
    ANSWERED_ELSEWHERE = 3
    NOT_SUPPORTED = 4
    NO_ANSWER = 5


@dataclass(frozen=True, slots=True)
class Report:
    """One +CUSD, its string as it was written."""

    outcome: Outcome
    string: str
    scheme: int


# --- what is sent ---------------------------------------------------------------------------------


def check(text: str) -> str:
    """Return a code or an answer that USSD can carry; the errors never say what it is."""
    if not text:
        raise BadArgument("the text is empty", "give a code such as *100#, or an answer")
    if not text.isprintable():
        raise BadArgument("the text holds a control character")
    codes = septets(text)
    length, most = (len(codes), MOST_SEPTETS) if codes else (len(_wide(text)) // 2, MOST_UCS2)
    if length > most:
        raise BadArgument(f"the text is longer than {most} characters, which is all USSD carries")
    return text


def _wide(text: str) -> bytes:
    return text.encode("utf-16-be", "replace")


def is_plain(text: str, charset: str) -> bool:
    """Whether a text can stand between quotes in that character set."""
    if not text.isascii() or '"' in text:
        return False
    return charset != "GSM" or all(BASIC[ord(char)] == char for char in text)


def write(text: str, charset: str, *, packed: bool = False) -> tuple[str, int]:
    """Write a code or an answer as the modem takes it: the string, and its coding scheme."""
    codes = septets(check(text))
    if codes and packed:
        return pack_string(codes).hex().upper(), GSM_SCHEME
    if codes and charset == "HEX":
        return codes.hex().upper(), GSM_SCHEME
    if packed or charset in HEX_CHARSETS:
        return _wide(text).hex().upper(), GSM_SCHEME if codes else UCS2_SCHEME
    if not is_plain(text, charset):
        raise BadArgument(
            "this modem cannot send one of the text's characters",
            'use plain letters and digits, without "',
        )
    return text, GSM_SCHEME


def request(text: str, scheme: int) -> AtCommand[None]:
    """Send what `write` has written; what the network says to it is reported with +CUSD."""
    string = quoted("the text", text, MOST_WRITTEN)
    return action(f"AT+CUSD=1,{string},{number('scheme', scheme, 0, 255)}", timeout=SEND)


# --- what comes -----------------------------------------------------------------------------------


def read(line: str) -> Report:
    """Take a report apart."""
    tail = strip_prefix(line, PREFIX) or ""
    found = _QUOTED.fullmatch(tail) or _BARE.fullmatch(tail)
    if not found or int(found[1]) > max(Outcome):
        raise BadReply("+CUSD has another form than 27.007 gives it")
    return Report(Outcome(int(found[1])), found[2] or "", int(found[3] or GSM_SCHEME))


def alphabet(scheme: int) -> Alphabet:
    """What the octets of a string are (23.038 §5)."""
    group, low = scheme >> 4, scheme & 0x0F
    if scheme == 0x11:
        return Alphabet.UCS2
    if 0b0100 <= group <= 0b0111 or group == 0b1001:
        return (Alphabet.GSM, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM)[low >> 2]
    if group == 0b1111 and low & 0b0100:
        return Alphabet.OCTETS
    return Alphabet.GSM


def text(report: Report, charset: str, *, packed: bool = False) -> str:
    """Read a report's string; one that is not what it should be is taken as it stands."""
    return _text(report, charset, packed).replace("\r\n", "\n").replace("\r", "\n").strip("\n\0")


def _text(report: Report, charset: str, packed: bool) -> str:
    string = report.string
    match alphabet(report.scheme):
        case Alphabet.UCS2:
            return _of_ucs2(string, report.scheme) or string
        case Alphabet.OCTETS:
            octets = _octets(string)
            return string if octets is None else octets.decode("utf-8", "replace")
    if charset == "UCS2" and (read := ucs2(string)) is not None:
        return read
    if packed or charset == "HEX":
        octets = _octets(string)
        if octets is not None:
            return unpack_string(octets) if packed else gsm(octets)
    if LONG_HEX.fullmatch(string):
        return _guessed(string)
    return gsm(string.encode("latin-1")) if charset == "GSM" and _is_septets(string) else string


def _of_ucs2(string: str, scheme: int) -> str | None:
    """UCS2; in scheme 0x11 two octets with a language stand before it (23.038 §5)."""
    return ucs2(string[4:] if scheme == 0x11 else string)


def _guessed(string: str) -> str:
    """Hex where none was due: packed septets, if they read as plain words; else UCS2."""
    octets = bytes.fromhex(string)
    unpacked, wide = unpack_string(octets), ucs2(string)
    if wide and len(set(octets[::2])) <= FEW_PAGES:
        return wide
    plain = sum(char.isascii() and char != "@" for char in unpacked)
    return wide if wide and plain < MOSTLY * len(unpacked) else unpacked


def _is_septets(string: str) -> bool:
    return all(ord(char) < 0x80 for char in string)


def _octets(string: str) -> bytes | None:
    try:
        return bytes.fromhex(string)
    except ValueError:
        return None
