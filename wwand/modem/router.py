"""A stick that is a router by itself: a network card over USB, and nothing that speaks AT.

It looks after SIM, network and call on its own (its web page is where they are set), and over USB
says only what its descriptors say. All else is Unsupported.
"""

from typing import Any

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.ecm import EcmBearer
from wwand.device import Port, PortKind, UsbDevice
from wwand.modem.base import Modem, ModemPort
from wwand.status import (
    Capability,
    Identity,
    IpFamily,
    LayoutKind,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PortType,
    PowerState,
    RegistrationState,
    StateChangeReason,
)

S = ModemState


class RouterModem(Modem):
    """A modem of which the network card is all there is.

    It has no primary port: NetworkManager takes every modem that names one for a device that needs
    a `gsm` profile, and would no longer treat the card as the Ethernet it is, with DHCP by itself.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._list_port()

    @property
    def net_port(self) -> Port | None:
        """Its network card, if a driver has made one."""
        ports = (p for p in self.device.ports if p.kind is PortKind.NET)
        return min(ports, key=lambda p: p.interface, default=None)

    def follow(self, device: UsbDevice) -> None:
        """Take over a later snapshot: the network card may have come, gone or been renamed."""
        self.device = device
        self._list_port()
        if self.net_port is None:
            for bearer in self.connected_bearers:
                self.tasks.spawn("ending the connection", bearer.drop("its interface is gone"))
        self.changed()

    def _list_port(self) -> None:
        self.ports = [ModemPort(self.net_port, PortType.NET)] if self.net_port else []

    async def start(self) -> None:
        """Take over what the descriptors say."""
        self.become(S.INITIALIZING)
        device = self.device
        revision = f"{device.release >> 8:x}.{device.release & 0xFF:02x}"
        self.identity = Identity(device.manufacturer, device.product, revision)
        self.unlock_required = Lock.NONE
        self.power_state = PowerState.ON
        # all of them have GSM and UMTS; whether LTE as well is not said
        self.supported_capabilities = (Capability.GSM_UMTS,)
        self.current_capabilities = Capability.GSM_UMTS
        self.supported_modes = ((Mode.ANY, Mode.NONE),)
        self.supported_ip_families = IpFamily.IPV4
        self.become(S.DISABLED)

    async def enable(self) -> None:
        """Be registered: the stick dials when it can, and does not say whether it could."""
        if self.state >= S.ENABLED:
            return
        self.become(S.ENABLING, StateChangeReason.USER_REQUESTED)
        self.become(S.ENABLED, StateChangeReason.USER_REQUESTED)
        self.registration.domains["cgreg"] = RegistrationState.HOME
        self.packet_service = PacketService.ATTACHED
        self.settle(StateChangeReason.USER_REQUESTED)

    async def disable(self) -> None:
        """Use the network card no longer; the stick itself stays online."""
        await self.renounce("a disable")
        if self.state < S.ENABLED:
            return
        for bearer in tuple(self.bearers):
            await self.disconnect_bearer(bearer)
        self.become(S.DISABLING, StateChangeReason.USER_REQUESTED)
        self.registration.clear()
        self.packet_service = PacketService.UNKNOWN
        self.become(S.DISABLED, StateChangeReason.USER_REQUESTED)

    async def wait_registered(self) -> None:
        """Nothing to wait for: the stick does not tell."""

    @classmethod
    def speaks(cls) -> frozenset[LayoutKind]:
        """Whatever makes a network card."""
        return frozenset({LayoutKind.ECM, LayoutKind.NCM})

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        """The way through the network card."""
        return EcmBearer(number, settings, applier, lambda: self.net_port)
