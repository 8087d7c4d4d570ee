"""The modem itself: 27.007 §8.2 (+CFUN), §5.5 (+CSCS)."""

from wwand.at.arguments import quoted
from wwand.at.command import AtCommand, action, query, query_text
from wwand.at.fields import numbers, split, unquoted
from wwand.status import PowerState

FUNCTIONALITY_TIMEOUT = 30
"""Seconds: radios take up to 15 to start, and some modems answer only then."""

_POWER = {0: PowerState.OFF, 1: PowerState.ON, 4: PowerState.LOW}


@query("AT+CFUN?", prefix="+CFUN")
def functionality(level: int, *_rest: str) -> int:
    """27.007 §8.2: 0 minimum, 1 full, 4 radio off, others are the maker's."""
    return level


@query_text("AT+CFUN=?", prefix="+CFUN")
def functionalities(text: str) -> frozenset[int]:
    """27.007 §8.2: the levels there are."""
    first, *_ = split(text)
    return frozenset(numbers(first))


def power_state(level: int) -> PowerState:
    """What a level of 27.007 §8.2 means; makers' own levels are unknown."""
    return _POWER.get(level, PowerState.UNKNOWN)


RADIO_ON = action("AT+CFUN=1", timeout=FUNCTIONALITY_TIMEOUT)
RADIO_OFF = action("AT+CFUN=4", timeout=FUNCTIONALITY_TIMEOUT)
MINIMUM = action("AT+CFUN=0", timeout=FUNCTIONALITY_TIMEOUT)
RESET = action("AT+CFUN=1,1", timeout=FUNCTIONALITY_TIMEOUT)


@query_text("AT+CSCS=?", prefix="+CSCS")
def charsets(text: str) -> tuple[str, ...]:
    """27.007 §5.5: the names of the charsets the modem can write in."""
    names = (unquoted(name) for name in text.strip("() ").split(","))
    return tuple(name.upper() for name in names if name)


@query("AT+CSCS?", prefix="+CSCS")
def charset(name: str) -> str:
    """27.007 §5.5."""
    return name.upper()


def choose_charset(name: str) -> AtCommand[None]:
    """27.007 §5.5."""
    return action(f"AT+CSCS={quoted('name', name, 16)}")
