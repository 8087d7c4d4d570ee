"""NAS: which technologies, bands and network the modem may use."""

from wwand.qmi import nas, nas_selection
from wwand.qmi import nas_values as values
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.simulator.network import AUTOMATIC, MANUAL
from wwand.simulator.qmi import radio
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal
from wwand.simulator.replies import Refused

HANDLERS = Handlers()


@HANDLERS.on(nas_selection.GetSystemSelectionPreference)
def get_selection(call: Exchange, _request: nas_selection.GetSystemSelectionPreference) -> Response:
    """Tell what the modem may use."""
    selection, network = call.engine.selection, call.modem.network
    manual = network.mode == MANUAL and network.chosen
    return nas_selection.GetSystemSelectionPreferenceResponse(
        emergency_mode=False,
        mode_preference=selection.modes,
        band_preference=selection.bands,
        roaming_preference=selection.roaming,
        lte_band_preference=selection.lte_bands & radio.LOW or None,
        network_selection_preference=values.NetworkSelection(int(bool(manual))),
        service_domain_preference=selection.domain,
        gsm_wcdma_acquisition_order_preference=selection.gsm_wcdma,
        acquisition_order_preference=selection.order if selection.has_order else None,
        manual_network_selection=nas.PcsDigit(*plmn(manual.code), len(manual.code) == 6)
        if manual
        else None,
        extended_lte_band_preference=_words(selection.lte_bands)
        if radio.lte_bands(call.engine.facts) > radio.LOW
        else None,
    )


@HANDLERS.on(nas_selection.SetSystemSelectionPreference)
def set_selection(call: Exchange, request: nas_selection.SetSystemSelectionPreference) -> Response:
    """Choose what the modem may use."""
    selection, facts = call.engine.selection, call.engine.facts
    if request.band_preference is not None:
        selection.bands = request.band_preference & radio.bands(facts)
    if request.lte_band_preference is not None:
        selection.lte_bands = request.lte_band_preference & radio.lte_bands(facts)
    if request.extended_lte_band_preference is not None:
        words = request.extended_lte_band_preference
        wanted_bands = sum(word << 64 * place for place, word in enumerate(words))
        selection.lte_bands = wanted_bands & radio.lte_bands(facts)
    if request.roaming_preference is not None:
        selection.roaming = request.roaming_preference
    if request.service_domain_preference is not None:
        selection.domain = request.service_domain_preference
    if request.gsm_wcdma_acquisition_order_preference is not None:
        selection.gsm_wcdma = request.gsm_wcdma_acquisition_order_preference
    order = request.acquisition_order_preference
    if order is not None and not selection.prefer(order):
        raise Refusal(ProtocolError.INVALID_ARGUMENT)
    if request.mode_preference is not None and not selection.choose(request.mode_preference):
        raise Refusal(ProtocolError.DEVICE_UNSUPPORTED)
    if wanted := request.network_selection_preference:
        if wanted.mode is values.NetworkSelection.MANUAL:
            select(call, MANUAL, code_of(call, wanted.mcc, wanted.mnc))
        elif call.modem.network.mode == MANUAL:
            select(call, AUTOMATIC)
    return Response()


def _words(lte_bands: int) -> tuple[int, ...]:
    return tuple(lte_bands >> 64 * place & radio.LOW for place in range(4))


def plmn(code: str) -> tuple[int, int]:
    """MCC and MNC as numbers."""
    return int(code[:3]), int(code[3:])


def code_of(call: Exchange, mcc: int, mnc: int) -> str:
    """The digits of a network in reach, with as many as its MNC has."""
    operators = call.modem.network.facts.operators
    return next((o.code for o in operators if plmn(o.code) == (mcc, mnc)), f"{mcc:03}{mnc:02}")


def select(call: Exchange, mode: int, code: str = "") -> None:
    """Register as +COPS does; raises Refusal when that network is not to be had."""
    try:
        call.modem.network.select(mode, code)
    except Refused as refused:
        raise Refusal(ProtocolError.NO_NETWORK_FOUND) from refused
