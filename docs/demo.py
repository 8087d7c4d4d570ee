"""The demo: a virtual stick goes from CD-ROM to connected on a bus of its own, and is looked at.

Needs no privileges and leaves nothing behind. `make demo` runs it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODEL = "longcheer-mmx352g"
BIN = Path(sys.executable).parent
WWANCTL = str(BIN / "wwanctl")
BOLD, DIM, PLAIN = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


@contextmanager
def running(*command: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program as long as the context is open."""
    process = subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def show(*command: str) -> None:
    """Run a command as a person would, with what it prints on the screen."""
    shown = [Path(command[0]).name, *(a for a in command[1:] if "address" not in a)]
    say(f"\n{BOLD}$ {' '.join(shown)}{PLAIN}")
    subprocess.run(command, check=True)


def wait_for_name(wwand: subprocess.Popen[str], log: Path) -> None:
    """Return when the daemon has said that it is ready."""
    ends = time.monotonic() + 20
    while "is ready" not in log.read_text():
        if wwand.poll() is not None or time.monotonic() > ends:
            sys.exit(f"demo: wwand did not start:\n{log.read_text()}")
        time.sleep(0.02)


def main() -> None:
    """Run the demo; exits non-zero when a step fails."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wwand-demo-") as folder:
        bus = ("dbus-daemon", "--session", "--nofork", "--print-address=1")
        with running(*bus, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dbus:
            assert dbus.stdout
            address = dbus.stdout.readline().strip()
            os.environ |= {"WWAND_BUS": address, "DBUS_SYSTEM_BUS_ADDRESS": address}
            demonstrate(Path(folder), address)
    say(
        f"\n{BOLD}The demo is done{PLAIN} ({time.monotonic() - began:.0f} s): {MODEL} went from "
        "CD-ROM to connected, was looked at, and was unplugged."
    )


def demonstrate(folder: Path, address: str) -> None:
    """Start the daemon, plug a virtual stick in, connect, and look at it with other programs."""
    log = folder / "wwand.log"
    say(f"{DIM}A message bus of its own, no privileges, and a virtual stick: {MODEL}{PLAIN}")
    say(f"\n{BOLD}$ wwand --simulate '' &{PLAIN}")
    wwand = [
        *(str(BIN / "wwand"), f"--bus={address}", "--simulate=", f"--run-dir={folder}/run"),
        *(f"--state-dir={folder}/state", f"--config={empty_config(folder)}"),
    ]
    with log.open("w") as sink, running(*wwand, stderr=sink) as daemon:
        wait_for_name(daemon, log)
        connect_while_plugging_in()
        show(WWANCTL, "show")
        show(WWANCTL, "explain")
        modem = "/org/freedesktop/ModemManager1/Modem/0"
        where = ("org.freedesktop.ModemManager1", modem, "org.freedesktop.ModemManager1.Modem")
        if shutil.which("busctl"):
            properties = ("Manufacturer", "Model", "PrimaryPort", "State")
            show("busctl", f"--address={address}", "get-property", *where, *properties)
        if shutil.which("mmcli"):
            show("mmcli", "-m", "any")
        show(WWANCTL, "disconnect")


def connect_while_plugging_in() -> None:
    """Have `wwanctl connect` wait for a stick, and plug that in before its eyes."""
    say(f"\n{BOLD}$ wwanctl simulate {MODEL}   # plug the stick in, a moment later{PLAIN}")
    connect = [WWANCTL, "connect", "--apn", "internet", "--no-ip", "--wait", "30"]
    say(f"{BOLD}$ {' '.join(['wwanctl', *connect[1:]])}{PLAIN}")
    with running(*connect) as connecting:
        time.sleep(1)  # for people to see it wait
        subprocess.run([WWANCTL, "simulate", MODEL], stdout=subprocess.DEVNULL, check=True)
        if connecting.wait(40):
            sys.exit("demo: the connection failed")


def empty_config(folder: Path) -> Path:
    """Make a configuration that says nothing, so that the machine's own plays no part."""
    file = folder / "wwand.toml"
    file.touch(mode=0o600)
    return file


if __name__ == "__main__":
    main()
