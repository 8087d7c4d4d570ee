"""QMI's cdc-wdm port on pseudo terminals: a socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.simulator.conftest import DEADLINE
from tests.unit.simulator.test_network_functions import Echo
from wwand.device import Plugged, PortKind
from wwand.simulator.model import InterfaceModel, Speaks
from wwand.simulator.pty import Simulation
from wwand.simulator.wdm import ENGINES, Send

MESSAGE = bytes.fromhex("0105000000000f")[:6]
"""Six octets: the length field counts all but the first."""


@pytest.fixture
async def wdm(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Simulation, Path]]:
    def make(modem: object, interface: InterfaceModel, send: Send) -> Echo:
        return Echo(modem, interface, lambda message: send(message[::-1] + b"."))

    monkeypatch.setitem(ENGINES, Speaks.QMI, make)
    async with Simulation(["qmi-lte"]) as running:
        async with asyncio.timeout(DEADLINE):
            async for event in running.events():
                assert isinstance(event, Plugged)
                found = [p.path for p in event.device.ports if p.kind is PortKind.CDC_WDM]
                if found and found[0]:
                    yield running, found[0]
                    return


async def test_messages_are_told_apart_whatever_the_stream_makes_of_them(
    wdm: tuple[Simulation, Path],
) -> None:
    reader, writer = await asyncio.open_unix_connection(wdm[1])
    async with asyncio.timeout(DEADLINE):
        writer.write(MESSAGE + MESSAGE[:2])
        assert await reader.readexactly(7) == MESSAGE + b"."
        writer.write(MESSAGE[2:] + MESSAGE)
        assert await reader.readexactly(14) == (MESSAGE + b".") * 2
        writer.write(b"AT\r" + MESSAGE)  # AT is not QMI: thrown away
        assert await reader.readexactly(7) == MESSAGE + b"."
    writer.close()


async def test_two_clients_hear_the_same_and_one_may_leave(wdm: tuple[Simulation, Path]) -> None:
    first, writer = await asyncio.open_unix_connection(wdm[1])
    second, other = await asyncio.open_unix_connection(wdm[1])
    async with asyncio.timeout(DEADLINE):
        writer.write(MESSAGE)
        assert await first.readexactly(7) == await second.readexactly(7)
        other.close()
        await other.wait_closed()
        writer.write(MESSAGE)
        assert await first.readexactly(7) == MESSAGE + b"."
    writer.close()


async def test_unplugging_ends_the_connection_and_takes_the_socket_away(
    wdm: tuple[Simulation, Path],
) -> None:
    simulation, path = wdm
    reader, writer = await asyncio.open_unix_connection(path)
    async with asyncio.timeout(DEADLINE):
        writer.write(MESSAGE)
        await reader.readexactly(7)
        simulation.controls.unplug()
        assert await reader.read() == b""
    assert not path.exists()
    writer.close()
