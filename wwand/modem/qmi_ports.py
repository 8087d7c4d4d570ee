"""The ports of a QMI modem: one to speak on, and the network interface beside it."""

import asyncio
from collections import defaultdict
from typing import Any, TypeVar

from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import ModemTimeout, PortGone, WwandError
from wwand.modem.base import ModemPort
from wwand.modem.staged import StagedModem
from wwand.qmi.channel import QmiChannel
from wwand.qmi.client import QmiClient
from wwand.qmi.message import Request, Response
from wwand.qmi.values import Service
from wwand.status import PortType
from wwand.tasks import side_by_side

R = TypeVar("R", bound=Response)

FIRST = Service.DMS, Service.UIM, Service.NAS
"""The services that the start of a modem asks."""


class QmiPorts(StagedModem):
    """A modem that is spoken to over a cdc-wdm port."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._channel: QmiChannel | None = None
        self._clients: dict[Service, QmiClient] = {}
        self._becoming: defaultdict[Service, asyncio.Lock] = defaultdict(asyncio.Lock)

    def use(self, port: Port, channel: QmiChannel) -> None:
        """Speak on this port, which is open; call it before `start`."""
        self.primary_port = port
        self._channel = channel
        self._clients = {}
        self._list_ports()

    @property
    def channel(self) -> QmiChannel:
        """The open port; PortGone before `use`."""
        if self._channel is None:
            raise PortGone(f"{self.name} has no QMI port")
        return self._channel

    @property
    def net_port(self) -> Port | None:
        """The network interface of the same USB interface as the port, or else the first one."""
        ports = [p for p in self.device.ports if p.kind is PortKind.NET]
        ours = self.primary_port.interface if self.primary_port else None
        return min(ports, key=lambda p: (p.interface != ours, p.interface), default=None)

    def follow(self, device: UsbDevice) -> None:
        """Take over a later snapshot: the network interface may have come, gone or been renamed."""
        self.device = device
        self._list_ports()
        if self.net_port is None:
            for bearer in self.connected_bearers:
                self.tasks.spawn("ending the connection", bearer.drop("its interface is gone"))
        self.changed()

    def _list_ports(self) -> None:
        self.ports = []
        if self.primary_port:
            self.ports.append(ModemPort(self.primary_port, PortType.QMI))
        if self.net_port:
            self.ports.append(ModemPort(self.net_port, PortType.NET))

    async def set_up_ports(self) -> None:
        """Become a client of what will be asked first, all at once: each takes a round trip."""
        await side_by_side(*map(self._become_client, FIRST))

    async def _become_client(self, service: Service) -> None:
        try:
            await self.client(service)
        except (PortGone, ModemTimeout):
            raise
        except WwandError as error:  # whoever asks it something hears of that, too
            self.log.debug("%s", error)

    async def client(self, service: Service) -> QmiClient:
        """The client over which the modem itself asks a service; sessions have their own."""
        async with self._becoming[service]:
            if service not in self._clients:
                self._clients[service] = await self.channel.client(service)
            return self._clients[service]

    async def send(self, question: Request[R]) -> R:
        """Ask a service; a refusal is raised as what it amounts to."""
        return await (await self.client(question.service)).send(question)

    async def ask(self, question: Request[R]) -> R | None:
        """Ask what not every modem can tell: None when it does not."""
        try:
            return await self.send(question)
        except (PortGone, ModemTimeout):
            raise
        except WwandError as error:
            self.log.debug("%s", error)
            return None

    async def close(self) -> None:
        """Let go of the connection, of everything that runs, and of the clients."""
        await super().close()
        for client in self._clients.values():
            await client.release()
        self._clients = {}
