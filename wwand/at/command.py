"""How an AT command is declared.  Pure.

A command is a value: the text to send, the prefix its reply lines carry, and a function whose
parameters *are* the reply's fields:

    @query("AT+CSQ", prefix="+CSQ")
    def signal_quality(rssi: int, errors: int = 99) -> SignalQuality: ...

`signal_quality` is then an `AtCommand[SignalQuality]`. A parameter with a default may be missing or
empty in the reply, one that allows None is None when empty, `*rest: str` takes what is left over.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, NewType, TypeVar

from wwand.at.arguments import digits as digits
from wwand.at.arguments import quoted as quoted
from wwand.at.fields import split
from wwand.errors import BadArgument, BadReply
from wwand.log import redacted

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

HexInt = NewType("HexInt", int)
"""An integer the modem writes in hexadecimal, such as a cell id."""

TIMEOUT = 5.0
"""Seconds an ordinary command may take: those that ask the firmware only answer within one."""


def strip_prefix(text: str, prefix: str) -> str | None:
    """Return what follows `prefix` and its colon; None when `text` is not such a line.

    Upper and lower case are the same: Huawei answers AT^NDISSTATQRY? with ^NDISSTATQry.
    """
    head, tail = text[: len(prefix)], text[len(prefix) :]
    if head.casefold() != prefix.casefold() or tail[:1].isalnum():
        return None
    return tail.lstrip().removeprefix(":").strip()


def asked_for(line: str) -> tuple[str, ...]:
    """The prefixes of the replies to a command line: the names of its extended commands."""
    return tuple(name.upper() for name in re.findall(r"[+^*$%&][A-Za-z][A-Za-z0-9]*", line))


@dataclass(frozen=True, slots=True)
class AtCommand(Generic[T_co]):
    """One command, ready to send."""

    text: str
    parse: Callable[[Sequence[str]], T_co] = field(compare=False)
    prefixes: tuple[str, ...] = ()
    """How its reply lines begin; every other line is a report."""
    free: bool = False
    """Its reply lines begin with anything, as +CGMI's do; well-known reports are kept apart."""
    timeout: float = TIMEOUT
    single: bool = False
    """One line answers it; another one with the same prefix is a report."""
    continued: bool = False
    """A reply line may be followed by lines without prefix, as +CMGL's is."""
    call: bool = False
    """It may be answered by CONNECT, NO CARRIER and their like."""

    def __post_init__(self) -> None:
        """Refuse what would not be one command line (V.250 §5.2.1)."""
        if not self.text.isascii() or any(c < " " or c == "\x7f" for c in self.text):
            raise BadArgument(f"{redacted(self.text)!r} is not one line of printable ASCII")

    def __str__(self) -> str:
        return redacted(self.text)

    def names(self, line: str) -> bool:
        """Tell whether `line` begins as its replies do."""
        return any(strip_prefix(line, prefix) is not None for prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class Report(Generic[T_co]):
    """An unsolicited report: the prefix to listen for, and how to read a line of it."""

    prefix: str
    read: Callable[[str], T_co] = field(compare=False)


def _nothing(_lines: Sequence[str]) -> None:
    return None


def action(text: str, *, timeout: float = TIMEOUT, call: bool = False) -> AtCommand[None]:
    """Declare a command that is answered by OK alone; lines that come meanwhile are reports."""
    return AtCommand(text, _nothing, timeout=timeout, call=call)


def query(
    text: str, *, prefix: str, timeout: float = TIMEOUT, call: bool = False
) -> Callable[[Callable[..., T]], AtCommand[T]]:
    """Declare a command answered by one line; the decorated function receives its fields."""

    def declare(build: Callable[..., T]) -> AtCommand[T]:
        def parse(lines: Sequence[str]) -> T:
            if len(lines) != 1:
                raise BadReply(f"{redacted(text)}: {len(lines)} lines, not one, answered it")
            return read(lines[0], prefix, build)

        return AtCommand(text, parse, (prefix,), timeout=timeout, single=True, call=call)

    return declare


def query_rows(
    text: str, *, prefix: str, timeout: float = TIMEOUT
) -> Callable[[Callable[..., T]], AtCommand[tuple[T, ...]]]:
    """Declare a command answered by any number of lines, each a row of fields."""

    def declare(build: Callable[..., T]) -> AtCommand[tuple[T, ...]]:
        def parse(lines: Sequence[str]) -> tuple[T, ...]:
            return tuple(read(line, prefix, build) for line in lines)

        return AtCommand(text, parse, (prefix,), timeout=timeout)

    return declare


def query_text(
    text: str, *, prefix: str, timeout: float = TIMEOUT
) -> Callable[[Callable[[str], T]], AtCommand[T]]:
    """Declare a command answered by one line that is no list; what follows the prefix is given."""

    def declare(build: Callable[[str], T]) -> AtCommand[T]:
        def parse(lines: Sequence[str]) -> T:
            if len(lines) != 1:
                raise BadReply(f"{redacted(text)}: {len(lines)} lines, not one, answered it")
            tail = strip_prefix(lines[0], prefix)
            return build(lines[0] if tail is None else tail)

        return AtCommand(text, parse, (prefix,), timeout=timeout, single=True)

    return declare


def query_lines(
    text: str, *, prefix: str = "", timeout: float = TIMEOUT
) -> Callable[[Callable[[Sequence[str]], T]], AtCommand[T]]:
    """Declare a command whose lines come as they are; without `prefix` all lines are its own.

    Reports that somebody listens to, and well-known ones, are kept apart by the channel.
    """

    def declare(build: Callable[[Sequence[str]], T]) -> AtCommand[T]:
        prefixes = (prefix,) if prefix else ()
        return AtCommand(text, build, prefixes, free=not prefix, timeout=timeout)

    return declare


def report(prefix: str) -> Callable[[Callable[..., T]], Report[T]]:
    """Declare an unsolicited report; the decorated function receives its fields."""

    def declare(build: Callable[..., T]) -> Report[T]:
        return Report(prefix, lambda line: read(line, prefix, build))

    return declare


def read(line: str, prefix: str, build: Callable[..., T]) -> T:
    """Read one line with `build`, whose parameters are the line's fields."""
    tail = strip_prefix(line, prefix)
    if tail is None:
        raise BadReply(f"not a {prefix} line: {redacted(line)!r}")
    try:
        return build(*_arguments(build, split(tail)))
    except ValueError as error:
        raise BadReply(f"{redacted(line)!r}: {redacted(str(error))}") from None


@dataclass(frozen=True, slots=True)
class _Parameter:
    """What a reply's field is turned into."""

    convert: Callable[[str], Any]
    required: bool
    default: Any


def _arguments(build: Callable[..., object], fields: Sequence[str]) -> list[Any]:
    parameters, takes_rest = _parameters(build)
    if len(fields) < sum(p.required for p in parameters):
        raise ValueError(f"only {len(fields)} fields")
    values: list[Any] = []
    for parameter, text in zip(parameters, fields, strict=False):
        empty_is_default = text == "" and not parameter.required
        values.append(parameter.default if empty_is_default else parameter.convert(text))
    if takes_rest:
        values += [p.default for p in parameters[len(fields) :]]
        values += fields[len(parameters) :]
    return values


@lru_cache(maxsize=256)
def _parameters(build: Callable[..., object]) -> tuple[tuple[_Parameter, ...], bool]:
    """Return what the fields become, and whether more of them are welcome."""
    hints = typing.get_type_hints(build)
    parameters, takes_rest = [], False
    for p in inspect.signature(build).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            takes_rest = True
        else:
            parameters.append(
                _Parameter(_converter(hints[p.name]), p.default is p.empty, p.default)
            )
    return tuple(parameters), takes_rest


def _converter(wanted: Any) -> Callable[[str], Any]:
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        inner = _converter(next(a for a in typing.get_args(wanted) if a is not type(None)))
        return lambda text: inner(text) if text else None
    if wanted is str:
        return str
    if wanted is bool:
        return lambda text: int(text) != 0
    if wanted is HexInt:
        return lambda text: int(text, 16)
    return lambda text: wanted(int(text))
