"""QMI WDS, wireless data: sessions, their settings and counters, and profiles."""

import ipaddress
from typing import Annotated

from wwand.qmi.call_end_tables import CallEndReason, VerboseType
from wwand.qmi.layout import I16, IPV6, LONG, SHORT, U8, U32, U64, Counted, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.values import EndpointType, Service
from wwand.qmi.wds_values import (
    Authentication,
    CallType,
    ClientType,
    ConnectionStatus,
    DataCallStatus,
    DataNetworkType,
    DormancyStatus,
    ExtendedTechnologyPreference,
    IpSupportType,
    PacketStatisticsMask,
    PdpType,
    ProfileFamily,
    ProfileType,
    RequestedSettings,
    TechnologyPreference,
    WdsIpFamily,
)

WDS = Service.WDS

EndReason = Annotated[CallEndReason, SHORT]
Extended = Annotated[ExtendedTechnologyPreference, SHORT]
DomainName = Annotated[str, Counted(2)]


class VerboseReason(Struct):
    """Why a call ended: a table's number, and the number in that table (`call_end_tables`)."""

    type: Annotated[VerboseType, SHORT]
    reason: I16


class Connection(Struct):
    """Whether a session is up, and whether its settings are to be read again."""

    status: ConnectionStatus
    reconfiguration_required: bool


class ProfileId(Struct):
    """Which profile."""

    profile_type: ProfileType
    profile_index: U8


class Profile(Struct):
    """A row of the list of profiles."""

    profile_type: ProfileType
    profile_index: U8
    profile_name: str


class DefaultProfile(Struct):
    """Whose default profile."""

    type: ProfileType
    family: ProfileFamily


class Ipv6Interface(Struct):
    """An IPv6 address and the length of its prefix."""

    address: IPV6 = hidden()
    prefix_length: U8 = hidden()

    def __str__(self) -> str:
        return f"{ipaddress.IPv6Address(self.address)}/{self.prefix_length}"


class ChannelRates(Struct):
    """Bits per second."""

    channel_tx_rate_bps: U32
    channel_rx_rate_bps: U32
    max_channel_tx_rate_bps: U32
    max_channel_rx_rate_bps: U32


class BearerTechnology(Struct):
    """What carries the session: bits of libqmi's RatMask and So masks."""

    network_type: DataNetworkType
    rat_mask: U32
    so_mask: U32


class EndpointInfo(Struct):
    """Which of the modem's data interfaces."""

    endpoint_type: Annotated[EndpointType, LONG]
    interface_number: U32


class Reset(Request[Response]):
    """Forget what this client has asked for."""

    service, id = WDS, 0x0000


class SetEventReport(Request[Response]):
    """Choose what is reported."""

    service, id = WDS, 0x0001
    channel_rate: bool | None = tlv(0x10)
    data_bearer_technology: bool | None = tlv(0x12)
    dormancy_status: bool | None = tlv(0x13)
    current_data_bearer_technology: bool | None = tlv(0x15)
    data_call_status: bool | None = tlv(0x17)


class EventReport(Indication):
    """Something of what `SetEventReport` chose has changed."""

    service, id = WDS, 0x0001
    tx_packets_ok: U32 | None = tlv(0x10)
    rx_packets_ok: U32 | None = tlv(0x11)
    data_bearer_technology: U8 | None = tlv(0x17)
    dormancy_status: DormancyStatus | None = tlv(0x18)
    tx_bytes_ok: U64 | None = tlv(0x19)
    rx_bytes_ok: U64 | None = tlv(0x1A)
    current_data_bearer_technology: BearerTechnology | None = tlv(0x1D)
    data_call_status: DataCallStatus | None = tlv(0x1F)


class StartNetworkResponse(Response):
    """Tells the session's handle, or why there is none."""

    packet_data_handle: U32 | None = tlv(0x01)
    call_end_reason: EndReason | None = tlv(0x10)
    verbose_call_end_reason: VerboseReason | None = tlv(0x11)


class StartNetwork(Request[StartNetworkResponse]):
    """Begin a session; the answer comes when it is up or has failed."""

    service, id, response = WDS, 0x0020, StartNetworkResponse
    timeout = 90.0
    primary_dns_address_preference: U32 | None = tlv(0x10)
    secondary_dns_address_preference: U32 | None = tlv(0x11)
    apn: str | None = tlv(0x14)
    ipv4_address_preference: U32 | None = tlv(0x15)
    authentication_preference: Authentication | None = tlv(0x16)
    username: str | None = tlv(0x17, secret=True)
    password: str | None = tlv(0x18, secret=True)
    ip_family_preference: WdsIpFamily | None = tlv(0x19)
    technology_preference: TechnologyPreference | None = tlv(0x30)
    profile_index_3gpp: U8 | None = tlv(0x31)
    profile_index_3gpp2: U8 | None = tlv(0x32)
    enable_autoconnect: bool | None = tlv(0x33)
    extended_technology_preference: Extended | None = tlv(0x34)
    call_type: CallType | None = tlv(0x35)


class StopNetwork(Request[Response]):
    """End a session."""

    service, id = WDS, 0x0021
    packet_data_handle: U32 | None = tlv(0x01)
    disable_autoconnect: bool | None = tlv(0x10)


ALL_SESSIONS = 0xFFFFFFFF
"""A handle that stands for whatever session the client has."""


class GetPacketServiceStatusResponse(Response):
    """Tells whether the session is up."""

    connection_status: ConnectionStatus | None = tlv(0x01)


class GetPacketServiceStatus(Request[GetPacketServiceStatusResponse]):
    """Ask whether the session is up."""

    service, id, response = WDS, 0x0022, GetPacketServiceStatusResponse


class PacketServiceStatus(Indication):
    """A session has come up, changed or ended."""

    service, id = WDS, 0x0022
    connection_status: Connection | None = tlv(0x01)
    call_end_reason: EndReason | None = tlv(0x10)
    verbose_call_end_reason: VerboseReason | None = tlv(0x11)
    ip_family: WdsIpFamily | None = tlv(0x12)
    extended_technology_preference: Extended | None = tlv(0x34)


class GetChannelRatesResponse(Response):
    """Tells the rates."""

    channel_rates: ChannelRates | None = tlv(0x01)


class GetChannelRates(Request[GetChannelRatesResponse]):
    """Ask for the rates of the session's channel."""

    service, id, response = WDS, 0x0023, GetChannelRatesResponse


class GetPacketStatisticsResponse(Response):
    """Tells the counters."""

    tx_packets_ok: U32 | None = tlv(0x10)
    rx_packets_ok: U32 | None = tlv(0x11)
    tx_packets_error: U32 | None = tlv(0x12)
    rx_packets_error: U32 | None = tlv(0x13)
    tx_overflows: U32 | None = tlv(0x14)
    rx_overflows: U32 | None = tlv(0x15)
    tx_bytes_ok: U64 | None = tlv(0x19)
    rx_bytes_ok: U64 | None = tlv(0x1A)
    last_call_tx_bytes_ok: U64 | None = tlv(0x1B)
    last_call_rx_bytes_ok: U64 | None = tlv(0x1C)
    tx_packets_dropped: U32 | None = tlv(0x1D)
    rx_packets_dropped: U32 | None = tlv(0x1E)


class GetPacketStatistics(Request[GetPacketStatisticsResponse]):
    """Ask for the session's counters."""

    service, id, response = WDS, 0x0024, GetPacketStatisticsResponse
    mask: Annotated[PacketStatisticsMask, LONG] | None = tlv(0x01)


class GetCurrentSettingsResponse(Response):
    """Tells the session's settings; IPv4 addresses are numbers, the first octet the highest."""

    profile_name: str | None = tlv(0x10)
    pdp_type: PdpType | None = tlv(0x11)
    apn_name: str | None = tlv(0x14)
    primary_ipv4_dns_address: U32 | None = tlv(0x15)
    secondary_ipv4_dns_address: U32 | None = tlv(0x16)
    username: str | None = tlv(0x1B, secret=True)
    authentication: Authentication | None = tlv(0x1D)
    ipv4_address: U32 | None = tlv(0x1E)
    profile_id: ProfileId | None = tlv(0x1F)
    ipv4_gateway_address: U32 | None = tlv(0x20)
    ipv4_gateway_subnet_mask: U32 | None = tlv(0x21)
    pcscf_address_using_pco: U8 | None = tlv(0x22)
    pcscf_server_address_list: tuple[U32, ...] | None = tlv(0x23)
    pcscf_domain_name_list: tuple[DomainName, ...] | None = tlv(0x24)
    ipv6_address: Ipv6Interface | None = tlv(0x25)
    ipv6_gateway_address: Ipv6Interface | None = tlv(0x26)
    ipv6_primary_dns_address: IPV6 | None = tlv(0x27)
    ipv6_secondary_dns_address: IPV6 | None = tlv(0x28)
    mtu: U32 | None = tlv(0x29)
    domain_name_list: tuple[DomainName, ...] | None = tlv(0x2A)
    ip_family: WdsIpFamily | None = tlv(0x2B)
    imcn_flag: U8 | None = tlv(0x2C)
    extended_technology_preference: Extended | None = tlv(0x2D)


class GetCurrentSettings(Request[GetCurrentSettingsResponse]):
    """Ask for the session's settings."""

    service, id, response = WDS, 0x002D, GetCurrentSettingsResponse
    requested_settings: Annotated[RequestedSettings, LONG] | None = tlv(0x10)


class GetCurrentDataBearerTechnologyResponse(Response):
    """Tells what carries the session, and what carried the last one."""

    current: BearerTechnology | None = tlv(0x01)
    last: BearerTechnology | None = tlv(0x10)


class GetCurrentDataBearerTechnology(Request[GetCurrentDataBearerTechnologyResponse]):
    """Ask what carries the session."""

    service, id, response = WDS, 0x0044, GetCurrentDataBearerTechnologyResponse


class SetIpFamily(Request[Response]):
    """Choose what this client's session carries."""

    service, id = WDS, 0x004D
    preference: WdsIpFamily | None = tlv(0x01)


class BindMuxDataPort(Request[Response]):
    """Choose which multiplexed data port this client's session uses."""

    service, id = WDS, 0x00A2
    endpoint_info: EndpointInfo | None = tlv(0x10)
    mux_id: U8 | None = tlv(0x11)
    client_type: Annotated[ClientType, LONG] | None = tlv(0x13)


class GetLteAttachParametersResponse(Response):
    """Tells the attach."""

    apn: str | None = tlv(0x10)
    ip_support_type: IpSupportType | None = tlv(0x11)
    ota_attach_performed: bool | None = tlv(0x12)


class GetLteAttachParameters(Request[GetLteAttachParametersResponse]):
    """Ask how the modem attached to LTE."""

    service, id, response = WDS, 0x0085, GetLteAttachParametersResponse
