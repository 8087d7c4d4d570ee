"""`org.freedesktop.ModemManager1.Modem.Messaging`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dbus_fast import Variant

from wwand.errors import NotFound
from wwand.modem.base import Modem
from wwand.service import paths, spec
from wwand.service.arguments import choice
from wwand.service.polkit import MESSAGING
from wwand.service.view import OPEN, View, guarded
from wwand.sms.facts import Storage

if TYPE_CHECKING:
    from wwand.modem.sms import Sms


class MessagingView(View):
    """The short messages of a modem."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Messaging")
    guards = guarded(spec, MESSAGING, List=OPEN)

    def __init__(self, modem: Modem) -> None:
        assert modem.messaging
        self._messaging = modem.messaging

    @property
    def Messages(self) -> list[str]:
        return [path(sms) for sms in self._messaging.messages]

    @property
    def SupportedStorages(self) -> list[int]:
        return list(self._messaging.storages)

    @property
    def DefaultStorage(self) -> int:
        return self._messaging.default_storage

    async def List(self) -> list[str]:
        return self.Messages

    async def Delete(self, path: str) -> None:
        await self._messaging.delete(self._sms(paths.number(path, paths.SMS)))

    async def Create(self, properties: Mapping[str, Variant]) -> str:
        from wwand.service.sms import outgoing

        return path(self._messaging.create(outgoing(properties)))

    async def SetDefaultStorage(self, storage: int) -> None:
        await self._messaging.set_default_storage(choice("the storage", Storage, storage))

    def _sms(self, number: int) -> "Sms":
        for sms in self._messaging.messages:
            if sms.index == number:
                return sms
        raise NotFound(f"the modem has no message {number}")


def path(sms: "Sms") -> str:
    """Where a message is on the bus."""
    return f"{paths.SMS}{sms.index}"
