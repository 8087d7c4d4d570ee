"""The ways in which an AT modem carries data: a PPP call, or a network interface it dials for."""

from typing import Any

from wwand.at import packet
from wwand.at.channel import AtChannel
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.ndis import NdisBearer, NetDialling
from wwand.bearers.ppp import PppBearer
from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import Unsupported
from wwand.modem.at_ports import AtPorts
from wwand.modem.base import ModemPort
from wwand.status import LayoutKind, PortType
from wwand.switching.layouts import KINDS

DIALLED = frozenset({LayoutKind.NCM, LayoutKind.ECM})
"""Layouts with a network interface that an AT command joins to a PDP context."""

OTHER_PROTOCOLS = frozenset({"qmi_wwan", "cdc_mbim"})
"""Drivers of network interfaces that no AT command dials for."""


class AtData(AtPorts):
    """A modem with AT ports, and perhaps a network interface beside them."""

    net_dialling: NetDialling | None = None
    """How data get onto the network interface; a vendor declares it. PPP is left without it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._context_formats: tuple[packet.ContextFormat, ...] = ()

    @property
    def net_port(self) -> Port | None:
        """The network interface that `net_dialling` is about, if it is there."""
        ports = (p for p in self.device.ports if p.kind is PortKind.NET)
        usable = [p for p in ports if p.driver not in OTHER_PROTOCOLS]
        return min(usable, key=lambda p: p.interface, default=None)

    @property
    def net_channel(self) -> AtChannel:
        """The channel over which `net_dialling` dials."""
        return self.control

    @classmethod
    def speaks(cls) -> frozenset[LayoutKind]:
        """PPP, and what the vendor knows how to dial."""
        return frozenset({LayoutKind.PPP, *(DIALLED if cls.net_dialling else ())})

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        """A bearer of the chosen layout's kind, or of the best that there is a port for."""
        kind, dialling = self.chosen_kind or self._best_kind(), self.net_dialling
        if kind in DIALLED and dialling:
            return NdisBearer(
                *(number, settings, applier, kind),
                lambda: self.net_port,
                lambda: self.net_channel,
                *(dialling, _switch_link),
            )
        if self.primary_port is None or self.primary_port.kind is not PortKind.TTY:
            raise Unsupported(f"{self.name} has no port for a call")
        return PppBearer(
            number, settings, applier, self.primary_port, lambda: self.at, self._context_formats
        )

    def _best_kind(self) -> LayoutKind:
        port = self.net_port
        if self.net_dialling and port:
            return KINDS.get(port.driver, LayoutKind.NCM)
        return LayoutKind.PPP

    def listen(self, channel: AtChannel) -> None:
        """Hear what a port reports of connections."""
        if self.net_dialling:
            channel.on(self.net_dialling.report.prefix, self._net_reported)

    def _net_reported(self, line: str) -> None:
        assert self.net_dialling
        status = self.net_dialling.report.read(line)
        for bearer in self.bearers:
            if isinstance(bearer, NdisBearer) and bearer.report(status):
                end = bearer.drop("the modem reports its end", bearer.why_down())
                self.tasks.spawn("ending the connection", end)

    async def set_up_ports(self) -> None:
        """Set up the ports there are."""
        self._list_net_port()
        await super().set_up_ports()

    def follow(self, device: UsbDevice) -> None:
        """Take over a later snapshot: the network interface may have come, gone or been renamed."""
        super().follow(device)
        self._list_net_port()
        for bearer in self.connected_bearers:
            if isinstance(bearer, NdisBearer) and self.net_port is None:
                self.tasks.spawn("ending the connection", bearer.drop("its interface is gone"))
        self.changed()

    def _list_net_port(self) -> None:
        self.ports = [p for p in self.ports if p.type is not PortType.NET]
        if self.net_dialling and self.net_port:
            self.ports.append(ModemPort(self.net_port, PortType.NET))


def _switch_link(interface: str, up: bool) -> None:
    from wwand.net.netlink import switch_link  # with the bearer

    switch_link(interface, up)
