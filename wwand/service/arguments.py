"""Check what callers hand in, before anything of it goes to a modem."""

from enum import IntEnum
from typing import TypeVar

from wwand.errors import BadArgument

E = TypeVar("E", bound=IntEnum)


LONGEST_LINE = 512
"""Characters of a command line: firmwares have room for 200 to 600 (V.250 §5.2.1 asks for 40)."""


def line(name: str, value: str) -> str:
    """Return `value` if it is one line of ASCII without control characters."""
    if not value or any(c < " " or c > "~" for c in value):
        raise BadArgument(f"{name} must be one line of ASCII without control characters")
    if len(value) > LONGEST_LINE:
        raise BadArgument(f"{name} is longer than {LONGEST_LINE} characters")
    return value


def choice(name: str, kind: type[E], value: int) -> E:
    """Return the member of `kind` with that number."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f"{m.value} {m.name.lower()}" for m in kind)
        raise BadArgument(f"{name} cannot be {value}; it can be {known}") from None
