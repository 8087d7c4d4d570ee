"""The made-up USB bus: switching, ports, faults, unplugging."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from tests.unit.simulator.conftest import DEADLINE, SWITCH, Host, modem
from wwand.device import BulkPlan, Discovery, Plugged, Unplugged, UsbAccess, UsbDevice
from wwand.errors import DeviceGone
from wwand.simulator.journal import Happened
from wwand.simulator.pty import Simulation

STOCK = bytes.fromhex("555342431234567800000000000001ff".rjust(4, "0")).ljust(31, b"\0")
EJECT = bytes.fromhex("5553424387654321000000000000061b00000002").ljust(31, b"\0")


async def first(simulation: Simulation) -> UsbDevice:
    async with asyncio.timeout(DEADLINE):
        async for event in simulation.events():
            assert isinstance(event, Plugged)
            return event.device
    raise AssertionError


def test_a_simulation_is_a_discovery_and_gives_usb_access() -> None:
    def both(discovery: Discovery, access: UsbAccess) -> bool:
        return discovery is access  # type: ignore[comparison-overlap]

    simulation = Simulation([])
    assert both(simulation, simulation)


async def test_the_stick_comes_as_a_cd_rom(simulation: Simulation) -> None:
    device = await first(simulation)
    assert str(device.id) == "1c9e:f000"
    assert (device.manufacturer, device.product) == ("USB Modem", "USB Modem")
    assert device.serial == "1234567890ABCDEF"
    assert [(i.triple, i.driver) for i in device.interfaces] == [((8, 6, 0x50), "usb-storage")]


async def test_the_message_turns_it_into_a_modem_at_the_same_place(simulation: Simulation) -> None:
    before = await first(simulation)
    device = await modem(simulation)
    assert str(device.id) == "1c9e:9605"
    assert device.key == before.key
    assert device.devnum != before.devnum
    assert [p.name for p in device.ports] == ["ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB3"]
    assert device.drivers == ("option", "usb-storage")


@pytest.mark.parametrize("message", [STOCK, EJECT, SWITCH[:-17]], ids=["stock", "eject", "cut"])
async def test_other_messages_do_not_switch_it(simulation: Simulation, message: bytes) -> None:
    device = await first(simulation)
    await simulation.bulk(device, BulkPlan((message,)))
    assert [e.text for e in simulation.journal.find(Happened.MESSAGE)] == [message.hex()]
    assert not simulation.journal.find(Happened.SWITCHED)
    simulation.rescan()
    assert (await first(simulation)) == device


async def test_the_first_message_can_be_ignored(simulation: Simulation) -> None:
    simulation.controls.fault("ignore-switches", 1)
    device = await first(simulation)
    await simulation.bulk(device, BulkPlan((SWITCH,)))
    assert not simulation.journal.find(Happened.SWITCHED)
    await modem(simulation)
    assert len(simulation.journal.find(Happened.MESSAGE)) == 2


async def test_a_stick_can_stay_away_after_the_switch(simulation: Simulation) -> None:
    simulation.controls.fault("never-return")
    events = simulation.events()
    device = await first(simulation)
    assert isinstance(await anext(events), Plugged)
    await simulation.bulk(device, BulkPlan((SWITCH,)))
    assert await anext(events) == Unplugged("1-1")
    assert simulation.controls.status()[0]["mode"] is None
    with pytest.raises(DeviceGone):
        await simulation.bulk(device, BulkPlan((SWITCH,)))


async def test_unplugging_hangs_up_open_ports_and_plugging_brings_the_cd_rom_back(
    simulation: Simulation, host: Host
) -> None:
    events = simulation.events()
    await anext(events)
    simulation.controls.unplug()
    await host.gone()
    assert await anext(events) == Unplugged("1-1")
    simulation.controls.plug()
    event = await anext(events)
    assert isinstance(event, Plugged)
    assert str(event.device.id) == "1c9e:f000"
    assert os.listdir(simulation.folder) == []


async def test_two_sticks_have_places_and_ports_of_their_own() -> None:
    async with Simulation(["longcheer-mmx352g"] * 2) as simulation:
        one = await modem(simulation, "1-1")
        two = await modem(simulation, "1-2")
        assert [p.name for p in one.ports] == [f"ttyUSB{n}" for n in range(4)]
        assert [p.name for p in two.ports] == [f"ttyUSB{n}" for n in range(4, 8)]
        simulation.controls.unplug("1-1")
        simulation.controls.plug("1-1")
        again = await modem(simulation, "1-1")
        assert [p.name for p in again.ports] == [f"ttyUSB{n}" for n in range(4)]


async def test_late_ports_come_in_events_of_their_own(simulation: Simulation) -> None:
    simulation.controls.fault("late-ports", 0.02)
    device = await first(simulation)
    await simulation.bulk(device, BulkPlan((SWITCH,)))
    seen = []
    async with asyncio.timeout(DEADLINE):
        async for event in simulation.events():
            if isinstance(event, Plugged) and event.device.id.product == 0x9605:
                seen.append(len(event.device.ports))
                if seen[-1] == 4:
                    break
    assert seen == [0, 1, 2, 3, 4]


async def open_port(simulation: Simulation, number: int) -> Host:
    path = (await modem(simulation)).ports[number].path
    assert path
    return Host(path)


@pytest.fixture
async def silent(simulation: Simulation) -> AsyncIterator[Host]:
    port = await open_port(simulation, 2)
    yield port
    port.close()


async def test_the_silent_port_hears_and_says_nothing(simulation: Simulation, silent: Host) -> None:
    silent.write(b"AT\r")
    async with asyncio.timeout(DEADLINE):
        heard = await simulation.journal.until(Happened.COMMAND, port=2)
    assert heard.text == "AT"
    other = await open_port(simulation, 1)
    await other.ask("AT")
    other.close()
    with pytest.raises(BlockingIOError):
        os.read(silent.fd, 100)


async def test_the_noisy_port_says_bytes_that_are_no_text(simulation: Simulation) -> None:
    port = await open_port(simulation, 0)
    assert await port.read(b"\x7e")
    port.write(b"AT\r")
    assert b"OK" not in await port.read(b"\x7e")
    port.close()


async def test_an_at_port_can_be_muted_and_can_be_made_to_refuse(
    simulation: Simulation, host: Host
) -> None:
    simulation.controls.fault("refuse")
    host.write(b"AT\r")
    assert await host.read(b"\r\n") == b"\r\nERROR\r\n"
    simulation.controls.fault("refuse", on=False)
    simulation.controls.fault("mute", 3)
    host.write(b"AT+CGMI\r")
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.COMMAND, text="AT+CGMI")
    simulation.controls.fault("mute", 3, on=False)
    host.write(b"AT\r")
    assert await host.read(b"\r\n") == b"\r\nOK\r\n"


async def test_what_a_modem_says_to_a_closed_port_is_lost(
    simulation: Simulation, host: Host
) -> None:
    await host.ask("AT+CREG=1")
    host.close()
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.CLOSED, port=3)
    simulation.controls.fault("registration", "denied")
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.REGISTRATION, text="3")
    again = await open_port(simulation, 3)
    again.write(b"AT\r")
    assert b"CREG" not in await again.read(b"OK\r\n")
    again.close()


async def test_ending_the_simulation_leaves_no_file_behind() -> None:
    async with Simulation(["longcheer-mmx352g"]) as simulation:
        await modem(simulation)
        folder = simulation.folder
    assert not folder.exists()


async def test_a_snapshot_from_before_a_replug_is_of_a_device_that_is_gone(
    simulation: Simulation,
) -> None:
    old = await first(simulation)
    simulation.controls.unplug()
    simulation.controls.plug()
    with pytest.raises(DeviceGone):
        await simulation.bulk(old, BulkPlan((SWITCH,)))


async def test_what_nobody_read_is_gone_when_the_port_is_opened_again(
    simulation: Simulation, host: Host
) -> None:
    await host.ask("AT+CREG=1")
    asyncio.get_running_loop().remove_reader(host.fd)
    simulation.controls.fault("registration", "denied")
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.REGISTRATION, text="3")
    host.close()
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.CLOSED, port=3)
    again = await open_port(simulation, 3)
    again.write(b"AT\r")
    assert b"CREG" not in await again.read(b"OK\r\n")
    again.close()
