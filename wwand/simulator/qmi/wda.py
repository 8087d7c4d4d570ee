"""WDA: what the frames of the network interface look like."""

from wwand.qmi import wda
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.simulator.calls import Framing
from wwand.simulator.data import DataConnection
from wwand.simulator.engine import Modem
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal

HANDLERS = Handlers()

FRAMINGS = {1: Framing.ETHERNET, 2: Framing.RAW_IP}
"""Numbers of the link layer protocol, the same in WDA and CTL."""

ANY = "any"
"""Value of the fault that leaves the choice to the host."""

NONE = wda.AggregationProtocol.DISABLED


@HANDLERS.on(wda.SetDataFormat)
def set_format(call: Exchange, request: wda.SetDataFormat) -> Response:
    """Choose the link layer; packets are never aggregated, whatever is asked for."""
    if request.link_layer_protocol is not None:
        framing = FRAMINGS.get(int(request.link_layer_protocol))
        if framing is None:
            raise Refusal(ProtocolError.INVALID_ARGUMENT)
        choose(call, framing)
    return _told(call)


@HANDLERS.on(wda.GetDataFormat)
def get_format(call: Exchange, _request: wda.GetDataFormat) -> Response:
    """Tell the format in use."""
    return _told(call)


def choose(call: Exchange, framing: Framing) -> None:
    """Take a framing over; a modem that has only one, or is connected, keeps its own."""
    connection = data(call)
    if connection.connected and framing is not connection.framing:
        raise Refusal(ProtocolError.INVALID_OPERATION)
    if not call.engine.facts.fixed_link_layer:
        connection.framing = framing
    settle(call.modem)


def settle(modem: Modem) -> None:
    """Have the one framing that a fault leaves to the modem."""
    wanted = modem.knobs.link_layer
    if modem.data and not modem.data.connected and wanted != ANY:
        modem.data.framing = Framing(wanted)


def number(call: Exchange) -> int:
    """The number of the framing in use."""
    framing = data(call).framing
    return next(n for n, known in FRAMINGS.items() if known is framing)


def data(call: Exchange) -> DataConnection:
    """The modem's data connection; raises Refusal when the model has no network interface."""
    if call.modem.data is None:
        raise Refusal(ProtocolError.DEVICE_UNSUPPORTED)
    return call.modem.data


def _told(call: Exchange) -> Response:
    return wda.DataFormatResponse(
        qos_format=False,
        link_layer_protocol=wda.LinkLayerProtocol(number(call)),
        uplink_data_aggregation_protocol=NONE,
        downlink_data_aggregation_protocol=NONE,
        downlink_data_aggregation_max_datagrams=0,
        downlink_data_aggregation_max_size=0,
    )
