"""Serves modems that speak QMI."""

import asyncio
from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING

from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import NoDriver, PortGone
from wwand.modem.base import Modem
from wwand.plugin import Match
from wwand.recovery import Line
from wwand.serving.base import Host, Serving
from wwand.switching.layouts import Layout, next_step

if TYPE_CHECKING:
    from wwand.qmi.channel import QmiChannel

QMI_MODEM = "wwand.modem.qmi", "wwand.ports.qmi"
QMI_BEARER = "wwand.bearers.qmi"
"""Modules that cost three MiB and, on slow processors, a second."""


class QmiServing(Serving):
    """A modem with a QMI port and a network interface."""

    def __init__(self, host: Host, match: Match, layout: Layout) -> None:
        super().__init__(host, match, layout)
        self._interface = layout.interface
        self._channel: QmiChannel | None = None

    def _port(self, kind: PortKind) -> Port | None:
        ports = self._host.device.ports
        return next((p for p in ports if (p.kind, p.interface) == (kind, self._interface)), None)

    async def _settle(self) -> None:
        """Load what speaks QMI while udev is busy with the ports, then wait for those."""
        await _load(*QMI_MODEM)
        await super()._settle()

    def _settled(self) -> bool:
        return all(self._port(kind) for kind in (PortKind.CDC_WDM, PortKind.NET))

    async def _begin(self) -> Modem:
        host = self._host
        port = self._port(PortKind.CDC_WDM)
        if port is None:
            raise NoDriver(
                f"qmi_wwan made no port for interface {self._interface} of {host.device}",
                next_step("qmi_wwan"),
            )
        host.note_phase("probing", f"asking {port.name} for QMI")
        self._offer(host.device)
        from wwand.modem.qmi import QmiModem  # three MiB, only for those that have such a modem
        from wwand.ports.qmi import open_qmi

        self._channel = await open_qmi(port)
        host.note_port(port.name, "qmi")
        self._modem = modem = host.make_modem(QmiModem, self._match)
        assert isinstance(modem, QmiModem)
        modem.use(port, self._channel)
        await modem.start(host.settings().pin, host.memory)
        return modem

    def _lines(self) -> Collection[Line]:
        return (self._channel,) if self._channel else ()

    def _offer(self, device: UsbDevice) -> None:
        for port in device.ports:
            if port.interface != self._interface:
                self._host.note_port(port.name, "not used beside QMI")
            elif port.kind is PortKind.NET:
                self._host.note_port(port.name, "net")

    async def _serve(self, modem: Modem) -> None:
        """Return when the layout is left; PortGone when the port is."""
        assert self._channel
        modem.tasks.spawn("loading the bearer", _load(QMI_BEARER))
        leaving = asyncio.create_task(self._left(modem))
        closed = asyncio.create_task(self._channel.closed.wait())
        try:
            await asyncio.wait((leaving, closed), return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                raise PortGone(self._channel.close_reason)
        finally:
            leaving.cancel()
            closed.cancel()

    async def _end(self) -> None:
        if self._channel:
            await self._channel.close()


async def preload() -> None:
    """Load what a QMI modem needs from its ports to the bus, while nobody waits for it."""
    await _load(*QMI_MODEM)
    from wwand.qmi.message import prepare

    await asyncio.to_thread(prepare)


async def _load(*names: str) -> None:
    """Import modules in a thread, while other things happen."""
    for name in names:
        await asyncio.to_thread(import_module, name)
