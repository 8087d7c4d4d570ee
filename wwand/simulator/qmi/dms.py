"""DMS: who the modem is, whether its radio is on, and the SIM as older firmware shows it."""

import time
from typing import TYPE_CHECKING

from wwand.qmi import dms, dms_events, dms_uim
from wwand.qmi.dms import OperatingMode
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import SUCCESS, Response, failure
from wwand.simulator.card import PUK_TRIES
from wwand.simulator.engine import FULL
from wwand.simulator.qmi import pins, radio
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed
from wwand.simulator.qmi.selection import Selection

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()

FLIGHT, MINIMUM = 4, 0
"""<fun> of +CFUN without radio (27.007 §8.2)."""

LEVELS = {
    OperatingMode.ONLINE: FULL,
    OperatingMode.LOW_POWER: FLIGHT,
    OperatingMode.PERSISTENT_LOW_POWER: FLIGHT,
    OperatingMode.MODE_ONLY_LOW_POWER: FLIGHT,
    OperatingMode.OFFLINE: MINIMUM,
    OperatingMode.SHUTTING_DOWN: MINIMUM,
}
"""The modes that can be chosen beside Reset, as +CFUN's levels."""

EXTERNAL_POWER, FULL_BATTERY = 0x01, 100
"""Flags and level of the power state of a stick (libqmi: QmiDmsPowerState)."""

SERVICE_CODE = "000000"
"""The service programming code, as most makers leave it."""

GPS_EPOCH, TICK = 315_964_800, 0.00125
"""Seconds from 1970 to 1980-01-06, and what DMS Get Time counts."""


def state(engine: "QmiEngine") -> OperatingMode:
    """The mode: AT commands switch the radio too."""
    if engine.modem.radio_on:
        return OperatingMode.ONLINE
    chosen = engine.mode
    return OperatingMode.LOW_POWER if chosen is OperatingMode.ONLINE else chosen


def tell(engine: "QmiEngine", before: OperatingMode, now: OperatingMode) -> None:
    """Report a mode that has changed."""
    if before is not now:
        for client in engine.clients.of(dms.DMS):
            if "operating mode" in client.reports:
                engine.indicate(dms_events.EventReport(operating_mode=now), client)


@HANDLERS.on(dms.Reset)
def reset(call: Exchange, _request: dms.Reset) -> Response:
    """Forget what the client has set."""
    call.client.reset()
    return Response()


@HANDLERS.on(dms_events.SetEventReport)
def set_event_report(call: Exchange, request: dms_events.SetEventReport) -> Response:
    """Choose what is reported: the operating mode; the rest never changes here."""
    if request.operating_mode_reporting is not None:
        call.client.report("operating mode", request.operating_mode_reporting)
    return Response()


@HANDLERS.on(dms.GetCapabilities)
def capabilities(call: Exchange, _request: dms.GetCapabilities) -> Response:
    """Tell rates and radio interfaces."""
    facts = call.engine.facts
    up, down = radio.RATES[radio.newest(facts)]
    info = dms.Capabilities(
        max_tx_channel_rate=up,
        max_rx_channel_rate=down,
        data_service_capability=dms.DataServiceCapability.SIMULTANEOUS_CS_PS,
        sim_capability=dms.SimCapability.SUPPORTED,
        radio_interface_list=tuple(dms.RadioInterface(int(r)) for r in radio.radios(facts)),
    )
    return dms.GetCapabilitiesResponse(info=info)


@HANDLERS.on(dms.GetManufacturer)
def manufacturer(call: Exchange, _request: dms.GetManufacturer) -> Response:
    """Tell the maker."""
    return dms.GetManufacturerResponse(manufacturer=call.modem.model.identity.manufacturer)


@HANDLERS.on(dms.GetModel)
def model(call: Exchange, _request: dms.GetModel) -> Response:
    """Tell the model."""
    return dms.GetModelResponse(model=call.modem.model.identity.model)


@HANDLERS.on(dms.GetRevision)
def revision(call: Exchange, _request: dms.GetRevision) -> Response:
    """Tell the firmware."""
    told = call.engine.facts.revision or call.modem.model.identity.revision
    return dms.GetRevisionResponse(revision=told)


@HANDLERS.on(dms.GetSoftwareVersion)
def software_version(call: Exchange, _request: dms.GetSoftwareVersion) -> Response:
    """Tell the version of the software."""
    return dms.GetSoftwareVersionResponse(version=call.modem.model.identity.revision)


@HANDLERS.on(dms.GetHardwareRevision)
def hardware_revision(call: Exchange, _request: dms.GetHardwareRevision) -> Response:
    """Tell the hardware."""
    told = call.modem.model.identity.hardware_revision or "10000"
    return dms.GetHardwareRevisionResponse(revision=told)


@HANDLERS.on(dms.GetMsisdn)
def msisdn(call: Exchange, _request: dms.GetMsisdn) -> Response:
    """Tell the own number."""
    card = call.modem.card
    if not card.ready or not card.facts.number:
        raise Refusal(ProtocolError.NOT_PROVISIONED)
    return dms.GetMsisdnResponse(msisdn=card.facts.number)


@HANDLERS.on(dms.GetIds)
def ids(call: Exchange, _request: dms.GetIds) -> Response:
    """Tell the IMEI; a modem without CDMA has no ESN and no MEID."""
    return dms.GetIdsResponse(esn="0", imei=call.modem.model.identity.imei)


@HANDLERS.on(dms.GetPowerState)
def power_state(_call: Exchange, _request: dms.GetPowerState) -> Response:
    """Tell that there is no battery."""
    return dms.GetPowerStateResponse(info=dms.PowerInfo(EXTERNAL_POWER, FULL_BATTERY))


@HANDLERS.on(dms.GetOperatingMode)
def operating_mode(call: Exchange, _request: dms.GetOperatingMode) -> Response:
    """Tell whether the radio is on."""
    return dms.GetOperatingModeResponse(mode=state(call.engine), hardware_restricted_mode=False)


@HANDLERS.on(dms.SetOperatingMode)
def set_operating_mode(call: Exchange, request: dms.SetOperatingMode) -> Response:
    """Switch the radio; after Offline only Reset is possible."""
    mode, engine = needed(request.mode), call.engine
    if mode is OperatingMode.RESET:
        if state(engine) is not OperatingMode.OFFLINE:
            raise Refusal(ProtocolError.INVALID_TRANSITION)
        call.after.append(engine.modem.restart)
        return Response()
    if mode not in LEVELS:
        raise Refusal(ProtocolError.INVALID_ARGUMENT)
    if state(engine) is OperatingMode.OFFLINE and mode is not OperatingMode.OFFLINE:
        raise Refusal(ProtocolError.INVALID_TRANSITION)
    if mode is state(engine):
        raise Refusal(ProtocolError.NO_EFFECT)
    engine.mode = mode
    engine.modem.set_radio(LEVELS[mode])
    return Response()


@HANDLERS.on(dms.RestoreFactoryDefaults)
def restore(call: Exchange, request: dms.RestoreFactoryDefaults) -> Response:
    """Forget what the host has chosen."""
    if needed(request.service_programming_code) != SERVICE_CODE:
        raise Refusal(ProtocolError.AUTHENTICATION_FAILED)
    call.engine.selection = Selection(call.modem, call.engine.facts)
    return Response()


@HANDLERS.on(dms.GetTime)
def get_time(_call: Exchange, _request: dms.GetTime) -> Response:
    """Tell the time as ticks since 1980."""
    seconds = time.time() - GPS_EPOCH
    ticks = dms.DeviceTime(int(seconds / TICK), dms.TimeSource.DEVICE)
    return dms.GetTimeResponse(device_time=ticks, system_time=int(seconds * 1000))


@HANDLERS.on(dms.GetBandCapabilities)
def band_capabilities(call: Exchange, _request: dms.GetBandCapabilities) -> Response:
    """Tell the bands."""
    facts = call.engine.facts
    lte = radio.lte_bands(facts)
    return dms.GetBandCapabilitiesResponse(
        band_capability=radio.bands(facts),
        lte_band_capability=lte & radio.LOW or None,
        extended_lte_band_capability=facts.lte_bands if lte > radio.LOW else None,
    )


@HANDLERS.on(dms_uim.UimGetPinStatus)
def pin_status(call: Exchange, _request: dms_uim.UimGetPinStatus) -> Response:
    """Tell what the PINs are waiting for."""
    _present(call)
    card = call.modem.card
    one = dms_uim.PinInfo(dms_uim.PinStatus(pins.pin_state(card)), card.pin_tries, card.puk_tries)
    two = dms_uim.PinInfo(
        dms_uim.PinStatus(pins.pin2_state(card)), card.pin2_tries, card.puk2_tries
    )
    return dms_uim.UimGetPinStatusResponse(pin1_status=one, pin2_status=two)


@HANDLERS.on(dms_uim.UimVerifyPin)
def verify_pin(call: Exchange, request: dms_uim.UimVerifyPin) -> Response:
    """Enter the PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.verify(call.modem, info.pin_id, info.pin))


@HANDLERS.on(dms_uim.UimUnblockPin)
def unblock_pin(call: Exchange, request: dms_uim.UimUnblockPin) -> Response:
    """Enter the PUK and a new PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.unblock(call.modem, info.pin_id, info.puk, info.new_pin))


@HANDLERS.on(dms_uim.UimChangePin)
def change_pin(call: Exchange, request: dms_uim.UimChangePin) -> Response:
    """Replace the PIN."""
    info = needed(request.info)
    return _pin_answer(call, pins.change(call.modem, info.pin_id, info.old_pin, info.new_pin))


@HANDLERS.on(dms_uim.UimSetPinProtection)
def set_pin_protection(call: Exchange, request: dms_uim.UimSetPinProtection) -> Response:
    """Have the PIN asked for, or not."""
    info = needed(request.info)
    done = pins.protect(call.modem, info.pin_id, info.protection_enabled, info.pin)
    return _pin_answer(call, done)


@HANDLERS.on(dms_uim.UimGetIccid)
def iccid(call: Exchange, _request: dms_uim.UimGetIccid) -> Response:
    """Tell the card's number; it needs no PIN."""
    _present(call)
    return dms_uim.UimGetIccidResponse(iccid=call.modem.card.facts.iccid)


@HANDLERS.on(dms_uim.UimGetImsi)
def imsi(call: Exchange, _request: dms_uim.UimGetImsi) -> Response:
    """Tell the subscriber's identity."""
    _present(call)
    if not call.modem.card.ready:
        raise Refusal(ProtocolError.NOT_PROVISIONED)
    return dms_uim.UimGetImsiResponse(imsi=call.modem.card.facts.imsi)


@HANDLERS.on(dms_uim.UimGetState)
def uim_state(call: Exchange, _request: dms_uim.UimGetState) -> Response:
    """Tell whether there is a card, and whether it is locked."""
    card = call.modem.card
    found = dms_uim.UimState.NOT_PRESENT
    if card.present:
        ready = dms_uim.UimState.INITIALIZATION_COMPLETED
        found = ready if card.ready else dms_uim.UimState.LOCKED_OR_FAILED
    return dms_uim.UimGetStateResponse(state=found)


@HANDLERS.on(dms_uim.UimGetCkStatus)
def ck_status(call: Exchange, request: dms_uim.UimGetCkStatus) -> Response:
    """Tell that no personalisation lock is on."""
    needed(request.facility)
    _present(call)
    found = dms_uim.CkStatus(dms_uim.FacilityState.DEACTIVATED, PUK_TRIES, PUK_TRIES)
    return dms_uim.UimGetCkStatusResponse(ck_status=found)


def _present(call: Exchange) -> None:
    if not call.modem.card.present:
        raise Refusal(ProtocolError.UIM_UNINITIALIZED)


def _pin_answer(call: Exchange, code: ProtocolError) -> Response:
    card = call.modem.card
    left = dms_uim.Retries(card.pin_tries, card.puk_tries)
    if code is ProtocolError.NONE:
        return dms_uim.PinResponse(result=SUCCESS)
    return dms_uim.PinResponse(result=failure(code), pin_retries_status=left)
