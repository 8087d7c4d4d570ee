"""`org.freedesktop.ModemManager1.Modem.Modem3gpp`."""

from collections.abc import Mapping

from dbus_fast import Variant

from wwand.at.arguments import plain
from wwand.errors import Unsupported
from wwand.modem.base import Modem
from wwand.service import paths, spec
from wwand.service.arguments import choice
from wwand.service.polkit import DEVICE_CONTROL
from wwand.service.view import View, guarded, text
from wwand.status import Facility, NetworkOffer, PacketService


class Modem3gppView(View):
    """What a modem says about GSM, UMTS, LTE and 5G networks."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Modem3gpp")
    guards = guarded(spec, DEVICE_CONTROL)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    @property
    def Imei(self) -> str:
        return self._modem.identity.imei

    @property
    def RegistrationState(self) -> int:
        return self._modem.registration.state

    @property
    def NetworkRejection(self) -> dict[str, Variant]:
        return {}

    @property
    def OperatorCode(self) -> str:
        return self._modem.registration.operator_code

    @property
    def OperatorName(self) -> str:
        return self._modem.registration.operator_name

    @property
    def EnabledFacilityLocks(self) -> int:
        return self._modem.enabled_facility_locks

    @property
    def SubscriptionState(self) -> int:
        return 0

    @property
    def EpsUeModeOperation(self) -> int:
        return 0

    @property
    def Pco(self) -> list[object]:
        return []

    @property
    def InitialEpsBearer(self) -> str:
        return paths.NONE

    @property
    def InitialEpsBearerSettings(self) -> dict[str, Variant]:
        return {}

    @property
    def PacketServiceState(self) -> int:
        return self._modem.packet_service

    @property
    def Nr5gRegistrationSettings(self) -> dict[str, Variant]:
        return {}

    async def Register(self, operator_id: str) -> None:
        await self._modem.register(plain("the operator", operator_id))

    async def Scan(self) -> list[dict[str, Variant]]:
        return [_row(offer) for offer in await self._modem.scan()]

    async def SetEpsUeModeOperation(self, mode: int) -> None:
        raise Unsupported(f"{self._modem.name} cannot change its UE mode of operation")

    async def SetInitialEpsBearerSettings(self, settings: Mapping[str, Variant]) -> None:
        raise Unsupported(f"{self._modem.name} has no settings for the initial EPS bearer")

    async def SetNr5gRegistrationSettings(self, properties: Mapping[str, Variant]) -> None:
        raise Unsupported(f"{self._modem.name} has no settings for 5G registration")

    async def DisableFacilityLock(self, properties: tuple[int, str]) -> None:
        facility, key = properties
        await self._modem.disable_facility_lock(Facility(facility), plain("the key", key))

    async def SetCarrierLock(self, data: bytes) -> None:
        raise Unsupported(f"{self._modem.name} takes no carrier lock")

    async def SetPacketServiceState(self, state: int) -> None:
        await self._modem.set_packet_service(choice("the state", PacketService, state))


def _row(offer: NetworkOffer) -> dict[str, Variant]:
    """Write one network of a scan; what the modem leaves empty is left out."""
    row = {
        "status": Variant("u", offer.status),
        "operator-long": Variant("s", text(offer.long_name)),
        "operator-short": Variant("s", text(offer.short_name)),
        "operator-code": Variant("s", text(offer.code)),
        "access-technology": Variant("u", offer.technology),
    }
    return {name: value for name, value in row.items() if value.value != ""}
