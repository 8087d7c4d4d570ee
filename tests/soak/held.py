"""What a connected daemon holds on the machine and in the modem, counted from outside."""

import contextlib
import os
import re
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path

from tests.system.vm.guest import Simulator, eventually, output
from wwand.net.children import left_behind

RUN_DIR = Path("/run/wwand")

SETTLING = 10.0
"""Seconds for what ends by itself: a child is reaped, a modem hears that its client is gone."""

SLACK = 2048
"""KiB by which memory may grow without a leak: Python takes 1 MiB from the system at a time
(CPython 3.10+, obmalloc.c), and pages of libraries count when they are first used."""


@dataclass(frozen=True, slots=True)
class Held:
    """Counts; each is the same after every cycle, or something leaks."""

    clients: int
    """QMI client ids that one service has given out, at most: one more service is no leak."""
    ports: int
    """Serial ports that somebody has open."""
    calls: int
    addresses: int
    routes: int
    """Default routes."""
    children: int
    """Children of the daemon, and orphans that carry its mark."""
    descriptors: int
    files: int
    """In the run directory."""

    @classmethod
    def by(cls, pid: int, simulator: Simulator) -> "Held":
        """Count what the daemon with that process id holds."""
        modem = simulator.device()
        return cls(
            clients=max(
                Counter(service for service, _ in client_ids(simulator)).values(), default=0
            ),
            ports=len(modem["open"]),
            calls=len(modem["calls"]),
            addresses=len(output("ip", "-o", "address", "show", "scope", "global").splitlines()),
            routes=len(default_routes()),
            children=len(children(pid) | set(left_behind(RUN_DIR))),
            descriptors=len(os.listdir(f"/proc/{pid}/fd")),
            files=sum(each.is_file() for each in RUN_DIR.rglob("*")),
        )

    def over(self, before: "Held") -> list[str]:
        """Name the counts that are higher than before."""
        names = [each.name for each in fields(self)]
        return [name for name in names if getattr(self, name) > getattr(before, name)]


def settled(pid: int, simulator: Simulator, before: Held | None = None) -> Held:
    """Count when it stays the same, and is not more than before unless that lasts."""
    counts: list[Held] = []

    def same() -> bool:
        counts.append(Held.by(pid, simulator))
        now = counts[-1]
        return now in counts[-2:-1] and not (before and now.over(before))

    with contextlib.suppress(TimeoutError):
        eventually(same, "the same counts twice", SETTLING, every=0.5)
    return counts[-1]


def client_ids(simulator: Simulator) -> set[tuple[str, int]]:
    """The QMI clients that the modem knows, by service."""
    held = simulator.device()["clients"]
    return {(service, cid) for service, ids in held.items() for cid in ids}


def default_routes() -> list[str]:
    """The default routes, as the kernel lists them."""
    return [
        line
        for family in ("-4", "-6")
        for line in output("ip", family, "route", "show", "default").splitlines()
    ]


def children(pid: int) -> set[int]:
    """The processes whose parent that is, zombies too (proc(5))."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended meanwhile
        if int(parent) == pid:
            found.add(int(entry.name))
    return found


def resident(pid: int) -> int:
    """VmRSS in KiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])
