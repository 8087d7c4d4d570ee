"""`org.freedesktop.ModemManager1.Modem.Time`."""

from dbus_fast import Variant

from wwand.modem.base import Modem
from wwand.service import spec
from wwand.service.polkit import TIME
from wwand.service.view import View, guarded
from wwand.status import ModemState


class TimeView(View):
    """The network's clock."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Time")
    guards = guarded(spec, TIME)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    @property
    def NetworkTimezone(self) -> dict[str, Variant]:
        if self._modem.state < ModemState.ENABLED:
            return {}
        known = zip(("offset", "dst-offset"), self._modem.zone, strict=True)
        return {name: Variant("i", minutes) for name, minutes in known if minutes is not None}

    async def GetNetworkTime(self) -> str:
        return await self._modem.tell_time()
