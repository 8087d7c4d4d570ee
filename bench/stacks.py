"""The stacks to compare: how the guest is set up for them, and their daemons."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.facts import AUTO, PEER, WITH_NM
from tests.system.vm.guest import output

PROJECT = Path(__file__).resolve().parents[1]
RUN_DIR = Path("/run/wwand")
NM_DIR = Path("/run/bench-nm")

MM_NAME = "org.freedesktop.ModemManager1"
NM_NAME = "org.freedesktop.NetworkManager"

NM_CONFIG = """[main]
plugins=keyfile
auth-polkit=false
dhcp=internal
rc-manager=unmanaged
no-auto-default=*
"""

NM_PROFILE = """[connection]
id=mobile
uuid=6b3a4f0c-1d0e-4a36-9a0e-7d5f0c1b2a34
type=gsm
autoconnect=true
[gsm]
apn=internet
[ipv4]
method=auto
[ipv6]
method=ignore
"""

WWAND_AUTO = '[connection]\nauto = true\napn = "internet"\n'


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program, and the name on the bus that it owns when it is there."""

    name: str
    command: tuple[str, ...]
    bus_name: str


@dataclass(frozen=True, slots=True)
class Stack:
    """Daemons in the order of their start."""

    name: str
    daemons: tuple[Daemon, ...]
    switches: bool
    """Whether wwand switches the stick, not usb_modeswitch."""
    leaves: tuple[str, ...] = ()
    """Programs that its daemons start and leave running."""


def wwand(config: str) -> Daemon:
    """wwand with that configuration, which the set-up has written."""
    command = (sys.executable, "-m", "wwand", "--config", f"/run/bench-{config}.toml")
    return Daemon("wwand", command, MM_NAME)


NETWORK_MANAGER = Daemon(
    "NetworkManager",
    (
        "NetworkManager",
        "--debug",
        f"--config={NM_DIR}/NetworkManager.conf",
        f"--config-dir={NM_DIR}/conf.d",
        f"--state-file={NM_DIR}/state",
    ),
    NM_NAME,
)

STACKS = (
    Stack(
        PEER,
        (Daemon("ModemManager", ("ModemManager",), MM_NAME), NETWORK_MANAGER),
        switches=False,
        leaves=("qmi-proxy",),
    ),
    Stack(AUTO, (wwand("auto"),), switches=True),
    Stack(WITH_NM, (wwand("plain"), NETWORK_MANAGER), switches=True),
)


def set_up() -> None:
    """Install what the stacks need into the guest, whose file system is thrown away."""
    shutil.copy(PROJECT / "dbus/org.wwand1.conf", "/etc/dbus-1/system.d/")
    bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    output("busctl", "call", *bus, "ReloadConfig")
    shutil.copy(PROJECT / "packaging/udev/40-wwand.rules", "/lib/udev/rules.d/")
    output("udevadm", "control", "--reload")
    Path("/run/bench-auto.toml").write_text(WWAND_AUTO)
    Path("/run/bench-plain.toml").touch()
    profiles = Path("/etc/NetworkManager/system-connections")
    for folder in (Path("/var/lib/NetworkManager"), profiles):
        folder.mkdir(parents=True, exist_ok=True)
        output("mount", "-t", "tmpfs", "tmpfs", str(folder))
    for folder in (NM_DIR / "conf.d", Path("/run/NetworkManager")):
        folder.mkdir(parents=True, exist_ok=True)
    (NM_DIR / "NetworkManager.conf").write_text(NM_CONFIG)
    profile = profiles / "mobile.nmconnection"
    profile.touch(0o600)
    profile.write_text(NM_PROFILE)


def choose_switcher(stack: Stack) -> None:
    """wwand's udev rule keeps usb_modeswitch off while wwand's run directory is there."""
    if stack.switches:
        RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    else:
        shutil.rmtree(RUN_DIR, ignore_errors=True)


def stack(name: str) -> Stack:
    """The stack of that name."""
    return next(each for each in STACKS if each.name == name)
