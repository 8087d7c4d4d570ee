"""A bearer's IP configuration is put in place as a whole, and taken back as a whole."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from wwand.errors import MachineFailed
from wwand.net import dhcp, dhcp_clients, pppd, resolver
from wwand.net.applied import Applied, IpPlan, Network
from wwand.net.link import IFF_LOWER_UP, IFF_UP, Links
from wwand.net.netlink import Netlink
from wwand.net.ppp_options import PppRequest
from wwand.net.ppp_report import PppLink
from wwand.net.resolver import Resolver
from wwand.status import IpConfig, IpMethod

DEADLINE = 10
STATIC = IpConfig(IpMethod.STATIC, "10.8.0.2", 30, "10.8.0.1", ("10.8.0.53",))
PLAN = IpPlan("bearer0", "wan0", ip4=STATIC)
LEASED = IpPlan("bearer0", "wan0", ip4=IpConfig(IpMethod.DHCP))
DIALLED = IpPlan("bearer0", tty=Path("/dev/ttyUSB3"))


class Kernel(Netlink):
    """Has one interface, with a carrier, on which everything succeeds."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.routes: set[int] = set()
        """The families that have a default route."""

    def index(self, interface: str) -> int:
        return 7

    def link(self, index: int) -> tuple[int, int]:
        return IFF_UP | IFF_LOWER_UP, 1500

    def address(self, add: bool, index: int, text: str, prefix: int, flags: int = 0) -> None:
        (self.addresses.add if add else self.addresses.discard)(text)

    def default_route(
        self, add: bool, index: int, family: int, metric: int, gateway: str = ""
    ) -> None:
        (self.routes.add if add else self.routes.discard)(family)


class Resolvconf:
    """Stands in for the program, which `add` keeps busy until it is told to go on."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.calls: list[tuple[str, ...]] = []
        self.given = ""
        self.refusal: OSError | None = None

    async def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        self.calls.append(arguments)
        if self.refusal:
            raise self.refusal
        self.given = stdin
        if "-a" in arguments:
            self.began.set()
            await self.go_on.wait()
        return 0, ""


@pytest.fixture
def resolvconf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolvconf:
    monkeypatch.setattr(resolver, "RESOLV_CONF", tmp_path / "etc-resolv.conf")
    monkeypatch.setattr(resolver, "find_program", lambda name: name * (name == "resolvconf"))
    return Resolvconf()


@asynccontextmanager
async def under_way(network: Network, reached: asyncio.Event) -> AsyncIterator[None]:
    """Have a link brought up as far as that; it is cancelled at the end."""
    task = asyncio.create_task(network.bring_up(PLAN))
    async with asyncio.timeout(DEADLINE):
        await reached.wait()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_name_servers_are_taken_back_when_giving_them_was_cut_off(
    tmp_path: Path, resolvconf: Resolvconf
) -> None:
    kernel = Kernel()
    network = Network(tmp_path, Links(kernel), Resolver(tmp_path, resolvconf))
    async with under_way(network, resolvconf.began):
        assert kernel.addresses == {"10.8.0.2"}
    assert resolvconf.calls[1:] == [("resolvconf", "-d", "wan0.wwand")]
    assert not kernel.addresses
    assert not list(network.journal.pages())


async def test_name_servers_that_a_killed_daemon_was_giving_are_taken_back_by_the_next_one(
    tmp_path: Path, resolvconf: Resolvconf
) -> None:
    network = Network(tmp_path, Links(Kernel()), Resolver(tmp_path, resolvconf))
    async with under_way(network, resolvconf.began):
        later = Resolvconf()
        next_one = Network(tmp_path, Links(Kernel()), Resolver(tmp_path, later))
        await next_one.clean_up_after_crash()
        assert later.calls == [("resolvconf", "-d", "wan0.wwand")]
        assert not list(next_one.journal.pages())


async def test_name_servers_are_taken_back_with_the_link(
    tmp_path: Path, resolvconf: Resolvconf
) -> None:
    resolvconf.go_on.set()
    network = Network(tmp_path, Links(Kernel()), Resolver(tmp_path, resolvconf))
    applied = await network.bring_up(PLAN)
    assert resolvconf.calls == [("resolvconf", "-a", "wan0.wwand")]
    await applied.take_down()
    assert resolvconf.calls[1:] == [("resolvconf", "-d", "wan0.wwand")]


# --- IPv6 over PPP -----------------------------------------------------------------------------

IPV4 = (
    "local  IP address 10.8.0.2",
    "remote IP address 10.8.0.1",
    "primary   DNS address 10.8.0.53",
)
IPV6 = ("local  LL address fe80::2", "remote LL address fe80::1")
SERVER6 = "2001:db8:77::53"


class Talking(pppd.Pppd):
    """A pppd without a process, which says what it is told to."""

    first: tuple[str, ...] = IPV4
    last: tuple[str, ...] = ()
    """What it says until it is up, and while it is stopped."""

    async def start(self, tty: Path, request: PppRequest) -> PppLink:
        await self.say("Using interface ppp0", *self.first)
        return self.link

    async def stop(self) -> None:
        await self.say(*self.last)

    async def say(self, *lines: str) -> None:
        stream = asyncio.StreamReader()
        stream.feed_data("".join(f"{line}\n" for line in lines).encode())
        stream.feed_eof()
        await self._listen(stream)


class Router:
    """Stands in for a RouterWatch; the addresses are what the network gives, one after another."""

    servers = (SERVER6,)
    gateway = ""

    def __init__(self) -> None:
        self.addresses: asyncio.Queue[str] = asyncio.Queue()
        self.asked = 0

    async def address(self) -> IpConfig:
        self.asked += 1
        return IpConfig(IpMethod.PPP, await self.addresses.get(), 64)

    def close(self) -> None:
        pass


@dataclass
class Ppp:
    """A link over PPP, and all that its other side does."""

    network: Network
    kernel: Kernel
    router: Router
    pppds: list[Talking]

    async def bring_up(self) -> tuple[Applied, Talking]:
        applied = await self.network.bring_up(DIALLED)
        return applied, self.pppds[-1]


@pytest.fixture
def ppp(tmp_path: Path, resolvconf: Resolvconf, monkeypatch: pytest.MonkeyPatch) -> Ppp:
    resolvconf.go_on.set()
    kernel, router = Kernel(), Router()
    pppds: list[Talking] = []

    def make(run_dir: Path, name: str) -> Talking:
        pppds.append(Talking(run_dir, name))
        return pppds[-1]

    monkeypatch.setattr("wwand.net.applied.Pppd", make)
    monkeypatch.setattr("wwand.net.applied.RouterWatch", lambda _: router)
    monkeypatch.setattr("wwand.net.applied.accept_router", lambda _: ())
    network = Network(tmp_path, Links(kernel), Resolver(tmp_path, resolvconf))
    return Ppp(network, kernel, router, pppds)


async def told(applied: Applied, address: str) -> None:
    """Wait until that is the IPv6 address; empty: none."""
    changed = asyncio.Event()
    applied.on_change = changed.set
    async with asyncio.timeout(DEADLINE):
        while (applied.ip6.address if applied.ip6 else "") != address:
            await changed.wait()
            changed.clear()


@pytest.mark.parametrize("at_once", [True, False])
async def test_ipv6_is_used_whenever_it_joins(
    ppp: Ppp, resolvconf: Resolvconf, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setattr(Talking, "first", IPV4 + IPV6 * at_once)
    applied, talking = await ppp.bring_up()
    assert ppp.kernel.routes == {socket.AF_INET}
    if not at_once:
        await talking.say(*IPV6)
    ppp.router.addresses.put_nowait("2001:db8:77::2")
    await told(applied, "2001:db8:77::2")
    assert ppp.kernel.routes == {socket.AF_INET, socket.AF_INET6}
    assert resolvconf.given == f"nameserver 10.8.0.53\nnameserver {SERVER6}\n"
    assert ppp.router.asked == 1
    await applied.take_down()
    assert not ppp.kernel.routes


async def test_ipv6_that_left_and_joins_again_has_what_the_router_says_then(ppp: Ppp) -> None:
    applied, talking = await ppp.bring_up()
    for address in ("2001:db8:77::2", "2001:db8:78::2"):
        await talking.say(*IPV6, "IPV6CP terminated by peer", *IPV6)
        ppp.router.addresses.put_nowait(address)
        await told(applied, address)
        await talking.say("IPV6CP terminated by peer")
        await told(applied, "")
        assert ppp.kernel.routes == {socket.AF_INET}
    await applied.take_down()


@pytest.mark.parametrize("joins", [True, False])
async def test_nothing_waits_for_a_prefix_once_the_link_is_taken_down(
    ppp: Ppp, monkeypatch: pytest.MonkeyPatch, joins: bool
) -> None:
    monkeypatch.setattr(Talking, "last", IPV6)
    before = asyncio.all_tasks()
    applied, talking = await ppp.bring_up()
    if joins:
        await talking.say(*IPV6)
        await asyncio.sleep(0)
        assert ppp.router.asked == 1
    await applied.take_down()
    if left := asyncio.all_tasks() - before:  # a change is looked at, and passed over
        await asyncio.wait(left, timeout=1)
    assert ppp.router.asked == joins
    assert asyncio.all_tasks() == before


# --- what fails --------------------------------------------------------------------------------


@pytest.fixture
def udhcpc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that leases an address and then ends only when it is told to."""
    program = tmp_path / "udhcpc"
    lease = "ip=10.7.0.2 subnet=255.255.255.0 router=10.7.0.1 dns=10.7.0.1"
    report = f"{lease} {dhcp_clients.SCRIPT} bound"
    program.write_text("\n".join(("#!/bin/sh", report, "exec sleep 1000")))
    program.chmod(0o755)
    found = {"udhcpc": str(program)}
    monkeypatch.setattr(dhcp_clients, "find_program", lambda name: found.get(name, ""))
    return program


async def test_what_cannot_be_taken_back_keeps_nothing_else_and_is_left_to_the_next_start(
    tmp_path: Path,
    resolvconf: Resolvconf,
    udhcpc: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    resolvconf.go_on.set()
    kernel, run_dir = Kernel(), tmp_path / "run"
    network = Network(run_dir, Links(kernel), Resolver(run_dir, resolvconf))
    applied = await network.bring_up(LEASED)
    assert kernel.addresses == {"10.7.0.2"}
    resolvconf.refusal = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    async with asyncio.timeout(DEADLINE):
        await applied.take_down()
    assert "cannot take back the name servers of wan0: Cannot allocate memory" in caplog.text
    assert not kernel.addresses
    assert not list(dhcp.folder(run_dir).iterdir())
    await network.clean_up_after_crash()
    assert len(list(network.journal.pages())) == 1
    resolvconf.refusal = None
    await network.clean_up_after_crash()
    assert not list(network.journal.pages())


@pytest.mark.parametrize(
    ("failing", "number", "said", "advice"),
    [
        ("asyncio.create_subprocess_exec", errno.ENOMEM, "Cannot allocate memory", "free -m"),
        ("asyncio.create_subprocess_exec", errno.EAGAIN, "temporarily unavailable", "TasksMax"),
        ("os.mkfifo", errno.ENOSPC, "No space left on device", "df -i"),
        ("os.mkfifo", errno.EACCES, "Permission denied", "root"),
    ],
)
@pytest.mark.usefixtures("udhcpc")
async def test_a_machine_that_is_short_of_something_says_so_and_keeps_nothing(
    tmp_path: Path,
    resolvconf: Resolvconf,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    number: int,
    said: str,
    advice: str,
) -> None:
    run_dir = tmp_path / "run"
    network = Network(run_dir, Links(Kernel()), Resolver(run_dir, resolvconf))
    with monkeypatch.context() as patched:
        patched.setattr(failing, refuse(number))
        with pytest.raises(MachineFailed, match=f"run a DHCP client on wan0: .*{said}") as failed:
            await network.bring_up(LEASED)
    assert advice in failed.value.next_step
    assert not list(dhcp.folder(run_dir).iterdir())
    assert not list(network.journal.pages())


async def test_a_pppd_for_which_there_is_no_process_is_an_error_with_a_next_step(
    tmp_path: Path, resolvconf: Resolvconf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pppd, "find_program", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(pppd, "DEVICE", tmp_path)
    network = Network(tmp_path, Links(Kernel()), Resolver(tmp_path, resolvconf))
    with monkeypatch.context() as patched:
        patched.setattr("asyncio.create_subprocess_exec", refuse(errno.EAGAIN))
        with pytest.raises(MachineFailed, match="cannot run pppd on /dev/ttyUSB3") as failed:
            await network.bring_up(DIALLED)
    assert "TasksMax" in failed.value.next_step


async def test_name_servers_for_which_there_is_no_space_leave_no_address_behind(
    tmp_path: Path, resolvconf: Resolvconf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "find_program", lambda _: "")
    (tmp_path / "resolv.new").symlink_to("/dev/full")
    kernel = Kernel()
    network = Network(tmp_path, Links(kernel), Resolver(tmp_path, resolvconf))
    with pytest.raises(MachineFailed, match="register the name servers of wan0: No space left"):
        await network.bring_up(PLAN)
    assert not kernel.addresses
    assert not list(network.journal.pages())


async def test_what_else_the_kernel_refuses_is_an_error_with_a_next_step_as_well(
    tmp_path: Path, resolvconf: Resolvconf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wwand.net.applied.has_carrier", refuse(errno.EMFILE))
    network = Network(tmp_path, Links(Kernel()), Resolver(tmp_path, resolvconf))
    with pytest.raises(MachineFailed, match="addresses of bearer0 in place: Too many") as failed:
        await network.bring_up(PLAN)
    assert "LimitNOFILE" in failed.value.next_step


def refuse(number: int) -> Callable[..., NoReturn]:
    """Have a call fail as the kernel does."""

    def call(*_arguments: object, **_options: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return call
