"""Who the modem is: 27.007 §5, V.250 §6.1, and numbers in the forms that modems write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wwand.at.command import query_lines, strip_prefix
from wwand.at.fields import clean, unquoted
from wwand.errors import BadReply

_IMEI = re.compile(r"(?<!\w)(\d{15})(?:\d{0,2})(?!\w)")
_ESN = re.compile(r"(?:^|[\s:,])0x([0-9A-F]{1,8})(?!\w)", re.IGNORECASE)
_MEID = re.compile(r"(?:^|[\s:,])(?:0x)?(?:00)?([A-F][0-9A-F]{13})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Serials:
    """The serial numbers of a modem; empty where it has none."""

    imei: str = ""
    esn: str = ""
    """8 hex digits (3GPP2)."""
    meid: str = ""
    """14 hex digits (3GPP2)."""


def words(lines: Sequence[str], *names: str) -> str:
    """Join an identification's lines; the command's name and the quotes around it are no part."""
    kept = []
    for line in lines:
        for name in names:
            tail = strip_prefix(line, name)
            line = line if tail is None else tail
        kept.append(clean(unquoted(line)).strip())
    return "\n".join(line for line in kept if line)


@query_lines("AT+CGMI")
def manufacturer(lines: Sequence[str]) -> str:
    """27.007 §5.1."""
    return words(lines, "+CGMI")


@query_lines("AT+GMI")
def manufacturer_v250(lines: Sequence[str]) -> str:
    """V.250 §6.1.4."""
    return words(lines, "+GMI")


@query_lines("AT+CGMM")
def model(lines: Sequence[str]) -> str:
    """27.007 §5.2."""
    return words(lines, "+CGMM")


@query_lines("AT+GMM")
def model_v250(lines: Sequence[str]) -> str:
    """V.250 §6.1.5."""
    return words(lines, "+GMM")


@query_lines("AT+CGMR")
def revision(lines: Sequence[str]) -> str:
    """27.007 §5.3."""
    return words(lines, "+CGMR")


@query_lines("AT+GMR")
def revision_v250(lines: Sequence[str]) -> str:
    """V.250 §6.1.6."""
    return words(lines, "+GMR")


@query_lines("ATI")
def information(lines: Sequence[str]) -> dict[str, str]:
    """V.250 §6.1.3: `Name: value` lines by lower-case name; lines without a name under ""."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.strip().lower() if colon else ""
        found[key] = f"{found[key]}\n{line}" if key in found else (value if colon else line).strip()
    return found


def serials(lines: Sequence[str]) -> Serials:
    """Find the IMEI, or what CDMA modems have; raises BadReply when there is none of them."""
    text = "\n".join(lines)
    imei, esn, meid = _IMEI.search(text), _ESN.search(text), _MEID.search(text)
    if not (imei or esn or meid):
        raise BadReply("no serial number in the answer")
    return Serials(
        imei[1] if imei and not (esn or meid) else "",
        esn[1].upper().zfill(8) if esn else "",
        meid[1].upper() if meid else "",
    )


serial_numbers = query_lines("AT+CGSN")(serials)  # 27.007 §5.4
serial_numbers_v250 = query_lines("AT+GSN")(serials)  # V.250 §6.1.7
