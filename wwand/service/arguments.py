"""Check what callers hand in, before anything of it goes to a modem."""

from enum import IntEnum
from typing import TypeVar

from wwand.errors import BadArgument

E = TypeVar("E", bound=IntEnum)


def line(name: str, value: str) -> str:
    """Return `value` if it is one line without control characters."""
    if not value or any(c < " " or c == "\x7f" for c in value):
        raise BadArgument(f"{name} must be one line without control characters")
    return value


def choice(name: str, kind: type[E], value: int) -> E:
    """Return the member of `kind` with that number."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f"{m.value} {m.name.lower()}" for m in kind)
        raise BadArgument(f"{name} cannot be {value}; it can be {known}") from None
