"""A real DHCP client against a real dnsmasq, over a pair of virtual Ethernet interfaces.

    tests/system/vm/run --no-udev --no-dbus --no-vhci -- .venv/bin/pytest tests/system/test_dhcp.py

The server's end is in a network namespace, in place of the modem's firmware.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system.test_net import addresses, default_routes, interfaces, run
from tests.system.vm.guest import eventually
from wwand.errors import NoAddress, NoCarrier, NoDriver
from wwand.net import applied as applied_module
from wwand.net import children, dhcp, dhcp_clients, watchdog
from wwand.net.applied import Applied, IpPlan, Network
from wwand.net.children import left_behind
from wwand.status import IpConfig, IpMethod

pytestmark = pytest.mark.skipif(
    "WWAND_VM" not in os.environ, reason="changes addresses and routes: runs in the test guest only"
)

FIRMWARE = "firmware"
INSIDE = ("ip", "netns", "exec", FIRMWARE)
DEADLINE = 60
FOUR = IpConfig(IpMethod.DHCP)
SIX = IpConfig(IpMethod.DHCP)
CLIENTS = ("udhcpc", "busybox", "dhcpcd", "dhclient")


async def sooner_or_later(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that nobody announces."""
    await asyncio.to_thread(eventually, is_so, what, DEADLINE)


class Server:
    """The firmware's DHCP server and router."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "dnsmasq.log"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(
        self, pool: str = "10.7.0.2,10.7.0.9", *options: str, lease: str = "1h"
    ) -> None:
        await self.stop()
        (self._folder / "leases").unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        self.log.touch()
        self._process = await asyncio.create_subprocess_exec(
            *(*INSIDE, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null"),
            *("--user=root", "--interface=fw0", "--pid-file", "--no-ping", "--log-dhcp"),
            *("--dhcp-authoritative", f"--log-facility={self.log}"),
            *(f"--dhcp-range={pool},255.255.0.0,1h", "--dhcp-option=option:router,10.7.0.1"),
            *(f"--dhcp-leasefile={self._folder}/leases", "--no-resolv", *options),
            stderr=subprocess.DEVNULL,
        )
        await self.said("DHCP, IP range")

    async def said(self, words: str) -> None:
        """Wait until its log has these words."""
        await sooner_or_later(lambda: words in self.log.read_text(), f"{words!r} in the log")

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    await run("ip", "netns", "add", FIRMWARE)
    await run("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "fw0", "netns", FIRMWARE)
    for command in ("address add 10.7.0.1/16 dev fw0", "address add 10.7.0.53/16 dev fw0"):
        await run(*INSIDE, "ip", *command.split())
    await run(*INSIDE, "ip", "link", "set", "fw0", "up")
    server = Server(tmp_path)
    yield server
    await server.stop()
    await run("ip", "link", "del", "wan0")
    await run("ip", "netns", "del", FIRMWARE)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
async def network(run_dir: Path) -> AsyncIterator[Network]:
    network = Network(run_dir)
    yield network
    network.close()


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these programs be all that is installed."""
    monkeypatch.setattr(
        dhcp_clients,
        "find_program",
        lambda name: children.find_program(name) if name in names else "",
    )


def plan(ip4: IpConfig | None = FOUR, ip6: IpConfig | None = None) -> IpPlan:
    return IpPlan("bearer0", "wan0", ip4=ip4, ip6=ip6)


async def nothing_is_left(run_dir: Path) -> None:
    assert not list(left_behind(run_dir))
    assert await default_routes("-4") == await default_routes("-6") == []
    assert await addresses("wan0") == []
    assert "UP" not in await run("ip", "-br", "link", "show", "wan0")
    assert not list((run_dir / "applied").glob("*"))
    assert not list((run_dir / "dhcp").glob("*"))
    assert not (run_dir / "resolv.conf").exists()
    assert not running({"dhcpcd", "dhclient"})


def running(names: set[str]) -> list[str]:
    """The processes that are no zombies and run one of these programs."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/exe"):
        with contextlib.suppress(OSError):
            found += [entry.parent.name] if entry.readlink().name in names else []
    return found


async def changed(applied: Applied) -> None:
    news = asyncio.Event()
    applied.on_change = news.set
    async with asyncio.timeout(DEADLINE):
        await news.wait()


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_lease_brings_address_mtu_route_and_name_servers_and_is_given_back(
    client: str, server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not children.find_program(client):
        pytest.skip(f"{client} is not installed")
    only(monkeypatch, client)
    await server.start(
        "10.7.0.2,10.7.0.9", "--dhcp-option=option:mtu,1430", "--dhcp-option=6,10.7.0.53,10.7.0.54"
    )
    applied = await network.bring_up(plan())

    assert applied.ip4
    assert applied.ip4.method is IpMethod.DHCP
    assert applied.ip4.gateway == "10.7.0.1"
    assert applied.ip4.dns == ("10.7.0.53", "10.7.0.54")
    assert await addresses("wan0") == [f"{applied.ip4.address}/16", *(await link_local())]
    assert " mtu 1430 " in await run("ip", "link", "show", "wan0")
    (route,) = await default_routes()
    assert (route["dev"], route["gateway"], route["metric"]) == ("wan0", "10.7.0.1", 700)
    assert "nameserver 10.7.0.53\n" in (run_dir / "resolv.conf").read_text()
    await run("ping", "-c1", "-W5", "10.7.0.1")

    await applied.take_down()
    await server.said("DHCPRELEASE")
    await nothing_is_left(run_dir)
    assert " mtu 1500 " in await run("ip", "link", "show", "wan0")
    assert not applied.ended.done()


async def link_local() -> list[str]:
    return [address for address in await addresses("wan0") if address.startswith("fe80")]


async def test_another_address_at_renewal_replaces_the_first(
    server: Server, network: Network, run_dir: Path
) -> None:
    await server.start("10.7.0.2,10.7.0.9")
    applied = await network.bring_up(plan())
    before = applied.ip4
    assert before
    await server.start("10.7.1.2,10.7.1.9", "--dhcp-option=6,10.7.0.53")
    (client,) = left_behind(run_dir)
    os.kill(client, 10)  # SIGUSR1: renew now (udhcpc --help)
    await changed(applied)
    assert applied.ip4
    assert applied.ip4.address.startswith("10.7.1.")
    assert before.address not in str(await addresses("wan0"))
    assert len(await default_routes()) == 1
    assert "10.7.0.53" in (run_dir / "resolv.conf").read_text()
    assert not applied.ended.done()
    await applied.take_down()
    await nothing_is_left(run_dir)


async def test_a_renewed_lease_that_is_the_same_changes_nothing(
    server: Server, network: Network, run_dir: Path
) -> None:
    await server.start()
    applied = await network.bring_up(plan())
    applied.on_change = lambda: pytest.fail("nothing has changed")
    server.log.write_text("")
    (client,) = left_behind(run_dir)
    os.kill(client, 10)
    await server.said("DHCPACK")
    await run("ping", "-c1", "-W5", "10.7.0.1")
    assert not applied.ended.done()
    await applied.take_down()


async def test_a_lease_that_nobody_renews_ends_the_connection(
    server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "REGAIN_DEADLINE", 1.0)
    await server.start()
    applied = await network.bring_up(plan())
    await server.stop()
    (client,) = left_behind(run_dir)
    os.kill(client, 12)  # SIGUSR2: release, which is how udhcpc also begins anew
    os.kill(client, 10)
    async with asyncio.timeout(DEADLINE):
        reason = await applied.ended
    assert "was lost, and no server gives another" in reason
    assert isinstance(applied.error, NoAddress)
    await applied.take_down()
    await nothing_is_left(run_dir)


async def test_a_client_that_dies_ends_the_connection(
    server: Server, network: Network, run_dir: Path
) -> None:
    await server.start()
    applied = await network.bring_up(plan())
    (client,) = left_behind(run_dir)
    os.kill(client, 9)
    async with asyncio.timeout(DEADLINE):
        assert "ended with status -9" in await applied.ended
    await applied.take_down()
    await nothing_is_left(run_dir)


async def test_no_server_is_told_with_what_to_do_and_leaves_nothing(
    server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "LEASE_DEADLINE", 2.0)
    with pytest.raises(NoAddress, match="no DHCP server answered on wan0") as caught:
        await network.bring_up(plan())
    assert "connect again" in caught.value.next_step
    await nothing_is_left(run_dir)


TOLD = IpConfig(IpMethod.STATIC, "10.7.0.2", 16, "10.7.0.1")
"""What a modem says itself."""


async def test_a_card_without_a_carrier_is_not_called_connected(
    server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applied_module, "CARRIER_DEADLINE", 0.5)
    await run(*INSIDE, "ip", "link", "set", "fw0", "down")
    with pytest.raises(NoCarrier, match="wan0 has no carrier") as caught:
        await network.bring_up(plan(TOLD))
    assert "another layout" in caught.value.next_step
    await nothing_is_left(run_dir)


async def test_a_carrier_that_comes_late_is_waited_for(
    server: Server, network: Network, run_dir: Path
) -> None:
    await run(*INSIDE, "ip", "link", "set", "fw0", "down")
    bringing = asyncio.create_task(network.bring_up(plan(TOLD)))
    while "UP" not in await run("ip", "-br", "link", "show", "wan0"):
        assert not bringing.done()
    assert not await default_routes()
    await run(*INSIDE, "ip", "link", "set", "fw0", "up")
    async with asyncio.timeout(DEADLINE):
        applied = await bringing
    assert [route["dev"] for route in await default_routes()] == ["wan0"]
    await applied.take_down()
    await nothing_is_left(run_dir)


async def test_no_client_is_told_with_what_to_install(
    server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch)
    with pytest.raises(NoDriver, match="no DHCP client is installed") as caught:
        await network.bring_up(plan())
    assert "`udhcpc`" in caught.value.next_step
    await nothing_is_left(run_dir)


async def test_cancelling_a_connect_leaves_nothing(
    server: Server, network: Network, run_dir: Path
) -> None:
    bringing = asyncio.create_task(network.bring_up(plan()))
    await sooner_or_later(lambda: any(left_behind(run_dir)), "a client runs")
    bringing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bringing
    await nothing_is_left(run_dir)


@pytest.mark.parametrize("hosts", [True, ("10.7.0.1",)], ids=["DNS", "ping"])
async def test_a_connection_that_carries_nothing_any_more_is_ended_by_the_watchdog(
    hosts: bool | tuple[str, ...],
    server: Server,
    network: Network,
    run_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, seconds in (("INTERVAL", 0.3), ("AGAIN", 0.1), ("PATIENCE", 1.0)):
        monkeypatch.setattr(watchdog, name, seconds)
    answered = asyncio.Event()

    async def ask(interface: str, address: str, question: watchdog.Question) -> bool:
        found = await asking(interface, address, question)
        if found:
            answered.set()
        return found

    asking = watchdog.ask
    monkeypatch.setattr(watchdog, "ask", ask)
    await server.start("10.7.0.2,10.7.0.9", "--dhcp-option=6,10.7.0.53")
    applied = await network.bring_up(replace(plan(), watchdog=hosts))
    async with asyncio.timeout(DEADLINE):
        await answered.wait()
    assert not applied.ended.done()

    await run(*INSIDE, "ip", "link", "set", "fw0", "down")
    async with asyncio.timeout(DEADLINE):
        assert "did not answer 3 times in a row" in await applied.ended
    await applied.take_down()
    await nothing_is_left(run_dir)


ROUTER = ("--enable-ra", "--dhcp-range=2001:db8:7::,ra-only,64")
SERVER6 = "--dhcp-option=option6:dns-server,[2001:db8:7::53]"


@pytest.mark.parametrize("was_up", [False, True])
async def test_ipv6_comes_from_the_router_beside_the_lease(
    was_up: bool, server: Server, network: Network, run_dir: Path
) -> None:
    await run(*INSIDE, "ip", "address", "add", "2001:db8:7::1/64", "dev", "fw0", "nodad")
    await server.start("10.7.0.2,10.7.0.9", *ROUTER, SERVER6)
    if was_up:
        await run("ip", "link", "set", "wan0", "up")
    setting = "net.ipv6.conf.wan0.accept_ra_defrtr"
    applied = await network.bring_up(plan(FOUR, SIX))
    if not applied.ip6:
        await changed(applied)
    assert applied.ip4
    assert applied.ip6
    assert applied.ip6.address.startswith("2001:db8:7:")
    assert applied.ip6.dns == ("2001:db8:7::53",)
    assert applied.ip6.gateway.startswith("fe80::")
    (route,) = await default_routes("-6")
    assert (route["gateway"], route["metric"]) == (applied.ip6.gateway, 700)
    await run("ping", "-c1", "-W5", "2001:db8:7::1")
    assert await run("sysctl", "-n", setting) == "0\n"
    await applied.take_down()
    assert await run("sysctl", "-n", setting) == "1\n"
    if was_up:
        assert await default_routes("-6") == []
    else:
        await nothing_is_left(run_dir)


async def test_ipv6_alone_is_enough_where_no_dhcp_server_answers(
    server: Server, network: Network, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dhcp, "LEASE_DEADLINE", 12.0)
    await run(*INSIDE, "ip", "address", "add", "2001:db8:7::1/64", "dev", "fw0", "nodad")
    await server.start("10.7.0.2,10.7.0.9", *ROUTER, "--dhcp-ignore=tag:!known")
    applied = await network.bring_up(plan(FOUR, SIX))
    assert applied.ip4 is None
    assert applied.ip6
    await applied.take_down()
    await nothing_is_left(run_dir)


KILLED = """
import asyncio, sys
from pathlib import Path
from wwand.net import children, dhcp_clients
from wwand.net.applied import IpPlan, Network
from wwand.status import IpConfig, IpMethod
find = children.find_program
dhcp_clients.find_program = lambda name: find(name) if name == sys.argv[2] else ""
async def main():
    network = Network(Path(sys.argv[1]))
    await network.bring_up(IpPlan("bearer0", "wan0", ip4=IpConfig(IpMethod.DHCP)))
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("client", CLIENTS)
async def test_what_a_killed_daemon_left_is_taken_back(
    client: str, server: Server, network: Network, run_dir: Path
) -> None:
    if not shutil.which(client, path=children.SYSTEM_PATH):
        pytest.skip(f"{client} is not installed")
    await server.start()
    daemon = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(run_dir), client), stdout=subprocess.PIPE
    )
    assert daemon.stdout
    async with asyncio.timeout(DEADLINE):
        assert await daemon.stdout.readline() == b"up\n"
    daemon.kill()
    await daemon.wait()
    assert len(await default_routes()) == 1

    await network.clean_up_after_crash()
    await nothing_is_left(run_dir)


async def test_an_interface_that_is_pulled_out_leaves_nothing(
    server: Server, network: Network, run_dir: Path
) -> None:
    await server.start()
    applied = await network.bring_up(plan())
    await run("ip", "link", "del", "wan0")
    await applied.take_down()
    assert not list(left_behind(run_dir))
    assert "wan0" not in interfaces()
    await run("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "other")
