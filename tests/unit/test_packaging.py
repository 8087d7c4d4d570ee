"""Installing puts down what the system reads, and uninstalling takes exactly that away."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from wwand import __version__
from wwand.config import load

ROOT = Path(__file__).parents[2]
UNIT = "usr/local/lib/systemd/system/wwand.service"
CONFIG = "etc/wwand/wwand.toml"
PRIVATE = "usr/local/lib/wwand"
OBSTACLE = "etc/dbus-1"
"""Where a file keeps `install` from making a directory when it has put down much already."""
OFFLINE = re.compile(
    r"No matching distribution|ConnectionError|NewConnectionError|ConnectTimeout|ProxyError"
    r"|Max retries|name resolution"
)
"""What pip says when it cannot get a package."""


def attempt(script: str, destination: Path) -> subprocess.CompletedProcess[str]:
    """Run `install` or `uninstall`, which may fail."""
    done = subprocess.run(
        [ROOT / "packaging" / script, destination],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("pip cannot get what wwand needs here")
    return done


def packaging(script: str, destination: Path) -> str:
    """Run `install` or `uninstall`; returns what it said."""
    done = attempt(script, destination)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def tree(destination: Path) -> dict[str, str]:
    """Every path outside the private environment, and what is there."""
    return {
        str(path.relative_to(destination)): (
            os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
        )
        for path in destination.rglob("*")
        if PRIVATE not in str(path)
    }


@pytest.fixture(scope="module")
def theirs() -> dict[str, str]:
    """Files of other packages, a user's rule among them."""
    return {
        "usr/share/dbus-1/system-services/org.freedesktop.ModemManager1.service": "theirs",
        "usr/share/polkit-1/actions/org.freedesktop.ModemManager1.policy": "theirs",
        "etc/wwand/switch.d/mine.toml": "mine",
    }


@pytest.fixture(scope="module")
def stopped(
    tmp_path_factory: pytest.TempPathFactory, theirs: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """An installation beside `theirs` that a file has stopped half-way; what was there before."""
    destination = tmp_path_factory.mktemp("dest dir")
    for path, text in (theirs | {OBSTACLE: "no directory"}).items():
        (destination / path).parent.mkdir(parents=True, exist_ok=True)
        (destination / path).write_text(text)
    before = tree(destination)
    done = attempt("install", destination)
    assert done.returncode == 1
    assert "stopped half-way" in done.stderr
    return destination, before


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, stopped: tuple[Path, dict[str, str]]
) -> Path:
    """A whole installation below a directory with a blank in its name, at the second attempt."""
    half, _ = stopped
    destination = tmp_path_factory.mktemp("whole dir") / "root"
    shutil.copytree(half, destination, symlinks=True)
    (destination / OBSTACLE).unlink()
    assert "systemctl restart wwand" in packaging("install", destination)
    return destination


def run(installed: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program by the installed interpreter, as its first line would where it belongs."""
    script = installed / "usr/local" / program
    assert script.read_text().startswith(f"#!/{PRIVATE}/bin/python3 -I\n")
    return subprocess.run(
        [installed / PRIVATE / "bin/python3", "-I", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={},
    )


def test_the_daemon_runs_from_its_private_environment(installed: Path) -> None:
    done = run(installed, "sbin/wwand", "--version")
    assert (done.stdout, done.stderr) == (f"wwand {__version__}\n", "")


def test_the_command_line_runs_from_its_private_environment(installed: Path) -> None:
    done = run(installed, "bin/wwanctl", "--help")
    assert done.returncode == 0, done.stderr
    assert "wwanctl" in done.stdout


def test_models_interfaces_and_plugins_are_installed_too(installed: Path) -> None:
    facts = (
        "from wwand.plugin import Plugins; from wwand.service.spec import load;"
        "from wwand.simulator.library import model_names;"
        "assert not [why for _, why in Plugins().status if why], Plugins().status;"
        "assert load('org.freedesktop.ModemManager1.Modem').methods; assert model_names()"
    )
    python = installed / PRIVATE / "bin/python3"
    done = subprocess.run([python, "-I", "-c", facts], capture_output=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr.decode()


def test_the_script_of_dhcp_clients_stays_executable(installed: Path) -> None:
    (script,) = (installed / PRIVATE).rglob("net/dhcp-report")
    assert os.access(script, os.X_OK)


def test_nothing_that_is_installed_names_the_build_directory(installed: Path) -> None:
    found = subprocess.run(
        ["grep", "-rlF", str(installed), installed], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""


def test_files_of_other_packages_stay_as_they_are(installed: Path, theirs: dict[str, str]) -> None:
    after = tree(installed)
    assert {path: after[path] for path in theirs} == theirs
    share = "usr/local/share/dbus-1/system-services"
    assert f"{share}/org.wwand1.service" in after
    assert f"{share}/org.freedesktop.ModemManager1.service" not in after
    assert "usr/share/polkit-1/actions/org.wwand1.modemmanager.policy" not in after


def test_the_configuration_is_valid_and_for_root_only(installed: Path) -> None:
    assert (installed / CONFIG).stat().st_mode & 0o777 == 0o600
    load(installed / CONFIG)


def test_the_example_configuration_is_valid_with_its_comment_signs_removed(tmp_path: Path) -> None:
    text = (ROOT / "packaging/config/wwand.toml").read_text()
    file = tmp_path / "wwand.toml"
    file.write_text(re.sub(r"^# (?=\[|[a-z-]+ = )", "", text, flags=re.MULTILINE))
    file.chmod(0o600)
    assert load(file).devices


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_the_unit(installed: Path, tmp_path: Path) -> None:
    unit = tmp_path / "wwand.service"
    text = (installed / UNIT).read_text()
    assert "ExecStart=/usr/local/sbin/wwand\n" in text
    unit.write_text(text.replace("/usr/local/sbin/wwand", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert "wwand.service" not in done.stderr


def test_the_unit_takes_the_place_of_modemmanager() -> None:
    unit = (ROOT / "packaging/systemd/wwand.service.in").read_text()
    activation = (ROOT / "dbus/org.freedesktop.ModemManager1.service").read_text()
    alias = re.search(r"^SystemdService=(.*)$", activation, re.MULTILINE)
    assert alias
    assert f"\nAlias={alias[1]}\n" in unit
    assert "\nConflicts=ModemManager.service\n" in unit


def test_udev_understands_the_rules() -> None:
    udevadm = shutil.which("udevadm")
    if not udevadm or subprocess.run([udevadm, "verify", "--help"], check=False).returncode:
        pytest.skip("needs a udevadm that can verify (systemd 254)")
    rules = (ROOT / "packaging/udev").glob("*.rules")
    subprocess.run(["udevadm", "verify", *rules], check=True, capture_output=True)


@pytest.mark.parametrize(
    "file", [*ROOT.glob("dbus/*.conf"), *ROOT.glob("dbus/*.policy")], ids=lambda file: file.name
)
def test_a_policy_is_well_formed(file: Path) -> None:
    assert ET.parse(file).getroot().tag in ("busconfig", "policyconfig")


def test_the_scripts_are_posix_shell() -> None:
    for script in ("install", "uninstall", "need"):
        subprocess.run(["sh", "-n", ROOT / "packaging" / script], check=True)


@pytest.mark.parametrize("name", ["bin/wwanctl", "sbin/wwand"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_program_of_somebody_else_stops_the_installation_before_anything_is_changed(
    name: str, dangling: bool, tmp_path: Path
) -> None:
    program = tmp_path / "usr/local" / name
    program.parent.mkdir(parents=True)
    if dangling:
        program.symlink_to("/nowhere/wwanctl")
    else:
        program.write_text("#!/usr/bin/python3\n")
    before = tree(tmp_path)
    done = attempt("install", tmp_path)
    assert done.returncode == 1
    assert f"{program} is there, and not from packaging/install: remove it" in done.stderr
    assert tree(tmp_path) == before
    assert not (tmp_path / PRIVATE).exists()


def test_a_program_of_somebody_else_keeps_an_earlier_installation(
    installed: Path, tmp_path: Path
) -> None:
    installed = shutil.copytree(installed, tmp_path / "earlier", symlinks=True)
    program = installed / "usr/local/bin/wwanctl"
    program.unlink()
    program.write_text("#!/usr/bin/python3\n")
    before = tree(installed)
    assert attempt("install", installed).returncode == 1
    assert tree(installed) == before
    assert (installed / PRIVATE / "installed").exists()


def test_an_installation_that_stopped_half_way_can_be_removed(
    stopped: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    half, before = stopped
    assert (half / "usr/local/bin/wwanctl").is_symlink()
    half = shutil.copytree(half, tmp_path / "half", symlinks=True)
    packaging("uninstall", half)
    assert tree(half) == before
    assert not (half / PRIVATE).exists()


def test_uninstalling_leaves_what_others_have_put_there(
    installed: Path, theirs: dict[str, str], tmp_path: Path
) -> None:
    installed = shutil.copytree(installed, tmp_path / "moved", symlinks=True)
    (installed / CONFIG).write_text("[connection]\nauto = true\n")
    (installed / UNIT).unlink()
    said = packaging("uninstall", installed)
    assert f"{installed / CONFIG} has been changed and stays" in said
    left = {path: text for path, text in tree(installed).items() if (installed / path).is_file()}
    assert left == theirs | {CONFIG: "[connection]\nauto = true\n"}
    folders = {str(parent) for path in left for parent in Path(path).parents}
    assert set(tree(installed)) == set(left) | folders - {"."}
