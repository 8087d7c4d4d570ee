"""Following a DHCP client: here one made of a few lines of shell, which runs the real script."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wwand.errors import NoAddress, NoDriver, WrongState
from wwand.net import dhcp, dhcp_clients
from wwand.net.children import end_left_behind, left_behind
from wwand.net.dhcp import Dhcp
from wwand.status import IpConfig

DEADLINE = 10
STAY = "exec sleep 1000"

Pretend = Callable[..., None]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Have a program in udhcpc's place that runs the lines it is given."""
    program = tmp_path / "udhcpc"
    monkeypatch.setattr(
        dhcp_clients, "find_program", lambda name: str(program) if name == "udhcpc" else ""
    )

    def write(*lines: str) -> None:
        program.write_text("\n".join(("#!/bin/sh", *lines)))
        program.chmod(0o755)

    return write


def event(name: str, address: str = "") -> str:
    """A line that runs the script as udhcpc does."""
    return f"ip={address} subnet=255.255.255.0 router=10.7.0.1 {dhcp_clients.SCRIPT} {name}"


class Gate:
    """A line of the program at which it waits until the test opens it."""

    def __init__(self, directory: Path) -> None:
        self._fifo = directory / "gate"
        os.mkfifo(self._fifo)
        self.wait = f"read line < {self._fifo}"

    async def open(self) -> None:
        await asyncio.to_thread(self._fifo.write_text, "go\n")


def client(tmp_path: Path) -> Dhcp:
    return Dhcp(tmp_path / "run", "bearer0", "wan0")


async def test_it_waits_for_the_first_lease(pretend: Pretend, tmp_path: Path) -> None:
    pretend(event("deconfig"), event("bound", "10.7.0.2"), STAY)
    child = client(tmp_path)
    lease = await child.start()
    assert (lease.address, lease.prefix, lease.gateway) == ("10.7.0.2", 24, "10.7.0.1")
    await child.stop()
    assert child.ended.done()
    assert child.error is None
    assert not list(dhcp.folder(tmp_path / "run").iterdir())


async def test_another_lease_is_told_and_the_same_one_is_not(
    pretend: Pretend, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    pretend(
        event("bound", "10.7.0.2"),
        gate.wait,
        event("renew", "10.7.0.2"),
        event("renew", "10.7.0.3"),
        STAY,
    )
    child = client(tmp_path)
    await child.start()
    heard: asyncio.Queue[IpConfig] = asyncio.Queue()
    child.on_change = heard.put_nowait
    await gate.open()
    async with asyncio.timeout(DEADLINE):
        assert (await heard.get()).address == "10.7.0.3"
    assert heard.empty()
    await child.stop()


async def test_a_refused_lease_may_be_followed_by_another(pretend: Pretend, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    pretend(
        event("bound", "10.7.0.2"),
        gate.wait,
        event("nak"),
        event("deconfig"),
        event("bound", "10.7.0.9"),
        STAY,
    )
    child = client(tmp_path)
    await child.start()
    changed = asyncio.Event()
    child.on_change = lambda _: changed.set()
    await gate.open()
    async with asyncio.timeout(DEADLINE):
        await changed.wait()
    assert not child.ended.done()
    await child.stop()


async def test_a_lease_that_is_lost_for_good_is_the_end(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "REGAIN_DEADLINE", 0.05)
    gate = Gate(tmp_path)
    pretend(event("bound", "10.7.0.2"), gate.wait, event("deconfig"), STAY)
    child = client(tmp_path)
    await child.start()
    await gate.open()
    async with asyncio.timeout(DEADLINE):
        assert "no server gives another" in await child.ended
    assert isinstance(child.error, NoAddress)
    await child.stop()


async def test_no_answer_is_given_up_with_what_to_do(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "LEASE_DEADLINE", 0.05)
    pretend(event("deconfig"), event("leasefail"), STAY)
    with pytest.raises(NoAddress, match="no DHCP server answered on wan0") as caught:
        await client(tmp_path).start()
    assert caught.value.next_step
    assert not list(left_behind(tmp_path / "run"))


async def test_a_client_that_ends_at_once_is_told_with_its_words(
    pretend: Pretend, tmp_path: Path
) -> None:
    pretend("echo 'udhcpc: SIOCGIFINDEX: No such device'", "exit 1")
    with pytest.raises(NoAddress, match=r"ended with status 1 \(udhcpc: .*No such device\)"):
        await client(tmp_path).start()


async def test_one_that_ignores_the_signal_is_killed(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "END_DEADLINE", 0.05)
    pretend("trap '' TERM", event("bound", "10.7.0.2"), STAY)
    child = client(tmp_path)
    await child.start()
    await asyncio.gather(child.stop(), child.stop())
    assert child.ended.done()


async def test_it_runs_once(pretend: Pretend, tmp_path: Path) -> None:
    pretend(event("bound", "10.7.0.2"), STAY)
    child = client(tmp_path)
    await child.start()
    with pytest.raises(WrongState):
        await child.start()
    await child.stop()


async def test_without_a_client_the_packages_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp_clients, "find_program", lambda _: "")
    with pytest.raises(NoDriver) as caught:
        await client(tmp_path).start()
    assert "`udhcpc`" in caught.value.next_step


async def test_how_to_end_it_is_told_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dhcpcd"
    program.write_text("#!/bin/sh\necho run >> " + str(tmp_path / "trace"))
    program.chmod(0o755)
    monkeypatch.setattr(
        dhcp_clients, "find_program", lambda name: str(program) if name == "dhcpcd" else ""
    )
    told: list[tuple[str, ...]] = []

    def note(farewell: tuple[str, ...]) -> None:
        assert not (tmp_path / "trace").exists()
        told.append(farewell)

    child = client(tmp_path)
    child.on_start = note
    with pytest.raises(NoAddress):
        await child.start()
    assert told == [(str(program), "--ipv4only", "--release", "wan0")]


async def test_a_client_that_cannot_be_told_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "END_DEADLINE", 0.05)
    program = tmp_path / "dhcpcd"
    program.write_text("\n".join(("#!/bin/sh", 'rm "$0"', event("bound", "10.7.0.2"), STAY)))
    program.chmod(0o755)
    monkeypatch.setattr(
        dhcp_clients, "find_program", lambda name: str(program) if name == "dhcpcd" else ""
    )
    child = client(tmp_path)
    await child.start()
    async with asyncio.timeout(DEADLINE):
        await child.stop()
    assert child.ended.done()
    await dhcp.clean_up(tmp_path / "run", [(str(program),)])


async def test_a_client_is_found_again_by_its_environment(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = tmp_path / "run"
    monkeypatch.setattr("wwand.net.children.PROGRAMS", {"sleep"})
    pretend(event("bound", "10.7.0.2"), STAY)
    child = client(tmp_path)
    await child.start()
    began = time.monotonic()
    while not list(left_behind(run_dir)):  # until the shell has become sleep
        assert time.monotonic() < began + DEADLINE
        await asyncio.sleep(0)
    assert not list(left_behind(tmp_path / "other"))
    await end_left_behind(run_dir)
    async with asyncio.timeout(DEADLINE):
        await child.ended
    await child.stop()
