"""Following a pppd: here one made of a few lines of shell, which says what the real one says."""

import asyncio
import os
from pathlib import Path

import pytest

from wwand.errors import AuthenticationFailed, CallFailed, NoDriver, WrongState
from wwand.net import pppd
from wwand.net.children import end_left_behind, left_behind
from wwand.net.ppp_options import PppRequest
from wwand.net.ppp_report import PppLink
from wwand.net.pppd import Pppd
from wwand.status import IpFamily

TTY = Path("/dev/ttyUSB3")
V4 = "Using interface ppp0\nlocal  IP address 10.0.0.2\nremote IP address 10.0.0.1\n"
V6 = "local  LL address fe80::2\nremote LL address fe80::1\n"
DEADLINE = 10


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in pppd's place that reads its options and then runs the lines written to it."""
    program = tmp_path / "pppd"
    monkeypatch.setattr(pppd, "find_program", lambda _: str(program))
    monkeypatch.setattr(pppd, "DEVICE", tmp_path)
    return program


def script(program: Path, *lines: str) -> None:
    keep = f'cat "$2" > {program.parent}/options'
    program.write_text("\n".join(("#!/bin/sh", keep, *lines)))
    program.chmod(0o755)


def says(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def told(program: Path) -> str:
    return (program.parent / "options").read_text()


STAY = "exec sleep 1000"


class Gate:
    """A line of the script at which it waits until the test opens it."""

    def __init__(self, directory: Path) -> None:
        self._fifo = directory / "gate"
        os.mkfifo(self._fifo)
        self.wait = f"read line < {self._fifo}"

    async def open(self) -> None:
        await asyncio.to_thread(self._fifo.write_text, "go\n")


async def test_it_is_up_as_soon_as_an_address_is_known(pretend: Path, tmp_path: Path) -> None:
    script(pretend, says(V4 + "primary   DNS address 10.0.0.53\n"), STAY)
    child = Pppd(tmp_path)
    link = await child.start(TTY, PppRequest("me", "hush"))
    assert link.interface == "ppp0"
    assert link.ip4
    assert link.ip4.dns == ("10.0.0.53",)
    assert 'password "hush"' in told(pretend)
    await child.stop()
    assert child.ended.done()
    assert child.error is None


async def test_ipv4_is_waited_for_when_ipv6_comes_first(
    pretend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "QUIET", 0)
    gate = Gate(tmp_path)
    script(pretend, says(V6), gate.wait, says(V4), STAY)
    child = Pppd(tmp_path)
    up6 = asyncio.Event()
    child.on_change = lambda link: up6.set() if link.families else None
    starting = asyncio.create_task(child.start(TTY, PppRequest(family=IpFamily.IPV4V6)))
    await up6.wait()
    await gate.open()
    link = await starting
    assert link.families & IpFamily.IPV4
    await child.stop()


async def test_a_family_that_joins_later_is_told(pretend: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    script(pretend, says(V4), gate.wait, says(V6), STAY)
    child = Pppd(tmp_path)
    await child.start(TTY, PppRequest(family=IpFamily.IPV4V6))
    heard: asyncio.Queue[PppLink] = asyncio.Queue()
    child.on_change = heard.put_nowait
    await gate.open()
    async with asyncio.timeout(DEADLINE):
        while (await heard.get()).families != IpFamily.IPV4 | IpFamily.IPV6:
            pass
    await child.stop()


async def test_a_refused_password_is_raised_as_such(pretend: Path, tmp_path: Path) -> None:
    script(pretend, says("CHAP authentication failed: E=691\n"), "exit 19")
    child = Pppd(tmp_path)
    with pytest.raises(AuthenticationFailed, match="E=691"):
        await child.start(TTY, PppRequest("me", "wrong"))


async def test_an_end_after_the_link_was_up_is_told_with_its_reason(
    pretend: Path, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    script(pretend, says(V4), gate.wait, says("LCP terminated by peer (idle)\n"), "exit 16")
    child = Pppd(tmp_path)
    await child.start(TTY, PppRequest())
    await gate.open()
    async with asyncio.timeout(DEADLINE):
        assert "idle" in await child.ended
    assert isinstance(child.error, CallFailed)
    await child.stop()


async def test_a_link_that_never_comes_up_is_given_up(
    pretend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "UP_DEADLINE", 0.05)
    script(pretend, says("Using interface ppp0\n"), STAY)
    with pytest.raises(CallFailed, match="no IP address"):
        await Pppd(tmp_path).start(TTY, PppRequest())
    assert not list(left_behind(tmp_path))


async def test_one_that_ignores_the_signal_is_killed(
    pretend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "END_DEADLINE", 0.05)
    script(pretend, "trap '' TERM", says(V4), STAY)
    child = Pppd(tmp_path)
    await child.start(TTY, PppRequest())
    await asyncio.gather(child.stop(), child.stop())
    assert child.ended.done()


async def test_it_runs_once(pretend: Path, tmp_path: Path) -> None:
    script(pretend, says(V4), STAY)
    child = Pppd(tmp_path)
    await child.start(TTY, PppRequest())
    with pytest.raises(WrongState):
        await child.start(TTY, PppRequest())
    await child.stop()


async def test_stopping_what_was_never_started_does_nothing(tmp_path: Path) -> None:
    await Pppd(tmp_path).stop()


async def test_a_missing_pppd_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "find_program", lambda _: "")
    with pytest.raises(NoDriver) as caught:
        await Pppd(tmp_path).start(TTY, PppRequest())
    assert "package `ppp`" in caught.value.next_step


async def test_a_kernel_without_ppp_names_the_module(
    pretend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "DEVICE", tmp_path / "absent")
    with pytest.raises(NoDriver) as caught:
        await Pppd(tmp_path).start(TTY, PppRequest())
    assert "ppp_async" in caught.value.next_step
    assert "kmod-ppp" in caught.value.next_step


async def test_only_marked_programs_count_as_left_behind(tmp_path: Path) -> None:
    bystander = await asyncio.create_subprocess_exec(
        "sh", "-c", "read line", "sh", f"wwand:{tmp_path}", stdin=asyncio.subprocess.PIPE
    )
    assert not list(left_behind(tmp_path))
    await end_left_behind(tmp_path)
    assert bystander.returncode is None
    await bystander.communicate(b"")
