"""From rounds to rows: medians, ratios, and whether the limits hold."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.facts import AUTO, LATENCY, PEER, STEPS, WITH_NM, Round
from bench.models import Model, Wanted


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; `limit` is a ratio to the peer, or without a peer an absolute value."""

    title: str
    unit: str
    ours: Sequence[float]
    peer: Sequence[float] = ()
    limit: float | None = None
    absolute: bool = False
    """Whether `limit` is for wwand's own value, and the peer is shown only."""
    remark: str = ""

    @property
    def value(self) -> float:
        """wwand's median."""
        return statistics.median(self.ours)

    @property
    def ratio(self) -> float | None:
        """Of the medians, wwand's to the peer's."""
        return self.value / statistics.median(self.peer) if self.peer else None

    @property
    def holds(self) -> bool | None:
        """Whether the limit holds; None without one."""
        if self.limit is None:
            return None
        judged = self.value if self.absolute else self.ratio
        return judged is not None and judged <= self.limit

    def as_json(self) -> dict[str, Any]:
        """Return everything, for machines."""
        return {
            "title": self.title,
            "unit": self.unit,
            "wwand": list(self.ours),
            "peer": list(self.peer),
            "median": self.value,
            "ratio": self.ratio,
            "limit": self.limit,
            "absolute": self.absolute,
            "holds": self.holds,
            "remark": self.remark,
        }


@dataclass(frozen=True, slots=True)
class Measure:
    """What a row shows of each round."""

    title: str
    unit: str
    value: Callable[[Round], float]
    floor: Callable[[Round], float] | None = None
    """The least that the value can be, whoever does the work."""
    floor_is: str = ""
    absolute: bool = False
    remark: str = ""


def _answers(r: Round) -> float:
    """Seconds that the modem needs for what one port is asked before the modem is on the bus."""
    return r.chain * LATENCY


def _manager(r: Round) -> float:
    return r.resident["ModemManager" if r.stack == PEER else "wwand"]


MEASURES: dict[str, Measure] = {
    "export": Measure(
        "last tty to modem on the bus",
        "s",
        lambda r: r.between("ttys", "object"),
        floor=_answers,
        floor_is="AT answers one after the other",
    ),
    "object": Measure(
        "plug to modem on the bus",
        "s",
        lambda r: r.seconds["object"],
        floor=lambda r: r.seconds["ttys"] + _answers(r),
        floor_is="the kernel and udev, and AT answers one after the other",
    ),
    "up": Measure("plug to connected, as the bus says", "s", lambda r: r.seconds["up"]),
    "ping": Measure("plug to first ping", "s", lambda r: r.seconds["ping"]),
    "again": Measure("reported drop to ping again", "s", lambda r: r.again["ping"]),
    "commands until registered": Measure("AT commands until registered", "", lambda r: r.commands),
    "commands": Measure("AT commands until the first ping", "", lambda r: r.asked["command"]),
    "qmi messages": Measure("QMI messages until the first ping", "", lambda r: r.asked["qmi"]),
    "get": Measure("D-Bus Get of Modem.State", "ms", lambda r: r.reads["Get"] * 1000),
    "get all": Measure("D-Bus GetAll of Modem", "ms", lambda r: r.reads["GetAll"] * 1000),
    "idle rate": Measure("transfer, manager idle", "MiB/s", lambda r: r.rates["idle"]),
    "loaded rate": Measure("transfer, manager loaded", "MiB/s", lambda r: r.rates["loaded"]),
    "beside rate": Measure("transfer, other work", "MiB/s", lambda r: r.rates["beside"]),
    "slowdown": Measure(
        "rate beside other work to rate with the manager loaded",
        "",
        lambda r: r.rates["beside"] / r.rates["loaded"],
        absolute=True,
        remark="loaded: reads of all properties of the modem, one after the other; other work: "
        "a process of the same priority computes, and the manager is idle",
    ),
    "resident": Measure(
        "resident memory, one modem connected",
        "MiB",
        _manager,
        absolute=True,
        remark="peer: ModemManager alone",
    ),
}
"""By the names that `bench.models` uses."""

UNDER = {WITH_NM: ", under NetworkManager"}
"""What a title says of the stack."""


def rows(model: Model, rounds: Sequence[Round]) -> list[Row]:
    """Make a model's table."""
    return [_row(wanted, rounds) for wanted in model.wanted]


def start_row(starts: Sequence[float]) -> Row:
    """The row that is about no model."""
    return Row(
        "start to bus name, CPU time",
        "s",
        starts,
        limit=0.5,
        absolute=True,
        remark="on this machine, not in the guest",
    )


def _row(wanted: Wanted, rounds: Sequence[Round]) -> Row:
    measure = MEASURES[wanted.measure]
    ours = [r for r in rounds if r.stack == wanted.stack]
    values = [measure.value(r) for r in ours]
    remark = measure.remark
    if measure.floor and wanted.stack == AUTO:
        floor = statistics.median([measure.floor(r) for r in ours])
        chain = statistics.median([r.chain for r in ours])
        remark = (
            f"{statistics.median(values) / floor:.1f} times the lower limit of {floor:.2f} s: "
            f"{measure.floor_is} ({chain:.0f} of {LATENCY * 1000:.0f} ms)"
        )
    return Row(
        measure.title + UNDER.get(wanted.stack, ""),
        measure.unit,
        values,
        [measure.value(r) for r in rounds if r.stack == PEER],
        limit=wanted.limit,
        absolute=measure.absolute,
        remark=remark,
    )


def timeline(rounds: Sequence[Round]) -> str:
    """Where the seconds went: a line for each stack, medians."""
    lines = []
    for stack in dict.fromkeys(r.stack for r in rounds):
        mine = [r for r in rounds if r.stack == stack]
        reached = {
            step: statistics.median([r.seconds[step] for r in mine])
            for step in STEPS
            if all(step in r.seconds for r in mine)
        }
        told = [f"{s} {at:.2f}" for s, at in sorted(reached.items(), key=lambda each: each[1])]
        told += [
            f"{step} again {statistics.median([r.again[step] for r in mine]):.2f} after the drop"
            for step in mine[0].again
        ]
        lines.append(f"{stack}: {', '.join(told)}")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Median, and the range where there is one."""
    if not values:
        return ""
    low, middle, high = min(values), statistics.median(values), max(values)
    if low == high:
        return number(middle)
    return f"{number(middle)} ({number(low)} to {number(high)})"


def number(value: float) -> str:
    """Three digits, more or less."""
    return (
        f"{value:.0f}"
        if value >= 100 or value == int(value)
        else f"{value:.{2 if value < 10 else 1}f}"
    )


def text(found: Sequence[Row]) -> str:
    """Lay the rows out for people."""
    head = ("", "wwand", "peer", "ratio", "limit", "")
    cells = [head]
    for row in found:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        limit = (
            ""
            if row.limit is None
            else number(row.limit) + (f" {row.unit}" if row.absolute else " x")
        )
        title = f"{row.title} [{row.unit}]" if row.unit else row.title
        mark = {True: "✓", False: "✗", None: ""}[row.holds]
        cells.append((title, spread(row.ours), spread(row.peer), ratio, limit, mark))
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    lines.insert(1, "  ".join("-" * w for w in widths if w))
    lines += [f"{row.title}: {row.remark}" for row in found if row.remark]
    return "\n".join(lines)
