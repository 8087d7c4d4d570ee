"""QMI's sessions against the virtual modem: the form of the data, the addresses, every end."""

import asyncio
import errno
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.bearers.applied import Nothing
from tests.unit.modem.qmi_bench import DEADLINE, DEVICE, WDM, Pair, paired
from wwand.bearers.base import Applied, Bearer, BearerSettings
from wwand.bearers.qmi import QmiBearer, authentication
from wwand.bearers.qmi_settings import ip_config, prefix_of
from wwand.errors import (
    AuthenticationFailed,
    CallFailed,
    EquipmentError,
    NoDriver,
    WwandError,
)
from wwand.net.netlink import Netlink, NetlinkFailed
from wwand.net.raw_ip import RawIp
from wwand.qmi import wds
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import failure
from wwand.qmi.wds_values import Authentication, WdsIpFamily
from wwand.simulator.journal import Happened
from wwand.status import Auth, IpConfig, IpFamily, IpMethod, LayoutKind, ModemState

IPV4 = IpConfig(IpMethod.STATIC, "192.0.2.2", 30, "192.0.2.1", ("192.0.2.53",), 1500)
IPV6 = IpConfig(IpMethod.STATIC, "2001:db8::2", 64, "2001:db8::1", ("2001:db8::53",), 1500)


async def connected(pair: Pair, settings: BearerSettings | None = None) -> Bearer:
    modem = await pair.enabled()
    bearer = modem.create_bearer(settings or BearerSettings())
    await modem.connect_bearer(bearer)
    return bearer


def without_mtu(config: IpConfig) -> IpConfig:
    return replace(config, mtu=0) if config.address else config


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (IpFamily.NONE, (IPV4, IpConfig())),
        (IpFamily.IPV4, (IPV4, IpConfig())),
        (IpFamily.IPV6, (IpConfig(), IPV6)),
    ],
    ids=["any", "ipv4", "ipv6"],
)
async def test_it_carries_the_wanted_family(
    wanted: IpFamily, expected: tuple[IpConfig, IpConfig]
) -> None:
    async with paired() as pair:
        bearer = await connected(pair, BearerSettings(ip_type=wanted))
        found = tuple(without_mtu(config) for config in (bearer.ip4, bearer.ip6))
        assert found == tuple(without_mtu(config) for config in expected)
        assert bearer.interface == "wwan0"
        assert bearer.kind is LayoutKind.QMI
        assert pair.modem.state is ModemState.CONNECTED
        assert len(pair.clients["WDS"]) == 1


async def test_both_families_have_a_session_each() -> None:
    async with paired() as pair:
        pair.bench.modem.context(1).type = "IPV4V6"
        bearer = await connected(pair, BearerSettings(ip_type=IpFamily.IPV4V6))
        assert without_mtu(bearer.ip4) == without_mtu(IPV4)
        assert without_mtu(bearer.ip6) == without_mtu(IPV6)
        assert len(pair.clients["WDS"]) == 2
        await pair.modem.disconnect_bearer(bearer)
        assert "WDS" not in pair.clients
        assert pair.modem.state is ModemState.REGISTERED


async def test_one_family_is_better_than_none() -> None:
    async with paired() as pair:
        pair.bench.modem.context(1).type = "IP"
        bearer = await connected(pair, BearerSettings(ip_type=IpFamily.IPV4V6))
        assert bearer.connected
        assert bearer.ip4.address
        assert bearer.ip6 == IpConfig()
        assert len(pair.clients["WDS"]) == 1


async def test_modem_and_kernel_agree_on_bare_ip_packets() -> None:
    async with paired() as pair:
        await connected(pair)
        assert pair.link.settings == [True]
        assert pair.bench.modem.data
        assert pair.bench.modem.data.framing.value == "raw-ip"
        assert "WDA" not in pair.clients


@pytest.mark.parametrize("fault", [True, False], ids=["modem", "kernel"])
async def test_they_agree_on_ethernet_where_one_has_nothing_else(fault: bool) -> None:
    async with paired() as pair:
        if fault:
            pair.bench.controls.fault("link-layer", "802-3")
        else:
            pair.link.possible = False
        await connected(pair)
        assert pair.link.settings == [False]


async def test_a_modem_without_wda_has_the_form_it_says_over_ctl() -> None:
    services = '{ ctl = "1.5", dms = "1.0", nas = "1.0", uim = "1.0", wds = "1.0" }'
    async with paired(f"[qmi]\nservices = {services}\n") as pair:
        await connected(pair)
        assert len(pair.link.settings) == 1
        assert pair.bench.modem.data
        raw = pair.bench.modem.data.framing.value == "raw-ip"
        assert pair.link.settings == [raw]


async def test_without_a_network_interface_the_driver_is_missing() -> None:
    async with paired() as pair:
        await pair.enabled()
        pair.modem.follow(replace(DEVICE, ports=(WDM,)))
        bearer = pair.modem.create_bearer(BearerSettings())
        with pytest.raises(NoDriver, match="network interface is not there"):
            await pair.modem.connect_bearer(bearer)


@pytest.mark.parametrize(
    ("end", "kind", "nick"),
    [
        ("27", EquipmentError, "MissingOrUnknownApn"),
        ("29", AuthenticationFailed, ""),
        ("33", EquipmentError, "ServiceOptionNotSubscribed"),
        ("2.239", CallFailed, "NoCarrier"),
        ("3.2001", EquipmentError, "NoNetwork"),
    ],
)
async def test_a_call_that_is_refused_says_why_and_leaves_nothing(
    end: str, kind: type[WwandError], nick: str
) -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        pair.bench.controls.fault("call-end", end)
        bearer = modem.create_bearer(BearerSettings())
        with pytest.raises(kind, match="no IPv4 connection: ") as raised:
            await modem.connect_bearer(bearer)
        assert getattr(raised.value, "nick", "") == nick
        assert bearer.connection_error is raised.value
        assert "WDS" not in pair.clients
        assert modem.state is ModemState.REGISTERED


async def test_a_connection_that_the_network_ends_is_dropped_with_its_reason() -> None:
    async with paired() as pair:
        bearer = await connected(pair)
        pair.bench.controls.drop_call(cause=36)
        await pair.until(lambda: not bearer.connected)
        assert isinstance(bearer.connection_error, EquipmentError)
        assert bearer.connection_error.nick == "RegularDeactivation"
        assert bearer.ip4 == IpConfig()
        await pair.until(lambda: pair.modem.state is ModemState.REGISTERED)
        assert "WDS" not in pair.clients


async def test_a_call_that_is_called_off_gives_its_client_back() -> None:
    async with paired('[qmi.latency]\n"wds start network" = 60\n') as pair:
        modem = await pair.enabled()
        bearer = modem.create_bearer(BearerSettings())
        connecting = asyncio.create_task(modem.connect_bearer(bearer))
        async with asyncio.timeout(DEADLINE):
            await pair.bench.journal.until(Happened.QMI, text="WDS Start Network")
        connecting.cancel()
        await asyncio.wait([connecting])
        assert connecting.cancelled()
        assert "WDS" not in pair.clients
        assert modem.state is ModemState.REGISTERED


async def test_an_applier_that_fails_ends_the_session() -> None:
    async def refuse(_bearer: Bearer) -> Applied:
        raise WwandError("no netlink")

    async with paired() as pair:
        modem = await pair.enabled()
        modem.applier = refuse
        bearer = modem.create_bearer(BearerSettings(), apply_ip=True)
        with pytest.raises(WwandError, match="no netlink"):
            await modem.connect_bearer(bearer)
        assert "WDS" not in pair.clients


async def test_a_connection_that_ends_while_its_addresses_are_put_in_place_has_failed() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        applied = Nothing()

        async def apply(_bearer: Bearer) -> Applied:
            pair.bench.controls.drop_call(cause=36)
            await modem.ask(wds.GetPacketServiceStatus())  # answered after the report
            return applied

        modem.applier = apply
        bearer = modem.create_bearer(BearerSettings(), apply_ip=True)
        with pytest.raises(EquipmentError, match="the connection ended"):
            await modem.connect_bearer(bearer)
        assert not bearer.connected
        assert applied.ended.cancelled()
        assert modem.state is ModemState.REGISTERED


async def test_user_password_and_apn_reach_the_network() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        bearer = modem.create_bearer(
            BearerSettings(apn="private", user="me", password="secret", allowed_auth=Auth.CHAP)
        )
        asked: list[wds.StartNetwork] = []
        channel = pair.channel
        exchange = channel.exchange

        async def listen(question: object, *rest: object, **more: object) -> object:
            if isinstance(question, wds.StartNetwork):
                asked.append(question)
            return await exchange(question, *rest, **more)  # type: ignore[arg-type]

        channel.exchange = listen  # type: ignore[method-assign,assignment]
        await modem.connect_bearer(bearer)
        (start,) = asked
        assert (start.apn, start.username, start.password) == ("private", "me", "secret")
        assert start.authentication_preference == Authentication.CHAP
        assert start.profile_index_3gpp is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (BearerSettings(), None),
        (BearerSettings(allowed_auth=Auth.NONE), Authentication.NONE),
        (BearerSettings(user="u"), Authentication.PAP | Authentication.CHAP),
        (BearerSettings(user="u", allowed_auth=Auth.PAP), Authentication.PAP),
        (BearerSettings(user="u", allowed_auth=Auth.MSCHAPV2), Authentication.CHAP),
    ],
)
def test_the_way_to_authenticate(settings: BearerSettings, expected: Authentication | None) -> None:
    assert authentication(settings) == expected


def test_addresses_that_are_not_told_are_asked_of_dhcp() -> None:
    refused = wds.GetCurrentSettingsResponse(result=failure(ProtocolError.NOT_SUPPORTED))
    for told in (refused, wds.GetCurrentSettingsResponse()):
        for family in (WdsIpFamily.IPV4, WdsIpFamily.IPV6):
            assert ip_config(told, family) == IpConfig(IpMethod.DHCP)


@pytest.mark.parametrize(
    ("mask", "length"),
    [(0xFFFFFFFC, 30), (0xFFFFFF00, 24), (0xFFFFFFFF, 32), (None, 32), (0, 32), (0xFF00FF00, 32)],
)
def test_a_mask_is_a_length(mask: int | None, length: int) -> None:
    assert prefix_of(mask) == length


class FakeNetlink(Netlink):
    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.down: list[int] = []
        self._fails = fails

    def index(self, interface: str) -> int:
        return 7 if interface == "wwan0" else 0

    def set_link(self, index: int, *, up: bool | None = None, mtu: int = 0) -> None:
        if self._fails:
            raise NetlinkFailed(errno.EPERM)
        assert up is False
        self.down.append(index)


def sysfs(root: Path, raw_ip: str | None) -> Path:
    folder = root / "wwan0" / "qmi"
    folder.mkdir(parents=True)
    (root / "wwan0" / "address").write_text("02:50:f3:00:00:01\n")
    if raw_ip is not None:
        (folder / "raw_ip").write_text(f"{raw_ip}\n")
    return folder / "raw_ip"


@pytest.mark.parametrize("on", [True, False])
def test_the_kernel_is_told_while_the_link_is_down(tmp_path: Path, on: bool) -> None:
    file, netlink = sysfs(tmp_path, "N" if on else "Y"), FakeNetlink()
    link = RawIp("wwan0", tmp_path, netlink)
    assert link.possible
    link.set(on)
    assert file.read_text() == ("Y" if on else "N")
    assert netlink.down == [7]


def test_an_old_kernel_has_ethernet_only(tmp_path: Path) -> None:
    sysfs(tmp_path, None)
    link = RawIp("wwan0", tmp_path, FakeNetlink())
    assert not link.possible
    link.set(False)
    with pytest.raises(WwandError, match="cannot do raw IP") as raised:
        link.set(True)
    assert "kernel" in raised.value.next_step


def test_what_the_kernel_refuses_is_told(tmp_path: Path) -> None:
    sysfs(tmp_path, "N")
    with pytest.raises(WwandError, match="cannot take wwan0 down"):
        RawIp("wwan0", tmp_path, FakeNetlink(fails=True)).set(True)
    with pytest.raises(WwandError, match="no network interface wwan9"):
        RawIp("wwan9", tmp_path, FakeNetlink()).set(True)


async def test_bearers_are_told_apart_from_those_of_other_modems() -> None:
    async with paired() as pair:
        bearer = await connected(pair)
        assert isinstance(bearer, QmiBearer)
        assert pair.modem.speaks() == {LayoutKind.QMI}


async def test_a_session_that_ended_while_nobody_listened_is_found_when_the_machine_wakes() -> None:
    async with paired() as pair:
        bearer = await connected(pair)
        await pair.modem.resumed()
        assert pair.modem.connected_bearers == [bearer]
        assert isinstance(bearer, QmiBearer)
        for session in bearer._sessions:
            session.client._listeners.clear()  # as for an indication that was sent in the sleep
        pair.bench.controls.drop_call()
        assert pair.modem.connected_bearers == [bearer]
        await pair.modem.resumed()
        assert pair.modem.connected_bearers == []
        assert "the modem says that it is down" in str(bearer.connection_error)
