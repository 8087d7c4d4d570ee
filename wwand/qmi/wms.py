"""QMI WMS, wireless messaging: short messages as PDUs."""

from typing import Annotated

from wwand.qmi.layout import U8, U16, U32, Counted, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.values import OpenEnum, Service

WMS = Service.WMS


class StorageType(OpenEnum):
    """Where a message is kept."""

    UIM = 0
    NV = 1
    NONE = 0xFF


class MessageFormat(OpenEnum):
    """Whose PDU it is."""

    CDMA = 0
    GSM_WCDMA_POINT_TO_POINT = 6
    GSM_WCDMA_BROADCAST = 7
    MWI = 8


class MessageMode(OpenEnum):
    """Whose network it is from."""

    CDMA = 0
    GSM_WCDMA = 1


class MessageTag(OpenEnum):
    """Whether it has been read or sent (libqmi: MessageTagType)."""

    MT_READ = 0
    MT_NOT_READ = 1
    MO_SENT = 2
    MO_NOT_SENT = 3


class MessageProtocol(OpenEnum):
    """Which messages the modem sends."""

    CDMA = 0
    WCDMA = 1


class AckIndicator(OpenEnum):
    """Whether the host confirms a message."""

    SEND = 0
    DO_NOT_SEND = 1


class MessageType(OpenEnum):
    """What a route is for."""

    POINT_TO_POINT = 0


class MessageClass(OpenEnum):
    """Class of a message (23.038 §4)."""

    CLASS_0 = 0
    CLASS_1 = 1
    CLASS_2 = 2
    CLASS_3 = 3
    NONE = 4
    CDMA = 5


class ReceiptAction(OpenEnum):
    """What the modem does with a new message."""

    DISCARD = 0
    STORE_AND_NOTIFY = 1
    TRANSFER_ONLY = 2
    TRANSFER_AND_ACK = 3
    UNKNOWN = 0xFF


class DeliveryFailure(OpenEnum):
    """Whether to try again (libqmi: MessageDeliveryFailureType)."""

    TEMPORARY = 0
    PERMANENT = 1


LongOctets = Annotated[bytes, Counted(2)]


class NewMessageIndicator(Struct):
    """Whether new messages are reported."""

    report: bool


class MemoryPlace(Struct):
    """Where a message is."""

    storage_type: StorageType
    memory_index: U32


class TransferredMessage(Struct):
    """A message that the modem did not keep."""

    ack_indicator: AckIndicator
    transaction_id: U32
    format: MessageFormat
    raw_data: LongOctets = hidden()


class RawMessage(Struct):
    """A PDU with the SMSC's address in front."""

    format: MessageFormat
    raw_data: LongOctets = hidden()


class StoredMessage(Struct):
    """A PDU to be kept."""

    storage_type: StorageType
    format: MessageFormat
    raw_data: LongOctets = hidden()


class TaggedMessage(Struct):
    """A PDU that was kept."""

    message_tag: MessageTag
    format: MessageFormat
    raw_data: LongOctets = hidden()


class TagChange(Struct):
    """What a message shall be marked as."""

    storage_type: StorageType
    memory_index: U32
    message_tag: MessageTag


class ListedMessage(Struct):
    """A row of the list of messages."""

    memory_index: U32
    message_tag: MessageTag


class Route(Struct):
    """What the modem does with new messages of a class."""

    message_type: MessageType
    message_class: MessageClass
    storage: StorageType
    receipt_action: ReceiptAction


class CauseInfo(Struct):
    """Why a message was not sent (24.011 §8.2.5.4, 23.040 §9.2.3.22)."""

    rp_cause: U16
    tp_cause: U8


class Acknowledgement(Struct):
    """Which message is confirmed."""

    transaction_id: U32
    message_protocol: MessageProtocol
    success: bool


Routes = Annotated[tuple[Route, ...], Counted(2)]


class Reset(Request[Response]):
    """Forget what this client has asked for."""

    service, id = WMS, 0x0000


class SetEventReport(Request[Response]):
    """Choose what is reported."""

    service, id = WMS, 0x0001
    new_mt_message_indicator: NewMessageIndicator | None = tlv(0x10)


class EventReport(Indication):
    """A message has come."""

    service, id = WMS, 0x0001
    mt_message: MemoryPlace | None = tlv(0x10)
    transfer_route_mt_message: TransferredMessage | None = tlv(0x11)
    message_mode: MessageMode | None = tlv(0x12)
    smsc_address: str | None = tlv(0x15, secret=True)
    sms_on_ims: bool | None = tlv(0x16)


class RawSendResponse(Response):
    """Tells the message's reference, or why it was not sent."""

    message_id: U16 | None = tlv(0x01)
    gsm_wcdma_cause_info: CauseInfo | None = tlv(0x12)
    message_delivery_failure_type: DeliveryFailure | None = tlv(0x13)


class RawSend(Request[RawSendResponse]):
    """Send a message."""

    service, id, response = WMS, 0x0020, RawSendResponse
    timeout = 120.0
    raw_message_data: RawMessage | None = tlv(0x01)
    gsm_wcdma_link_timer: U8 | None = tlv(0x12)
    sms_on_ims: bool | None = tlv(0x13)


class RawWriteResponse(Response):
    """Tells where it is."""

    memory_index: U32 | None = tlv(0x01)


class RawWrite(Request[RawWriteResponse]):
    """Keep a message."""

    service, id, response = WMS, 0x0021, RawWriteResponse
    raw_message_data: StoredMessage | None = tlv(0x01)


class RawReadResponse(Response):
    """Tells the message."""

    raw_message_data: TaggedMessage | None = tlv(0x01)


class RawRead(Request[RawReadResponse]):
    """Read a message."""

    service, id, response = WMS, 0x0022, RawReadResponse
    message_memory_storage_id: MemoryPlace | None = tlv(0x01)
    message_mode: MessageMode | None = tlv(0x10)
    sms_on_ims: bool | None = tlv(0x11)


class ModifyTag(Request[Response]):
    """Mark a message."""

    service, id = WMS, 0x0023
    message_tag: TagChange | None = tlv(0x01)
    message_mode: MessageMode | None = tlv(0x10)


class Delete(Request[Response]):
    """Delete one message, or all of a kind."""

    service, id = WMS, 0x0024
    memory_storage: StorageType | None = tlv(0x01)
    memory_index: U32 | None = tlv(0x10)
    message_tag: MessageTag | None = tlv(0x11)
    message_mode: MessageMode | None = tlv(0x12)


class GetMessageProtocolResponse(Response):
    """Tells the protocol."""

    message_protocol: MessageProtocol | None = tlv(0x01)


class GetMessageProtocol(Request[GetMessageProtocolResponse]):
    """Ask which messages the modem sends."""

    service, id, response = WMS, 0x0030, GetMessageProtocolResponse


class ListMessagesResponse(Response):
    """Tells the messages."""

    message_list: Annotated[tuple[ListedMessage, ...], Counted(4)] | None = tlv(0x01)


class ListMessages(Request[ListMessagesResponse]):
    """Ask which messages there are."""

    service, id, response = WMS, 0x0031, ListMessagesResponse
    storage_type: StorageType | None = tlv(0x01)
    message_tag: MessageTag | None = tlv(0x11)
    message_mode: MessageMode | None = tlv(0x12)


class SetRoutes(Request[Response]):
    """Choose what the modem does with new messages."""

    service, id = WMS, 0x0032
    route_list: Routes | None = tlv(0x01)
    transfer_status_report: U8 | None = tlv(0x10)


class GetRoutesResponse(Response):
    """Tells the routes."""

    route_list: Routes | None = tlv(0x01)
    transfer_status_report: U8 | None = tlv(0x10)


class GetRoutes(Request[GetRoutesResponse]):
    """Ask what the modem does with new messages."""

    service, id, response = WMS, 0x0033, GetRoutesResponse


class SendAckResponse(Response):
    """Tells what went wrong."""

    failure_cause: U8 | None = tlv(0x10)


class SendAck(Request[SendAckResponse]):
    """Confirm a message that the modem did not keep."""

    service, id, response = WMS, 0x0037, SendAckResponse
    information: Acknowledgement | None = tlv(0x01)
    sms_on_ims: bool | None = tlv(0x12)
