"""PPP against a real pppd, and addresses and routes in a real kernel; run it in the test guest.

    tests/system/vm/run --no-udev --no-dbus --no-vhci -- .venv/bin/pytest tests/system/test_net.py

The carrier is a pppd of its own, in a network namespace, at the other end of a pair of ptys.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from wwand.errors import AuthenticationFailed, BadArgument, CallFailed, DeviceGone
from wwand.net.applied import Applied, IpPlan, Network
from wwand.net.children import left_behind
from wwand.net.link import Link, Links
from wwand.net.netlink import NetlinkFailed
from wwand.net.ppp_options import PppRequest
from wwand.status import Auth, IpConfig, IpFamily, IpMethod

pytestmark = pytest.mark.skipif(
    "WWAND_VM" not in os.environ, reason="changes addresses and routes: runs in the test guest only"
)

CARRIER = "carrier"
PASSWORD = "rosebud-4711"
DEADLINE = 90


async def run(*arguments: str) -> str:
    """Run a tool that has to succeed."""
    process = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0, arguments
    return said.decode()


async def default_routes(family: str = "-4") -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = json.loads(await run("ip", "-j", family, "route"))
    return [route for route in routes if route["dst"] == "default"]


async def addresses(interface: str) -> list[str]:
    shown = json.loads(await run("ip", "-j", "address", "show", interface))
    return [f"{a['local']}/{a['prefixlen']}" for a in shown[0]["addr_info"]]


def interfaces() -> set[str]:
    return {entry.name for entry in Path("/sys/class/net").iterdir()}


def command_lines_and_environments() -> bytes:
    text = b""
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError):
            text += (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    return text


class Wire:
    """Two ptys joined back to back: what is written to one tty is read from the other."""

    def __init__(self, *, echo: bool = False) -> None:
        self.carries = asyncio.Event()
        """Set when the first bytes come."""
        self._here, self._kept_here = pty.openpty()
        self._there, self._kept_there = pty.openpty()
        self.tty = Path(os.ttyname(self._kept_here))
        self.carrier = Path(os.ttyname(self._kept_there))
        for fd in (self._kept_here, self._kept_there):
            tty.setraw(fd)
        pairs = {self._here: self._there, self._there: self._here}
        for source, target in pairs.items():
            os.set_blocking(source, False)
            asyncio.get_running_loop().add_reader(
                source, self._pump, source, source if echo else target
            )

    def _pump(self, source: int, target: int) -> None:
        self.carries.set()
        with contextlib.suppress(BlockingIOError):
            os.write(target, os.read(source, 65536))

    def discipline(self) -> int:
        """The line discipline of the modem's tty."""
        return int.from_bytes(
            fcntl.ioctl(self._kept_here, termios.TIOCGETD, b"\0" * 4), sys.byteorder
        )

    def close(self) -> None:
        for fd in (self._here, self._there):
            asyncio.get_running_loop().remove_reader(fd)
        for fd in (self._here, self._there, self._kept_here, self._kept_there):
            os.close(fd)


class Carrier:
    """The network's end of the link."""

    def __init__(self, wire: Wire, process: asyncio.subprocess.Process) -> None:
        self.wire = wire
        self.process = process
        self.tty = wire.tty

    async def heard(self, words: str) -> None:
        """Wait until its pppd says that."""
        assert self.process.stdout
        async with asyncio.timeout(DEADLINE):
            async for line in self.process.stdout:
                if words.encode() in line:
                    return
        pytest.fail(f"the carrier's pppd never said {words!r}")

    async def serve_prefix(self) -> asyncio.subprocess.Process:
        """Advertise an IPv6 prefix and a name server, as a cellular network does."""
        await self.heard("remote LL address")
        inside = ("ip", "netns", "exec", CARRIER)
        await run(*inside, "ip", "address", "add", "2001:db8:77::1/64", "dev", "ppp0")
        return await asyncio.create_subprocess_exec(
            *inside,
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"),
            *("--user=root", "--enable-ra", "--interface=ppp0", "--pid-file"),
            "--dhcp-range=2001:db8:77::,ra-only,64",
            "--dhcp-option=option6:dns-server,[2001:db8:77::53]",
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module", autouse=True)
def _namespace() -> None:
    subprocess.run(["ip", "netns", "add", CARRIER], check=True)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
async def network(run_dir: Path) -> AsyncIterator[Network]:
    network = Network(run_dir)
    yield network
    network.close()


Start = Callable[..., Awaitable[Carrier]]


@pytest.fixture
async def carrier(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Carrier] = []
    secrets = tmp_path / "secrets"
    secrets.write_text(f"me * {PASSWORD} *\n")
    secrets.chmod(0o600)

    async def start(*options: str) -> Carrier:
        wire = Wire()
        words = [
            *("pppd", str(wire.carrier), "nodetach", "local", "silent", "nodefaultroute"),
            *("noccp", "lcp-restart", "1", "10.9.0.1:10.9.0.2"),
            *("ms-dns", "10.9.0.53", "ms-dns", "10.9.0.54", *options),
        ]
        # `ip netns exec` gives a mount namespace, too: the machine's own secrets are not touched
        hide = "mount --bind $0 /etc/ppp/chap-secrets; mount --bind $0 /etc/ppp/pap-secrets; "
        process = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", CARRIER, "sh", "-c", hide + 'exec "$@"', str(secrets), *words),
            stdout=subprocess.PIPE,
        )
        started.append(Carrier(wire, process))
        await started[-1].heard("Connect:")
        return started[-1]

    yield start
    for one in started:
        if one.process.returncode is None:
            one.process.kill()
        await one.process.communicate()
        one.wire.close()


def plan(tty: Path, family: IpFamily = IpFamily.IPV4, password: str = PASSWORD) -> IpPlan:
    return IpPlan("bearer0", tty=tty, ppp=PppRequest("me", password, family=family))


def families(applied: Applied) -> set[int]:
    return {config.network.version for config in (applied.ip4, applied.ip6) if config}


async def nothing_is_left(run_dir: Path) -> None:
    assert not list(left_behind(run_dir))
    assert not [name for name in interfaces() if name.startswith("ppp")]
    assert await default_routes("-4") == []
    assert await default_routes("-6") == []
    assert not list((run_dir / "applied").glob("*"))
    assert not (run_dir / "resolv.conf").exists()


@pytest.mark.parametrize("auth", ["chap", "pap"])
async def test_a_call_brings_address_route_and_name_servers_and_takes_all_back(
    auth: str, carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier(f"require-{auth}", "noipv6")
    applied = await network.bring_up(plan(other.tty))

    assert applied.interface == "ppp0"
    assert applied.ip4
    assert (applied.ip4.address, applied.ip4.gateway) == ("10.9.0.2", "10.9.0.1")
    assert applied.ip4.dns == ("10.9.0.53", "10.9.0.54")
    assert applied.ip6 is None
    (route,) = await default_routes()
    assert (route["dev"], route["metric"]) == ("ppp0", 700)
    assert "nameserver 10.9.0.53\n" in (run_dir / "resolv.conf").read_text()
    await run("ping", "-c1", "-W5", "10.9.0.1")

    await applied.take_down()
    await nothing_is_left(run_dir)
    assert other.wire.discipline() == 0
    assert not applied.ended.done()


async def test_the_password_is_in_no_command_line_and_no_environment(
    carrier: Start, network: Network
) -> None:
    other = await carrier("require-chap", "noipv6")
    applied = await network.bring_up(plan(other.tty))
    seen = command_lines_and_environments()
    await applied.take_down()
    assert b"ipparam" in seen  # so the child's is among what was read
    assert PASSWORD.encode() not in seen


@pytest.mark.parametrize("auth", ["chap", "pap"])
async def test_a_wrong_password_is_told_apart_and_leaves_nothing(
    auth: str, carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier(f"require-{auth}", "noipv6")
    with pytest.raises(AuthenticationFailed, match="refused the user name or password"):
        await network.bring_up(plan(other.tty, password="wrong"))
    await nothing_is_left(run_dir)


async def test_a_modem_that_asks_for_credentials_gets_some_even_if_there_are_none(
    carrier: Start, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "secrets").write_text("* * wwand *\n")
    other = await carrier("require-pap", "noipv6")
    applied = await network.bring_up(IpPlan("bearer0", tty=other.tty))
    await applied.take_down()


async def test_auth_none_gives_no_password_away(carrier: Start, network: Network) -> None:
    other = await carrier("require-pap", "noipv6")
    request = PppRequest("me", PASSWORD, Auth.NONE)
    with pytest.raises(CallFailed):
        await network.bring_up(IpPlan("bearer0", tty=other.tty, ppp=request))


async def test_ipv6_gets_its_address_and_name_servers_from_the_router(
    carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier("noauth", "noip", "+ipv6")
    bringing = asyncio.create_task(network.bring_up(plan(other.tty, IpFamily.IPV6)))
    router = await other.serve_prefix()
    try:
        applied = await bringing
        assert applied.ip4 is None
        assert applied.ip6
        assert applied.ip6.address.startswith("2001:db8:77:")
        assert applied.ip6.prefix == 64
        assert applied.ip6.dns == ("2001:db8:77::53",)
        (route,) = await default_routes("-6")
        assert (route["dev"], route["metric"]) == ("ppp0", 700)
        await run("ping", "-c1", "-W5", "2001:db8:77::1")
        await applied.take_down()
        await nothing_is_left(run_dir)
    finally:
        router.kill()
        await router.wait()


async def test_ipv6_joins_a_link_on_which_ipv4_is_up(
    carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier("noauth", "+ipv6")
    applied = await network.bring_up(plan(other.tty, IpFamily.IPV4V6))
    assert families(applied) == {4}
    assert await default_routes("-6") == []
    changed = asyncio.Event()
    applied.on_change = changed.set

    router = await other.serve_prefix()
    try:
        async with asyncio.timeout(DEADLINE):
            await changed.wait()
        assert families(applied) == {4, 6}
        assert len(await default_routes("-4")) == len(await default_routes("-6")) == 1
        servers = (run_dir / "resolv.conf").read_text()
        assert "10.9.0.53" in servers
        assert "2001:db8:77::53" in servers
        await applied.take_down()
        await nothing_is_left(run_dir)
    finally:
        router.kill()
        await router.wait()


async def test_a_network_without_ipv6_is_enough_for_both(carrier: Start, network: Network) -> None:
    other = await carrier("noauth", "noipv6")
    applied = await network.bring_up(plan(other.tty, IpFamily.IPV4V6))
    assert families(applied) == {4}
    await applied.take_down()


async def ended(applied: Applied) -> str:
    async with asyncio.timeout(DEADLINE):
        return await asyncio.shield(applied.ended)


async def test_an_end_by_the_network_is_told_and_cleaned_up(
    carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier("noauth", "noipv6")
    applied = await network.bring_up(plan(other.tty))
    other.process.terminate()
    assert "LCP terminated by peer" in await ended(applied)
    assert isinstance(applied.error, CallFailed)
    await applied.take_down()
    await nothing_is_left(run_dir)


async def test_a_peer_that_fell_silent_is_noticed(carrier: Start, network: Network) -> None:
    other = await carrier("noauth", "noipv6")
    request = PppRequest(echo_interval=1, echo_failure=2)
    applied = await network.bring_up(IpPlan("bearer0", tty=other.tty, ppp=request))
    other.process.send_signal(signal.SIGSTOP)
    assert "no longer answers" in await ended(applied)
    await applied.take_down()


async def test_a_modem_that_echoes_is_no_call(network: Network, run_dir: Path) -> None:
    wire = Wire(echo=True)
    with pytest.raises(CallFailed, match="echoes what it is sent"):
        await network.bring_up(plan(wire.tty))
    wire.close()
    await nothing_is_left(run_dir)


async def test_a_pppd_that_hangs_is_killed_and_the_tty_is_a_terminal_again(
    carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier("noauth", "noipv6")
    applied = await network.bring_up(plan(other.tty))
    assert other.wire.discipline() != 0
    (pid,) = left_behind(run_dir)
    os.kill(pid, signal.SIGSTOP)
    await applied.take_down()
    assert other.wire.discipline() == 0
    await nothing_is_left(run_dir)


async def test_cancelling_a_connect_leaves_nothing(network: Network, run_dir: Path) -> None:
    wire = Wire()
    bringing = asyncio.create_task(network.bring_up(plan(wire.tty)))
    async with asyncio.timeout(DEADLINE):
        await wire.carries.wait()
    bringing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bringing
    wire.close()
    await nothing_is_left(run_dir)


KILLED = """
import asyncio, sys
from pathlib import Path
from wwand.net.applied import IpPlan, Network
from wwand.status import IpConfig, IpMethod
async def main():
    network = Network(Path(sys.argv[1]))
    await network.bring_up(IpPlan("bearer0", tty=Path(sys.argv[2])))
    static = IpConfig(IpMethod.STATIC, "10.8.0.2", 30, "10.8.0.1", ("10.8.0.53",))
    await network.bring_up(IpPlan("bearer1", "wan0", ip4=static))
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_what_a_killed_daemon_left_is_taken_back(
    carrier: Start, network: Network, run_dir: Path
) -> None:
    other = await carrier("noauth", "noipv6")
    await run("ip", "link", "add", "wan0", "type", "dummy")
    daemon = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(run_dir), str(other.tty)), stdout=subprocess.PIPE
    )
    assert daemon.stdout
    async with asyncio.timeout(DEADLINE):
        assert await daemon.stdout.readline() == b"up\n"
    daemon.kill()
    await daemon.wait()
    assert list(left_behind(run_dir))
    assert {route["dev"] for route in await default_routes()} == {"ppp0", "wan0"}

    await network.clean_up_after_crash()
    await nothing_is_left(run_dir)
    assert await addresses("wan0") == []
    await run("ip", "link", "del", "wan0")


@pytest.fixture
async def links() -> AsyncIterator[Links]:
    links = Links()
    for name in ("wan0", "wan1"):
        await run("ip", "link", "add", name, "mtu", "1500", "type", "dummy")
    yield links
    links.close()
    for name in ("wan0", "wan1"):
        if name in interfaces():
            await run("ip", "link", "del", name)


def put(links: Links, name: str, *configs: IpConfig | None, **settings: Any) -> Link:
    """Raise an interface and configure it; nothing is left of what fails."""
    link = links.open(name)
    try:
        link.raise_up()
        link.configure(*configs, **settings)
    except BaseException:
        link.remove()
        raise
    return link


FOUR = IpConfig(IpMethod.STATIC, "10.8.0.2", 30, "10.8.0.1", mtu=1430)
SIX = IpConfig(IpMethod.STATIC, "2001:db8:5::2", 64, "fe80::1")


async def state(name: str) -> tuple[Any, ...]:
    shown = json.loads(await run("ip", "-j", "address", "show", name))[0]
    own = [a["local"] for a in shown["addr_info"] if a["scope"] == "global"]
    return "UP" in shown["flags"], shown["mtu"], own


async def test_a_static_configuration_is_put_there_and_taken_back_exactly(links: Links) -> None:
    before = await state("wan0")
    link = put(links, "wan0", FOUR, SIX, metric=55)
    assert await state("wan0") == (True, 1430, ["10.8.0.2", "2001:db8:5::2"])
    for family, gateway in (("-4", "10.8.0.1"), ("-6", "fe80::1")):
        (route,) = await default_routes(family)
        assert (route["dev"], route["metric"]) == ("wan0", 55)
        # dummy interfaces know no neighbours, as raw-ip ones: the link itself is the way
        assert "gateway" not in route, gateway
    link.remove()
    link.remove()
    assert await state("wan0") == before == (False, 1500, [])


async def test_a_gateway_outside_the_prefix_is_reached_over_the_link(links: Links) -> None:
    await run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "eth8")
    away = IpConfig(IpMethod.STATIC, "10.8.0.2", 32, "172.16.9.9")
    link = put(links, "eth7", away, SIX, metric=700)
    (route,) = await default_routes()
    assert (route["gateway"], route["flags"][0]) == ("172.16.9.9", "onlink")
    (route,) = await default_routes("-6")
    assert route["gateway"] == "fe80::1"
    link.remove()
    assert await default_routes() == []
    await run("ip", "link", "del", "eth7")


async def test_two_sticks_with_the_same_metric_both_get_a_route(links: Links) -> None:
    first = put(links, "wan0", FOUR, SIX, metric=700)
    other = IpConfig(IpMethod.STATIC, "10.8.1.2", 30, "10.8.1.1")
    second = put(links, "wan1", other, SIX, metric=700)
    for family in ("-4", "-6"):
        found = [(route["dev"], route["metric"]) for route in await default_routes(family)]
        assert found == [("wan0", 700), ("wan1", 701)]
    first.remove()
    assert [route["metric"] for route in await default_routes()] == [701]
    second.remove()


async def test_no_default_route_where_none_is_wanted(links: Links) -> None:
    link = put(links, "wan0", FOUR, SIX, metric=700, default_route=False)
    assert await default_routes("-4") == await default_routes("-6") == []
    link.remove()


async def test_an_address_that_was_there_before_stays(links: Links) -> None:
    await run("ip", "address", "add", "10.8.0.2/30", "dev", "wan0")
    link = put(links, "wan0", FOUR, None, metric=700)
    link.remove()
    assert await addresses("wan0") == ["10.8.0.2/30"]


async def test_an_interface_that_is_gone_needs_no_cleaning(links: Links) -> None:
    link = put(links, "wan0", FOUR, SIX, metric=700)
    await run("ip", "link", "del", "wan0")
    link.remove()


async def test_another_interface_of_the_same_name_is_left_alone(links: Links) -> None:
    link = put(links, "wan0", FOUR, None, metric=700)
    await run("ip", "link", "del", "wan0")
    await run("ip", "link", "add", "wan0", "type", "dummy")
    await run("ip", "address", "add", "10.8.0.2/30", "dev", "wan0")
    link.remove()
    assert await addresses("wan0") == ["10.8.0.2/30"]


async def test_a_missing_interface_is_told(links: Links) -> None:
    with pytest.raises(DeviceGone, match="wwan9"):
        put(links, "wwan9", FOUR, None, metric=700)


async def test_a_failure_half_way_takes_back_the_first_half(links: Links) -> None:
    before = await state("wan0")
    broken = IpConfig(IpMethod.STATIC, "2001:db8:5::2", 64, mtu=1)
    with pytest.raises(NetlinkFailed):
        put(links, "wan0", IpConfig(IpMethod.STATIC, "0.0.0.0", 0), broken, metric=700)
    nonsense = IpConfig(IpMethod.STATIC, "not an address", 64)
    with pytest.raises(BadArgument):
        put(links, "wan0", FOUR, nonsense, metric=700)
    assert await state("wan0") == before
