"""The host's end of USB/IP: what a kernel asks of an attached device."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.unit.simulator.conftest import DEADLINE
from wwand.simulator import load_model
from wwand.simulator.calls import Carrier, Swallow
from wwand.simulator.journal import Journal
from wwand.simulator.model import Model
from wwand.simulator.stick import Stick
from wwand.simulator.usb_device import UsbStick
from wwand.simulator.usbip_wire import (
    CMD_SUBMIT,
    CMD_UNLINK,
    HEADER,
    RESULT,
    RET_SUBMIT,
    SUBMIT,
)


@dataclass
class Kernel:
    """The host's end of one attached device."""

    stick: Stick
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    switched: list[str]
    sequence: int = 0

    def submit(
        self, endpoint: int, data: bytes | int, setup: bytes = b"", interval: int = 0
    ) -> int:
        """Send a URB: `data` of an OUT transfer, or how much an IN transfer may bring."""
        self.sequence += 1
        reads = isinstance(data, int)
        body = SUBMIT.pack(0, data if isinstance(data, int) else len(data), 0, 0, interval, setup)
        header = HEADER.pack(CMD_SUBMIT, self.sequence, 1, int(reads), endpoint & 0x0F, body)
        self.writer.write(header if isinstance(data, int) else header + data)
        return self.sequence

    def unlink(self, victim: int) -> None:
        self.sequence += 1
        rest = struct.pack(">I24x", victim)
        self.writer.write(HEADER.pack(CMD_UNLINK, self.sequence, 1, 0, 0, rest))

    async def answer(self, *, reads: bool = True) -> tuple[int, int, int, bytes]:
        """Return command, sequence number, status and data of the next message."""
        async with asyncio.timeout(DEADLINE):
            head = await self.reader.readexactly(HEADER.size)
            command, sequence, _, _, _, rest = HEADER.unpack(head)
            status, length, *_ = RESULT.unpack(rest)
            carries = command == RET_SUBMIT and reads
            data = await self.reader.readexactly(length) if carries else b""
        return command, sequence, status, data

    async def control(self, setup: bytes, length: int = 0, data: bytes = b"") -> tuple[int, bytes]:
        reads = bool(setup[0] & 0x80)
        self.submit(0, length if reads else data, setup)
        _, _, status, data = await self.answer(reads=reads)
        return status, data

    async def read(self, endpoint: int, length: int = 4096) -> bytes:
        self.submit(endpoint, length)
        _, _, status, data = await self.answer()
        assert status == 0
        return data

    async def write(self, endpoint: int, data: bytes) -> None:
        self.submit(endpoint, data)
        assert (await self.answer(reads=False))[2] == 0


async def attached(
    model: str | Model, mode: str, *, configuration: int = 1, carrier: Carrier | None = None
) -> AsyncIterator[Kernel]:
    """Attach a model in that mode and select a configuration."""
    loaded = load_model(model) if isinstance(model, str) else model
    stick = Stick(loaded, "1-1", Journal(), carrier or Swallow())
    stick.knobs.registration_seconds = 0
    stick.enter(mode)
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    kernel = Kernel(stick, *await asyncio.open_unix_connection(sock=theirs), [])
    serving = asyncio.create_task(UsbStick(stick, writer, kernel.switched.append).serve(reader))
    await kernel.control(struct.pack("<BBHHH", 0, 9, configuration, 0, 0))
    yield kernel
    kernel.writer.close()
    await serving
    writer.close()
    stick.leave()
