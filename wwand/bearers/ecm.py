"""The network card of a stick that is a router: it dials by itself, and hands out addresses."""

from collections.abc import Callable

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import Port
from wwand.errors import NoDriver
from wwand.status import IpConfig, IpFamily, IpMethod, LayoutKind


class EcmBearer(Bearer):
    """The way through the stick's network card; there is nothing to dial and nothing to hang up."""

    kind = LayoutKind.ECM

    def __init__(
        self,
        number: int,
        settings: BearerSettings,
        applier: Applier | None,
        port: Callable[[], Port | None],
    ) -> None:
        super().__init__(number, settings, applier)
        self._port = port

    async def start(self) -> None:
        """Say which interface it is; the stick's own DHCP server knows the rest."""
        port = self._port()
        if port is None:
            raise NoDriver(
                "the stick's network interface is not there",
                "load the kernel module `cdc_ether` (OpenWrt: kmod-usb-net-cdc-ether)",
            )
        if self.settings.apn:
            self.log.info("the APN is the stick's own business: set it on the stick's web page")
        dhcp = IpConfig(IpMethod.DHCP)
        wanted = self.settings.ip_type
        self.interface = port.name
        self.ip4 = IpConfig() if wanted == IpFamily.IPV6 else dhcp
        self.ip6 = dhcp if wanted in (IpFamily.IPV6, IpFamily.IPV4V6) else IpConfig()

    async def stop(self) -> None:
        """Nothing to do: the stick stays online for whoever asks next."""
