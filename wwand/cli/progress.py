"""How far a device has come on the way online: steps with their times, told as they happen."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from wwand.cli.output import Output
from wwand.cli.words import duration

STEPS = ("switched", "ports", "modem", "registered", "online")
"""What has to happen between plug and online, in order."""

DOING = {
    "switched": "switching it from CD-ROM to modem",
    "ports": "waiting for its ports",
    "modem": "asking the modem what it is",
    "registered": "looking for a network",
    "online": "connecting",
}

PHASES = {
    "found": 0,
    "switching": 0,
    "configuring": 1,
    "settling": 1,
    "probing": 2,
    "recovering": 2,
    "modem": 3,
}
"""Phase of a device → the step in STEPS that it is working on."""

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
PLAIN_FRAMES = "|/-\\"
FRAME = 0.1
"""Seconds between two frames of a step in progress."""


@dataclass(frozen=True)
class Step:
    """One step that is done."""

    name: str
    seconds: float
    detail: str = ""


def steps_of(history: Sequence[tuple[float, str, str]], since: float) -> list[tuple[str, float]]:
    """Steps that a device has finished after `since`, with the seconds each took.

    Only the present life counts: an entry of an earlier phase begins anew. A switch that never
    was needed is no step.
    """
    done: list[tuple[str, float, float]] = []
    began, switching = 0.0, False
    at = -1
    for when, phase, _ in history:
        if phase not in PHASES:
            at, done, switching = -1, [], False
            continue
        now = PHASES[phase]
        if now < at or at < 0:
            done, switching = [d for d in done if now > 0 and d[0] == "switched"], False
            began = when
        elif now > at:
            name = STEPS[at]
            if name != "switched" or switching:
                done.append((name, when - began, when))
            began = when
        switching = phase == "switching" or (switching and phase == "found")
        at = now
    return [(name, took) for name, took, ended in done if ended >= since]


class Progress:
    """Prints each step once, and on a terminal the one in progress, which keeps moving."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self.steps: list[Step] = []
        self._doing = ""
        self._note = ""
        self._began = 0.0
        self._drawn = False
        self._frames = cycle(out.sign(FRAMES, PLAIN_FRAMES))
        self._moving: asyncio.Task[None] | None = None

    @property
    def _live(self) -> bool:
        return self._out.terminal and not self._out.as_json

    def done(self, name: str, seconds: float, detail: str = "") -> None:
        """Tell of a step that is done; each is told once."""
        if any(step.name == name for step in self.steps):
            return
        self.steps.append(Step(name, seconds, detail))
        self._tell("good", self._out.sign("✓", "+"), name, seconds, detail)
        self._doing = ""

    def doing(self, name: str, note: str = "", began: float | None = None) -> None:
        """Show a step in progress; `began` is on the monotonic clock."""
        if name != self._doing:
            self._doing, self._began = name, time.monotonic() if began is None else began
        self._note = note
        if self._live:
            if self._moving is None:
                self._moving = asyncio.create_task(self._move())
            self._draw()

    def failed(self) -> None:
        """Tell that the step in progress came to nothing."""
        if self._doing:
            spent = time.monotonic() - self._began
            self._tell("bad", self._out.sign("✗", "x"), self._doing, spent, "")
        self._doing = ""
        self.close()

    def close(self) -> None:
        """Stop moving; what was told stays."""
        if self._moving:
            self._moving.cancel()
            self._moving = None
        self._wipe()

    def as_data(self) -> list[dict[str, Any]]:
        """The steps for a document."""
        return [
            {"step": step.name, "seconds": round(step.seconds, 3), "detail": step.detail}
            for step in self.steps
        ]

    def _tell(self, tone: str, sign: str, name: str, seconds: float, detail: str) -> None:
        if self._out.as_json:
            return
        self._wipe()
        line = f"{name:<11}{duration(seconds):>7}"
        self._out.line(f"{self._out.paint(sign, tone)} {line}{'   ' if detail else ''}{detail}")

    async def _move(self) -> None:
        while True:
            await asyncio.sleep(FRAME)
            if self._doing:
                self._draw()

    def _draw(self) -> None:
        spent = duration(time.monotonic() - self._began)
        note = self._note or DOING.get(self._doing, "")
        text = f"{self._doing:<11}{spent:>7}   {note}"[: max(self._out.width - 3, 10)]
        frame = self._out.paint(next(self._frames), "busy")
        self._out.raw(f"\r\x1b[K{frame} {text}")
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            self._out.raw("\r\x1b[K")
            self._drawn = False
