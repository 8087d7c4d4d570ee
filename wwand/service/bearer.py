"""`org.freedesktop.ModemManager1.Bearer`."""

from dbus_fast import Variant

from wwand.bearers.base import Bearer
from wwand.modem import simple
from wwand.modem.base import Modem
from wwand.service import spec
from wwand.service.bus import told
from wwand.service.polkit import DEVICE_CONTROL
from wwand.service.settings import bearer_properties, ip_config
from wwand.service.view import View, guarded


class BearerView(View):
    """A data connection, prepared or up."""

    spec = spec.load("org.freedesktop.ModemManager1.Bearer")
    guards = guarded(spec, DEVICE_CONTROL)

    def __init__(self, modem: Modem, bearer: Bearer) -> None:
        self._modem = modem
        self._bearer = bearer

    @property
    def Interface(self) -> str:
        return self._bearer.interface

    @property
    def Connected(self) -> bool:
        return self._bearer.connected

    @property
    def ConnectionError(self) -> list[str]:
        error = self._bearer.connection_error
        return [error.dbus_name, told(error)] if error else ["", ""]

    @property
    def DisconnectRequest(self) -> bool:
        return False

    @property
    def Suspended(self) -> bool:
        return self._bearer.suspended

    @property
    def Multiplexed(self) -> bool:
        return self._bearer.multiplexed

    @property
    def Ip4Config(self) -> dict[str, Variant]:
        return ip_config(self._bearer.ip4)

    @property
    def Ip6Config(self) -> dict[str, Variant]:
        return ip_config(self._bearer.ip6)

    @property
    def Stats(self) -> dict[str, Variant]:
        stats = self._bearer.stats
        return {
            "rx-bytes": Variant("t", stats.rx_bytes),
            "tx-bytes": Variant("t", stats.tx_bytes),
            "start-date": Variant("t", stats.start_date),
            "duration": Variant("u", stats.duration),
            "attempts": Variant("u", stats.attempts),
            "failed-attempts": Variant("u", stats.failed_attempts),
            "total-duration": Variant("u", stats.total_duration),
            "total-rx-bytes": Variant("t", stats.total_rx_bytes),
            "total-tx-bytes": Variant("t", stats.total_tx_bytes),
            "uplink-speed": Variant("t", 0),
            "downlink-speed": Variant("t", 0),
        }

    @property
    def ReloadStatsSupported(self) -> bool:
        return False

    @property
    def IpTimeout(self) -> int:
        return self._bearer.ip_timeout

    @property
    def BearerType(self) -> int:
        return self._bearer.type

    @property
    def ProfileId(self) -> int:
        return self._bearer.profile_id

    @property
    def Properties(self) -> dict[str, Variant]:
        return bearer_properties(self._bearer.settings)

    async def Connect(self) -> None:
        await self._modem.connect_bearer(self._bearer)

    async def Disconnect(self) -> None:
        await simple.end(self._modem, self._bearer)
