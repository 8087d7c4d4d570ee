"""UIM: the card, its slot, PINs and files."""

from typing import TYPE_CHECKING

from wwand.qmi import uim, uim_slots
from wwand.qmi import uim_values as values
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response, failure
from wwand.simulator.card import PUK_TRIES, Card
from wwand.simulator.qmi import pins
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()

USIM = bytes.fromhex("A0000000871002FFFFFFFF8901010000")
"""Application identifier of a USIM: the RID of 3GPP, application code 1002 (101.220 Annex E)."""

ATR = bytes.fromhex("3B9F96801FC78031E073FE211B")
"""The part of an answer to reset that all UICCs begin with (102.221 §6.3)."""

DONE, NOT_FOUND, SECURITY = (0x90, 0x00), (0x6A, 0x82), (0x69, 0x82)
"""Status words (102.221 §10.2.1)."""

EF_ICCID = 0x2FE2
"""The one file that needs no PIN (31.102 §4.1)."""

CARD_STATUS = uim.EventRegistration.CARD_STATUS
SLOT_STATUS = uim.EventRegistration.PHYSICAL_SLOT_STATUS


def state(engine: "QmiEngine") -> uim.CardStatus:
    """How the card is now."""
    return _status(engine.modem.card)


def tell(engine: "QmiEngine", before: uim.CardStatus, now: uim.CardStatus) -> None:
    """Report a card that has changed."""
    if before == now:
        return
    swapped = before.cards[0].card_state is not now.cards[0].card_state
    for client in engine.clients.of(uim.UIM):
        if "card" in client.reports:
            engine.indicate(uim.CardStatusIndication(card_status=now), client)
        if swapped and "slot" in client.reports:
            told = _slots(engine)
            engine.indicate(uim_slots.SlotStatusIndication(physical_slot_status=told), client)


def _status(card: Card) -> uim.CardStatus:
    none = values.PinState.NOT_INITIALIZED
    states = values.CardState
    there = uim.Card(
        card_state=states.PRESENT if card.present else states.ABSENT,
        upin_state=none,
        upin_retries=0,
        upuk_retries=0,
        error_code=values.CardError.UNKNOWN if card.present else values.CardError.NO_ATR_RECEIVED,
        applications=(_application(card),) if card.present else (),
    )
    primary = 0 if card.present else uim.NO_INDEX
    return uim.CardStatus(primary, uim.NO_INDEX, uim.NO_INDEX, uim.NO_INDEX, (there,))


def _application(card: Card) -> uim.Application:
    pin = pins.pin_state(card)
    states = values.ApplicationState
    waits = {
        pins.NOT_VERIFIED: states.PIN1_OR_UPIN_PIN_REQUIRED,
        pins.BLOCKED: states.PUK1_OR_UPIN_PUK_REQUIRED,
        pins.PERMANENTLY_BLOCKED: states.PIN1_BLOCKED,
    }
    locked = pin in waits
    locks = values.PersonalizationState
    return uim.Application(
        type=values.ApplicationType.USIM,
        state=waits.get(pin, states.READY),
        personalization_state=locks.UNKNOWN if locked else locks.READY,
        personalization_feature=values.PersonalizationFeature.GW_NETWORK,
        personalization_retries=PUK_TRIES,
        personalization_unblock_retries=PUK_TRIES,
        application_identifier_value=USIM,
        upin_replaces_pin1=False,
        pin1_state=values.PinState(pin),
        pin1_retries=card.pin_tries,
        puk1_retries=card.puk_tries,
        pin2_state=values.PinState(pins.pin2_state(card)),
        pin2_retries=card.pin2_tries,
        puk2_retries=card.puk2_tries,
    )


def _slots(engine: "QmiEngine") -> tuple[uim_slots.SlotStatus, ...]:
    card, cards = engine.modem.card, values.PhysicalCardState
    first = uim_slots.SlotStatus(
        cards.PRESENT if card.present else cards.ABSENT,
        values.SlotState.ACTIVE,
        1,
        (card.file(EF_ICCID) or b"") if card.present else b"",
    )
    empty = uim_slots.SlotStatus(cards.ABSENT, values.SlotState.INACTIVE, 0, b"")
    return (first, *[empty] * (engine.facts.slots - 1))


@HANDLERS.on(uim.Reset)
def reset(call: Exchange, _request: uim.Reset) -> Response:
    """Forget what the client has set."""
    call.client.reset()
    return Response()


@HANDLERS.on(uim.RegisterEvents)
def register_events(call: Exchange, request: uim.RegisterEvents) -> Response:
    """Choose what is reported: card and slot."""
    wanted = needed(request.event_registration_mask) & (CARD_STATUS | SLOT_STATUS)
    call.client.report("card", CARD_STATUS in wanted)
    call.client.report("slot", SLOT_STATUS in wanted)
    return uim.RegisterEventsResponse(event_registration_mask=wanted)


@HANDLERS.on(uim.GetCardStatus)
def card_status(call: Exchange, _request: uim.GetCardStatus) -> Response:
    """Tell the card with its application, PINs and tries."""
    return uim.GetCardStatusResponse(card_status=state(call.engine))


@HANDLERS.on(uim_slots.GetSlotStatus)
def slot_status(call: Exchange, _request: uim_slots.GetSlotStatus) -> Response:
    """Tell what is in the slots."""
    card, kinds = call.modem.card, values.CardProtocol
    kind = kinds.UICC if card.present else kinds.UNKNOWN
    first = uim_slots.SlotInformation(kind, int(card.present), ATR if card.present else b"", False)
    empty = uim_slots.SlotInformation(kinds.UNKNOWN, 0, b"", False)
    return uim_slots.GetSlotStatusResponse(
        physical_slot_status=_slots(call.engine),
        physical_slot_information=(first, *[empty] * (call.engine.facts.slots - 1)),
    )


@HANDLERS.on(uim_slots.SwitchSlot)
def switch_slot(_call: Exchange, request: uim_slots.SwitchSlot) -> Response:
    """Refuse: the first slot is in use already, and there is nothing in the others."""
    same = needed(request.physical_slot) == 1
    raise Refusal(ProtocolError.NO_EFFECT if same else ProtocolError.INVALID_ARGUMENT)


@HANDLERS.on(uim_slots.ChangeProvisioningSession)
def change_session(_call: Exchange, _request: uim_slots.ChangeProvisioningSession) -> Response:
    """Use the card's one application, as before."""
    return Response()


@HANDLERS.on(uim_slots.PowerOffSim)
def power_off(call: Exchange, request: uim_slots.PowerOffSim) -> Response:
    """Cut the card's power: to the modem it is gone."""
    _power(call, needed(request.slot), on=False)
    return Response()


@HANDLERS.on(uim_slots.PowerOnSim)
def power_on(call: Exchange, request: uim_slots.PowerOnSim) -> Response:
    """Give the card its power back; it asks for the PIN again."""
    _power(call, needed(request.slot), on=True)
    return Response()


def _power(call: Exchange, slot: int, *, on: bool) -> None:
    modem, engine = call.modem, call.engine
    if slot != 1:
        raise Refusal(ProtocolError.INVALID_ARGUMENT)
    if engine.card_unpowered != on:
        raise Refusal(ProtocolError.NO_EFFECT)
    if not on and not modem.card.present:
        raise Refusal(ProtocolError.NO_SIM)
    engine.card_unpowered = not on
    modem.card.present = on
    modem.card.power_cycled()
    modem.network.reconsider()
    modem.changed()


@HANDLERS.on(uim.ReadTransparent)
def read_transparent(call: Exchange, request: uim.ReadTransparent) -> Response:
    """Read a file, or a part of it."""
    part = needed(request.read_information)
    contents = _contents(call, needed(request.file), uim.ReadTransparentResponse)
    end = part.offset + part.length if part.length else len(contents)
    if part.offset > len(contents):
        raise Refusal(ProtocolError.INVALID_ARGUMENT)
    return uim.ReadTransparentResponse(
        card_result=uim.CardResult(*DONE), read_result=contents[part.offset : end]
    )


@HANDLERS.on(uim.GetFileAttributes)
def file_attributes(call: Exchange, request: uim.GetFileAttributes) -> Response:
    """Tell how long a file is; its access conditions are not told."""
    file = needed(request.file)
    contents = _contents(call, file, uim.GetFileAttributesResponse)
    attributes = uim.FileAttributes(
        len(contents), file.file_id, values.FileType.TRANSPARENT,
        *(0, 0), *(0, 0) * 5, b"",
    )  # fmt: skip
    return uim.GetFileAttributesResponse(
        card_result=uim.CardResult(*DONE), file_attributes=attributes
    )


FileResponse = type[uim.ReadTransparentResponse] | type[uim.GetFileAttributesResponse]


def _contents(call: Exchange, file: uim.File, response: FileResponse) -> bytes:
    card = call.modem.card
    if not card.present:
        raise Refusal(ProtocolError.NO_SIM)
    if not card.ready and file.file_id != EF_ICCID:
        code, words = ProtocolError.ACCESS_DENIED, SECURITY
    elif (contents := card.file(file.file_id)) is None:
        code, words = ProtocolError.SIM_FILE_NOT_FOUND, NOT_FOUND
    else:
        return contents
    answer = response(result=failure(code), card_result=uim.CardResult(*words))
    raise Refusal(code, answer)


@HANDLERS.on(uim.VerifyPin)
def verify_pin(call: Exchange, request: uim.VerifyPin) -> Response:
    """Enter the PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.verify(call.modem, info.pin_id, info.pin_value))


@HANDLERS.on(uim.UnblockPin)
def unblock_pin(call: Exchange, request: uim.UnblockPin) -> Response:
    """Enter the PUK and a new PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.unblock(call.modem, info.pin_id, info.puk, info.new_pin))


@HANDLERS.on(uim.ChangePin)
def change_pin(call: Exchange, request: uim.ChangePin) -> Response:
    """Replace the PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.change(call.modem, info.pin_id, info.old_pin, info.new_pin))


@HANDLERS.on(uim.SetPinProtection)
def set_pin_protection(call: Exchange, request: uim.SetPinProtection) -> Response:
    """Have the PIN asked for, or not."""
    info = needed(request.info)
    done = pins.protect(call.modem, info.pin_id, info.pin_enabled, info.pin_value)
    return _pin_answer(call, done)


def _pin_answer(call: Exchange, code: ProtocolError) -> Response:
    if code is ProtocolError.NONE:
        return uim.PinResponse()
    card = call.modem.card
    left = uim.PinRetries(card.pin_tries, card.puk_tries)
    return uim.PinResponse(result=failure(code), retries_remaining=left)
