"""System information in QMI NAS: what each radio technology's network says of itself."""

from typing import Annotated

from wwand.qmi.layout import LONG, PLMN, U8, U16, U32, Digits, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.nas import NAS, CallBarring
from wwand.qmi.nas_values import (
    CellAccessStatus,
    CellBroadcastCapability,
    HsService,
    LteRegistrationDomain,
    LteVoiceDomain,
    RegistrationRestriction,
    RoamingStatus,
    ServiceDomain,
    ServiceStatus,
    SimRejectState,
)


class Cdma2000Status(Struct):
    """How far a 3GPP2 network serves the modem."""

    service_status: ServiceStatus
    preferred_data_path: bool


class SystemStatus(Struct):
    """How far a network serves the modem."""

    service_status: ServiceStatus
    true_service_status: ServiceStatus
    preferred_data_path: bool


class SystemInfo(Struct):
    """What is known of a 3GPP network; each value counts only when the flag before it is set."""

    domain_valid: bool
    domain: ServiceDomain
    service_capability_valid: bool
    service_capability: ServiceDomain
    roaming_status_valid: bool
    roaming_status: RoamingStatus
    forbidden_valid: bool
    forbidden: bool
    lac_valid: bool
    lac: U16
    cid_valid: bool
    cid: U32
    registration_reject_info_valid: bool
    registration_reject_domain: ServiceDomain
    registration_reject_cause: U8
    network_id_valid: bool
    mcc: Digits
    mnc: Digits


class GsmSystemInfo(SystemInfo):
    """GSM."""

    egprs_support_valid: bool
    egprs_support: bool
    dtm_support_valid: bool
    dtm_support: bool


class WcdmaSystemInfo(SystemInfo):
    """UMTS."""

    hs_call_status_valid: bool
    hs_call_status: HsService
    hs_service_valid: bool
    hs_service: HsService
    primary_scrambling_code_valid: bool
    primary_scrambling_code: U16


class LteSystemInfo(SystemInfo):
    """LTE and 5G."""

    tac_valid: bool
    tac: U16


class GeoIndex(Struct):
    """Which of the operator's areas."""

    geo_system_index: U16


class GeoIndexAndBroadcast(Struct):
    """Which of the operator's areas, and whether it broadcasts."""

    geo_system_index: U16
    cell_broadcast_support: Annotated[CellBroadcastCapability, LONG]


Restriction = Annotated[RegistrationRestriction, LONG]
CellAccess = Annotated[CellAccessStatus, LONG]


class GetSystemInfoResponse(Response):
    """Tells of all radios."""

    cdma_service_status: Cdma2000Status | None = tlv(0x10)
    hdr_service_status: Cdma2000Status | None = tlv(0x11)
    gsm_service_status: SystemStatus | None = tlv(0x12)
    wcdma_service_status: SystemStatus | None = tlv(0x13)
    lte_service_status: SystemStatus | None = tlv(0x14)
    gsm_system_info_v2: GsmSystemInfo | None = tlv(0x17)
    wcdma_system_info_v2: WcdmaSystemInfo | None = tlv(0x18)
    lte_system_info_v2: LteSystemInfo | None = tlv(0x19)
    additional_gsm_system_info: GeoIndexAndBroadcast | None = tlv(0x1C)
    additional_wcdma_system_info: GeoIndexAndBroadcast | None = tlv(0x1D)
    additional_lte_system_info: GeoIndex | None = tlv(0x1E)
    gsm_call_barring_status: CallBarring | None = tlv(0x1F)
    wcdma_call_barring_status: CallBarring | None = tlv(0x20)
    lte_voice_support: bool | None = tlv(0x21)
    gsm_cipher_domain: ServiceDomain | None = tlv(0x22)
    wcdma_cipher_domain: ServiceDomain | None = tlv(0x23)
    lte_embms_coverage_info_support: bool | None = tlv(0x26)
    sim_reject_info: Annotated[SimRejectState, LONG] | None = tlv(0x27)
    ims_voice_support: bool | None = tlv(0x29)
    lte_voice_domain: Annotated[LteVoiceDomain, LONG] | None = tlv(0x2A)
    gsm_routing_area_code: U8 | None = tlv(0x2C)
    wcdma_routing_area_code: U8 | None = tlv(0x2D)
    network_selection_registration_restriction: Restriction | None = tlv(0x2F)
    lte_registration_domain: Annotated[LteRegistrationDomain, LONG] | None = tlv(0x31)
    lte_embms_coverage_info_trace_id: U16 | None = tlv(0x34)
    lte_cell_access_status: CellAccess | None = tlv(0x44)
    nr5g_service_status_info: SystemStatus | None = tlv(0x4A)
    nr5g_system_info: LteSystemInfo | None = tlv(0x4B)
    eutra_with_nr5g_availability: bool | None = tlv(0x4E)
    dcnr_restriction_info: bool | None = tlv(0x4F)
    nr5g_tracking_area_code: PLMN | None = tlv(0x50)


class GetSystemInfo(Request[GetSystemInfoResponse]):
    """Ask what is known of the networks."""

    service, id, response = NAS, 0x004D, GetSystemInfoResponse


class SystemInfoIndication(Indication):
    """Something of it has changed; from 0x24 on the TLVs are numbered unlike the response."""

    service, id = NAS, 0x004E
    cdma_service_status: Cdma2000Status | None = tlv(0x10)
    hdr_service_status: Cdma2000Status | None = tlv(0x11)
    gsm_service_status: SystemStatus | None = tlv(0x12)
    wcdma_service_status: SystemStatus | None = tlv(0x13)
    lte_service_status: SystemStatus | None = tlv(0x14)
    gsm_system_info_v2: GsmSystemInfo | None = tlv(0x17)
    wcdma_system_info_v2: WcdmaSystemInfo | None = tlv(0x18)
    lte_system_info_v2: LteSystemInfo | None = tlv(0x19)
    additional_gsm_system_info: GeoIndexAndBroadcast | None = tlv(0x1C)
    additional_wcdma_system_info: GeoIndexAndBroadcast | None = tlv(0x1D)
    additional_lte_system_info: GeoIndex | None = tlv(0x1E)
    gsm_call_barring_status: CallBarring | None = tlv(0x1F)
    wcdma_call_barring_status: CallBarring | None = tlv(0x20)
    lte_voice_support: bool | None = tlv(0x21)
    gsm_cipher_domain: ServiceDomain | None = tlv(0x22)
    wcdma_cipher_domain: ServiceDomain | None = tlv(0x23)
    plmn_not_changed_indication: bool | None = tlv(0x24)
    lte_embms_coverage_info_support: bool | None = tlv(0x27)
    sim_reject_info: Annotated[SimRejectState, LONG] | None = tlv(0x28)
    nr5g_service_status_info: SystemStatus | None = tlv(0x4C)
    nr5g_system_info: LteSystemInfo | None = tlv(0x4D)
    eutra_with_nr5g_availability: bool | None = tlv(0x50)
    dcnr_restriction_info: bool | None = tlv(0x51)
    nr5g_tracking_area_code: PLMN | None = tlv(0x52)
