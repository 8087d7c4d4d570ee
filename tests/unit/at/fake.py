"""The modem's end of an AT channel, in memory: hears whole lines, says what a test tells it to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wwand.at.channel import AtChannel

DEADLINE = 5.0


class FakeModem(asyncio.Protocol):
    """Answers from a table, and what is not in it not at all."""

    def __init__(self, answers: dict[str, str | bytes] | None = None) -> None:
        self.answers: dict[str, str | bytes] = answers if answers is not None else {"AT": "OK"}
        self.echo = False
        self.heard: list[str] = []
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while ends := [i for i in map(self._buffer.find, (b"\r", b"\x1a", b"\x1b")) if i >= 0]:
            end = min(ends)
            line = self._buffer[: end + 1].removesuffix(b"\r").decode()
            self._buffer = self._buffer[end + 1 :]
            if self.echo:
                self.transport.write(line.encode() + b"\r")
            self.heard.append(line)
            self._lines.put_nowait(line)
            if line in self.answers:
                self.say(self.answers[line])

    def say(self, *texts: str | bytes) -> None:
        """Send lines as a modem does; bytes go out as they are."""
        for text in texts:
            self.transport.write(text if isinstance(text, bytes) else f"\r\n{text}\r\n".encode())

    async def hears(self, line: str) -> None:
        """Wait until `line` has come; what comes before it is passed over."""
        async with asyncio.timeout(DEADLINE):
            while await self._lines.get() != line:
                pass

    @property
    def rest(self) -> bytes:
        """What came after the last whole line."""
        return self._buffer


@asynccontextmanager
async def connected(modem: FakeModem) -> AsyncIterator[AtChannel]:
    """Join a channel to `modem`."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    channel = AtChannel("ttyTEST")
    await loop.create_connection(lambda: modem, sock=theirs)
    await loop.create_connection(lambda: channel, sock=ours)
    try:
        async with channel:
            yield channel
    finally:
        modem.transport.abort()
        await asyncio.sleep(0)
