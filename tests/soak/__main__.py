"""`python -m tests.soak`: many drops by the network, many kills of the daemon; does anything grow?

Boots the test guest and soaks in there. Exit status 1 when a cycle failed or anything has grown.
"""

import compileall
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.soak.cycles import KINDS
from tests.soak.guest import parser

PROJECT = Path(__file__).resolve().parents[2]
BOOT, CYCLE = 120, {"drop": 15, "kill": 40}
"""Seconds the guest is given at most, to boot and for each cycle."""


def main() -> int:
    chosen = parser("python -m tests.soak", __doc__).parse_args()
    kinds, modems = chosen.kind or list(KINDS), chosen.modem or ["qmi"]
    for folder in ("wwand", "plugins", "tests/soak", "tests/system"):
        # what the guest compiles itself is slow, and lost with it
        compileall.compile_dir(PROJECT / folder, quiet=2)
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2)
    seconds = BOOT * len(modems) + sum(CYCLE[kind] for kind in kinds) * chosen.cycles * len(modems)
    return subprocess.run(
        (
            *(PROJECT / "tests/system/vm/run", "--timeout", str(seconds), "--"),
            *(sys.executable, "-m", "tests.soak.guest", *sys.argv[1:]),
        ),
        cwd=PROJECT,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
