"""One card for QMI and AT commands: its PIN, its counters, its files."""

import pytest

from tests.unit.simulator.qmi.conftest import Bench, Host
from wwand.qmi import dms, dms_uim, uim, uim_slots
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.uim_values import (
    ApplicationState,
    CardState,
    PhysicalCardState,
    PinState,
    UimPinId,
)

PIN1 = UimPinId.PIN1
ICCID_FILE = uim.File(0x2FE2, bytes.fromhex("003F"))
IMSI_FILE = uim.File(0x6F07, bytes.fromhex("003FFF7F"))
WHOLE = uim.ReadInformation(0, 0)


def enter(pin: str) -> uim.VerifyPin:
    return uim.VerifyPin(session=uim.PRIMARY, info=uim.PinEntry(PIN1, pin))


async def application(host: Host) -> uim.Application:
    answer = await host.ask(uim.GetCardStatus())
    assert answer.card_status
    assert answer.card_status.primary
    return answer.card_status.primary[1]


async def test_an_open_card_is_ready(host: Host) -> None:
    app = await application(host)
    assert (app.state, app.pin1_state) == (ApplicationState.READY, PinState.DISABLED)
    assert (app.pin1_retries, app.puk1_retries) == (3, 10)


async def test_a_wrong_pin_counts_for_qmi_and_at(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "pin")
    assert (await application(host)).state is ApplicationState.PIN1_OR_UPIN_PIN_REQUIRED
    answer = await host.try_(enter("9999"))
    assert answer.result.error_code is ProtocolError.INCORRECT_PIN
    assert answer.retries_remaining == uim.PinRetries(2, 10)
    assert await bench.at('AT+CPIN="8888"') == "ERROR"
    status = await host.ask(dms_uim.UimGetPinStatus())
    assert status.pin1_status == dms_uim.PinInfo(dms_uim.PinStatus.ENABLED_NOT_VERIFIED, 1, 10)


async def test_the_right_pin_opens_the_card_for_both(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "pin")
    await host.ask(enter("1234"))
    assert (await application(host)).pin1_state is PinState.ENABLED_VERIFIED
    assert await bench.at("AT+CPIN?") == "+CPIN: READY OK"
    assert await host.refused(enter("1234")) is ProtocolError.NO_EFFECT
    await bench.registered(count=2)


async def test_after_three_wrong_pins_the_puk_is_asked_for(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "pin")
    errors = [await host.refused(enter("9999")) for _ in range(4)]
    wrong, blocked = ProtocolError.INCORRECT_PIN, ProtocolError.PIN_BLOCKED
    assert errors == [wrong, wrong, blocked, blocked]
    assert (await application(host)).state is ApplicationState.PUK1_OR_UPIN_PUK_REQUIRED
    unblock = uim.UnblockPin(session=uim.PRIMARY, info=uim.PukEntry(PIN1, "12345678", "4321"))
    await host.ask(unblock)
    assert (await application(host)).pin1_state is PinState.ENABLED_VERIFIED


async def test_ten_wrong_puks_destroy_the_card(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "puk")
    wrong = dms_uim.UimUnblockPin(info=dms_uim.PukEntry(dms_uim.PinId.PIN, "87654321", "4321"))
    errors = [await host.refused(wrong) for _ in range(11)]
    assert errors[8:] == [
        ProtocolError.PIN_BLOCKED,
        ProtocolError.PIN_ALWAYS_BLOCKED,
        ProtocolError.PIN_ALWAYS_BLOCKED,
    ]
    assert (await application(host)).state is ApplicationState.PIN1_BLOCKED


async def test_the_pin_is_set_changed_and_taken_off(bench: Bench, host: Host) -> None:
    one = dms_uim.PinId.PIN
    change = dms_uim.UimChangePin(info=dms_uim.PinChange(one, "1234", "4321"))
    assert await host.refused(change) is ProtocolError.INVALID_OPERATION
    await host.ask(dms_uim.UimSetPinProtection(info=dms_uim.PinProtection(one, True, "1234")))
    assert await bench.at('AT+CLCK="SC",2') == "+CLCK: 1 OK"
    await host.ask(change)
    off = uim.SetPinProtection(session=uim.PRIMARY, info=uim.PinProtection(PIN1, False, "4321"))
    await host.ask(off)
    assert await bench.at('AT+CLCK="SC",2') == "+CLCK: 0 OK"
    assert await host.refused(off) is ProtocolError.NO_EFFECT


async def test_without_a_card_there_is_none_to_ask(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "missing")
    answer = await host.ask(uim.GetCardStatus())
    assert answer.card_status
    assert answer.card_status.primary is None
    assert answer.card_status.cards[0].card_state is CardState.ABSENT
    assert await host.refused(dms_uim.UimGetIccid()) is ProtocolError.UIM_UNINITIALIZED
    assert await host.refused(enter("1234")) is not ProtocolError.NONE
    state = await host.ask(dms_uim.UimGetState())
    assert state.state is dms_uim.UimState.NOT_PRESENT


async def test_files_are_read_whole_and_in_part(host: Host) -> None:
    whole = uim.ReadTransparent(session=uim.PRIMARY, file=ICCID_FILE, read_information=WHOLE)
    answer = await host.ask(whole)
    assert answer.read_result == bytes.fromhex("980001000000000010F0")
    part = uim.ReadTransparent(
        session=uim.PRIMARY, file=ICCID_FILE, read_information=uim.ReadInformation(0, 2)
    )
    assert (await host.ask(part)).read_result == bytes.fromhex("9800")


async def test_a_locked_card_shows_its_number_only(bench: Bench, host: Host) -> None:
    bench.controls.fault("sim", "pin")
    number = uim.ReadTransparent(session=uim.PRIMARY, file=ICCID_FILE, read_information=WHOLE)
    await host.ask(number)
    assert (await host.ask(dms_uim.UimGetIccid())).iccid == "8900100000000000010"
    subscriber = uim.ReadTransparent(session=uim.PRIMARY, file=IMSI_FILE, read_information=WHOLE)
    answer = await host.try_(subscriber)
    assert answer.result.error_code is ProtocolError.ACCESS_DENIED
    assert answer.card_result == uim.CardResult(0x69, 0x82)
    assert await host.refused(dms_uim.UimGetImsi()) is ProtocolError.NOT_PROVISIONED
    assert await host.refused(dms.GetMsisdn()) is ProtocolError.NOT_PROVISIONED


async def test_a_file_that_is_not_there_is_not_found(host: Host) -> None:
    missing = uim.File(0x6F99, bytes.fromhex("003FFF7F"))
    answer = await host.try_(uim.GetFileAttributes(session=uim.PRIMARY, file=missing))
    assert answer.result.error_code is ProtocolError.SIM_FILE_NOT_FOUND
    assert answer.card_result == uim.CardResult(0x6A, 0x82)


@pytest.mark.parametrize("state", ["pin", "missing"])
async def test_a_client_is_told_of_changes_it_asked_for(
    bench: Bench, host: Host, state: str
) -> None:
    wanted = uim.EventRegistration.CARD_STATUS | uim.EventRegistration.SAP_CONNECTION
    answer = await host.ask(uim.RegisterEvents(event_registration_mask=wanted))
    assert answer.event_registration_mask == uim.EventRegistration.CARD_STATUS
    bench.controls.fault("sim", state)
    told = await host.told(uim.CardStatusIndication)
    assert told.card_status
    present = told.card_status.cards[0].card_state is CardState.PRESENT
    assert present == (state == "pin")


async def test_a_card_without_power_is_gone_until_it_gets_it_back(bench: Bench, host: Host) -> None:
    events = uim.EventRegistration.PHYSICAL_SLOT_STATUS
    await host.ask(uim.RegisterEvents(event_registration_mask=events))
    await host.ask(uim_slots.PowerOffSim(slot=1))
    told = await host.told(uim_slots.SlotStatusIndication)
    assert told.physical_slot_status
    assert told.physical_slot_status[0].physical_card_status is PhysicalCardState.ABSENT
    await bench.registered(0)
    await host.ask(uim_slots.PowerOnSim(slot=1))
    await bench.registered(count=2)
    slots = await host.ask(uim_slots.GetSlotStatus())
    assert slots.physical_slot_status
    assert slots.physical_slot_status[0].iccid == bench.modem.card.file(0x2FE2)
