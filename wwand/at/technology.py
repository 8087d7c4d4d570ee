"""Access technologies and modes as 27.007 numbers them and as modems spell them.  Pure."""

import re

from wwand.at.arguments import number
from wwand.at.command import AtCommand, action, query_text
from wwand.at.fields import numbers
from wwand.status import AccessTechnology as Act
from wwand.status import Mode

BY_NUMBER: dict[int, Act] = {
    0: Act.GSM,
    1: Act.GSM_COMPACT,
    2: Act.UMTS,
    3: Act.EDGE,
    4: Act.HSDPA,
    5: Act.HSUPA,
    6: Act.HSPA,
    7: Act.LTE,
    8: Act.GSM,  # EC-GSM-IoT
    9: Act.LTE_NB_IOT,
    10: Act.LTE,  # E-UTRA connected to a 5G core
    11: Act.NR5G,
    12: Act.NR5G,
    13: Act.LTE | Act.NR5G,  # dual connectivity
}
"""<AcT> of 27.007 §7.3."""

_BY_WORD = (
    ("HSPA+", Act.HSPA_PLUS),
    ("HSPAPLUS", Act.HSPA_PLUS),
    ("DC-HSDPA", Act.HSPA_PLUS),
    ("HSDPA/HSUPA", Act.HSPA),
    ("HSPA", Act.HSPA),
    ("HSUPA", Act.HSUPA),
    ("HSDPA", Act.HSDPA),
    ("UMTS", Act.UMTS),
    ("WCDMA", Act.UMTS),
    ("UTRAN", Act.UMTS),
    ("3G", Act.UMTS),
    ("EDGE", Act.EDGE),
    ("EGPRS", Act.EDGE),
    ("GPRS", Act.GPRS),
    ("GSM", Act.GSM),
    ("2G", Act.GSM),
    ("NB-IOT", Act.LTE_NB_IOT),
    ("CAT-M", Act.LTE_CAT_M),
    ("CAT M", Act.LTE_CAT_M),
    ("LTE", Act.LTE),
    ("EUTRAN", Act.LTE),
    ("E-UTRAN", Act.LTE),
    ("4G", Act.LTE),
    ("NR5G", Act.NR5G),
    ("5GNR", Act.NR5G),
    ("5G", Act.NR5G),
    ("EVDO REV B", Act.EVDOB),
    ("EVDO-B", Act.EVDOB),
    ("EVDO REV A", Act.EVDOA),
    ("EVDO-A", Act.EVDOA),
    ("EVDO", Act.EVDO0),
    ("EV-DO", Act.EVDO0),
    ("1XRTT", Act.ONE_XRTT),
    ("CDMA", Act.ONE_XRTT),
)
_WORDS = re.compile(
    "|".join(
        rf"(?<![A-Z0-9]){re.escape(word)}(?![A-Z0-9+])"
        for word, _ in sorted(_BY_WORD, key=lambda row: -len(row[0]))
    )
)
_LOOKUP = dict(_BY_WORD)

MODES: dict[int, Mode] = {
    12: Mode.G2,
    22: Mode.G3,
    25: Mode.G2 | Mode.G3 | Mode.G4,
    28: Mode.G4,
    29: Mode.G2 | Mode.G3,
    30: Mode.G2 | Mode.G4,
    31: Mode.G3 | Mode.G4,
    35: Mode.G2 | Mode.G3 | Mode.G4 | Mode.G5,
    36: Mode.G5,
    37: Mode.G4 | Mode.G5,
    38: Mode.G3 | Mode.G4 | Mode.G5,
    39: Mode.G2 | Mode.G4 | Mode.G5,
    40: Mode.G3 | Mode.G5,
    41: Mode.G2 | Mode.G3 | Mode.G5,
    42: Mode.G2 | Mode.G5,
}
"""<n> of +WS46 (27.007 §5.9)."""

_OLD_25 = Mode.G2 | Mode.G3
"""What 25 meant before Release 8, where nothing of LTE is in the list."""


def by_number(value: int | str) -> Act | None:
    """Return the technology of an <AcT>; None when it is not a number that has one."""
    try:
        return BY_NUMBER.get(int(value))
    except ValueError:
        return None


def by_words(text: str) -> Act:
    """Return the technologies that a text names."""
    found = Act.UNKNOWN
    for match in _WORDS.finditer(text.upper()):
        found |= _LOOKUP[match[0]]
    return found


@query_text("AT+WS46=?", prefix="+WS46")
def mode_combinations(text: str) -> tuple[Mode, ...]:
    """27.007 §5.9: the combinations of modes that can be chosen, in the order of their numbers."""
    offered = [MODES[n] for n in numbers(text) if n in MODES]
    if not any(mode & (Mode.G4 | Mode.G5) for mode in offered if mode != MODES[25]):
        offered = [_OLD_25 if mode == MODES[25] else mode for mode in offered]
    return tuple(dict.fromkeys(offered))


@query_text("AT+WS46?", prefix="+WS46")
def chosen_mode(text: str) -> int:
    """27.007 §5.9: the number of the combination that is chosen."""
    return next(iter(numbers(text)), 0)


def choose_mode(value: int) -> AtCommand[None]:
    """27.007 §5.9."""
    return action(f"AT+WS46={number('mode', value, 0, 99)}", timeout=10)
