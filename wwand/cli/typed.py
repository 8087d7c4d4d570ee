"""What people type; bytes that are no text are a failure, and not a traceback."""

import sys
from collections.abc import Callable
from typing import Any

from dbus_fast import Variant

from wwand.cli.failures import Failure


def check(value: Any) -> None:
    """Refuse what D-Bus cannot carry: odd bytes of a command line are surrogates in a text."""
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise _not_utf8("what was typed") from None
        case Variant():
            check(value.value)
        case dict():
            check([*value, *value.values()])
        case list() | tuple():
            for each in value:
                check(each)


def text() -> str:
    """All of standard input."""
    return _read(sys.stdin.read)


def line() -> str:
    """The next line of standard input, with its end."""
    return _read(sys.stdin.readline)


def _not_utf8(what: str) -> Failure:
    return Failure(f"{what} is not UTF-8", "convert it (iconv), or use a terminal with UTF-8")


def _read(read: Callable[[], str]) -> str:
    try:
        said = read()
        said.encode()  # where the locale has no UTF-8, odd bytes have come as surrogates
    except UnicodeError:
        raise _not_utf8("standard input") from None
    return said
