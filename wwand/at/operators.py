"""Networks: 27.007 §7.3 (+COPS), §7.19 (+CPOL), and how their names and codes are written."""

import re
from dataclasses import dataclass
from enum import IntEnum

from wwand.at import charset, technology
from wwand.at.arguments import digits, is_numeric, quoted
from wwand.at.command import AtCommand, action, query, query_rows, query_text
from wwand.errors import BadReply
from wwand.status import AccessTechnology, NetworkOffer

_NAME = r'\s*(?:"([^"]*)"|([^,"()]*))\s*'
_OFFER = re.compile(rf"\(\s*(\d?)\s*,{_NAME},{_NAME},{_NAME}(?:\)?\s*,\s*(\d+)\s*\)|\))")
"""One network of a scan; some Option modems close the bracket before the technology."""

SCAN_TIMEOUT = 180
"""Seconds: a scan of all bands of three generations; ModemManager's clients wait 5 minutes."""

REGISTER_TIMEOUT = 120
"""Seconds an answer to AT+COPS=0 or =1 may take while the modem looks for the network."""


class Format(IntEnum):
    """How +COPS? names the network."""

    LONG = 0
    SHORT = 1
    CODE = 2


@dataclass(frozen=True, slots=True)
class Operator:
    """The network that is chosen; empty strings while there is none."""

    mode: int
    """0 automatic, 1 manual, 2 deregistered, 4 manual then automatic."""
    format: int | None = None
    name: str = ""
    technology: AccessTechnology | None = None


@dataclass(frozen=True, slots=True)
class OperatorId:
    """MCC and MNC."""

    mcc: int
    mnc: int
    three_digit_mnc: bool


@dataclass(frozen=True, slots=True)
class PreferredNetwork:
    """One row of the SIM's list of preferred networks."""

    index: int
    code: str
    technologies: tuple[bool, ...]
    """GSM, GSM compact, UTRAN, E-UTRAN, NG-RAN, as far as the modem says."""


def operator_id(code: str) -> OperatorId:
    """Take MCC and MNC (5 or 6 digits, 23.003 §2.2) apart; raises BadReply."""
    if not is_numeric(code) or len(code) not in (5, 6):
        raise BadReply(f"not the code of a network: {code!r}")
    return OperatorId(int(code[:3]), int(code[3:]), len(code) == 6)


def offers(text: str, names_in: str = "") -> tuple[NetworkOffer, ...]:
    """Read the answer to a scan; `names_in` is the charset that AT+CSCS selected."""
    found = []
    for status, *names, act in _OFFER.findall(text):
        long, short, code = (a or b.strip() for a, b in zip(names[::2], names[1::2], strict=True))
        code = charset.ucs2(code) or code
        if not is_numeric(code) or len(code) not in (5, 6):
            continue  # the lists of modes and formats at the end look alike
        found.append(
            NetworkOffer(
                int(status or 0),
                charset.name(long, names_in),
                charset.name(short, names_in),
                code,
                technology.by_number(act) or AccessTechnology.UNKNOWN,
            )
        )
    return tuple(found)


def scan(names_in: str = "") -> AtCommand[tuple[NetworkOffer, ...]]:
    """List the networks in reach."""
    command = query_text("AT+COPS=?", prefix="+COPS", timeout=SCAN_TIMEOUT)
    return command(lambda text: offers(text, names_in))


def current(names_in: str = "") -> AtCommand[Operator]:
    """Ask for the network that is chosen, in the format last set."""

    def build(mode: int, how: int | None = None, name: str = "", act: str = "") -> Operator:
        is_code = how == Format.CODE
        name = charset.ucs2(name) or name if is_code else charset.name(name, names_in)
        return Operator(mode, how, name, technology.by_number(act))

    return query("AT+COPS?", prefix="+COPS", timeout=30)(build)


def name_format(how: Format) -> AtCommand[None]:
    """Choose how `current` names the network."""
    return action(f"AT+COPS=3,{how:d}")


REGISTER_AUTOMATICALLY = action("AT+COPS=0", timeout=REGISTER_TIMEOUT)
DEREGISTER = action("AT+COPS=2", timeout=REGISTER_TIMEOUT)


def register(operator: str) -> AtCommand[None]:
    """Register with one network, by its MCC and MNC."""
    return action(f'AT+COPS=1,2,"{digits("operator", operator, 5, 6)}"', timeout=REGISTER_TIMEOUT)


@query_rows("AT+CPOL?", prefix="+CPOL", timeout=30)
def preferred(index: int, how: int, code: str, *technologies: str) -> PreferredNetwork:
    """27.007 §7.19."""
    return PreferredNetwork(index, code, tuple(t.strip() == "1" for t in technologies))


def prefer(index: int, code: str, technologies: tuple[bool, ...] = ()) -> AtCommand[None]:
    """27.007 §7.19: put a network into the list."""
    flags = "".join(f",{flag:d}" for flag in technologies)
    return action(f"AT+CPOL={index:d},2,{quoted('code', digits('code', code, 5, 6))}{flags}")
