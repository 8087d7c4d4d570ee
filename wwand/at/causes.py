"""Why the network refused or ended a data connection: causes of session management, and +CEER."""

import re

from wwand.at.command import query_text
from wwand.at.error_tables import CME
from wwand.at.results import NEXT_STEP, code_of_words
from wwand.errors import EquipmentError

SM_CAUSES = {
    8: 177,
    24: 124,
    25: 148,
    26: 126,
    27: 127,
    28: 128,
    29: 129,
    30: 130,
    31: 131,
    32: 132,
    33: 133,
    34: 134,
    35: 135,
    36: 136,
    37: 137,
    38: 190,
    39: 191,
    40: 140,
    41: 141,
    42: 142,
    43: 143,
    44: 144,
    45: 145,
    46: 146,
    47: 147,
    48: 180,
    50: 192,
    51: 193,
    52: 194,
    53: 201,
    54: 202,
    55: 203,
    56: 195,
    57: 196,
    58: 197,
    59: 181,
    60: 198,
    65: 178,
    66: 179,
    81: 188,
    95: 172,
    96: 173,
    97: 174,
    98: 208,
    99: 209,
    100: 175,
    101: 186,
    111: 176,
    112: 199,
    113: 200,
}
"""Cause of 24.008 §10.5.6.6 and 24.301 §9.9.4.4 → the number 27.007 §9.2.2 gives it in +CME ERROR;
25, a failure between modem and SGSN in 2G, has none and counts as unspecified."""

UNSPECIFIED = 148

_CAUSE = re.compile(r"(?:\bcause\b|#)\D{0,3}(\d{1,3})\b", re.IGNORECASE)
_REMARK = re.compile(r"[\"()]|#\d+|,?\s*cause\b.*", re.IGNORECASE)


@query_text("AT+CEER", prefix="+CEER", timeout=5)
def last_end(text: str) -> int:
    """27.007 §6.10: the session management cause of the last failure, as a +CME number; 0: none.

    What modems write there is free text: the words of 24.008, or `cause` or `#` and its number.
    """
    if found := _CAUSE.search(text):
        return SM_CAUSES.get(int(found[1]), 0)
    return max((code_of_words(part) for part in _parts(text)), default=0)


def _parts(text: str) -> list[str]:
    """What may be the words, in a text such as `"SM deactivation","missing or unknown APN"`."""
    bare = _REMARK.sub("", text)
    return [bare, *bare.split(","), *bare.split(":")]


def refusal(cause: int, what: str) -> EquipmentError:
    """The error for a session management cause that refused `what`."""
    return equipment_error(SM_CAUSES.get(cause, UNSPECIFIED), what)


def equipment_error(code: int, what: str) -> EquipmentError:
    """The error for a +CME number that did not come as the answer to a command."""
    nick, words = CME[code]
    return EquipmentError(code, nick, f"{what}: {words}", NEXT_STEP.get(nick, ""))
