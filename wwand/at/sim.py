"""The SIM's lock and who it is: 27.007 §8.3, §7.4, §7.5, §8.65, §5.6, §7.1, and ICCID commands."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from wwand.at.arguments import digits
from wwand.at.command import AtCommand, action, query, query_lines, query_rows, query_text
from wwand.at.fields import split, unquoted
from wwand.errors import BadReply
from wwand.status import Facility, Lock

PIN_TIMEOUT = 20
"""Seconds: cards take up to 10 to check a code and to open their files."""

LOCKS: Mapping[str, Lock] = MappingProxyType(
    {
        "READY": Lock.NONE,
        "SIM PIN": Lock.SIM_PIN,
        "SIM PUK": Lock.SIM_PUK,
        "SIM PIN2": Lock.SIM_PIN2,
        "SIM PUK2": Lock.SIM_PUK2,
        "PH-SIM PIN": Lock.PH_SIM_PIN,
        "PH-FSIM PIN": Lock.PH_FSIM_PIN,
        "PH-FSIM PUK": Lock.PH_FSIM_PUK,
        "PH-NET PIN": Lock.PH_NET_PIN,
        "PH-NET PUK": Lock.PH_NET_PUK,
        "PH-NETSUB PIN": Lock.PH_NETSUB_PIN,
        "PH-NETSUB PUK": Lock.PH_NETSUB_PUK,
        "PH-SP PIN": Lock.PH_SP_PIN,
        "PH-SP PUK": Lock.PH_SP_PUK,
        "PH-CORP PIN": Lock.PH_CORP_PIN,
        "PH-CORP PUK": Lock.PH_CORP_PUK,
    }
)
"""<code> of 27.007 §8.3."""

FACILITIES: Mapping[str, Facility] = MappingProxyType(
    {
        "SC": Facility.SIM,
        "PS": Facility.PH_SIM,
        "PF": Facility.PH_FSIM,
        "FD": Facility.FIXED_DIALING,
        "PN": Facility.NET_PERS,
        "PU": Facility.NET_SUB_PERS,
        "PP": Facility.PROVIDER_PERS,
        "PC": Facility.CORP_PERS,
    }
)
"""<fac> of 27.007 §7.4; the call barrings are not among them."""

_CODES = {facility: code for code, facility in FACILITIES.items()}


def read_lock(text: str) -> Lock:
    """Read what +CPIN? says, without its prefix."""
    words = " ".join(unquoted(text).upper().split())
    if words not in LOCKS:
        raise BadReply(f"not a state of the SIM: {words!r}")
    return LOCKS[words]


lock_state = query_text("AT+CPIN?", prefix="+CPIN", timeout=10)(read_lock)  # §8.3


def enter_pin(pin: str) -> AtCommand[None]:
    """27.007 §8.3."""
    return action(f'AT+CPIN="{digits("pin", pin, 4, 8)}"', timeout=PIN_TIMEOUT)


def enter_puk(puk: str, new_pin: str) -> AtCommand[None]:
    """27.007 §8.3: unblock, and set a new PIN."""
    codes = f'"{digits("puk", puk, 8, 8)}","{digits("new_pin", new_pin, 4, 8)}"'
    return action(f"AT+CPIN={codes}", timeout=PIN_TIMEOUT)


def change_pin(old_pin: str, new_pin: str) -> AtCommand[None]:
    """27.007 §7.5; the PIN must be in use (`set_facility`)."""
    codes = f'"{digits("old_pin", old_pin, 4, 8)}","{digits("new_pin", new_pin, 4, 8)}"'
    return action(f'AT+CPWD="SC",{codes}', timeout=PIN_TIMEOUT)


@query_text("AT+CLCK=?", prefix="+CLCK")
def facility_codes(text: str) -> tuple[str, ...]:
    """27.007 §7.4: the codes of all locks and barrings there are."""
    return tuple(code for code in split(text.strip().removeprefix("(").rstrip(")")) if code)


def facilities(codes: Sequence[str]) -> Facility:
    """Return the locks among the codes."""
    found = Facility.NONE
    for code in codes:
        found |= FACILITIES.get(code, Facility.NONE)
    return found


def facility_state(facility: Facility) -> AtCommand[bool]:
    """27.007 §7.4: whether a lock is on, for any class of service."""
    text = f'AT+CLCK="{_CODES[facility]}",2'
    rows = query_rows(text, prefix="+CLCK", timeout=PIN_TIMEOUT)(lock_row)

    def is_on(lines: Sequence[str]) -> bool:
        if not lines:
            raise BadReply("+CLCK was answered without a state")
        return any(on for on, _ in rows.parse(lines))

    return AtCommand(text, is_on, rows.prefixes, timeout=rows.timeout)


def lock_row(status: bool, service: int | None = None) -> tuple[bool, int | None]:
    """One line of the answer: on or off, and for which classes of service."""
    return status, service


def set_facility(facility: Facility, on: bool, code: str) -> AtCommand[None]:
    """27.007 §7.4: turn a lock on or off; `code` is its PIN or password (up to 16 digits)."""
    least, most = (4, 8) if facility in (Facility.SIM, Facility.FIXED_DIALING) else (1, 16)
    password = digits("code", code, least, most)
    return action(f'AT+CLCK="{_CODES[facility]}",{on:d},"{password}"', timeout=PIN_TIMEOUT)


@query_rows("AT+CPINR", prefix="+CPINR")
def pin_retries(code: str, left: int, default: int = 0) -> tuple[Lock, int]:
    """27.007 §8.65: how often each code may still be wrong."""
    del default
    return read_lock(code), left


@query_lines("AT+CIMI")
def imsi(lines: Sequence[str]) -> str:
    """27.007 §5.6."""
    for line in lines:
        if found := re.fullmatch(r'(?:\+CIMI:)?\s*"?(\d{6,15})"?', line.strip()):
            return found[1]
    raise BadReply("no IMSI in the answer to AT+CIMI")


def read_iccid(text: str) -> str:
    """Read an ICCID as a command or EF_ICCID gives it (ITU-T E.118, 102.221 §13.2).

    It begins with 89, telecommunication; a file, and some commands, have its digits in swapped
    pairs. Chinese operators put hex digits into the account number.
    """
    digits_ = unquoted(text).upper()
    if not re.fullmatch(r"[0-9A-F]{18,20}", digits_):
        raise BadReply("not an ICCID: neither 19 nor 20 digits")
    if digits_.startswith("98"):
        if len(digits_) % 2:  # the filler before the last digit was left out
            digits_ = f"{digits_[:-1]}F{digits_[-1]}"
        pairs = zip(digits_[1::2], digits_[::2], strict=True)
        digits_ = "".join(a + b for a, b in pairs)
    digits_ = digits_.rstrip("F")
    if not digits_.startswith("89") or len(digits_) < 18:
        raise BadReply("not an ICCID: it does not begin with 89")
    return digits_


def _last_word(text: str) -> str:
    return read_iccid(split(text)[-1])


iccid = query_text("AT+CCID", prefix="+CCID")(_last_word)
"""SIMCom, Telit, u-blox and others."""
iccid_queried = query_text("AT+CCID?", prefix="+CCID")(_last_word)
"""u-blox of old, Sony Ericsson."""
iccid_long = query_text("AT+ICCID", prefix="+ICCID")(_last_word)
"""Sierra Wireless and others; Huawei has ^ICCID?."""


@query_rows("AT+CNUM", prefix="+CNUM")
def own_numbers(*fields: str) -> str:
    """27.007 §7.1: name, number, type and more; some modems leave the name out."""
    text = fields[0] if len(fields) < 3 else fields[1]
    return text if re.fullmatch(r"\+?[0-9*#]+", text) else ""


@query('AT+CSIM=10,"0020000100"', prefix="+CSIM")
def pin_retries_by_apdu(length: int, response: str) -> int:
    """27.007 §8.17 with an empty VERIFY (102.221 §11.1.9): how often the PIN may be wrong."""
    del length
    word = response[-4:].upper()
    if re.fullmatch(r"63C[0-9A-F]", word):
        return int(word[3], 16)
    raise BadReply(f"the SIM has no retries to tell: {REFUSALS.get(word, word)}")


REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "6983": "authentication blocked",
        "6984": "reference data invalidated",
        "6A86": "incorrect parameters",
        "6A88": "reference data not found",
    }
)
"""Status words (102.221 §10.2.1)."""
