"""Values that may stand in a command line; whatever else a caller hands in is refused.  Pure.

Every builder with a value of the caller's sends it through one of these, so that no APN, password
or number can end its string, its command or its line. The errors name the argument and never say
its value.
"""

import re

from wwand.errors import BadArgument

DIAL_STRING = re.compile(r"[0-9A-D*#+,TPW!@]+", re.IGNORECASE)
"""V.250 §6.3.1 and 27.007 §6.2; without `;` and `>`, which would make it another command."""

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")


def plain(name: str, value: str, limit: int = 255) -> str:
    """Return `value` if it is printable ASCII without `"`, not longer than `limit`."""
    if len(value) > limit:
        raise BadArgument(f"{name} is longer than {limit} characters")
    if not value.isascii():
        raise BadArgument(f"{name} holds a character that is not ASCII")
    if any(c < " " or c in '"\x7f' for c in value):
        raise BadArgument(f'{name} holds a control character or a "')
    return value


def quoted(name: str, value: str, limit: int = 255) -> str:
    """Return `value` as a string constant (V.250 §5.4.2.2)."""
    return f'"{plain(name, value, limit)}"'


def is_numeric(value: str) -> bool:
    """Tell whether `value` is one or more decimal digits and nothing else."""
    return value.isascii() and value.isdigit()


def digits(name: str, value: str, least: int, most: int) -> str:
    """Return `value` if it is `least` to `most` decimal digits."""
    if not is_numeric(value) or not least <= len(value) <= most:
        span = str(least) if least == most else f"{least} to {most}"
        raise BadArgument(f"{name} must be {span} digits")
    return value


def dial_string(name: str, value: str, limit: int = 80) -> str:
    """Return `value` if it is something to dial."""
    if len(value) > limit or not DIAL_STRING.fullmatch(value):
        raise BadArgument(f"{name} is not a telephone number")
    return value


def is_host_name(value: str) -> bool:
    """Tell whether `value` is a fully qualified domain name (RFC 1123 §2.1)."""
    labels = value.removesuffix(".").split(".")
    return (
        len(value) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    )


def number(name: str, value: int, least: int, most: int) -> int:
    """Return `value` if it lies in the range."""
    if not least <= value <= most:
        raise BadArgument(f"{name} must be {least} to {most}")
    return value


def hexadecimal(name: str, value: str, limit: int = 512) -> str:
    """Return `value` if it is pairs of hex digits."""
    if len(value) > limit or not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", value):
        raise BadArgument(f"{name} is not hex of at most {limit} digits")
    return value.upper()
