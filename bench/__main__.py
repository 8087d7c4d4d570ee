"""`python -m bench`: measure wwand against usb_modeswitch, ModemManager and NetworkManager.

Boots one virtual machine for each model and runs the stacks in it in turn, on the same virtual
modem. Exit status: 0 when every limit holds, 1 when one is missed, 2 when something could not be
measured.
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

from bench.facts import Round
from bench.models import MODELS, Model
from bench.start import start_seconds
from bench.table import rows, start_row, text, timeline

PROJECT = Path(__file__).resolve().parents[1]
BOOT, ROUND = 120, 420
"""Seconds the guest is given at most, to boot and for each round of all stacks."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [each.name for each in MODELS]
    parser.add_argument(
        "--models",
        nargs="+",
        choices=names,
        default=names,
        metavar="MODEL",
        help=f"of {', '.join(names)}; default: all",
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each stack is run")
    parser.add_argument("--reads", type=int, default=300, help="property reads in each round")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--out", type=Path, help="keep the rounds and the daemons' logs there")
    return parser.parse_args()


def compiled() -> None:
    """Compile what the guest needs: what it compiles itself is slow, and lost with it."""
    for folder in ("wwand", "plugins", "bench", "tests/system"):
        compileall.compile_dir(PROJECT / folder, quiet=2)
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2)


def in_guest(model: Model, chosen: argparse.Namespace, out: Path) -> list[Round]:
    """Run a model's rounds in the test guest; progress goes to stderr. Raises RuntimeError."""
    seconds = BOOT + ROUND * chosen.rounds
    done = subprocess.run(
        (
            *(PROJECT / "tests/system/vm/run", "--timeout", str(seconds), "--out", out, "--"),
            *(sys.executable, "-m", "bench.guest", "--model", model.name),
            *("--rounds", str(chosen.rounds), "--reads", str(chosen.reads)),
        ),
        cwd=PROJECT,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the guest ended with status {done.returncode}")
    rounds = [Round.of(each) for each in json.loads((out / "rounds.json").read_text())]
    if why := complaint(model, rounds, chosen.rounds):
        raise RuntimeError(why)
    return rounds


def complaint(model: Model, rounds: list[Round], wanted: int) -> str:
    """Why the rounds cannot be compared; empty when they can."""
    for stack in model.stacks:
        mine = [r for r in rounds if r.stack == stack]
        if len(mine) != wanted:
            return f"{stack}: {len(mine)} rounds of {wanted}"
        if any(r.messages != model.switches for r in mine):
            got = [r.messages for r in mine]
            return f"{stack}: the stick got {got} switch messages, not {int(model.switches)}"
    return ""


def main() -> int:
    chosen = arguments()
    starts = [start_row(asyncio.run(start_seconds(chosen.rounds)))]
    compiled()
    found: dict[Model, list[Round]] = {}
    failed = False
    with tempfile.TemporaryDirectory(prefix="wwand-bench-") as folder:
        for model in (each for each in MODELS if each.name in chosen.models):
            try:
                out = (chosen.out or Path(folder)).resolve() / model.name
                found[model] = in_guest(model, chosen, out)
            except RuntimeError as error:
                sys.stderr.write(f"bench: {model.name}: {error}\n")
                failed = True
    tables = {model: rows(model, rounds) for model, rounds in found.items()}
    if chosen.json:
        everything = {
            "models": {
                model.name: {
                    "rows": [row.as_json() for row in table],
                    "rounds": [each.as_json() for each in found[model]],
                }
                for model, table in tables.items()
            },
            "rows": [row.as_json() for row in starts],
        }
        print(json.dumps(everything, indent=2))
    else:
        for model, table in tables.items():
            print(f"{model.name}\n\n{text(table)}\n\n{timeline(found[model])}\n")
        print(text(starts))
    if failed:
        return 2
    return 0 if all(row.holds is not False for row in sum(tables.values(), starts)) else 1


if __name__ == "__main__":
    sys.exit(main())
