"""`python -m bench`: measure wwand against usb_modeswitch, ModemManager and NetworkManager.

Boots one virtual machine and runs the stacks in it in turn, on the same virtual modem. Exit status:
0 when every limit holds, 1 when one is missed, 2 when something could not be measured.
"""

import argparse
import asyncio
import compileall
import json
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from bench.facts import AUTO, PEER, WITH_NM, Round
from bench.start import start_seconds
from bench.table import rows, text

PROJECT = Path(__file__).resolve().parents[1]
BOOT, ROUND = 120, 420
"""Seconds the guest is given at most, to boot and for each round of all stacks."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each stack is run")
    parser.add_argument("--reads", type=int, default=300, help="property reads in each round")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--out", type=Path, help="keep the rounds and the daemons' logs there")
    return parser.parse_args()


def in_guest(chosen: argparse.Namespace, out: Path) -> list[Round]:
    """Run the rounds in the test guest; progress goes to stderr."""
    for folder in ("wwand", "plugins", "bench", "tests/system"):
        # what the guest compiles itself is slow, and lost with it
        compileall.compile_dir(PROJECT / folder, quiet=2)
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2)
    seconds = BOOT + ROUND * chosen.rounds
    subprocess.run(
        (
            *(PROJECT / "tests/system/vm/run", "--timeout", str(seconds), "--out", out, "--"),
            *(sys.executable, "-m", "bench.guest"),
            *("--rounds", str(chosen.rounds), "--reads", str(chosen.reads)),
        ),
        cwd=PROJECT,
        stdout=sys.stderr,
        check=True,
    )
    return [Round.of(each) for each in json.loads((out / "rounds.json").read_text())]


def complaint(rounds: list[Round], wanted: int) -> str:
    """Why the rounds cannot be compared; empty when they can."""
    for stack in (PEER, AUTO, WITH_NM):
        mine = [r for r in rounds if r.stack == stack]
        if len(mine) != wanted:
            return f"{stack}: {len(mine)} rounds of {wanted}"
        if any(r.messages != 1 for r in mine):
            return f"{stack}: the stick got {[r.messages for r in mine]} switch messages, not one"
    return ""


def main() -> int:
    chosen = arguments()
    starts = asyncio.run(start_seconds(chosen.rounds))
    with tempfile.TemporaryDirectory(prefix="wwand-bench-") as folder:
        out = (chosen.out or Path(folder)).resolve()
        try:
            rounds = in_guest(chosen, out)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"bench: the guest ended with status {error.returncode}\n")
            return 2
    if why := complaint(rounds, chosen.rounds):
        sys.stderr.write(f"bench: {why}\n")
        return 2
    found = rows(rounds, starts)
    if chosen.json:
        everything = {
            "rows": [row.as_json() for row in found],
            "rounds": [each.as_json() for each in rounds],
        }
        print(json.dumps(everything, indent=2))
    else:
        print(text(found))
    return 0 if all(row.holds is not False for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
