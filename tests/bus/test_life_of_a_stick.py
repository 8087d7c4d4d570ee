"""One stick from plug to unplug, seen from outside: on the bus, and by the stick itself."""

import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bus.daemon import (
    BEARER,
    MODEM,
    MODEM3GPP,
    PRIMARY,
    Footprint,
    Lab,
    S,
    laboratory,
)
from wwand.simulator.journal import Happened
from wwand.status import IpMethod, PacketService

H = Happened


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


async def test_a_stick_becomes_a_modem_goes_online_and_leaves_nothing_behind(lab: Lab) -> None:
    await lab.start()
    before = Footprint.now()
    place = lab.plug()

    modem = await lab.modem(place)
    device = await lab.phase(place, "modem")
    assert device["UsbId"] == "1c9e:9605"
    assert device["Plugin"] == "longcheer"
    phases = [phase for _, phase, _ in device["History"]]
    told = [p for n, p in enumerate(phases) if n == 0 or p != phases[n - 1]]
    assert told == ["found", "switching", "settling", "probing", "modem"]
    assert await lab.get(modem, MODEM, "PrimaryPort") == "ttyUSB3"
    assert await lab.get(modem, MODEM, "Plugin") == "longcheer"

    bearer = await lab.connect(modem, apn="internet")
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED
    assert await lab.get(bearer, BEARER, "Connected") is True
    assert await lab.get(bearer, BEARER, "Interface") == "ttyUSB3"
    assert (await lab.get(bearer, BEARER, "Ip4Config"))["method"].value == IpMethod.PPP
    (call,) = lab.simulation.journal.find(H.CONNECTED)
    assert (call.port, call.text) == (PRIMARY, "internet")

    await lab.call(modem, "org.freedesktop.ModemManager1.Modem.Simple", "Disconnect", "o", "/")
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED
    assert await lab.get(bearer, BEARER, "Connected") is False

    lab.simulation.unplug(place)
    await lab.no_device(place)
    await lab.nothing_left(before)
    assert lab.alive
