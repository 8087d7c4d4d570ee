"""Soaks inside the test guest; started there by `python -m tests.soak`. Exit status 1: a leak."""

import argparse
import sys

from tests.soak.cycles import KINDS, MODEMS, Report, run, soaking
from tests.soak.table import text


def parser(name: str, about: str | None) -> argparse.ArgumentParser:
    """What can be chosen, on both sides."""
    made = argparse.ArgumentParser(prog=name, description=about)
    made.add_argument("--cycles", type=int, default=50, help="of each kind (default: 50)")
    made.add_argument(
        "--kind", action="append", choices=list(KINDS), help="may be repeated; default: all"
    )
    made.add_argument(
        "--modem", action="append", choices=list(MODEMS), help="may be repeated; default: qmi"
    )
    return made


def progress(report: Report) -> None:
    """Tell whoever waits, after every tenth cycle."""
    if not len(report.seconds) % 10:
        sys.stderr.write(f"{text(report).splitlines()[0]}\n")


def main() -> int:
    """Soak, and print a table for each kind as soon as it is there."""
    chosen = parser("python -m tests.soak.guest", __doc__).parse_args()
    well = True
    for modem in chosen.modem or ["qmi"]:
        with soaking(modem) as soak:
            for kind in chosen.kind or KINDS:
                report = run(soak, modem, kind, chosen.cycles, progress)
                sys.stdout.write(f"{text(report)}\n")
                sys.stdout.flush()
                well = well and not report.complaints
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
