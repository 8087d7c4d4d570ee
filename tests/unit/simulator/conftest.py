"""A client's end of a simulated port, and a simulation with the Longcheer stick in modem mode."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from wwand.device import BulkPlan, Plugged, UsbDevice
from wwand.simulator.pty import Simulation

SWITCH = bytes.fromhex("55534243123456788000000080000606f50402527000000000000000000000")
DEADLINE = 5.0


class Host:
    """Reads and writes a tty as a program on the host does."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        self._got = bytearray()
        self._news = asyncio.Event()
        self.hung_up = False
        asyncio.get_running_loop().add_reader(self.fd, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            self.hung_up = True
            asyncio.get_running_loop().remove_reader(self.fd)
        self._got += data
        self._news.set()

    def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    async def until(self, wanted: Callable[[bytes], bool]) -> bytes:
        """Wait until what has come satisfies `wanted`, and take it."""
        async with asyncio.timeout(DEADLINE):
            while not wanted(bytes(self._got)):
                self._news.clear()
                await self._news.wait()
        got, self._got = bytes(self._got), bytearray()
        return got

    async def read(self, end: bytes) -> bytes:
        return await self.until(lambda got: got.endswith(end))

    async def gone(self) -> None:
        await self.until(lambda _: self.hung_up)

    async def ask(self, line: str, end: str = "OK") -> str:
        """Send a command line; return the answer without the final result and framing."""
        self.write(f"{line}\r".encode())
        got = await self.until(
            lambda g: g.endswith((f"\r\n{end}\r\n".encode(), b"ERROR\r\n", b"CARRIER\r\n"))
        )
        text = got.decode()
        assert text.endswith(f"\r\n{end}\r\n"), text
        return text.removesuffix(f"\r\n{end}\r\n").replace(f"{line}\r", "").strip()

    def close(self) -> None:
        if self.fd >= 0:
            asyncio.get_running_loop().remove_reader(self.fd)
            os.close(self.fd)
            self.fd = -1


async def modem(simulation: Simulation, key: str = "1-1", ports: int = 4) -> UsbDevice:
    """Switch the stick at that place and return it with all its ports."""
    async with asyncio.timeout(DEADLINE):
        async for event in simulation.events():
            if isinstance(event, Plugged) and event.device.key == key:
                if len(event.device.ports) == ports:
                    return event.device
                if event.device.id.product == 0xF000:
                    await simulation.bulk(event.device, BulkPlan((SWITCH,)))
    raise AssertionError("the simulation ended")


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    async with Simulation(["longcheer-mmx352g"]) as running:
        running.controls.fault("return-delay", 0)
        running.controls.fault("registration-delay", 0)
        yield running


@pytest.fixture
async def host(simulation: Simulation) -> AsyncIterator[Host]:
    """The dialling AT port, open, echo off."""
    device = await modem(simulation)
    path = device.ports[3].path
    assert path
    port = Host(path)
    await port.ask("ATE0")
    yield port
    port.close()
