"""QMI CTL, which hands out clients of the other services."""

from typing import Annotated

from wwand.qmi.layout import SHORT, U8, U16, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.values import OpenEnum, Service

CTL = Service.CTL


class DataFormat(OpenEnum):
    """Whether a QoS header precedes each packet."""

    QOS_FLOW_HEADER_ABSENT = 0
    QOS_FLOW_HEADER_PRESENT = 1


class DataLinkProtocol(OpenEnum):
    """What frames on the network interface look like."""

    UNKNOWN = 0
    IEEE_802_3 = 1
    RAW_IP = 2


class ServiceVersion(Struct):
    """A service that the modem has."""

    service: Service
    major_version: U16
    minor_version: U16


class ClientInfo(Struct):
    """A client of a service."""

    service: Service
    cid: U8


class SetInstanceIdResponse(Response):
    """Tells the link."""

    link_id: U16 | None = tlv(0x01)


class SetInstanceId(Request[SetInstanceIdResponse]):
    """Number the host."""

    service, id, response = CTL, 0x0020, SetInstanceIdResponse
    instance_id: U8 | None = tlv(0x01)


class GetVersionInfoResponse(Response):
    """Tells the services."""

    service_list: tuple[ServiceVersion, ...] | None = tlv(0x01)


class GetVersionInfo(Request[GetVersionInfoResponse]):
    """Ask which services there are."""

    service, id, response = CTL, 0x0021, GetVersionInfoResponse


class AllocateCidResponse(Response):
    """Tells the client's number."""

    allocation_info: ClientInfo | None = tlv(0x01)


class AllocateCid(Request[AllocateCidResponse]):
    """Become a client of a service."""

    service, id, response = CTL, 0x0022, AllocateCidResponse
    service_type: Service | None = tlv(0x01)
    """libqmi's name of this TLV is "Service"."""


class ReleaseCidResponse(Response):
    """Repeats the client."""

    release_info: ClientInfo | None = tlv(0x01)


class ReleaseCid(Request[ReleaseCidResponse]):
    """Be a client no longer; what it started ends."""

    service, id, response = CTL, 0x0023, ReleaseCidResponse
    timeout = 3.0
    release_info: ClientInfo | None = tlv(0x01)


class SetDataFormatResponse(Response):
    """Tells the protocol that was agreed."""

    protocol: Annotated[DataLinkProtocol, SHORT] | None = tlv(0x10)


class SetDataFormat(Request[SetDataFormatResponse]):
    """Choose what frames look like, on modems older than the WDA service."""

    service, id, response = CTL, 0x0026, SetDataFormatResponse
    format: DataFormat | None = tlv(0x01)
    protocol: Annotated[DataLinkProtocol, SHORT] | None = tlv(0x10)


class Sync(Request[Response]):
    """Have the modem forget all clients."""

    service, id = CTL, 0x0027


class SyncIndication(Indication):
    """The modem has forgotten all clients: it has (re)started."""

    service, id = CTL, 0x0027


class InternalProxyOpen(Request[Response]):
    """Tell the qmi-proxy program which device is meant; a modem never sees it."""

    service, id = CTL, 0xFF00
    device_path: str | None = tlv(0x01)
