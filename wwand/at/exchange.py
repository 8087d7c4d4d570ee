"""The command that waits for its answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wwand.at.command import AtCommand
from wwand.at.parser import Final
from wwand.at.reports import REPORTS
from wwand.errors import BadReply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connected:
    """The port carries data now."""

    text: str
    """The CONNECT line, which may name a speed or a protocol."""


@dataclass(slots=True)
class Exchange:
    """A command that was sent, and what came for it so far."""

    command: AtCommand[object]
    final: asyncio.Future[Final]
    prompt: asyncio.Future[None]
    dials: bool = False
    """CONNECT hands the port over."""
    probes: bool = False
    """Garbage answers it as well."""
    lines: list[str] = field(default_factory=list)

    def names(self, line: str) -> bool:
        """Tell whether `line` begins as the command's replies do."""
        return self.command.names(line)

    def owns(self, line: str) -> bool:
        """Tell whether `line` answers the command rather than being a report."""
        command = self.command
        if self.names(line):
            return True
        goes_on = command.continued and bool(self.lines)
        return (command.free or goes_on) and not REPORTS.fullmatch(line)

    def finish(self, final: Final) -> None:
        """Hand the final result to who waits; later ones are left-overs."""
        if not self.final.done():
            self.final.set_result(final)


def conclude(command: AtCommand[T], lines: Sequence[str]) -> tuple[T, Sequence[str]]:
    """Parse the reply; where one line was due but more came, the last that fits is it.

    The others are given as well: they are reports.
    """
    if not command.single or len(lines) < 2:
        return command.parse(lines), ()
    refusal = BadReply(f"{command}: nothing that came answers it")
    for i in reversed(range(len(lines))):
        try:
            return command.parse(lines[i : i + 1]), (*lines[:i], *lines[i + 1 :])
        except BadReply as error:
            refusal = error
    raise refusal
