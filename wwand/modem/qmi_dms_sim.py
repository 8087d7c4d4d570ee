"""The SIM of a QMI modem that has no UIM service: its DMS service tells something of it."""

from typing import TYPE_CHECKING

from wwand.errors import Unsupported
from wwand.modem.qmi_sim import give_code
from wwand.modem.sim import NoSim
from wwand.qmi import dms_uim
from wwand.status import Facility, FailedReason, Lock

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts

LOCKS = {
    dms_uim.PinStatus.ENABLED_NOT_VERIFIED: Lock.SIM_PIN,
    dms_uim.PinStatus.ENABLED_VERIFIED: Lock.NONE,
    dms_uim.PinStatus.DISABLED: Lock.NONE,
    dms_uim.PinStatus.BLOCKED: Lock.SIM_PUK,
    dms_uim.PinStatus.UNBLOCKED: Lock.NONE,
    dms_uim.PinStatus.CHANGED: Lock.NONE,
}

ASKING = frozenset(
    {
        dms_uim.PinStatus.ENABLED_NOT_VERIFIED,
        dms_uim.PinStatus.ENABLED_VERIFIED,
        dms_uim.PinStatus.BLOCKED,
    }
)
"""States of a PIN that is asked for at power-up."""

CONTROL_KEYS = {
    Facility.NET_PERS: dms_uim.Facility.PN,
    Facility.NET_SUB_PERS: dms_uim.Facility.PU,
    Facility.PROVIDER_PERS: dms_uim.Facility.PP,
    Facility.CORP_PERS: dms_uim.Facility.PC,
    Facility.PH_FSIM: dms_uim.Facility.PF,
}


class DmsSim:
    """Asks one modem about its SIM."""

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem

    async def lock(self) -> Lock | None:
        """What the SIM asks for; None while it is starting, NoSim when it cannot be used."""
        told = await self._modem.ask(dms_uim.UimGetPinStatus())
        if told and told.pin1_status:
            if told.pin1_status.current_status is dms_uim.PinStatus.PERMANENTLY_BLOCKED:
                raise NoSim(FailedReason.SIM_ERROR, "the SIM is blocked for good", "get another")
            return LOCKS.get(told.pin1_status.current_status)
        state = await self._modem.ask(dms_uim.UimGetState())
        if state and state.state is dms_uim.UimState.NOT_PRESENT:
            raise NoSim(FailedReason.SIM_MISSING, "there is no SIM", "put one in")
        return None

    async def retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""
        told = await self._modem.ask(dms_uim.UimGetPinStatus())
        found = {}
        if told and told.pin1_status:
            found[Lock.SIM_PIN] = told.pin1_status.verify_retries_left
            found[Lock.SIM_PUK] = told.pin1_status.unblock_retries_left
        if told and told.pin2_status:
            found[Lock.SIM_PIN2] = told.pin2_status.verify_retries_left
            found[Lock.SIM_PUK2] = told.pin2_status.unblock_retries_left
        return found

    async def facility_locks(self) -> Facility:
        """Which locks are on."""
        told = await self._modem.ask(dms_uim.UimGetPinStatus())
        asked = told and told.pin1_status and told.pin1_status.current_status in ASKING
        return Facility.SIM if asked else Facility.NONE

    async def take_off(self, facility: Facility, key: str) -> None:
        """Take a personalisation lock off with its control key."""
        if facility not in CONTROL_KEYS:
            raise Unsupported(f"{self._modem.name} cannot take off this lock")
        state = dms_uim.FacilityState.DEACTIVATED
        protection = dms_uim.CkProtection(CONTROL_KEYS[facility], state, key)
        await self._modem.send(dms_uim.UimSetCkProtection(protection))

    async def enter_pin(self, pin: str) -> None:
        """Enter the PIN."""
        entry = dms_uim.PinEntry(dms_uim.PinId.PIN, pin)
        await give_code(self._modem, dms_uim.UimVerifyPin(entry))

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        entry = dms_uim.PukEntry(dms_uim.PinId.PIN, puk, pin)
        await give_code(self._modem, dms_uim.UimUnblockPin(entry))

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the PIN asked for, or not."""
        protection = dms_uim.PinProtection(dms_uim.PinId.PIN, enabled, pin)
        await give_code(self._modem, dms_uim.UimSetPinProtection(protection))

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        change = dms_uim.PinChange(dms_uim.PinId.PIN, old, new)
        await give_code(self._modem, dms_uim.UimChangePin(change))

    async def iccid(self) -> str:
        """The number of the card, as the modem writes it."""
        told = await self._modem.ask(dms_uim.UimGetIccid())
        return (told.iccid or "").strip("\0 ") if told else ""

    async def imsi(self) -> str:
        """The subscriber's number."""
        told = await self._modem.ask(dms_uim.UimGetImsi())
        return (told.imsi or "").strip("\0 ") if told else ""
