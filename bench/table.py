"""From rounds to rows: medians, ratios, and whether the limits hold."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.facts import AUTO, LATENCY, PEER, WITH_NM, Round


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


def rows(rounds: Sequence[Round], starts: Sequence[float]) -> list[Row]:
    """Make the table's rows."""

    def each(stack: str, value: Callable[[Round], float]) -> list[float]:
        return [value(r) for r in rounds if r.stack == stack]

    def both(stack: str, value: Callable[[Round], float]) -> tuple[list[float], list[float]]:
        return each(stack, value), each(PEER, value)

    def export(r: Round) -> float:
        return r.between("ttys", "object")

    def ping(r: Round) -> float:
        return r.seconds["ping"]

    floor = statistics.median(each(AUTO, lambda r: r.chain * LATENCY))
    chain = statistics.median(each(AUTO, lambda r: r.chain))
    times = statistics.median(each(AUTO, export)) / floor
    found = [
        Row(
            "last tty to modem on the bus",
            "s",
            *both(AUTO, export),
            limit=0.1,
            remark=f"{times:.1f} times the lower limit of {floor:.2f} s: {chain:.0f} answers of "
            f"{LATENCY * 1000:.0f} ms one after the other",
        ),
        Row("the same with NetworkManager on top", "s", *both(WITH_NM, export)),
        Row("plug to first ping, wwand alone", "s", *both(AUTO, ping), limit=0.25),
        Row("plug to first ping, under NetworkManager", "s", *both(WITH_NM, ping), limit=0.35),
        Row("AT commands until registered", "", *both(AUTO, lambda r: r.commands), limit=0.5),
        Row(
            "D-Bus Get of Modem.State",
            "ms",
            *both(AUTO, lambda r: r.reads["Get"] * 1000),
            limit=1.0,
        ),
        Row("D-Bus GetAll of Modem", "ms", *both(AUTO, lambda r: r.reads["GetAll"] * 1000)),
        Row(
            "resident memory, one modem connected",
            "MiB",
            each(AUTO, lambda r: r.resident["wwand"]),
            each(PEER, lambda r: r.resident["ModemManager"]),
            limit=40.0,
            absolute=True,
            remark="peer: ModemManager alone",
        ),
    ]
    if starts:
        found.append(
            Row(
                "start to bus name, CPU time",
                "s",
                starts,
                limit=0.5,
                absolute=True,
                remark="on this machine, not in the guest",
            )
        )
    return found


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
