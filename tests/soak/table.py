"""What the cycles gave, for people."""

import statistics
from dataclasses import fields

from tests.soak.cycles import WARM, Report
from tests.soak.held import Held

TITLES = {
    "clients": "most QMI client ids of a service",
    "ports": "open serial ports",
    "calls": "data calls",
    "addresses": "addresses",
    "routes": "default routes",
    "children": "children and orphans",
    "descriptors": "file descriptors",
    "files": "files in the run directory",
}

EVENTS = {"drop": "drop to ping", "kill": "kill to ping, by a new daemon"}


def text(report: Report) -> str:
    """Lay one report out."""
    lines = [f"{report.modem}, {report.kind}: {len(report.seconds)} of {report.wanted} cycles"]
    if report.seconds:
        middle, most = statistics.median(report.seconds), max(report.seconds)
        lines.append(f"  {EVENTS[report.kind]}: median {middle:.2f} s, highest {most:.2f} s")
    rows = [("", "before", "after")]
    if report.before and report.after:
        for each in fields(Held):
            was, now = getattr(report.before, each.name), getattr(report.after, each.name)
            rows.append((TITLES[each.name], str(was), str(now)))
    if any(report.memory):
        was, now = (f"{kib / 1024:.1f}" for kib in report.memory)
        rows.append((f"resident MiB (before: cycle {WARM})", was, now))
    if len(rows) > 1:
        lines += [f"  {title:32}{was:>8}{now:>8}" for title, was, now in rows]
    lines += [f"  ✗ {complaint}" for complaint in report.complaints] or ["  ✓ nothing has grown"]
    return "\n".join(lines)
