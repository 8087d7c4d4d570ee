"""Read a SIM over QMI: the UIM service tells everything; older modems have it in DMS."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from wwand.at import sim_files
from wwand.at.sim import read_iccid
from wwand.errors import BadReply, Unsupported, WwandError
from wwand.modem.sim import NoSim, SimFacts
from wwand.qmi import dms_uim, uim, uim_slots
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.message import Request, Response, title
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
    from wwand.modem.qmi_ports import QmiPorts

R = TypeVar("R", bound=Response)

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

DMS_LOCKS = {
    dms_uim.PinStatus.ENABLED_NOT_VERIFIED: Lock.SIM_PIN,
    dms_uim.PinStatus.ENABLED_VERIFIED: Lock.NONE,
    dms_uim.PinStatus.DISABLED: Lock.NONE,
    dms_uim.PinStatus.BLOCKED: Lock.SIM_PUK,
    dms_uim.PinStatus.UNBLOCKED: Lock.NONE,
    dms_uim.PinStatus.CHANGED: Lock.NONE,
}

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
        return await self._look_by_dms()

    async def _status(self) -> uim.CardStatus | None:
        """The cards; None on a modem that has no UIM service, or not this question."""
        if not self._has_uim:
            return None
        try:
            await self._listen()
            told = await self._modem.send(uim.GetCardStatus())
        except Unsupported as error:
            self._modem.log.debug("asking DMS about the SIM: %s", error)
            self._has_uim = False
            return None
        if told.card_status is None:
            raise BadReply(f"{self._modem.name} does not tell the state of its SIM")
        return told.card_status

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
            lock_of(status)
        except NoSim as error:
            if modem.state >= modem.state.DISABLED:
                modem.tasks.spawn("after the SIM was taken out", self._gone(error))
        else:
            if modem.failed_reason is FailedReason.SIM_MISSING:
                modem.tasks.spawn("after a SIM was put in", modem.begin_anew())

    async def _gone(self, error: NoSim) -> None:
        for bearer in self._modem.connected_bearers:
            await bearer.drop("the SIM was taken out", error)
        self._modem.fail(error.reason, error)

    async def _look_by_dms(self) -> Lock | None:
        told = await self._modem.ask(dms_uim.UimGetPinStatus())
        if told and told.pin1_status:
            if told.pin1_status.current_status is dms_uim.PinStatus.PERMANENTLY_BLOCKED:
                raise NoSim(FailedReason.SIM_ERROR, "the SIM is blocked for good", "get another")
            return DMS_LOCKS.get(told.pin1_status.current_status)
        state = await self._modem.ask(dms_uim.UimGetState())
        if state and state.state is dms_uim.UimState.NOT_PRESENT:
            raise NoSim(FailedReason.SIM_MISSING, "there is no SIM", "put one in")
        return None

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
        if status := await self._status():
            _, app = application(status)
            if app is None:
                return Facility.NONE
            found = Facility.SIM if app.pin1_state in ASKING else Facility.NONE
            if app.state is ApplicationState.CHECK_PERSONALIZATION_STATE:
                found |= FACILITIES.get(app.personalization_feature, Facility.NONE)
            return found
        told = await self._modem.ask(dms_uim.UimGetPinStatus())
        asked = told and told.pin1_status and told.pin1_status.current_status in (1, 2, 4)
        return Facility.SIM if asked else Facility.NONE

    # --- codes -----------------------------------------------------------------------------------

    async def enter_pin(self, pin: str) -> None:
        """Enter the PIN."""
        await self._code(
            uim.VerifyPin(uim.PRIMARY, uim.PinEntry(UimPinId.PIN1, pin)),
            dms_uim.UimVerifyPin(dms_uim.PinEntry(dms_uim.PinId.PIN, pin)),
        )

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        await self._code(
            uim.UnblockPin(uim.PRIMARY, uim.PukEntry(UimPinId.PIN1, puk, pin)),
            dms_uim.UimUnblockPin(dms_uim.PukEntry(dms_uim.PinId.PIN, puk, pin)),
        )

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the PIN asked for, or not."""
        await self._code(
            uim.SetPinProtection(uim.PRIMARY, uim.PinProtection(UimPinId.PIN1, enabled, pin)),
            dms_uim.UimSetPinProtection(dms_uim.PinProtection(dms_uim.PinId.PIN, enabled, pin)),
        )

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        await self._code(
            uim.ChangePin(uim.PRIMARY, uim.PinChange(UimPinId.PIN1, old, new)),
            dms_uim.UimChangePin(dms_uim.PinChange(dms_uim.PinId.PIN, old, new)),
        )

    async def _code(
        self, by_uim: Request[uim.PinResponse], by_dms: Request[dms_uim.PinResponse]
    ) -> None:
        question = by_uim if self._has_uim else by_dms
        client = await self._modem.client(question.service)
        answer: Response = await client.exchange(question)  # type: ignore[arg-type]
        code = answer.result.error_code
        if not answer.result.ok and code not in PIN_MAY_BE_OLD:
            raise error_for(title(type(question)), code)

    # --- what is on it ---------------------------------------------------------------------------

    async def card(self) -> str:
        """What tells this card from others, even while it is locked: its number."""
        return await self._iccid()

    async def facts(self) -> SimFacts:
        """What an unlocked card says."""
        iccid, imsi, name, emergency, gid1, gid2, eid = await side_by_side(
            self._iccid(),
            self._imsi(),
            self._file(sim_files.EF_SPN),
            self._file(sim_files.EF_ECC),
            self._file(sim_files.EF_GID1),
            self._file(sim_files.EF_GID2),
            self._eid(),
        )
        length = await self._mnc_length()
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
        told = await self._modem.ask(dms_uim.UimGetIccid())
        text = (told.iccid or "") if told else ""
        return _read(lambda: read_iccid(text.strip("\0 ")))

    async def _imsi(self) -> str:
        if raw := await self._file(sim_files.EF_IMSI):
            return imsi_of(raw)
        told = await self._modem.ask(dms_uim.UimGetImsi())
        return (told.imsi or "").strip("\0 ") if told else ""

    async def _mnc_length(self) -> int:
        data = await self._file(sim_files.EF_AD)
        try:
            return sim_files.mnc_length(data)
        except BadReply:
            return 2

    async def _eid(self) -> str:
        if not self._has_uim:
            return ""
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
