"""+CREG, +CGREG, +CEREG and +C5GREG: 27.007 §7.2, §10.1.20, §10.1.22, §10.1.47.

The answer to a query carries an <n> before the state, a report does not; some modems send reports
with it, some put a routing area before the cell id, and quote, pad or space the numbers at will.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wwand.at import technology
from wwand.at.command import AtCommand, action, strip_prefix
from wwand.at.fields import hexadecimal, split
from wwand.errors import BadReply
from wwand.status import AccessTechnology, RegistrationState

_STATE = re.compile(r"\s*(\d{1,3})\s*")


class Domain(StrEnum):
    """What is registered with: one command each."""

    CREG = "creg"
    """Circuit switched: speech and SMS."""
    CGREG = "cgreg"
    """Packet switched, 2G and 3G."""
    CEREG = "cereg"
    """4G."""
    C5GREG = "c5greg"
    """5G."""

    @property
    def prefix(self) -> str:
        """What its lines begin with."""
        return f"+{self.name}"


@dataclass(frozen=True, slots=True)
class Registration:
    """Whether, and where, a network serves the modem."""

    kind: Domain
    state: RegistrationState
    area: int | None = None
    """Location area code, or tracking area code in 4G and 5G."""
    cell: int | None = None
    technology: AccessTechnology | None = None


def _state(text: str) -> RegistrationState | None:
    """Read an unquoted <stat>; None when it is none."""
    if not (match := _STATE.fullmatch(text)):
        return None
    try:
        return RegistrationState(int(match[1]))
    except ValueError:
        return None


def _mode_comes_first(raw: Sequence[str]) -> bool:
    """Tell whether a report carries the <n> it should not: location and cell come in a pair."""
    if len(raw) < 4:
        return len(raw) == 2
    return _state(raw[1]) is not None


def _has_routing_area(kind: Domain, where: Sequence[str]) -> bool:
    """Tell whether an octet of routing area stands between tracking area and cell (Novatel)."""
    return kind is Domain.CEREG and len(where) >= 4 and len(where[1]) <= 2 < len(where[2])


def read(line: str, *, solicited: bool) -> Registration:
    """Read a line of any of the four commands."""
    for kind in Domain:
        tail = strip_prefix(line, kind.prefix)
        if tail is not None:
            break
    else:
        raise BadReply(f"no registration: {line!r}")
    raw = tail.split(",")
    skip = (len(raw) > 1) if solicited else _mode_comes_first(raw)
    state = _state(raw[skip])
    if state is None:
        if not _STATE.fullmatch(raw[skip]):
            raise BadReply(f"no registration state in {kind.prefix}")
        state = RegistrationState.UNKNOWN
    where = split(tail)[skip + 1 :]
    if _has_routing_area(kind, where):
        del where[1]
    area, cell, act = (*where[:3], "", "", "")[:3]
    return Registration(
        kind, state, hexadecimal(area), hexadecimal(cell), technology.by_number(act)
    )


def _query(kind: Domain) -> AtCommand[Registration]:
    def parse(lines: Sequence[str]) -> Registration:
        if len(lines) != 1:
            raise BadReply(f"AT{kind.prefix}?: {len(lines)} lines, not one, answered it")
        return read(lines[0], solicited=True)

    return AtCommand(f"AT{kind.prefix}?", parse, (kind.prefix,), single=True)


QUERIES = {kind: _query(kind) for kind in Domain}


def on_report(callback: Callable[[Registration], None]) -> Callable[[str], None]:
    """Return a listener that hands reports on as values."""
    return lambda line: callback(read(line, solicited=False))


def reports(kind: Domain, level: int) -> AtCommand[None]:
    """Report changes: 0 never, 1 of the state, 2 also of the cell (3 and more: with causes)."""
    return action(f"AT{kind.prefix}={level:d}")
