"""Read a SIM over QMI: the UIM service tells everything; for older modems `DmsSim` does."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from wwand.at import sim_files
from wwand.at.sim import read_iccid
from wwand.errors import BadReply, Unsupported, WwandError
from wwand.modem.sim import NoSim, SimFacts
from wwand.qmi import uim
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.message import Request, title
from wwand.qmi.uim_values import (
    ApplicationState,
    ApplicationType,
    CardState,
    PersonalizationFeature,
    PersonalizationState,
    PinState,
    UimPinId,
)
from wwand.status import Facility, FailedReason, Lock
from wwand.tasks import side_by_side

if TYPE_CHECKING:
    from wwand.modem.qmi_dms_sim import DmsSim
    from wwand.modem.qmi_ports import QmiPorts

PATIENCE = 15.0
"""Seconds for a card to become ready after power-up: cards with many applets take ten."""

BETWEEN = 1.0
"""Seconds between two looks at a card that is starting, for modems that do not report it."""

MASTER, USIM = b"\x00\x3f", b"\x00\x3f\xff\x7f"
"""The folders MF (3F00) and ADF USIM (7FFF) as QMI writes a path."""

PERSONALISED = {
    PersonalizationFeature.GW_NETWORK: (Lock.PH_NET_PIN, Lock.PH_NET_PUK),
    PersonalizationFeature.GW_NETWORK_SUBSET: (Lock.PH_NETSUB_PIN, Lock.PH_NETSUB_PUK),
    PersonalizationFeature.GW_SERVICE_PROVIDER: (Lock.PH_SP_PIN, Lock.PH_SP_PUK),
    PersonalizationFeature.GW_CORPORATE: (Lock.PH_CORP_PIN, Lock.PH_CORP_PUK),
    PersonalizationFeature.GW_UIM: (Lock.PH_SIM_PIN, Lock.UNKNOWN),
}
"""What a personalised modem asks for: a control key, or the one that unblocks it."""

FACILITIES = {
    PersonalizationFeature.GW_NETWORK: Facility.NET_PERS,
    PersonalizationFeature.GW_NETWORK_SUBSET: Facility.NET_SUB_PERS,
    PersonalizationFeature.GW_SERVICE_PROVIDER: Facility.PROVIDER_PERS,
    PersonalizationFeature.GW_CORPORATE: Facility.CORP_PERS,
    PersonalizationFeature.GW_UIM: Facility.PH_SIM,
}

ASKING = frozenset({PinState.ENABLED_NOT_VERIFIED, PinState.ENABLED_VERIFIED, PinState.BLOCKED})
"""States of a PIN that is asked for at power-up."""

APPLICATIONS = (ApplicationType.USIM, ApplicationType.SIM)

PIN_MAY_BE_OLD = frozenset({ProtocolError.NO_EFFECT})
"""Answers to a PIN that the card has been given already."""


class QmiSim:
    """Asks one modem about its SIM."""

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem
        self._has_uim = True
        self._news = asyncio.Event()
        self._listening = False

    @property
    def dms(self) -> "DmsSim":
        """The way of modems that have no UIM service, and for what that service does not do."""
        from wwand.modem.qmi_dms_sim import DmsSim  # few modems need it

        return DmsSim(self._modem)

    # --- what keeps it locked --------------------------------------------------------------------

    async def lock(self) -> Lock:
        """What the SIM asks for; waits while it is starting. NoSim when none can be used."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        while True:
            self._news.clear()
            if (lock := await self._look()) is not None:
                return lock
            if loop.time() >= ends:
                raise NoSim(FailedReason.SIM_ERROR, "the SIM does not become ready")
            try:
                async with asyncio.timeout(BETWEEN):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _look(self) -> Lock | None:
        if status := await self._status():
            return lock_of(status)
        return await self.dms.lock()

    async def _status(self) -> uim.CardStatus | None:
        """The cards; None on a modem that has no UIM service, or not this question."""
        if not self._has_uim:
            return None
        try:
            _, told = await side_by_side(self._listen(), self._modem.send(uim.GetCardStatus()))
        except Unsupported as error:
            self._modem.log.debug("asking DMS about the SIM: %s", error)
            self._has_uim = False
            return None
        status: uim.CardStatus | None = told.card_status
        if status is None:
            raise BadReply(f"{self._modem.name} does not tell the state of its SIM")
        return status

    async def _listen(self) -> None:
        if self._listening:
            return
        client = await self._modem.client(uim.UIM)
        client.on(uim.CardStatusIndication, self._card_changed)
        self._listening = True
        await self._modem.ask(uim.RegisterEvents(uim.EventRegistration.CARD_STATUS))

    def _card_changed(self, said: uim.CardStatusIndication) -> None:
        self._news.set()
        modem, status = self._modem, said.card_status
        if status is None:
            return
        try:
            lock = lock_of(status)
        except NoSim as error:
            if modem.state >= modem.state.DISABLED:
                modem.tasks.spawn("after the SIM was taken out", self._gone(error))
        else:
            missing = modem.failed_reason is FailedReason.SIM_MISSING
            if missing or (lock and modem.failed_reason is FailedReason.SIM_ERROR):
                modem.tasks.spawn("after a SIM was put in", modem.begin_anew())

    async def _gone(self, error: NoSim) -> None:
        for bearer in self._modem.connected_bearers:
            await bearer.drop("the SIM was taken out", error)
        self._modem.fail(error.reason, error)

    async def retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""
        if status := await self._status():
            _, app = application(status)
            if app is None:
                return {}
            return {
                Lock.SIM_PIN: app.pin1_retries,
                Lock.SIM_PUK: app.puk1_retries,
                Lock.SIM_PIN2: app.pin2_retries,
                Lock.SIM_PUK2: app.puk2_retries,
            }
        return await self.dms.retries()

    async def facility_locks(self) -> Facility:
        """Which locks are on."""
        if status := await self._status():
            _, app = application(status)
            if app is None:
                return Facility.NONE
            found = Facility.SIM if app.pin1_state in ASKING else Facility.NONE
            if app.state is ApplicationState.CHECK_PERSONALIZATION_STATE:
                found |= FACILITIES.get(app.personalization_feature, Facility.NONE)
            return found
        return await self.dms.facility_locks()

    @property
    def codes(self) -> "Codes":
        """What takes PIN and PUK."""
        return UimCodes(self._modem) if self._has_uim else self.dms

    # --- what is on it ---------------------------------------------------------------------------

    async def card(self) -> str:
        """What tells this card from others, even while it is locked: its number."""
        return await self._iccid()

    async def facts(self) -> SimFacts:
        """What an unlocked card says."""
        iccid, imsi, length, name, emergency, gid1, gid2, eid = await side_by_side(
            self._iccid(),
            self._imsi(),
            self._mnc_length(),
            self._file(sim_files.EF_SPN),
            self._file(sim_files.EF_ECC),
            self._file(sim_files.EF_GID1),
            self._file(sim_files.EF_GID2),
            self._eid(),
        )
        return SimFacts(
            iccid=iccid,
            imsi=imsi,
            operator_id=imsi[: 3 + length],
            operator_name=_read(lambda: sim_files.provider_name(name)),
            emergency_numbers=sim_files.emergency_numbers(emergency),
            eid=eid,
            gid1=gid1,
            gid2=gid2,
        )

    async def _iccid(self) -> str:
        if raw := await self._file(sim_files.EF_ICCID, MASTER):
            return _read(lambda: read_iccid(raw.hex()))
        told = await self.dms.iccid()
        return _read(lambda: read_iccid(told))

    async def _imsi(self) -> str:
        if raw := await self._file(sim_files.EF_IMSI):
            return imsi_of(raw)
        return await self.dms.imsi()

    async def _mnc_length(self) -> int:
        data = await self._file(sim_files.EF_AD)
        try:
            return sim_files.mnc_length(data)
        except BadReply:
            return 2

    async def _eid(self) -> str:
        if not self._has_uim:
            return ""
        from wwand.qmi import uim_slots  # while the answers to other questions are on their way

        told = await self._modem.ask(uim_slots.GetSlotStatus())
        if told is None or not told.slot_eid or not told.physical_slot_status:
            return ""
        slots = zip(told.physical_slot_status, told.slot_eid, strict=False)
        return next((eid.eid.hex() for slot, eid in slots if slot.physical_slot_status), "")

    async def _file(self, file: int, folder: bytes = USIM) -> bytes:
        """A file's content; empty where there is none, or the modem does not let it be read."""
        if not self._has_uim:
            return b""
        question = uim.ReadTransparent(
            uim.PRIMARY, uim.File(file, folder), uim.ReadInformation(0, 0)
        )
        told = await self._modem.ask(question)
        return (told.read_result or b"") if told else b""


class Codes(Protocol):
    """What takes the codes of a SIM; EquipmentError when one is refused."""

    async def enter_pin(self, pin: str) -> None:
        """Enter the PIN."""
        ...

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        ...

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the PIN asked for, or not."""
        ...

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        ...


class UimCodes:
    """The codes of the SIM in use, given to the UIM service."""

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem

    async def enter_pin(self, pin: str) -> None:
        """Enter the PIN."""
        await give_code(self._modem, uim.VerifyPin(uim.PRIMARY, uim.PinEntry(UimPinId.PIN1, pin)))

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        entry = uim.PukEntry(UimPinId.PIN1, puk, pin)
        await give_code(self._modem, uim.UnblockPin(uim.PRIMARY, entry))

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the PIN asked for, or not."""
        protection = uim.PinProtection(UimPinId.PIN1, enabled, pin)
        await give_code(self._modem, uim.SetPinProtection(uim.PRIMARY, protection))

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        change = uim.PinChange(UimPinId.PIN1, old, new)
        await give_code(self._modem, uim.ChangePin(uim.PRIMARY, change))


async def give_code(modem: "QmiPorts", order: Request[Any]) -> None:
    """Send an order that has a code in it; one that the card has been given already is no error."""
    client = await modem.client(order.service)
    answer = await client.exchange(order)
    code = answer.result.error_code
    if not answer.result.ok and code not in PIN_MAY_BE_OLD:
        raise error_for(title(type(order)), code)


def application(status: uim.CardStatus) -> tuple[uim.Card | None, uim.Application | None]:
    """The card and the application that the modem uses, or would use, for the network.

    Before the PIN is known some modems point to no application at all.
    """
    if status.primary:
        return status.primary
    for card in status.cards:
        if card.card_state is CardState.PRESENT:
            apps = [app for app in card.applications if app.type in APPLICATIONS]
            return card, min(apps, key=lambda app: APPLICATIONS.index(app.type), default=None)
    return (status.cards[0] if status.cards else None), None


def lock_of(status: uim.CardStatus) -> Lock | None:
    """What a card asks for; None while it is starting, NoSim when it cannot be used."""
    card, app = application(status)
    if card is None or card.card_state is CardState.ABSENT:
        raise NoSim(FailedReason.SIM_MISSING, "there is no SIM", "put one in")
    if card.card_state is CardState.ERROR:
        raise NoSim(FailedReason.SIM_ERROR, "the SIM cannot be read", "put it in once more")
    if app is None:
        return None
    pin = card.upin_state if app.upin_replaces_pin1 else app.pin1_state
    match app.state:
        case ApplicationState.READY:
            return Lock.NONE
        case ApplicationState.PIN1_OR_UPIN_PIN_REQUIRED:
            return None if pin is PinState.ENABLED_VERIFIED else Lock.SIM_PIN
        case ApplicationState.PUK1_OR_UPIN_PUK_REQUIRED:
            return Lock.SIM_PUK
        case ApplicationState.CHECK_PERSONALIZATION_STATE:
            return _personalised(app)
        case ApplicationState.PIN1_BLOCKED:
            raise NoSim(FailedReason.SIM_ERROR, "the SIM is blocked for good", "get another")
        case ApplicationState.ILLEGAL:
            raise NoSim(FailedReason.SIM_ERROR, "the modem does not accept this SIM")
        case _:
            return None


def _personalised(app: uim.Application) -> Lock | None:
    pin, puk = PERSONALISED.get(app.personalization_feature, (Lock.UNKNOWN, Lock.UNKNOWN))
    match app.personalization_state:
        case PersonalizationState.CODE_REQUIRED:
            return pin
        case PersonalizationState.PUK_CODE_REQUIRED:
            return puk
        case PersonalizationState.PERMANENTLY_BLOCKED:
            raise NoSim(FailedReason.SIM_ERROR, "the modem is bound to another network for good")
        case _:
            return None


def imsi_of(raw: bytes) -> str:
    """Read EF_IMSI (31.102 §4.2.2): a length, then digits in swapped pairs behind a parity."""
    digits = "".join(f"{octet & 0xF:X}{octet >> 4:X}" for octet in raw[1:9])
    digits = digits[1:].rstrip("F")
    return digits if digits.isdecimal() else ""


def _read(what: Callable[[], str]) -> str:
    try:
        return what()
    except WwandError:
        return ""
