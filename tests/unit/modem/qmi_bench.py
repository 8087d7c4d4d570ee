"""A QMI modem of wwand's, and the virtual one that it speaks to, without any port between them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.unit.simulator.qmi.conftest import MODEL, Bench
from wwand.device import Port, PortKind, UsbDevice, UsbId
from wwand.modem.numbers import Numbers
from wwand.modem.qmi import QmiModem
from wwand.qmi.channel import QmiChannel
from wwand.simulator.wdm import WdmChannel

DEADLINE = 5.0

WDM = Port("cdc-wdm0", PortKind.CDC_WDM, 1, "qmi_wwan")
NET = Port("wwan0", PortKind.NET, 1, "qmi_wwan")
DEVICE = UsbDevice("1-1", UsbId(0x1234, 0x5678), "/sys/devices/1-1", devnum=5, ports=(WDM, NET))


class Wire(asyncio.Transport):
    """Hands each message over in the next turn of the loop, as a port would."""

    def __init__(self, protocol: asyncio.Protocol, modem: WdmChannel) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._modem = modem
        modem.on_message = lambda data: self._soon(protocol.data_received, data)
        protocol.connection_made(self)

    def _soon(self, what: Callable[[bytes], None], data: bytes) -> None:
        self._loop.call_soon(what, data)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._soon(self._modem.written, bytes(data))

    def abort(self) -> None:
        self._modem.on_message = lambda _data: None
        self._loop.call_soon(self._protocol.connection_lost, None)


@dataclass
class FakeLink:
    """The kernel's end of the network interface."""

    name: str
    possible: bool = True
    settings: list[bool] = field(default_factory=list)

    def set(self, on: bool) -> None:
        self.settings.append(on)


class Pair:
    """Both modems."""

    def __init__(self, text: str) -> None:
        self.bench = Bench(text)
        self.link = FakeLink("wwan0")
        self.modem = QmiModem(DEVICE, "generic", Numbers())
        self.modem.link = lambda _name: self.link
        self.channel = QmiChannel(WDM.name)
        self.wire = Wire(self.channel, self.bench.modem.channels[1])
        self.modem.use(WDM, self.channel)

    @property
    def clients(self) -> dict[str, list[int]]:
        """The client ids that the virtual modem has given out."""
        clients: dict[str, list[int]] = self.bench.controls.status()[0]["clients"]
        return clients

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until a change of the modem makes something true."""
        news = asyncio.Event()
        self.modem.listeners.append(news.set)
        try:
            async with asyncio.timeout(DEADLINE):
                while not condition():
                    news.clear()
                    await news.wait()
        finally:
            self.modem.listeners.remove(news.set)

    async def enabled(self) -> QmiModem:
        """The modem, started, enabled and registered."""
        await self.modem.start()
        async with asyncio.timeout(DEADLINE):
            await self.modem.enable()
            await self.modem.wait_registered()
        return self.modem


@asynccontextmanager
async def paired(extra: str = "", text: str = MODEL) -> AsyncIterator[Pair]:
    """Both modems, the virtual one switched on."""
    pair = Pair(text + extra)
    try:
        yield pair
    finally:
        await pair.modem.close()
        await pair.channel.close()
        pair.bench.stick.leave()
