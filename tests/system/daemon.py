"""What tests of the daemon share inside the guest: its files, the daemon, what it leaves."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.system.vm.copies import output_of
from tests.system.vm.guest import DEADLINE, Process, eventually, output

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "10.64.64.64"
"""The carrier's end of the PPP link."""

NAME = "org.freedesktop.ModemManager1"
LOG = Path("/run/wwand.log")


@contextmanager
def in_place() -> Iterator[None]:
    """Install what a package would: bus policy and udev rules; others' tests need them gone."""
    installed = []
    for folder, files in (
        (Path("/etc/dbus-1/system.d"), [ROOT / "dbus" / "org.wwand1.conf"]),
        (Path("/lib/udev/rules.d"), sorted((ROOT / "packaging" / "udev").glob("*.rules"))),
    ):
        installed += [shutil.copy(file, folder) for file in files]
    _read_again()
    try:
        yield
    finally:
        for file in installed:
            Path(file).unlink()
        _read_again()


def _read_again() -> None:
    bus = "org.freedesktop.DBus"
    output("busctl", "call", bus, "/org/freedesktop/DBus", bus, "ReloadConfig")
    output("udevadm", "control", "--reload")


@contextmanager
def daemon(
    config: str = "", *, level: str = "debug", program: tuple[str, ...] = ("-m", "wwand")
) -> Iterator[Process]:
    """The daemon on the guest's system bus, ready; what it is ended by is the caller's business."""
    file = Path("/run/wwand.toml")
    file.touch(mode=0o600)
    file.write_text(config)
    command = [sys.executable, *program, "--log-level", level]
    with Process([*command, "--config", str(file)], log=LOG) as process:
        eventually(lambda: "is ready" in LOG.read_text(), "the daemon is ready")
        try:
            yield process
        except BaseException:
            sys.stderr.write(scene())
            raise


def scene() -> str:
    """What a person would look at first when a test has failed; pytest shows what it wrote."""
    looks = [("ip", *words) for words in (("addr",), ("route",), ("neigh",))]
    return "\n".join([LOG.read_text()[-12_000:], *(output(*look) for look in looks)])


@contextmanager
def wwand(config: str = "", *, killed: bool = False) -> Iterator[Process]:
    """The daemon as it is installed; it must end well unless it is `killed`."""
    with in_place(), daemon(config) as process:
        yield process
    assert killed or process.process.returncode == 0, LOG.read_text()[-3000:]


def wwanctl(*arguments: str, deadline: float = DEADLINE) -> str:
    """Run wwanctl; return what it printed."""
    status, said = output_of("wwand.cli", *arguments, deadline=deadline)
    assert status == 0, f"wwanctl {' '.join(arguments)}: status {status}\n{said}"
    return said


def wwanctl_json(*arguments: str) -> Any:
    """Run wwanctl --json; return the document."""
    status, said = output_of("wwand.cli", "--json", *arguments, deadline=DEADLINE, errors=2)
    assert status == 0, f"wwanctl --json {' '.join(arguments)}: status {status}"
    return json.loads(said)


def pings(address: str = GATEWAY, interface: str = "ppp0") -> bool:
    """Whether one ping through the interface is answered."""
    command = ["ping", "-c1", "-W5", "-I", interface, address]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def command_lines() -> dict[int, str]:
    """What `ps` shows of every process of the guest."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                )
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def own_pppds() -> list[int]:
    """The pppd processes that the daemon has started; the carrier's own is not one of them."""
    return [
        pid for pid, line in command_lines().items() if "pppd" in line and "carrier" not in line
    ]


def traces() -> dict[str, Any]:
    """What a connection may leave on the machine."""
    links = [p.name for p in Path("/sys/class/net").iterdir() if p.name.startswith("ppp")]
    return {
        "pppd": own_pppds(),
        "interfaces": links,
        "routes": output("ip", "route", "show", "default").splitlines(),
        "locks": [p.name for p in Path("/var/lock").glob("LCK..ttyUSB*")],
        "journal": [p.name for p in Path("/run/wwand").rglob("*") if p.is_file()],
        "objects": modem_objects(),
    }


NOTHING: dict[str, Any] = {
    "pppd": [],
    "interfaces": [],
    "routes": [],
    "locks": [],
    "journal": [],
    "objects": [],
}


def held_by(process: Process) -> list[str]:
    """The files that a process holds open; it may close some of them meanwhile."""
    found = []
    for entry in Path(f"/proc/{process.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(entry.readlink()))
    return found


def modem_objects() -> list[str]:
    """The modems, SIMs and bearers that are on the bus."""
    trees: list[str] = []

    def walked() -> bool:
        done = subprocess.run(
            ("busctl", "--list", "tree", NAME), stdout=subprocess.PIPE, text=True, timeout=DEADLINE
        )
        trees.append(done.stdout)
        return done.returncode == 0  # else an object went away under it

    eventually(walked, "busctl can walk the tree of objects")
    kinds = tuple(f"/org/freedesktop/ModemManager1/{k}/" for k in ("Modem", "SIM", "Bearer"))
    return [path for path in trees[-1].splitlines() if path.startswith(kinds)]


def open_files(pid: int) -> int:
    """How many file descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))
