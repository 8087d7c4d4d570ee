"""WMS: the short messages on the card and in the modem, the same that AT commands read."""

from typing import TYPE_CHECKING

from wwand.qmi import wms
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response, failure
from wwand.qmi.wms import MessageTag, StorageType
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed
from wwand.simulator.replies import MessageRefused

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()

UNREAD, READ, UNSENT, SENT = 0, 1, 2, 3
"""<stat> of 27.005 §3.1."""

TAGS = {
    UNREAD: MessageTag.MT_NOT_READ,
    READ: MessageTag.MT_READ,
    UNSENT: MessageTag.MO_NOT_SENT,
    SENT: MessageTag.MO_SENT,
}
STATUSES = {tag: status for status, tag in TAGS.items()}

NO_NETWORK_SERVICE = 331
"""27.005 §3.2.5."""

Messages = dict[int, tuple[int, str]]


STORES = {StorageType.UIM: "SM", StorageType.NV: "ME"}

State = tuple[frozenset[tuple[StorageType, int]], int]
"""The messages that are there, and how many status reports have come."""


def state(engine: "QmiEngine") -> State:
    """Which messages there are."""
    there = {
        (kind, index) for kind, name in STORES.items() for index in engine.modem.messages(name)
    }
    return frozenset(there), len(engine.modem.status_reports)


def tell(engine: "QmiEngine", before: State, now: State) -> None:
    """Report messages and status reports that have come."""
    if engine.transfers_reports:
        for report in engine.modem.status_reports[before[1] : now[1]]:
            _transfer(engine, bytes.fromhex(report))
    for kind, index in sorted(now[0] - before[0]):
        if engine.modem.messages(STORES[kind])[index][0] != UNREAD:
            continue
        told = wms.EventReport(
            mt_message=wms.MemoryPlace(kind, index),
            message_mode=wms.MessageMode.GSM_WCDMA,
        )
        for client in engine.clients.of(wms.WMS):
            if "message" in client.reports:
                engine.indicate(told, client)


def _transfer(engine: "QmiEngine", pdu: bytes) -> None:
    """Hand a PDU over, without the service centre's address, that is not kept."""
    told = wms.EventReport(
        transfer_route_mt_message=wms.TransferredMessage(
            wms.AckIndicator.DO_NOT_SEND,
            0,
            wms.MessageFormat.GSM_WCDMA_POINT_TO_POINT,
            pdu[1 + pdu[0] :],
        ),
        message_mode=wms.MessageMode.GSM_WCDMA,
    )
    for client in engine.clients.of(wms.WMS):
        if "message" in client.reports:
            engine.indicate(told, client)


@HANDLERS.on(wms.Reset)
def reset(call: Exchange, _request: wms.Reset) -> Response:
    """Forget what the client has set."""
    call.client.reset()
    return Response()


@HANDLERS.on(wms.SetEventReport)
def set_event_report(call: Exchange, request: wms.SetEventReport) -> Response:
    """Choose whether new messages are reported."""
    if indicator := request.new_mt_message_indicator:
        call.client.report("message", indicator.report)
    return Response()


@HANDLERS.on(wms.GetMessageProtocol)
def message_protocol(_call: Exchange, _request: wms.GetMessageProtocol) -> Response:
    """Tell whose messages they are."""
    return wms.GetMessageProtocolResponse(message_protocol=wms.MessageProtocol.WCDMA)


@HANDLERS.on(wms.GetRoutes)
def get_routes(call: Exchange, _request: wms.GetRoutes) -> Response:
    """Tell what is done with new messages."""
    return wms.GetRoutesResponse(route_list=call.engine.routes)


@HANDLERS.on(wms.SetRoutes)
def set_routes(call: Exchange, request: wms.SetRoutes) -> Response:
    """Take what shall be done with new messages: the last route says where all are kept."""
    call.engine.routes = needed(request.route_list)
    for route in call.engine.routes[-1:]:
        if route.storage in STORES:
            call.modem.choose_stores([STORES[route.storage]], first=2)
    call.engine.transfers_reports = request.transfer_status_report == 1
    return Response()


@HANDLERS.on(wms.ListMessages)
def list_messages(call: Exchange, request: wms.ListMessages) -> Response:
    """Tell the messages of a kind."""
    rows = tuple(
        wms.ListedMessage(index, TAGS[status])
        for index, (status, _) in sorted(_held(call, needed(request.storage_type)).items())
        if request.message_tag in (None, TAGS[status])
    )
    return wms.ListMessagesResponse(message_list=rows)


@HANDLERS.on(wms.RawRead)
def read(call: Exchange, request: wms.RawRead) -> Response:
    """Tell a message, which is read from then on."""
    place = needed(request.message_memory_storage_id)
    held, index = _held(call, place.storage_type), place.memory_index
    if index not in held:
        raise Refusal(ProtocolError.NO_ENTRY)
    status, pdu = held[index]
    if status == UNREAD:
        held[index] = READ, pdu
    form = wms.MessageFormat.GSM_WCDMA_POINT_TO_POINT
    told = wms.TaggedMessage(TAGS[status], form, bytes.fromhex(pdu))
    return wms.RawReadResponse(raw_message_data=told)


@HANDLERS.on(wms.RawWrite)
def write(call: Exchange, request: wms.RawWrite) -> Response:
    """Keep a message that is to be sent."""
    data = needed(request.raw_message_data)
    _held(call, data.storage_type)
    name = STORES[data.storage_type]
    try:
        index = call.modem.keep(UNSENT, data.raw_data.hex().upper(), name)
    except MessageRefused:
        raise Refusal(ProtocolError.DEVICE_STORAGE_FULL) from None
    return wms.RawWriteResponse(memory_index=index)


@HANDLERS.on(wms.RawSend)
def send(call: Exchange, request: wms.RawSend) -> Response:
    """Send a message."""
    data = needed(request.raw_message_data)
    if not call.modem.network.registered:
        cause = wms.CauseInfo(NO_NETWORK_SERVICE, 0)
        raise Refusal(
            ProtocolError.WMS_CAUSE_CODE,
            wms.RawSendResponse(
                result=failure(ProtocolError.WMS_CAUSE_CODE),
                gsm_wcdma_cause_info=cause,
                message_delivery_failure_type=wms.DeliveryFailure.TEMPORARY,
            ),
        )
    if call.modem.knobs.no_smsc:
        raise Refusal(ProtocolError.WMS_SMSC_ADDRESS)
    reference = call.modem.next_reference(data.raw_data.hex().upper())
    return wms.RawSendResponse(message_id=reference)


@HANDLERS.on(wms.SendAck)
def confirmed(_call: Exchange, _request: wms.SendAck) -> Response:
    """Hear that a message which is not kept has come."""
    return wms.SendAckResponse()


@HANDLERS.on(wms.ModifyTag)
def modify_tag(call: Exchange, request: wms.ModifyTag) -> Response:
    """Mark a message."""
    change = needed(request.message_tag)
    held = _held(call, change.storage_type)
    if change.memory_index not in held:
        raise Refusal(ProtocolError.NO_ENTRY)
    held[change.memory_index] = STATUSES[change.message_tag], held[change.memory_index][1]
    return Response()


@HANDLERS.on(wms.Delete)
def delete(call: Exchange, request: wms.Delete) -> Response:
    """Delete one message, or all of a kind."""
    held = _held(call, needed(request.memory_storage))
    if request.memory_index is not None:
        if held.pop(request.memory_index, None) is None:
            raise Refusal(ProtocolError.NO_ENTRY)
        return Response()
    for index in [i for i, row in held.items() if request.message_tag in (None, TAGS[row[0]])]:
        del held[index]
    return Response()


def _held(call: Exchange, storage: StorageType) -> Messages:
    """The messages on the card, or in the modem's own memory."""
    if storage not in STORES:
        raise Refusal(ProtocolError.INVALID_ARGUMENT)
    if storage is StorageType.UIM and not call.modem.card.ready:
        raise Refusal(ProtocolError.DEVICE_NOT_READY)
    return call.modem.messages(STORES[storage])
