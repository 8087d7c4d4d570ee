"""A network interface that AT dials for: what is sent, what is believed, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.unit.at.fake import DEADLINE, FakeModem, connected
from tests.unit.bearers.applied import Nothing
from wwand.at.command import AtCommand, Report, action, query, quoted, report
from wwand.bearers import ndis
from wwand.bearers.base import Applied, Bearer, BearerSettings
from wwand.bearers.ndis import NdisBearer, NetDialling, NetStatus
from wwand.device import Port, PortKind
from wwand.errors import (
    BadArgument,
    CallFailed,
    CommandFailed,
    EquipmentError,
    NoDriver,
    PortGone,
    Unsupported,
)
from wwand.status import IpConfig, IpFamily, IpMethod, LayoutKind

PORT = Port("wwan0", PortKind.NET, 2, "acme_ncm")
APN = BearerSettings(apn="internet")


def status(up: bool, cause: int = 0) -> NetStatus:
    return NetStatus(ipv4=up, cause=cause)


STATUS: AtCommand[NetStatus] = query("AT*NET?", prefix="*NET")(status)
REPORT: Report[NetStatus] = report("*NETCHG")(status)


@query("AT*ADDR?", prefix="*ADDR")
def addresses(address: str) -> IpConfig:
    if not address:
        raise ValueError("none")
    return IpConfig(IpMethod.STATIC, address, 30)


def dial(settings: BearerSettings) -> AtCommand[None]:
    return action(f"AT*NET=1,{quoted('apn', settings.apn, 100)}")


ACME = NetDialling(dial, action("AT*NET=0"), STATUS, REPORT, addresses)

DIAL = 'AT*NET=1,"internet"'


def said(line: str) -> str:
    return f"{line}\r\n\r\nOK"


UP: dict[str, str | bytes] = {
    "AT": "OK",
    DIAL: "OK",
    "AT*NET?": said("*NET: 1,0"),
    "AT*ADDR?": said("*ADDR: 10.1.2.3"),
    "AT*NET=0": "OK",
}
DOWN = UP | {"AT*NET?": said("*NET: 0")}


class Acme(FakeModem):
    """Says that nothing is up once it has been told to hang up."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if "AT*NET=0" in self.heard:
            self.answers["AT*NET?"] = said("*NET: 0")


def untouched(interface: str, up: bool) -> None:
    raise AssertionError(f"{interface} is the client's to switch {'on' if up else 'off'}")


@asynccontextmanager
async def bearer_on(
    answers: dict[str, str | bytes],
    settings: BearerSettings = APN,
    port: Port | None = PORT,
    dialling: NetDialling = ACME,
) -> AsyncIterator[tuple[NdisBearer, Acme]]:
    far = Acme(dict(answers))
    async with connected(far) as channel:
        bearer = NdisBearer(
            *(0, settings, None, LayoutKind.NCM, lambda: port, lambda: channel, dialling, untouched)
        )

        def reported(line: str) -> None:
            if bearer.report(REPORT.read(line)):
                drops.append(asyncio.create_task(bearer.drop("reported", bearer.why_down())))

        drops: list[asyncio.Task[None]] = []
        channel.on(REPORT.prefix, reported)
        async with asyncio.timeout(DEADLINE):
            yield bearer, far
            for drop in drops:
                await drop


# --- up -----------------------------------------------------------------------------------------


async def test_what_is_up_at_once_needs_no_wait() -> None:
    began = asyncio.get_running_loop().time()
    async with bearer_on(UP) as (bearer, far):
        await bearer.connect()
        assert far.heard == [DIAL, "AT*NET?", "AT*ADDR?"]
        assert bearer.connected
        assert bearer.interface == "wwan0"
        assert bearer.ip4 == IpConfig(IpMethod.STATIC, "10.1.2.3", 30)
        assert bearer.ip6 == IpConfig()
        assert bearer.profile_id == 1
    assert asyncio.get_running_loop().time() - began < ndis.POLL / 2


async def test_a_report_is_believed_without_another_question() -> None:
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        far.say("*NETCHG: 1")
        await connecting
        assert far.heard.count("AT*NET?") == 1


async def test_without_a_report_the_modem_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndis, "POLL", 0.01)
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        for _ in range(3):
            await far.hears("AT*NET?")
        far.answers["AT*NET?"] = said("*NET: 1")
        await connecting
        assert bearer.connected


@pytest.mark.parametrize("answer", ["ERROR", said("*ADDR: "), "OK"])
async def test_addresses_that_are_not_told_come_by_dhcp(answer: str) -> None:
    async with bearer_on(UP | {"AT*ADDR?": answer}) as (bearer, _):
        await bearer.connect()
        assert bearer.ip4 == IpConfig(IpMethod.DHCP)


async def test_a_vendor_without_a_command_for_addresses_has_dhcp() -> None:
    dialling = NetDialling(dial, ACME.hang_up, STATUS, REPORT)
    async with bearer_on(UP, dialling=dialling) as (bearer, _):
        await bearer.connect()
        assert bearer.ip4 == IpConfig(IpMethod.DHCP)


@pytest.mark.parametrize(
    ("family", "defined", "sent"),
    [
        (IpFamily.NONE, "IPV6", []),
        (IpFamily.IPV4, "IP", []),
        (IpFamily.IPV4, "IPV6", ['AT+CGDCONT=1,"IP","internet"']),
        (IpFamily.IPV4V6, "IP", ['AT+CGDCONT=1,"IPV4V6","internet"']),
        (IpFamily.IPV6, "IPV6", []),
    ],
)
async def test_the_context_is_given_the_family_that_is_asked_for(
    family: IpFamily, defined: str, sent: list[str]
) -> None:
    answers = UP | dict.fromkeys(sent, "OK")
    answers["AT+CGDCONT?"] = said(f'+CGDCONT: 1,"{defined}","internet","",0,0')
    async with bearer_on(answers, BearerSettings("internet", family)) as (bearer, far):
        await bearer.connect()
        assert [line for line in far.heard if line.startswith("AT+CGDCONT=")] == sent


# --- not up -------------------------------------------------------------------------------------


async def test_a_report_with_a_cause_ends_the_attempt_with_its_meaning() -> None:
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        far.say("*NETCHG: 0,33")
        with pytest.raises(EquipmentError) as caught:
            await connecting
        assert caught.value.nick == "ServiceOptionNotSubscribed"
        assert caught.value.next_step
        assert bearer.connection_error is caught.value
        assert far.heard[-2:] == ["AT*NET=0", "AT*NET?"]


@pytest.mark.parametrize("report", ["*NETCHG: 0", ""])
async def test_a_no_without_a_reason_is_believed_after_a_while(
    report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndis, "GRACE", 0.05)
    monkeypatch.setattr(ndis, "PATIENCE", 30 if report else 0.05)
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        if report:
            far.say(report)
        with pytest.raises(CallFailed) as caught:
            await connecting
        assert caught.value.next_step


async def test_a_late_report_of_the_call_before_does_not_end_this_one() -> None:
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        far.say("*NETCHG: 0")
        await far.hears("AT*NET?")
        far.say("*NETCHG: 1")
        await connecting
        assert bearer.connected


async def test_a_refused_command_is_the_error_and_the_call_is_taken_back() -> None:
    async with bearer_on(UP | {DIAL: "ERROR"}) as (bearer, far):
        with pytest.raises(CommandFailed):
            await bearer.connect()
        assert far.heard[:2] == [DIAL, "AT*NET=0"]


async def test_a_modem_that_never_tells_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndis, "POLL", 0.001)
    async with bearer_on(UP | {"AT*NET?": "ERROR"}) as (bearer, far):
        with pytest.raises(Unsupported):
            await bearer.connect()
        assert far.heard.count("AT*NET?") == ndis.MUTE + 1  # and once after hanging up


async def test_a_cancelled_attempt_is_hung_up() -> None:
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert "AT*NET=0" in far.heard
        assert not bearer.connected


async def test_bad_settings_are_refused_before_anything_is_sent() -> None:
    async with bearer_on(UP, BearerSettings(apn='a"b')) as (bearer, far):
        with pytest.raises(BadArgument):
            await bearer.connect()
        assert far.heard == []


async def test_a_missing_interface_names_the_driver() -> None:
    async with bearer_on(UP, port=None) as (bearer, far):
        with pytest.raises(NoDriver) as caught:
            await bearer.connect()
        assert "kmod-usb-net" in caught.value.next_step
        assert far.heard == []


async def test_an_unplugged_modem_is_a_port_that_is_gone() -> None:
    async with bearer_on(DOWN) as (bearer, far):
        connecting = asyncio.create_task(bearer.connect())
        await far.hears("AT*NET?")
        far.transport.abort()
        with pytest.raises(PortGone):
            await connecting


# --- down ---------------------------------------------------------------------------------------


async def test_disconnecting_waits_until_the_modem_says_that_it_is_down() -> None:
    async with bearer_on(UP) as (bearer, far):
        await bearer.connect()
        await bearer.disconnect()
        assert far.heard[-2:] == ["AT*NET=0", "AT*NET?"]
        assert not bearer.connected
        assert bearer.interface == ""


async def test_a_connection_that_is_closed_already_can_be_disconnected() -> None:
    async with bearer_on(UP | {"AT*NET=0": "ERROR"}) as (bearer, _):
        await bearer.connect()
        await bearer.disconnect()
        assert not bearer.connected
        assert bearer.connection_error is None


async def test_a_report_ends_the_connection() -> None:
    async with bearer_on(UP) as (bearer, far):
        await bearer.connect()
        ended = asyncio.Event()

        def look() -> None:
            if not bearer.connected:
                ended.set()

        bearer.listeners.append(look)
        far.say("*NETCHG: 0,27")
        await ended.wait()
        assert isinstance(bearer.connection_error, EquipmentError)
        assert bearer.connection_error.nick == "MissingOrUnknownApn"


async def test_an_end_that_is_not_reported_is_found_by_asking() -> None:
    async with bearer_on(UP) as (bearer, far):
        await bearer.connect()
        await bearer.check()
        assert bearer.interface
        far.answers["AT*NET?"] = said("*NET: 0,36")
        await bearer.check()
        assert isinstance(bearer.connection_error, EquipmentError)


def test_a_cause_is_about_the_refusal_it_came_with() -> None:
    refused = NetStatus(ipv6=False, cause=50).over(NetStatus())
    assert NetStatus(ipv4=False).over(refused) == NetStatus(False, False, 50)
    assert NetStatus(ipv4=True).over(refused) == NetStatus(True, False)
    assert NetStatus(ipv4=False).over(NetStatus(True, False, 50)).cause == 0


async def test_a_second_family_joins_and_leaves() -> None:
    async with bearer_on(UP) as (bearer, _):
        await bearer.connect()
        assert not bearer.report(NetStatus(ipv6=True))
        assert bearer.ip6 == IpConfig(IpMethod.DHCP)
        assert not bearer.report(NetStatus(ipv6=False))
        assert bearer.ip6 == IpConfig()
        assert bearer.ip4.address == "10.1.2.3"


async def test_an_end_while_the_addresses_are_put_in_place_is_not_missed() -> None:
    far = Acme(dict(UP))
    async with connected(far) as channel:

        async def apply(bearer: Bearer) -> Applied:
            assert isinstance(bearer, NdisBearer)
            bearer.report(NetStatus(ipv4=False, cause=38))
            return Nothing()

        switched: list[tuple[str, bool]] = []
        bearer = NdisBearer(
            *(0, APN, apply, LayoutKind.NCM, lambda: PORT, lambda: channel, ACME),
            lambda interface, up: switched.append((interface, up)),
        )
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(EquipmentError):
                await bearer.connect()
        assert not bearer.connected
        assert "AT*NET=0" in far.heard
        assert switched == [("wwan0", True), ("wwan0", False)]


async def test_the_kernel_listens_to_the_card_before_the_call() -> None:
    far = Acme(dict(UP))
    async with connected(far) as channel:
        heard: dict[bool, list[str]] = {}

        async def apply(_bearer: Bearer) -> Applied:
            return Nothing()

        bearer = NdisBearer(
            *(0, APN, apply, LayoutKind.NCM, lambda: PORT, lambda: channel, ACME),
            lambda _interface, up: heard.update({up: list(far.heard)}),
        )
        async with asyncio.timeout(DEADLINE):
            await bearer.connect()
            await bearer.disconnect()
        assert DIAL not in heard[True]
        assert DIAL in heard[False]
