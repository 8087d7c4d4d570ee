"""What the daemon joins together: here a connected bearer and what puts its addresses in place."""

import asyncio
import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Never, cast

import pytest

from wwand import daemon
from wwand.bearers.base import Bearer, BearerSettings
from wwand.config import ConnectionConfig, DeviceConfig
from wwand.daemon import alone, ip_applier, main
from wwand.errors import WwandError
from wwand.net.applied import Applied, IpPlan, Network
from wwand.net.children import MARK, left_behind, marker
from wwand.net.ppp_options import PppRequest
from wwand.status import Auth, IpConfig, IpFamily, IpMethod

START = """
import sys
import types
import wwand.__main__
def loaded():
    return [name for name in ("ssl", "_ssl", "_hashlib") if name in sys.modules]
def main():
    import asyncio, hashlib
    print(loaded(), hashlib.sha256(b"").hexdigest()[:6])
    import ssl
    print(loaded())
sys.modules["wwand.daemon"] = types.SimpleNamespace(main=main)
wwand.__main__.main()
"""

DEADLINE = 15.0

CONFIG = DeviceConfig(
    connection=ConnectionConfig(metric=50, default_route=False, dns=("9.9.9.9",), watchdog=True)
)
FOUR = IpConfig(IpMethod.DHCP)
SIX = IpConfig(IpMethod.STATIC, "2001:db8::2", 64)
SETTINGS = BearerSettings("internet", IpFamily.IPV4V6, "me", "hush", Auth.CHAP)

IDLE = """
import asyncio
import sys
import wwand.daemon
from wwand.serving import qmi
def loaded():
    return [name for name in (*qmi.QMI_MODEM, qmi.QMI_BEARER) if name in sys.modules]
print(loaded())
asyncio.run(qmi.preload())
print(loaded() == [*qmi.QMI_MODEM])
"""


class NetworkBearer(Bearer):
    """One with a network interface."""

    async def start(self) -> None:
        self.interface, self.ip4, self.ip6 = "wwan0", FOUR, SIX

    async def stop(self) -> None:
        pass


class CallBearer(NetworkBearer):
    """One with a call for PPP."""

    @property
    def tty(self) -> Path | None:
        return Path("/dev/ttyUSB3")

    async def start(self) -> None:
        self.interface, self.ip4 = "ttyUSB3", IpConfig(IpMethod.PPP)


class Plans:
    """A network that writes down what it is to bring up."""

    def __init__(self) -> None:
        self.seen: list[IpPlan] = []

    async def bring_up(self, plan: IpPlan) -> Applied:
        self.seen.append(plan)
        return cast(Applied, None)


async def planned(bearer: Bearer) -> IpPlan:
    plans = Plans()
    await bearer.start()
    await ip_applier(cast(Network, plans))(CONFIG)(bearer)
    return plans.seen[0]


async def test_a_bearer_with_an_interface_is_brought_up_as_the_modem_said() -> None:
    plan = await planned(NetworkBearer(7, SETTINGS))
    assert (plan.name, plan.interface, plan.tty) == ("bearer7", "wwan0", None)
    assert (plan.ip4, plan.ip6) == (FOUR, SIX)
    assert (plan.metric, plan.default_route, plan.dns) == (50, False, ("9.9.9.9",))
    assert plan.watchdog is True


async def test_a_bearer_with_a_tty_is_brought_up_by_ppp_with_its_credentials() -> None:
    plan = await planned(CallBearer(7, SETTINGS))
    assert (plan.interface, plan.tty) == ("", Path("/dev/ttyUSB3"))
    assert plan.ppp == PppRequest("me", "hush", Auth.CHAP, IpFamily.IPV4V6)


def ends(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What `wwand` says when it ends at once."""
    monkeypatch.setattr(sys, "argv", ["wwand", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, str)  # which Python prints, and exits with status 1
    assert "\n" not in ended.value.code
    return ended.value.code


def denied(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "wwand.toml"
    file.touch(mode=0o600)
    return file


def test_a_run_directory_that_cannot_be_made_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below_a_file = config / "run"
    said = ends(monkeypatch, "--config", config, "--run-dir", below_a_file)
    assert said == (
        f"wwand: {below_a_file} cannot be made: Not a directory"
        " - run wwand as root, or name another one: --run-dir"
    )
    monkeypatch.setattr(Path, "mkdir", denied)
    said = ends(monkeypatch, "--config", config, "--run-dir", "/run/wwand")
    assert said.startswith("wwand: /run/wwand cannot be made: Permission denied - run wwand")


def test_a_run_directory_of_somebody_else_is_named(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    said = ends(monkeypatch, "--config", config, "--run-dir", tmp_path)
    assert said.startswith(f"wwand: {tmp_path} is not for this user to write to - run wwand")


def test_a_configuration_that_is_for_others_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", denied)
    said = ends(monkeypatch, "--config", config)
    assert said == f"wwand: {config} is not for this user to read - run wwand as root"


async def test_a_second_daemon_leaves_the_connections_of_the_first_alone(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir, serve, first_serves = tmp_path / "run", daemon.run, asyncio.Event()

    async def connect(_which: str) -> SimpleNamespace:
        return SimpleNamespace(disconnect=lambda: None)

    async def serve_for_ever(*_: object, **__: object) -> Never:
        first_serves.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(daemon, "connect", connect)
    monkeypatch.setattr(daemon, "run", serve_for_ever)
    arguments = daemon.parse(
        [f"--config={config}", f"--run-dir={run_dir}", f"--state-dir={tmp_path}", "--simulate="]
    )
    first = asyncio.create_task(daemon.main_async(arguments))
    async with asyncio.timeout(DEADLINE):
        await first_serves.wait()
    page = run_dir / "applied" / "bearer0.json"
    page.parent.mkdir()
    page.write_text('{"link": null, "dns": null, "farewell": []}')
    child = stand_in(tmp_path, run_dir)
    try:
        assert list(left_behind(run_dir)) == [child.pid]
        monkeypatch.setattr(daemon, "run", serve)
        with pytest.raises(WwandError, match=f"another wwand uses {run_dir}") as refused:
            await daemon.main_async(arguments)
        assert "systemctl status wwand" in refused.value.next_step
        assert "--run-dir" in refused.value.next_step
        assert page.exists()
        assert child.poll() is None
    finally:
        child.kill()
        child.communicate()
        first.cancel()
        await asyncio.wait([first])
    with alone(run_dir):
        pass


def test_a_child_that_outlives_its_daemon_keeps_no_other_one_out(tmp_path: Path) -> None:
    with alone(tmp_path):
        child = stand_in(tmp_path, tmp_path)
    try:
        with alone(tmp_path):
            assert child.poll() is None
    finally:
        child.kill()
        child.communicate()


def stand_in(folder: Path, run_dir: Path) -> "subprocess.Popen[bytes]":
    """A program with a DHCP client's name and the mark, that inherits what it can; it runs."""
    program = shutil.copy(shutil.which("cat") or "", folder / "udhcpc")
    child = subprocess.Popen(
        (program,),
        bufsize=0,
        env={MARK: marker(run_dir)},
        close_fds=False,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    child.stdin.write(b"?")
    assert child.stdout.read(1) == b"?"  # Popen returns before descriptors are closed on exec
    return child


def test_a_directory_that_cannot_be_locked_is_named(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(_file: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without_locks)
    said = ends(monkeypatch, "--config", config, "--run-dir", tmp_path)
    assert said == (
        f"wwand: {tmp_path} cannot be locked: No locks available - name another one: --run-dir"
    )


def test_the_command_leaves_openssl_to_plugins_that_want_it() -> None:
    assert told_by(START) == ["[] e3b0c4", "['ssl', '_ssl']"]


def test_what_speaks_qmi_is_loaded_on_its_own_and_its_bearer_later() -> None:
    assert told_by(IDLE) == ["[]", "True"]


def told_by(program: str) -> list[str]:
    """What a program of Python writes, in a process of its own."""
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()
