"""`org.freedesktop.ModemManager1.Modem.Simple`."""

from collections.abc import Mapping

from dbus_fast import Variant

from wwand.modem import simple
from wwand.modem.base import Modem
from wwand.service import paths, spec
from wwand.service.polkit import DEVICE_CONTROL
from wwand.service.settings import connect_request
from wwand.service.view import OPEN, View, guarded, text
from wwand.status import ModemState


class SimpleView(View):
    """From a locked SIM to a connected bearer in one call."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Simple")
    guards = guarded(spec, DEVICE_CONTROL, GetStatus=OPEN)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    async def Connect(self, properties: Mapping[str, Variant]) -> str:
        bearer = await simple.connect(self._modem, connect_request(properties))
        return f"{paths.BEARER}{bearer.number}"

    async def Disconnect(self, bearer: str) -> None:
        one = None
        if bearer != paths.NONE:
            one = self._modem.bearer(paths.number(bearer, paths.BEARER))
        await simple.disconnect(self._modem, one)

    async def GetStatus(self) -> dict[str, Variant]:
        modem = self._modem
        status = {"state": Variant("u", max(modem.state, 0))}
        if modem.state >= ModemState.REGISTERED:
            status |= {
                "signal-quality": Variant("(ub)", list(modem.signal_quality)),
                "current-bands": Variant("au", list(modem.current_bands)),
                "access-technologies": Variant("u", modem.access_technologies),
                "m3gpp-registration-state": Variant("u", modem.registration.state),
                "m3gpp-operator-code": Variant("s", text(modem.registration.operator_code)),
                "m3gpp-operator-name": Variant("s", text(modem.registration.operator_name)),
            }
        return status
