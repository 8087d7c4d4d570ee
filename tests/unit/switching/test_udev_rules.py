"""The udev rules, judged by the real `udevadm test` over a faked sysfs in a mount namespace."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).parents[3] / "packaging/udev/40-wwand.rules"
THEIRS = Path("/lib/udev/rules.d/40-usb_modeswitch.rules")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or not THEIRS.exists()
    or not (shutil.which("udevadm") and shutil.which("unshare")),
    reason="needs root, udevadm, unshare and usb-modeswitch-data",
)

SCRIPT = """
set -e
mount --make-rprivate /
mount --rbind "$1/sys" /sys
mkdir -p /run/udev /etc/udev/rules.d
mount --bind "$1/rules" /etc/udev/rules.d
mount -t tmpfs none /run
mount -t tmpfs none /etc/systemd/system
case "$2" in
running) mkdir /run/wwand ;;
enabled) mkdir /etc/systemd/system/multi-user.target.wants
         touch /etc/systemd/system/multi-user.target.wants/wwand.service ;;
esac
exec udevadm test --action=add "/sys/devices/usb1/$3"
"""


def sysfs(root: Path, usb_id: str, manufacturer: str = "Some") -> None:
    """Make one mass-storage device with one interface."""
    vendor, product = usb_id.split(":")
    device = root / "sys/devices/usb1/1-1"
    interface = device / "1-1:1.0"
    interface.mkdir(parents=True)
    (root / "sys/bus/usb").mkdir(parents=True)
    for path, kind, values in (
        (device, "usb_device", {"idVendor": vendor, "idProduct": product}),
        (interface, "usb_interface", {"bInterfaceNumber": "00", "bInterfaceClass": "08"}),
    ):
        (path / "subsystem").symlink_to("/sys/bus/usb")
        (path / "uevent").write_text(f"DEVTYPE={kind}\n")
        for name, value in values.items():
            (path / name).write_text(f"{value}\n")
    (device / "manufacturer").write_text(f"{manufacturer}\n")


def programs(
    tmp_path: Path, usb_id: str, *, part: str = "1-1", wwand: str = "running"
) -> list[str]:
    """Return what udev would run for a device that is plugged in."""
    sysfs(tmp_path, usb_id)
    rules = tmp_path / "rules"
    rules.mkdir()
    shutil.copy(RULES, rules)
    (rules / "41-later.rules").write_text('SUBSYSTEM=="usb", RUN+="/bin/later"\n')
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", str(tmp_path), wwand, part],
        env={**os.environ, "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("run: ")]
    found = [line.removeprefix("run: ")[1:-1] for line in lines]
    assert "/bin/later" in found, done.stderr
    return [program for program in found if not program.startswith("kmod")]


def test_usb_modeswitch_runs_while_wwand_does_not(tmp_path: Path) -> None:
    found = programs(tmp_path, "1c9e:f000", wwand="stopped")
    assert found == ["usb_modeswitch '/1-1'", "/bin/later"]


@pytest.mark.parametrize("wwand", ["running", "enabled"])
def test_usb_modeswitch_keeps_off_and_later_rules_stay(tmp_path: Path, wwand: str) -> None:
    assert programs(tmp_path, "1c9e:f000", wwand=wwand) == ["/bin/true", "/bin/later"]


def test_a_device_without_an_entry_is_not_touched(tmp_path: Path) -> None:
    assert programs(tmp_path, "1c9e:9605") == ["/bin/later"]


def test_the_entry_for_all_of_huawei_keeps_off_too(tmp_path: Path) -> None:
    assert programs(tmp_path, "12d1:9999", part="1-1/1-1:1.0") == ["/bin/true", "/bin/later"]


def test_it_is_there_for_huawei_while_wwand_is_stopped(tmp_path: Path) -> None:
    found = programs(tmp_path, "12d1:9999", part="1-1/1-1:1.0", wwand="stopped")
    assert found == ["usb_modeswitch '1-1/1-1:1.0'", "/bin/later"]


def test_what_wwand_cannot_switch_is_left_to_usb_modeswitch(tmp_path: Path) -> None:
    assert programs(tmp_path, "1307:1169")[0] == "usb_modeswitch '/1-1'"
