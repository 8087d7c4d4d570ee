"""QMI VOICE, of which wwand uses the codes that people type (USSD)."""

from typing import Annotated

from wwand.qmi.layout import SHORT, U8, U16, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.values import OpenEnum, Service

VOICE = Service.VOICE


class UssCoding(OpenEnum):
    """How a text is written (libqmi: UssDataCodingScheme)."""

    UNKNOWN = 0
    ASCII = 1
    OCTETS = 2
    UCS2 = 3


class AlphaCoding(OpenEnum):
    """How the SIM's name of a service is written (libqmi: AlphaDataCodingScheme)."""

    GSM = 1
    UCS2 = 2


class UserAction(OpenEnum):
    """Whether the network waits for an answer."""

    UNKNOWN = 0
    NOT_REQUIRED = 1
    REQUIRED = 2


class UssData(Struct):
    """A code or its answer."""

    data_coding_scheme: UssCoding
    data: bytes = hidden()


class AlphaIdentifier(Struct):
    """What the SIM calls the service."""

    data_coding_scheme: AlphaCoding
    alpha: bytes


EndReason = Annotated[int, SHORT]
Utf16 = tuple[U16, ...]


class IndicationRegister(Request[Response]):
    """Choose what is reported."""

    service, id = VOICE, 0x0003
    supplementary_service_notification_events: bool | None = tlv(0x12)
    call_notification_events: bool | None = tlv(0x13)
    ussd_notification_events: bool | None = tlv(0x16)


class OriginateUssdResponse(Response):
    """Tells the network's answer."""

    failure_cause: EndReason | None = tlv(0x10)
    alpha_identifier: AlphaIdentifier | None = tlv(0x11)
    uss_data: UssData | None = tlv(0x12)
    call_id: U8 | None = tlv(0x14)
    uss_data_utf16: Utf16 | None = tlv(0x16, secret=True)


class OriginateUssd(Request[OriginateUssdResponse]):
    """Send a code and wait for the answer."""

    service, id, response = VOICE, 0x003A, OriginateUssdResponse
    timeout = 120.0
    uss_data: UssData | None = tlv(0x01)


class AnswerUssd(Request[Response]):
    """Answer what the network asked."""

    service, id = VOICE, 0x003B
    uss_data: UssData | None = tlv(0x01)


class CancelUssd(Request[Response]):
    """End the dialogue."""

    service, id = VOICE, 0x003C


class ReleaseUssd(Indication):
    """The network has ended the dialogue."""

    service, id = VOICE, 0x003D


class Ussd(Indication):
    """The network tells or asks something."""

    service, id = VOICE, 0x003E
    user_action: UserAction | None = tlv(0x01)
    uss_data: UssData | None = tlv(0x10)
    uss_data_utf16: Utf16 | None = tlv(0x11, secret=True)


class OriginateUssdNoWait(Request[Response]):
    """Send a code; the answer comes as an indication."""

    service, id = VOICE, 0x0043
    uss_data: UssData | None = tlv(0x01)


class OriginateUssdNoWaitIndication(Indication):
    """The network's answer."""

    service, id = VOICE, 0x0043
    error_code: U16 | None = tlv(0x10)
    failure_cause: EndReason | None = tlv(0x11)
    uss_data: UssData | None = tlv(0x12)
    alpha_identifier: AlphaIdentifier | None = tlv(0x13)
    uss_data_utf16: Utf16 | None = tlv(0x14, secret=True)
