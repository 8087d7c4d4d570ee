"""`org.freedesktop.ModemManager1.Modem.Modem3gpp.Ussd`."""

from wwand.modem.base import Modem
from wwand.modem.services import UssdState
from wwand.service import spec
from wwand.service.polkit import USSD
from wwand.service.view import View, guarded, text
from wwand.status import ModemState


class UssdView(View):
    """Codes and menus."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Modem3gpp.Ussd")
    guards = guarded(spec, USSD)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    @property
    def State(self) -> int:
        enabled = self._modem.state >= ModemState.ENABLED
        return self._modem.dialogue.state if enabled else UssdState.UNKNOWN

    @property
    def NetworkNotification(self) -> str:
        return self._modem.dialogue.notification

    @property
    def NetworkRequest(self) -> str:
        return self._modem.dialogue.request

    async def Initiate(self, command: str) -> str:
        return text(await self._modem.ussd.initiate(command))

    async def Respond(self, response: str) -> str:
        return text(await self._modem.ussd.respond(response))

    async def Cancel(self) -> None:
        await self._modem.ussd.cancel()
