"""Huawei's commands, on the ports of the virtual MU609 and E3372."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tests.unit.simulator.conftest import DEADLINE, Host
from wwand.device import BulkPlan, Plugged, PortKind, UsbDevice
from wwand.simulator.journal import Happened
from wwand.simulator.pty import Simulation

HUAWEI_NEW = bytes.fromhex("55534243123456780000000000000011062000000101000100000000000000")


async def device(simulation: Simulation, product: int, ports: int) -> UsbDevice:
    """Switch the stick if need be, and wait for its ports."""
    async with asyncio.timeout(DEADLINE):
        async for event in simulation.events():
            if isinstance(event, Plugged):
                if event.device.id.product == product and len(event.device.ports) == ports:
                    return event.device
                if event.device.drivers == ("usb-storage",):
                    await simulation.bulk(event.device, BulkPlan((HUAWEI_NEW,)))
    raise AssertionError("the simulation ended")


async def opened(simulation: Simulation, found: UsbDevice, interface: int) -> Host:
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.REGISTRATION, text="1")
    path = next(p.path for p in found.ports if p.interface == interface and p.path)
    port = Host(path)
    await port.ask("ATE0")
    return port


@pytest.fixture
async def mu609() -> AsyncIterator[Simulation]:
    async with Simulation(["huawei-mu609"]) as running:
        running.controls.fault("registration-delay", 0)
        yield running


@pytest.fixture
async def pcui(mu609: Simulation) -> AsyncIterator[Host]:
    port = await opened(mu609, await device(mu609, 0x1573, 6), 4)
    yield port
    port.close()


@pytest.fixture
async def e3372() -> AsyncIterator[Host]:
    async with Simulation(["huawei-e3372"]) as running:
        running.controls.fault("registration-delay", 0)
        running.controls.fault("return-delay", 0)
        port = await opened(running, await device(running, 0x1506, 4), 1)
        yield port
        port.close()


async def test_the_system_information_is_that_of_the_network(pcui: Host) -> None:
    assert await pcui.ask("AT^SYSINFO") == "^SYSINFO:2,3,0,5,1,,7"
    assert await pcui.ask("AT^CPIN?") == "^CPIN: READY,,10,3,10,3"
    assert await pcui.ask("AT^ICCID?") == "^ICCID: 8900100000000000010"
    assert re.fullmatch(
        r"\^NWTIME: \d\d/\d\d/\d\d,\d\d:\d\d:\d\d\+00,00", await pcui.ask("AT^NWTIME?")
    )


async def test_lte_is_told_in_the_words_for_it(e3372: Host) -> None:
    assert await e3372.ask("AT^SYSINFOEX") == '^SYSINFOEX:2,3,0,1,,6,"LTE",101,"LTE"'
    assert await e3372.ask("AT^HCSQ?") == '^HCSQ:"LTE",48,43,151,20'
    assert await e3372.ask("AT^NDISSTATQRY?") == '^NDISSTATQRY: 0,,,"IPV4",0,,,"IPV6"'


async def test_the_radio_switch_takes_the_modem_off_the_network(
    mu609: Simulation, pcui: Host
) -> None:
    await pcui.ask("AT^RFSWITCH=0")
    async with asyncio.timeout(DEADLINE):
        await mu609.journal.until(Happened.REGISTRATION, text="0")
    assert (await pcui.ask("AT^RFSWITCH?")).endswith("^RFSWITCH:0,1")
    assert (await pcui.ask("AT^SYSINFO")).endswith("^SYSINFO:0,0,0,0,1")


async def test_a_mode_can_be_chosen_and_fields_can_be_left_as_they_are(pcui: Host) -> None:
    await pcui.ask("AT^CURC=0")
    assert await pcui.ask("AT^SYSCFG?") == "^SYSCFG:2,0,3FFFFFFF,1,2"
    await pcui.ask("AT^SYSCFG=13,3,40000000,2,4")
    assert await pcui.ask("AT^SYSCFG?") == "^SYSCFG:13,0,3FFFFFFF,1,2"
    assert await pcui.ask("AT^SYSINFO") == "^SYSINFO:2,3,0,3,1,,3"
    pcui.write(b"AT^SYSCFG=13\r")
    await pcui.read(b"ERROR\r\n")


async def test_lte_modes_are_an_order_of_preference(e3372: Host) -> None:
    await e3372.ask("AT^CURC=0")
    await e3372.ask('AT^SYSCFGEX="0201",40000000,2,4,40000000,,')
    assert await e3372.ask("AT^SYSCFGEX?") == '^SYSCFGEX:"0201",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF'
    assert '"WCDMA"' in await e3372.ask("AT^SYSINFOEX")


async def connected(port: Host, line: str = 'AT^NDISDUP=1,1,"internet"') -> None:
    port.write(f"{line}\r".encode())
    got = await port.until(lambda g: b"^NDISSTAT:" in g and b"OK\r\n" in g and g.endswith(b"\r\n"))
    assert b'\r\n^NDISSTAT: 1,,,"IPV4"\r\n' in got


async def test_the_dial_command_is_ok_at_once_and_the_connection_is_reported(
    mu609: Simulation, pcui: Host
) -> None:
    assert await pcui.ask("AT^NDISSTATQRY?") == '^NDISSTATQRY: 0,,,"IPV4"'
    await connected(pcui)
    assert await pcui.ask("AT^NDISSTATQRY?") == '^NDISSTATQRY: 1,,,"IPV4"'
    # 192.0.2.2, 255.255.255.252, 192.0.2.1, 192.0.2.53: the last octet first
    assert (
        await pcui.ask("AT^DHCP?")
        == "^DHCP: 020200C0,FCFFFFFF,010200C0,010200C0,350200C0,0,21600000,5760000"
    )
    assert mu609.controls.status()[0]["calls"] == [{"port": 0, "cid": 1, "apn": "internet"}]
    pcui.write(b"AT^NDISDUP=1,0\r")
    await pcui.until(lambda g: b'^NDISSTAT: 0,,,"IPV4"' in g and b"OK\r\n" in g)
    pcui.write(b"AT^DHCP?\r")
    await pcui.read(b"ERROR\r\n")
    pcui.write(b"AT^NDISDUP=1,0\r")
    await pcui.read(b"ERROR\r\n")


async def test_a_connection_that_the_network_drops_is_reported(
    mu609: Simulation, pcui: Host
) -> None:
    await connected(pcui)
    mu609.controls.drop_call()
    await pcui.read(b'\r\n^NDISSTAT: 0,,,"IPV4"\r\n')


async def test_a_refused_connection_is_reported_with_its_cause(
    mu609: Simulation, pcui: Host
) -> None:
    mu609.controls.fault("no-carrier")
    pcui.write(b'AT^NDISDUP=1,1,"internet"\r')
    await pcui.until(lambda g: b"OK\r\n" in g and b'^NDISSTAT: 0,33,,"IPV4"\r\n' in g)
    mu609.controls.fault("refuse-ndisdup")
    pcui.write(b'AT^NDISDUP=1,1,"internet"\r')
    await pcui.read(b"ERROR\r\n")


async def test_reports_go_where_portsel_says_and_curc_stops_them(
    mu609: Simulation, pcui: Host
) -> None:
    assert await pcui.ask("AT^PORTSEL?") == "^PORTSEL: 0"
    mu609.controls.fault("signal", 25)
    await pcui.read(b"^RSSI:25\r\n")
    modem_port = await opened(mu609, await device(mu609, 0x1573, 6), 2)
    await pcui.ask("AT^PORTSEL=1")
    mu609.controls.fault("signal", 26)
    await modem_port.read(b"^RSSI:26\r\n")
    await modem_port.ask("AT^CURC=0")
    mu609.controls.fault("signal", 27)
    assert await modem_port.ask("AT") == ""
    assert await pcui.ask("AT") == ""
    modem_port.close()


async def test_getportmode_kills_the_mu609_until_it_is_replugged(
    mu609: Simulation, pcui: Host
) -> None:
    pcui.write(b"AT^GETPORTMODE\r")
    async with asyncio.timeout(DEADLINE):
        crash = await mu609.journal.until(Happened.CRASHED)
    assert crash.text == "^GETPORTMODE"
    other = next(p for p in (await device(mu609, 0x1573, 6)).ports if p.interface == 2)
    assert other.path
    port = Host(other.path)
    port.write(b"AT\r")
    async with asyncio.timeout(DEADLINE):
        await mu609.journal.until(Happened.COMMAND, port=2, text="AT")
    mu609.controls.unplug()
    assert await port.until(lambda _: port.hung_up) == b""
    assert await pcui.until(lambda _: pcui.hung_up) == b""
    mu609.controls.plug()
    again = await opened(mu609, await device(mu609, 0x1573, 6), 4)
    again.close()


async def test_the_e3372_tells_its_ports(e3372: Host) -> None:
    assert "modem:0,pcui:1,ncm:2" in await e3372.ask("AT^GETPORTMODE")


async def test_reset_takes_the_modem_off_the_bus_and_back(mu609: Simulation, pcui: Host) -> None:
    mu609.controls.fault("return-delay", 0)
    before = await device(mu609, 0x1573, 6)
    await pcui.ask("AT^RESET")
    await pcui.gone()
    assert (await device(mu609, 0x1573, 6)).devnum != before.devnum


async def test_a_modem_of_another_vendor_does_not_know_these_commands(host: Host) -> None:
    host.write(b"AT^SYSINFO\r")
    await host.read(b"ERROR\r\n")


async def test_a_device_comes_up_as_linux_would_configure_it_and_can_be_configured_anew(
    mu609: Simulation,
) -> None:
    first = await device(mu609, 0x1573, 6)
    assert first.active == 2
    assert [(p.name, p.kind, p.interface, p.driver) for p in first.ports] == [
        ("enx00a0c6000001", PortKind.NET, 0, "cdc_ether"),
        *((f"ttyUSB{number}", PortKind.TTY, number + 2, "option1") for number in range(5)),
    ]
    assert first.drivers == ("cdc_ether", "option")
    await mu609.configure(first, 1)
    second = await device(mu609, 0x1573, 7)
    assert second.active == 1
    assert [(p.name, p.kind) for p in second.ports[5:]] == [
        ("wwan0", PortKind.NET),
        ("cdc-wdm0", PortKind.CDC_WDM),
    ]
    assert second.drivers == ("option", "qmi_wwan")
