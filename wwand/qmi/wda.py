"""QMI WDA, wireless data administration: the form of the data that the host sees."""

from typing import Annotated

from wwand.qmi.layout import LONG, U8, U32, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.values import EndpointType, OpenEnum, Service

WDA = Service.WDA


class LinkLayerProtocol(OpenEnum):
    """What frames on the network interface look like."""

    UNKNOWN = 0
    IEEE_802_3 = 1
    RAW_IP = 2


class AggregationProtocol(OpenEnum):
    """How several packets share a transfer."""

    DISABLED = 0
    TLP = 1
    QC_NCM = 2
    MBIM = 3
    RNDIS = 4
    QMAP = 5
    QMAPV2 = 6
    QMAPV3 = 7
    QMAPV4 = 8
    QMAPV5 = 9


LinkLayer = Annotated[LinkLayerProtocol, LONG]
Aggregation = Annotated[AggregationProtocol, LONG]


class EndpointInfo(Struct):
    """Which of the modem's data interfaces is meant."""

    endpoint_type: Annotated[EndpointType, LONG]
    interface_number: U32


class DataFormatResponse(Response):
    """Tells the format in use; the same for Set and Get."""

    qos_format: bool | None = tlv(0x10)
    link_layer_protocol: LinkLayer | None = tlv(0x11)
    uplink_data_aggregation_protocol: Aggregation | None = tlv(0x12)
    downlink_data_aggregation_protocol: Aggregation | None = tlv(0x13)
    ndp_signature: U32 | None = tlv(0x14)
    downlink_data_aggregation_max_datagrams: U32 | None = tlv(0x15)
    downlink_data_aggregation_max_size: U32 | None = tlv(0x16)
    uplink_data_aggregation_max_datagrams: U32 | None = tlv(0x17)
    uplink_data_aggregation_max_size: U32 | None = tlv(0x18)
    download_minimum_padding: U32 | None = tlv(0x1A)
    flow_control: U8 | None = tlv(0x1B)


class SetDataFormat(Request[DataFormatResponse]):
    """Choose the format; the modem answers what it took."""

    service, id, response = WDA, 0x0020, DataFormatResponse
    qos_format: bool | None = tlv(0x10)
    link_layer_protocol: LinkLayer | None = tlv(0x11)
    uplink_data_aggregation_protocol: Aggregation | None = tlv(0x12)
    downlink_data_aggregation_protocol: Aggregation | None = tlv(0x13)
    ndp_signature: U32 | None = tlv(0x14)
    downlink_data_aggregation_max_datagrams: U32 | None = tlv(0x15)
    downlink_data_aggregation_max_size: U32 | None = tlv(0x16)
    endpoint_info: EndpointInfo | None = tlv(0x17)
    uplink_data_aggregation_max_datagrams: U32 | None = tlv(0x1B)
    uplink_data_aggregation_max_size: U32 | None = tlv(0x1C)


class GetDataFormat(Request[DataFormatResponse]):
    """Ask for the format."""

    service, id, response = WDA, 0x0021, DataFormatResponse
    endpoint_info: EndpointInfo | None = tlv(0x10)
