"""NAS: registration, networks in reach, and what the modem may use."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wwand.qmi import nas
from wwand.qmi import nas_values as values
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.simulator.model import Operator
from wwand.simulator.network import (
    AUTOMATIC,
    DENIED,
    FORBIDDEN,
    HOME,
    IDLE,
    MANUAL,
    ROAMING,
    SEARCHING,
)
from wwand.simulator.qmi import nas_choice, nas_clock, nas_info, radio
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()
HANDLERS.by_id.update(nas_info.HANDLERS.by_id)
HANDLERS.by_id.update(nas_choice.HANDLERS.by_id)
HANDLERS.by_id.update(nas_clock.HANDLERS.by_id)

STATES = {
    IDLE: values.RegistrationState.NOT_REGISTERED,
    HOME: values.RegistrationState.REGISTERED,
    SEARCHING: values.RegistrationState.NOT_REGISTERED_SEARCHING,
    DENIED: values.RegistrationState.REGISTRATION_DENIED,
    ROAMING: values.RegistrationState.REGISTERED,
}
"""<stat> of 27.007 §7.2 in QMI's numbers."""

PLMN_NOT_ALLOWED = 11
"""Cause of a registration that is refused (24.008 §10.5.5.14)."""


@dataclass(frozen=True, slots=True)
class State:
    """What is reported when it changes."""

    stat: int
    operator: Operator | None
    technology: int
    signal: int | None


def state(engine: "QmiEngine") -> State:
    """How things are now."""
    network = engine.modem.network
    signal = network.signal if engine.modem.radio_on else None
    return State(network.stat, network.operator, network.technology, signal)


def tell(engine: "QmiEngine", before: State, now: State) -> None:
    """Report registration and signal to the clients that asked for it."""
    moved = (before.stat, before.operator, before.technology) != (
        now.stat, now.operator, now.technology,
    )  # fmt: skip
    for client in engine.clients.of(nas.NAS):
        if moved and "serving system" in client.reports:
            engine.indicate(nas.ServingSystemIndication(**_serving(engine)), client)
        if moved and "system info" in client.reports:
            engine.indicate(nas_info.system_info_indication(engine), client)
        if moved and now.stat == DENIED and "network reject" in client.reports:
            engine.indicate(_reject(engine), client)
        if "signal" in client.reports and (moved or before.signal != now.signal):
            engine.indicate(nas_info.signal_indication(engine), client)
        if "strength" in client.reports and before.signal != now.signal:
            engine.indicate(nas_info.strength_indication(engine), client)


def _serving(engine: "QmiEngine") -> dict[str, Any]:
    """The fields that response and indication have in common."""
    modem, network = engine.modem, engine.modem.network
    on, off = values.AttachState.ATTACHED, values.AttachState.DETACHED
    technology, capabilities = radio.TECHNOLOGIES[network.technology]
    registered = network.registered
    found: dict[str, Any] = {
        "serving_system": nas.ServingSystem(
            registration_state=STATES[network.stat],
            cs_attach_state=on if registered else off,
            ps_attach_state=on if registered and modem.attached else off,
            selected_network=values.NetworkType.NET_3GPP,
            radio_interfaces=(technology if registered else values.RadioInterface.NONE,),
        ),
        "detailed_service_status": nas.DetailedServiceStatus(
            status=nas_info.service_status(network.stat),
            capability=values.ServiceDomain.CS_PS if registered else values.ServiceDomain.NONE,
            hdr_status=values.ServiceStatus.NONE,
            hdr_hybrid=False,
            forbidden=False,
        ),
    }
    if not (operator := network.operator):
        return found
    mcc, mnc = nas_choice.plmn(operator.code)
    away = values.RoamingIndicatorStatus.ON
    roaming = away if network.stat == ROAMING else values.RoamingIndicatorStatus.OFF
    lte = technology is values.RadioInterface.LTE
    return found | {
        "roaming_indicator": roaming,
        "data_service_capability": capabilities,
        "current_plmn": nas.Plmn(mcc, mnc, operator.long),
        "roaming_indicator_list": (nas.RoamingOf(technology, roaming),),
        "time_zone_3gpp": network.facts.time_zone,
        "daylight_saving_time_adjustment_3gpp": 0,
        "lac_3gpp": NO_LAC if lte else network.facts.area,
        "cid_3gpp": network.facts.cell,
        "lte_tac": network.facts.area if lte else None,
        "mnc_pcs_digit_include_status": nas.PcsDigit(mcc, mnc, len(operator.code) == 6),
    }


NO_LAC = 0xFFFE
"""Location area of a modem that has none (23.003 §4.1)."""


def _reject(engine: "QmiEngine") -> nas.NetworkReject:
    network = engine.modem.network
    technology, _ = radio.TECHNOLOGIES[network.technology]
    code = network.facts.operators[0].code
    return nas.NetworkReject(
        radio_interface=technology,
        service_domain=values.ServiceDomain.CS_PS,
        reject_cause=PLMN_NOT_ALLOWED,
        plmn=nas.PcsDigit(*nas_choice.plmn(code), len(code) == 6),
    )


@HANDLERS.on(nas.Reset)
def reset(call: Exchange, _request: nas.Reset) -> Response:
    """Forget what the client has set."""
    call.client.reset()
    return Response()


@HANDLERS.on(nas.RegisterIndications)
def register_indications(call: Exchange, request: nas.RegisterIndications) -> Response:
    """Choose what is reported."""
    rejects = request.network_reject_information
    chosen = {
        "serving system": request.serving_system_events,
        "system info": request.system_info,
        "signal": request.signal_info,
        "network time": request.network_time,
        "network reject": rejects.enable_network_reject_indications if rejects else None,
    }
    for what, on in chosen.items():
        if on is not None:
            call.client.report(what, on)
    return Response()


@HANDLERS.on(nas.GetServingSystem)
def serving_system(call: Exchange, _request: nas.GetServingSystem) -> Response:
    """Tell the serving network."""
    return nas.GetServingSystemResponse(**_serving(call.engine))


@HANDLERS.on(nas.NetworkScan)
def scan(call: Exchange, _request: nas.NetworkScan) -> Response:
    """Look around; how long that takes is the model's latency."""
    modem, network = call.modem, call.modem.network
    if not modem.radio_on:
        raise Refusal(ProtocolError.DEVICE_NOT_READY)
    found, radios, digits = [], [], []
    home = modem.card.facts.imsi if modem.card.ready else ""
    for operator in network.facts.operators:
        mcc, mnc = nas_choice.plmn(operator.code)
        status = _status(operator, operator == network.operator, home.startswith(operator.code))
        found.append(nas.NetworkInformation(mcc, mnc, status, operator.long))
        technology, _ = radio.TECHNOLOGIES[operator.technology]
        radios.append(nas.NetworkRadio(mcc, mnc, technology))
        digits.append(nas.PcsDigit(mcc, mnc, len(operator.code) == 6))
    return nas.NetworkScanResponse(
        network_information=tuple(found),
        radio_access_technology=tuple(radios),
        mnc_pcs_digit_include_status=tuple(digits),
        network_scan_result=values.NetworkScanResult.SUCCESS,
    )


def _status(operator: Operator, serving: bool, home: bool) -> values.NetworkStatus:
    status = values.NetworkStatus
    forbidden = operator.status == FORBIDDEN
    return (
        (status.CURRENT_SERVING if serving else status.AVAILABLE)
        | (status.HOME if home else status.ROAMING)
        | (status.FORBIDDEN if forbidden else status.NOT_FORBIDDEN)
        | status.NOT_PREFERRED
    )


@HANDLERS.on(nas.InitiateNetworkRegister)
def register(call: Exchange, request: nas.InitiateNetworkRegister) -> Response:
    """Register with one network, or with the usual one."""
    if needed(request.action) is values.NetworkRegisterType.AUTOMATIC:
        nas_choice.select(call, AUTOMATIC)
        return Response()
    wanted = needed(request.manual_registration_info_3gpp)
    nas_choice.select(call, MANUAL, nas_choice.code_of(call, wanted.mcc, wanted.mnc))
    return Response()


@HANDLERS.on(nas.AttachDetach)
def attach(call: Exchange, request: nas.AttachDetach) -> Response:
    """Attach to the packet domain, or detach: connections end."""
    modem = call.modem
    on = needed(request.action) is values.PsAttachAction.ATTACH
    if on == modem.attached:
        raise Refusal(ProtocolError.NO_EFFECT)
    modem.attached = on
    if not on:
        modem.drop_calls("host")
    modem.changed()
    return Response()


@HANDLERS.on(nas.GetRfBandInformation)
def bands(call: Exchange, _request: nas.GetRfBandInformation) -> Response:
    """Tell band and channel."""
    network = call.modem.network
    if not network.registered:
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    technology, _ = radio.TECHNOLOGIES[network.technology]
    band, channel = radio.ACTIVE[technology]
    return nas.GetRfBandInformationResponse(bands=(nas.BandInformation(technology, band, channel),))
