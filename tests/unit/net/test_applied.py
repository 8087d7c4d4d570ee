"""A bearer's IP configuration is put in place as a whole, and taken back as a whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from wwand.net import resolver
from wwand.net.applied import IpPlan, Network
from wwand.net.link import IFF_LOWER_UP, IFF_UP, Links
from wwand.net.netlink import Netlink
from wwand.net.resolver import Resolver
from wwand.status import IpConfig, IpMethod

DEADLINE = 10
STATIC = IpConfig(IpMethod.STATIC, "10.8.0.2", 30, "10.8.0.1", ("10.8.0.53",))
PLAN = IpPlan("bearer0", "wan0", ip4=STATIC)


class Kernel(Netlink):
    """Has one interface, with a carrier, on which everything succeeds."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def index(self, interface: str) -> int:
        return 7

    def link(self, index: int) -> tuple[int, int]:
        return IFF_UP | IFF_LOWER_UP, 1500

    def address(self, add: bool, index: int, text: str, prefix: int, flags: int = 0) -> None:
        (self.addresses.add if add else self.addresses.discard)(text)

    def default_route(
        self, add: bool, index: int, family: int, metric: int, gateway: str = ""
    ) -> None:
        pass


class Resolvconf:
    """Stands in for the program, which `add` keeps busy until it is told to go on."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.calls: list[tuple[str, ...]] = []

    async def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        self.calls.append(arguments)
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
