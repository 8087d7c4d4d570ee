"""Alphabets in which modems write names over AT: GSM's own, and UCS2 as hex.  Pure."""

import re

from wwand.errors import BadReply
from wwand.gsm import gsm

_UCS2_HEX = re.compile(r"(?:[0-9A-Fa-f]{4})+")


def ucs2(text: str) -> str | None:
    """Read hex of UCS2 (AT+CSCS="UCS2"); None when the text is not such hex."""
    if not _UCS2_HEX.fullmatch(text):
        return None
    try:
        return bytes.fromhex(text).decode("utf-16-be")
    except UnicodeDecodeError:
        return None


def name(text: str, charset: str = "") -> str:
    """Read a network's name as written in `charset` (a name of AT+CSCS); empty when unknown.

    Some modems write plain text although UCS2 is selected, and "Unknown" for want of a name.
    """
    if charset.upper() == "UCS2":
        text = ucs2(text) or text
    elif charset.upper() == "GSM" and all(ord(c) < 0x80 for c in text):
        text = gsm(text.encode("ascii"))
    return "" if text.lower() == "unknown" else text.strip()


def alpha(data: bytes) -> str:
    """Read a text field of a SIM file, padded with FF (3GPP TS 31.102 annex A)."""
    if not data or data[0] == 0xFF:
        return ""
    if data[0] == 0x80:
        pairs = data[1:]
        while len(pairs) % 2 or pairs.endswith(b"\xff\xff"):
            pairs = pairs[:-1] if len(pairs) % 2 else pairs[:-2]
        return pairs.decode("utf-16-be", "replace")
    if data[0] in (0x81, 0x82):
        return _half_page(data)
    return gsm(data.partition(b"\xff")[0])


def _half_page(data: bytes) -> str:
    """Codings 81 and 82: GSM septets mixed with characters of one half page of UCS2."""
    wide = data[0] == 0x82
    start = 4 if wide else 3
    if len(data) < start:
        raise BadReply(f"a text field is too short: {data.hex()}")
    base = int.from_bytes(data[2:4]) if wide else data[2] << 7
    return "".join(
        chr(base + (octet & 0x7F)) if octet & 0x80 else gsm(bytes([octet]))
        for octet in data[start : start + data[1]]
    )
