"""QMI NAS, network access: registration, networks in reach, and what the modem may use."""

from typing import Annotated

from wwand.qmi.layout import (
    I8,
    LONG,
    U8,
    U16,
    U32,
    Counted,
    Integer,
    Struct,
)
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.nas_values import (
    AttachState,
    CallBarringStatus,
    ChangeDuration,
    DataCapability,
    NetworkNameSource,
    NetworkRegisterType,
    NetworkScanResult,
    NetworkScanType,
    NetworkStatus,
    NetworkType,
    PsAttachAction,
    Radio,
    RadioInterface,
    RegistrationState,
    RoamingIndicatorStatus,
    ServiceDomain,
    ServiceStatus,
)
from wwand.qmi.values import Service

NAS = Service.NAS

SIGNED_LONG = Integer(4, signed=True)
Barring = Annotated[CallBarringStatus, SIGNED_LONG]


class ServingSystem(Struct):
    """Which network serves the modem, and how."""

    registration_state: RegistrationState
    cs_attach_state: AttachState
    ps_attach_state: AttachState
    selected_network: NetworkType
    radio_interfaces: tuple[Radio, ...]


class Plmn(Struct):
    """A network and its name."""

    mcc: U16
    mnc: U16
    description: str


class PcsDigit(Struct):
    """Whether an MNC has three digits."""

    mcc: U16
    mnc: U16
    includes_pcs_digit: bool


class RoamingOf(Struct):
    """Whether the modem roams, by radio."""

    radio_interface: RadioInterface
    roaming_indicator: RoamingIndicatorStatus


class TimeZone3gpp2(Struct):
    """The clock of a CDMA network."""

    leap_seconds: U8
    local_time_offset: I8
    daylight_saving_time: bool


class UniversalTime(Struct):
    """The clock of a 3GPP network; the zone counts quarters of an hour."""

    year: U16
    month: U8
    day: U8
    hour: U8
    minute: U8
    second: U8
    time_zone: U8


class DetailedServiceStatus(Struct):
    """How much the network lets the modem do."""

    status: ServiceStatus
    capability: ServiceDomain
    hdr_status: ServiceStatus
    hdr_hybrid: bool
    forbidden: bool


class CallBarring(Struct):
    """Which calls the cell takes."""

    cs_status: Barring
    ps_status: Barring


class NetworkInformation(Struct):
    """A network in reach."""

    mcc: U16
    mnc: U16
    network_status: NetworkStatus
    description: str


class NetworkRadio(Struct):
    """The radio of a network in reach."""

    mcc: U16
    mnc: U16
    radio_interface: Radio


class BandInformation(Struct):
    """Where the radio is."""

    radio_interface: Radio
    active_band_class: U16
    active_channel: U16


class BandInformationExtended(Struct):
    """Where the radio is, for channels above 65535."""

    radio_interface: Radio
    active_band_class: U16
    active_channel: U32


class BandwidthInformation(Struct):
    """How wide the channel is."""

    radio_interface: Radio
    bandwidth: U32


class RejectIndications(Struct):
    """Which reports of refusals to send."""

    enable_network_reject_indications: bool
    supress_system_info_indications: bool


class Reset(Request[Response]):
    """Forget what this client has asked for."""

    service, id = NAS, 0x0000


class RegisterIndications(Request[Response]):
    """Choose what is reported."""

    service, id = NAS, 0x0003
    system_selection_preference: bool | None = tlv(0x10)
    serving_system_events: bool | None = tlv(0x13)
    subscription_info: bool | None = tlv(0x15)
    network_time: bool | None = tlv(0x17)
    system_info: bool | None = tlv(0x18)
    signal_info: bool | None = tlv(0x19)
    error_rate: bool | None = tlv(0x1A)
    managed_roaming: bool | None = tlv(0x1D)
    current_plmn_name: bool | None = tlv(0x1E)
    rf_band_information: bool | None = tlv(0x20)
    network_reject_information: RejectIndications | None = tlv(0x21)


class NetworkScanResponse(Response):
    """Tells the networks."""

    network_information: Annotated[tuple[NetworkInformation, ...], Counted(2)] | None = tlv(0x10)
    radio_access_technology: Annotated[tuple[NetworkRadio, ...], Counted(2)] | None = tlv(0x11)
    mnc_pcs_digit_include_status: Annotated[tuple[PcsDigit, ...], Counted(2)] | None = tlv(0x12)
    network_scan_result: Annotated[NetworkScanResult, LONG] | None = tlv(0x13)


class NetworkScan(Request[NetworkScanResponse]):
    """Look for networks."""

    service, id, response = NAS, 0x0021, NetworkScanResponse
    timeout = 300.0
    network_type: NetworkScanType | None = tlv(0x10)


class InitiateNetworkRegister(Request[Response]):
    """Register with one network, or with the best."""

    service, id = NAS, 0x0022
    timeout = 120.0
    action: NetworkRegisterType | None = tlv(0x01)
    manual_registration_info_3gpp: NetworkRadio | None = tlv(0x10)
    change_duration: ChangeDuration | None = tlv(0x11)
    mnc_pcs_digit_include_status: bool | None = tlv(0x12)


class AttachDetach(Request[Response]):
    """Attach to the packet domain, or detach."""

    service, id = NAS, 0x0023
    timeout = 60.0
    action: PsAttachAction | None = tlv(0x10)


class GetServingSystemResponse(Response):
    """Tells the serving network."""

    serving_system: ServingSystem | None = tlv(0x01)
    roaming_indicator: RoamingIndicatorStatus | None = tlv(0x10)
    data_service_capability: tuple[DataCapability, ...] | None = tlv(0x11)
    current_plmn: Plmn | None = tlv(0x12)
    roaming_indicator_list: tuple[RoamingOf, ...] | None = tlv(0x15)
    default_roaming_indicator: RoamingIndicatorStatus | None = tlv(0x16)
    time_zone_3gpp2: TimeZone3gpp2 | None = tlv(0x17)
    time_zone_3gpp: I8 | None = tlv(0x1A)
    daylight_saving_time_adjustment_3gpp: U8 | None = tlv(0x1B)
    lac_3gpp: U16 | None = tlv(0x1C)
    cid_3gpp: U32 | None = tlv(0x1D)
    dtm_support: bool | None = tlv(0x20)
    detailed_service_status: DetailedServiceStatus | None = tlv(0x21)
    lte_tac: U16 | None = tlv(0x24)
    call_barring_status: CallBarring | None = tlv(0x25)
    umts_primary_scrambling_code: U16 | None = tlv(0x26)
    mnc_pcs_digit_include_status: PcsDigit | None = tlv(0x27)
    network_name_source: Annotated[NetworkNameSource, LONG] | None = tlv(0x29)


class GetServingSystem(Request[GetServingSystemResponse]):
    """Ask for the serving network."""

    service, id, response = NAS, 0x0024, GetServingSystemResponse


class ServingSystemIndication(Indication):
    """The serving network has changed; from 0x19 on the TLVs are numbered unlike the response."""

    service, id = NAS, 0x0024
    serving_system: ServingSystem | None = tlv(0x01)
    roaming_indicator: RoamingIndicatorStatus | None = tlv(0x10)
    data_service_capability: tuple[DataCapability, ...] | None = tlv(0x11)
    current_plmn: Plmn | None = tlv(0x12)
    roaming_indicator_list: tuple[RoamingOf, ...] | None = tlv(0x15)
    default_roaming_indicator: RoamingIndicatorStatus | None = tlv(0x16)
    time_zone_3gpp: I8 | None = tlv(0x1A)
    daylight_saving_time_adjustment_3gpp: U8 | None = tlv(0x1B)
    universal_time_and_local_time_zone_3gpp: UniversalTime | None = tlv(0x1C)
    lac_3gpp: U16 | None = tlv(0x1D)
    cid_3gpp: U32 | None = tlv(0x1E)
    dtm_support: bool | None = tlv(0x21)
    detailed_service_status: DetailedServiceStatus | None = tlv(0x22)
    lte_tac: U16 | None = tlv(0x25)
    call_barring_status: CallBarring | None = tlv(0x26)
    plmn_not_changed_indication: bool | None = tlv(0x27)
    umts_primary_scrambling_code: U16 | None = tlv(0x28)
    mnc_pcs_digit_include_status: PcsDigit | None = tlv(0x29)
    network_name_source: Annotated[NetworkNameSource, LONG] | None = tlv(0x2B)


class GetRfBandInformationResponse(Response):
    """Tells the bands in use."""

    bands: tuple[BandInformation, ...] | None = tlv(0x01)
    extended_list: tuple[BandInformationExtended, ...] | None = tlv(0x11)
    bandwidth_list: tuple[BandwidthInformation, ...] | None = tlv(0x12)


class GetRfBandInformation(Request[GetRfBandInformationResponse]):
    """Ask for the bands in use."""

    service, id, response = NAS, 0x0031, GetRfBandInformationResponse


class NetworkReject(Indication):
    """A network refuses the modem."""

    service, id = NAS, 0x0068
    radio_interface: RadioInterface | None = tlv(0x01)
    service_domain: ServiceDomain | None = tlv(0x02)
    reject_cause: U8 | None = tlv(0x03)
    """24.008 §10.5.5.14 and 24.301 §9.9.3.9."""
    plmn: PcsDigit | None = tlv(0x10)
    closed_subscriber_group: U32 | None = tlv(0x11)
