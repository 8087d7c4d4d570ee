"""NetworkManager inside the guest, with one profile for a modem, and nmcli."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.vm.guest import DEADLINE, Process, eventually, output

PROFILE = """[connection]
id=mobile
uuid=3a0bfa2c-7bd0-4a8b-9bb4-3ad3a2a9a0a1
type=gsm
autoconnect=false
[gsm]
apn=internet
[ipv4]
method=auto
[ipv6]
method=ignore
"""

SETTINGS = """[main]
plugins=keyfile
dhcp=internal
rc-manager=unmanaged
auth-polkit=false
[keyfile]
path={profiles}
"""


@contextmanager
def network_manager(folder: Path) -> Iterator[Process]:
    """NetworkManager with its files in a folder; its log is there too."""
    profiles = folder / "profiles"
    profiles.mkdir()
    profile = profiles / "mobile.nmconnection"
    profile.touch(mode=0o600)
    profile.write_text(PROFILE)
    settings = folder / "NetworkManager.conf"
    settings.write_text(SETTINGS.format(profiles=profiles))
    Path("/run/NetworkManager").mkdir(exist_ok=True)
    output("mount", "-t", "tmpfs", "tmpfs", "/var/lib/NetworkManager")
    command = ["NetworkManager", "--debug", f"--config={settings}", f"--config-dir={folder}/none"]
    try:
        with Process([*command, f"--state-file={folder}/state"], log=folder / "log") as process:
            yield process
    finally:
        output("umount", "/var/lib/NetworkManager")


def nmcli_devices() -> str:
    """What NetworkManager knows: lines of device, type and state."""
    done = subprocess.run(
        ["nmcli", "-t", "-f", "DEVICE,TYPE,STATE", "device"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout


def knows(device: str, state: str) -> None:
    """Wait until NetworkManager has that device in that state, both as nmcli names them."""
    wanted = f"{device}:{state}"
    eventually(lambda: wanted in nmcli_devices().splitlines(), f"NetworkManager has {wanted}")


def bring_up() -> None:
    """Activate the profile."""
    output("nmcli", "--wait", "150", "connection", "up", "mobile", deadline=DEADLINE)


def bring_down() -> None:
    """Deactivate it."""
    output("nmcli", "connection", "down", "mobile")
