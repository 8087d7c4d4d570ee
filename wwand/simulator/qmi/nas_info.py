"""NAS: what is told of signal, networks' system information, names and cells."""

from typing import TYPE_CHECKING, Any

from wwand.qmi import nas, nas_cells, nas_names, nas_signal, nas_system
from wwand.qmi import nas_values as values
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.simulator.card import swapped
from wwand.simulator.model import Operator
from wwand.simulator.network import DENIED, ROAMING, SEARCHING
from wwand.simulator.qmi import more, radio
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()

RSRP_BELOW, RSRQ, SNR, ECIO = 20, -10, 120, 5
"""LTE: dB by which RSRP is weaker than the strength, dB, tenths of dB; UMTS: minus half dB."""

UNKNOWN_SIGNAL = 99
"""<rssi> of +CSQ (27.007 §8.5)."""

NO_SIGNAL = -125
"""dBm: what a modem tells that hears nothing (libqmi takes -125 and below for no value)."""

ARFCN_PRIORITY, THRESHOLD, PHYSICAL_CELL = 5, 12, 101
"""LTE cell selection as a quiet network sets it (36.304 §5.2)."""


def service_status(stat: int) -> values.ServiceStatus:
    """How much a network lets the modem do."""
    if stat in (SEARCHING, 0):
        return values.ServiceStatus.NONE
    return values.ServiceStatus.LIMITED if stat == DENIED else values.ServiceStatus.AVAILABLE


def _radio(engine: "QmiEngine") -> values.RadioInterface:
    technology, _ = radio.TECHNOLOGIES[engine.modem.network.technology]
    return technology


def _level(engine: "QmiEngine") -> int | None:
    """The strength in dBm; None where nothing is heard."""
    network = engine.modem.network
    heard = network.registered and network.signal != UNKNOWN_SIGNAL
    return radio.dbm(network.signal) if heard else None


def _signal(engine: "QmiEngine") -> dict[str, Any]:
    level, technology = _level(engine), _radio(engine)
    if level is None:
        return {}
    if technology is values.RadioInterface.GSM:
        return {"gsm_signal_strength": level}
    if technology is values.RadioInterface.UMTS:
        return {"wcdma_signal_strength": nas_signal.CdmaSignal(level, ECIO)}
    lte = nas_signal.LteSignal(level, RSRQ, level - RSRP_BELOW, SNR)
    return {"lte_signal_strength": lte}


def signal_indication(engine: "QmiEngine") -> nas_signal.SignalInfo:
    """Report the signal."""
    return nas_signal.SignalInfo(**_signal(engine))


def strength_indication(engine: "QmiEngine") -> nas_signal.EventReport:
    """Report the strength in the older form."""
    level = _level(engine)
    strength = nas_signal.Strength(NO_SIGNAL if level is None else level, _radio(engine))
    return nas_signal.EventReport(signal_strength=strength)


@HANDLERS.on(nas_signal.GetSignalInfo)
def signal_info(call: Exchange, _request: nas_signal.GetSignalInfo) -> Response:
    """Tell the signal of the radio in use."""
    if not (told := _signal(call.engine)):
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    return nas_signal.GetSignalInfoResponse(**told)


@HANDLERS.on(nas_signal.GetSignalStrength)
def signal_strength(call: Exchange, request: nas_signal.GetSignalStrength) -> Response:
    """Tell the strength, and what else is asked for."""
    level, technology = _level(call.engine), _radio(call.engine)
    if level is None:
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    asked = request.request_mask or nas_signal.SignalStrengthRequest(0)
    wants = nas_signal.SignalStrengthRequest
    lte = technology is values.RadioInterface.LTE
    umts = technology is values.RadioInterface.UMTS
    rssi = nas_signal.Rssi(-level, technology)
    return nas_signal.GetSignalStrengthResponse(
        signal_strength=nas_signal.Strength(level, technology),
        rssi_list=(rssi,) if wants.RSSI in asked else None,
        ecio_list=(nas_signal.Ecio(ECIO, technology),) if umts and wants.ECIO in asked else None,
        rsrq=nas_signal.Rsrq(RSRQ, technology) if lte and wants.RSRQ in asked else None,
        lte_snr=SNR if lte and wants.LTE_SNR in asked else None,
        lte_rsrp=level - RSRP_BELOW if lte and wants.LTE_RSRP in asked else None,
    )


@HANDLERS.on(nas_signal.SetEventReport)
def set_event_report(call: Exchange, request: nas_signal.SetEventReport) -> Response:
    """Choose what is reported in the older form; thresholds are not looked at."""
    chosen = (request.signal_strength_indicator, request.rssi_indicator)
    if any(indicator is not None for indicator in chosen):
        on = any(indicator is not None and indicator.report for indicator in chosen)
        call.client.report("strength", on)
    return Response()


@HANDLERS.on(nas_signal.ConfigSignalInfo, nas_signal.ConfigSignalInfoV2)
def config_signal_info(_call: Exchange, _request: Any) -> Response:
    """Take thresholds; every change is reported."""
    return Response()


@HANDLERS.on(nas_system.GetSystemInfo)
def system_info(call: Exchange, _request: nas_system.GetSystemInfo) -> Response:
    """Tell what each radio's network says."""
    return nas_system.GetSystemInfoResponse(**_systems(call.engine))


def system_info_indication(engine: "QmiEngine") -> nas_system.SystemInfoIndication:
    """Report it."""
    return nas_system.SystemInfoIndication(**_systems(engine))


def _systems(engine: "QmiEngine") -> dict[str, Any]:
    facts, network = engine.facts, engine.modem.network
    here = _radio(engine)
    none = nas_system.SystemStatus(
        values.ServiceStatus.NONE, values.ServiceStatus.NONE, preferred_data_path=False
    )
    status = service_status(network.stat)
    serving = nas_system.SystemStatus(status, status, preferred_data_path=False)
    names = {
        values.RadioInterface.GSM: "gsm",
        values.RadioInterface.UMTS: "wcdma",
        values.RadioInterface.LTE: "lte",
    }
    told: dict[str, Any] = {
        f"{names[each]}_service_status": serving if each is here else none
        for each in radio.radios(facts)
    }
    if network.registered and here in radio.radios(facts):
        told[f"{names[here]}_system_info_v2"] = _system(engine, here)
    state = values.SimRejectState
    ready = engine.modem.card.ready
    told["sim_reject_info"] = state.SIM_AVAILABLE if ready else state.SIM_UNAVAILABLE
    return told


def _system(engine: "QmiEngine", here: values.RadioInterface) -> nas_system.SystemInfo:
    network = engine.modem.network
    operator, facts = network.operator, network.facts
    assert operator
    lte = here is values.RadioInterface.LTE
    both, no_domain = values.ServiceDomain.CS_PS, values.ServiceDomain.NONE
    away = values.RoamingStatus.ON if network.stat == ROAMING else values.RoamingStatus.OFF
    # the fields stand as the structure declares them: each value after the flag that it counts
    common = (
        *(True, both, True, both, True, away, True, False),
        *(not lte, 0xFFFF if lte else facts.area, True, facts.cell),
        *(False, no_domain, 0, True, operator.code[:3], operator.code[3:]),
    )
    if lte:
        return nas_system.LteSystemInfo(*common, True, facts.area)
    if here is values.RadioInterface.UMTS:
        plus = values.HsService.HSDPA_HSUPA_SUPPORTED
        return nas_system.WcdmaSystemInfo(*common, True, plus, True, plus, False, 0xFFFF)
    return nas_system.GsmSystemInfo(*common, True, True, False, False)


@HANDLERS.on(nas_names.GetHomeNetwork)
def home_network(call: Exchange, _request: nas_names.GetHomeNetwork) -> Response:
    """Tell the SIM's network."""
    card = call.modem.card
    if not card.ready:
        raise Refusal(ProtocolError.NOT_PROVISIONED)
    digits = card.facts.mnc_length
    code = card.facts.imsi[: 3 + digits]
    known = (o.long for o in call.modem.network.facts.operators if o.code == code)
    name = card.facts.operator or next(known, "")
    return nas_names.GetHomeNetworkResponse(
        home_network=nas.Plmn(int(code[:3]), int(code[3:]), name),
        home_network_3gpp_mnc=nas_names.HomeMnc(is_3gpp=True, includes_pcs_digit=digits == 3),
    )


@HANDLERS.on(nas_names.GetOperatorName)
def operator_name(call: Exchange, _request: nas_names.GetOperatorName) -> Response:
    """Tell the names that card and network know."""
    card, operator = call.modem.card, call.modem.network.operator
    if not card.ready:
        raise Refusal(ProtocolError.NOT_PROVISIONED)
    own = nas_names.ServiceProviderName(values.NameDisplay(0), card.facts.operator)
    return nas_names.GetOperatorNameResponse(
        service_provider_name=own if card.facts.operator else None,
        operator_string_name=operator.long if operator else None,
        nitz_information=_nitz(operator) if operator else None,
    )


def _nitz(operator: Operator) -> nas_names.PlmnName:
    """A name as the network sends it (24.008 §10.5.3.5a)."""
    return nas_names.PlmnName(
        values.PlmnEncoding.UCS2LE,
        values.CountryInitials.DO_NOT_ADD,
        values.SpareBits.UNKNOWN,
        values.SpareBits.UNKNOWN,
        operator.long.encode("utf-16-le"),
        operator.short.encode("utf-16-le"),
    )


@HANDLERS.on(more.GetPlmnName)
def plmn_name(call: Exchange, request: more.GetPlmnName) -> Response:
    """Tell the name of any network that is in reach."""
    wanted = needed(request.plmn)
    operators = call.modem.network.facts.operators
    known = [o for o in operators if (int(o.code[:3]), int(o.code[3:])) == (wanted.mcc, wanted.mnc)]
    if not known:
        raise Refusal(ProtocolError.NO_ENTRY)
    form, add, bits = (
        values.DescriptionEncoding.UNICODE,
        values.CountryInitials.DO_NOT_ADD,
        values.SpareBits.UNKNOWN,
    )
    short, long = (name.encode("utf-16-le") for name in (known[0].short, known[0].long))
    own = call.modem.card.facts.operator.encode("utf-16-le")
    own_form = form if own else values.DescriptionEncoding.UNSPECIFIED
    names = more.EonsName(own_form, own, form, add, bits, short, form, add, bits, long)
    return more.GetPlmnNameResponse(eons_plmn_name_3gpp=names)


@HANDLERS.on(nas_cells.GetCellLocationInfo)
def cells(call: Exchange, _request: nas_cells.GetCellLocationInfo) -> Response:
    """Tell the serving cell; there are no neighbours."""
    level, here = _level(call.engine), _radio(call.engine)
    network = call.modem.network
    operator, facts = network.operator, network.facts
    if level is None or operator is None:
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    code = plmn_octets(operator.code)
    _, channel = radio.ACTIVE[here]
    if here is values.RadioInterface.LTE:
        rssi = level * 10
        cell = nas_cells.LteCell(PHYSICAL_CELL, RSRQ * 10, rssi - RSRP_BELOW * 10, rssi, 40)
        lte = nas_cells.IntrafrequencyLteInfo(
            True, code, facts.area, facts.cell, channel, PHYSICAL_CELL,
            ARFCN_PRIORITY, THRESHOLD, 0, THRESHOLD, (cell,),
        )  # fmt: skip
        return nas_cells.GetCellLocationInfoResponse(intrafrequency_lte_info_v2=lte)
    if here is values.RadioInterface.UMTS:
        umts = nas_cells.UmtsInfo(
            facts.cell & 0xFFFF, code, facts.area, channel, PHYSICAL_CELL, level, -ECIO, (), ()
        )
        return nas_cells.GetCellLocationInfoResponse(umts_info_v2=umts, umts_cell_id=facts.cell)
    gsm = nas_cells.GeranInfo(facts.cell, code, facts.area, channel, 0, 0xFFFFFFFF, level + 111, ())
    return nas_cells.GetCellLocationInfoResponse(geran_info_v2=gsm)


def plmn_octets(code: str) -> bytes:
    """MCC and MNC as the network writes them (24.008 §10.5.1.3)."""
    third = code[5] if len(code) == 6 else "F"
    return bytes.fromhex(swapped(code[:3] + third + code[3:5]))
