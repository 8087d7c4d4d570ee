"""What the modem may use, in QMI NAS: technologies, bands and networks."""

from typing import Annotated

from wwand.qmi.dms import BandCapability
from wwand.qmi.layout import LONG, LONGLONG, SHORT, U16, U64, Fixed, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.nas import NAS, PcsDigit
from wwand.qmi.nas_values import (
    AcquisitionOrder,
    ChangeDuration,
    NetworkSelection,
    Radio,
    RatModePreference,
    RegistrationRestriction,
    RoamingPreference,
    ServiceDomainPreference,
    UsagePreference,
    VoiceDomainPreference,
)

Bands = Annotated[BandCapability, LONGLONG]
RatMode = Annotated[RatModePreference, SHORT]
LteBands = Annotated[tuple[U64, ...], Fixed(4)]
"""libqmi: Mask Low, Mid Low, Mid High, High; bit n - 1 of all 256 stands for band n."""
Nr5gBands = Annotated[tuple[U64, ...], Fixed(8)]


class SelectionPreference(Struct):
    """Which network to use; zeros for an automatic choice."""

    mode: NetworkSelection
    mcc: U16
    mnc: U16


class SetSystemSelectionPreference(Request[Response]):
    """Choose technologies, bands and network."""

    service, id = NAS, 0x0033
    timeout = 30.0
    emergency_mode: bool | None = tlv(0x10)
    mode_preference: RatMode | None = tlv(0x11)
    band_preference: Bands | None = tlv(0x12)
    roaming_preference: Annotated[RoamingPreference, SHORT] | None = tlv(0x14)
    lte_band_preference: U64 | None = tlv(0x15)
    network_selection_preference: SelectionPreference | None = tlv(0x16)
    change_duration: ChangeDuration | None = tlv(0x17)
    service_domain_preference: Annotated[ServiceDomainPreference, LONG] | None = tlv(0x18)
    gsm_wcdma_acquisition_order_preference: Annotated[AcquisitionOrder, LONG] | None = tlv(0x19)
    mnc_pcs_digit_include_status: bool | None = tlv(0x1A)
    acquisition_order_preference: tuple[Radio, ...] | None = tlv(0x1E)
    network_selection_registration_restriction: Annotated[RegistrationRestriction, LONG] | None = (
        tlv(0x1F)
    )
    usage_preference: Annotated[UsagePreference, LONG] | None = tlv(0x21)
    voice_domain_preference: Annotated[VoiceDomainPreference, LONG] | None = tlv(0x23)
    extended_lte_band_preference: LteBands | None = tlv(0x24)
    nr5g_sa_band_preference: Nr5gBands | None = tlv(0x2F)
    nr5g_nsa_band_preference: Nr5gBands | None = tlv(0x30)


class GetSystemSelectionPreferenceResponse(Response):
    """Tells the choice."""

    emergency_mode: bool | None = tlv(0x10)
    mode_preference: RatMode | None = tlv(0x11)
    band_preference: Bands | None = tlv(0x12)
    roaming_preference: Annotated[RoamingPreference, SHORT] | None = tlv(0x14)
    lte_band_preference: U64 | None = tlv(0x15)
    network_selection_preference: NetworkSelection | None = tlv(0x16)
    service_domain_preference: Annotated[ServiceDomainPreference, LONG] | None = tlv(0x18)
    gsm_wcdma_acquisition_order_preference: Annotated[AcquisitionOrder, LONG] | None = tlv(0x19)
    manual_network_selection: PcsDigit | None = tlv(0x1B)
    acquisition_order_preference: tuple[Radio, ...] | None = tlv(0x1C)
    network_selection_registration_restriction: Annotated[RegistrationRestriction, LONG] | None = (
        tlv(0x1D)
    )
    usage_preference: Annotated[UsagePreference, LONG] | None = tlv(0x1F)
    voice_domain_preference: Annotated[VoiceDomainPreference, LONG] | None = tlv(0x20)
    disabled_modes: RatMode | None = tlv(0x22)
    extended_lte_band_preference: LteBands | None = tlv(0x23)
    nr5g_sa_band_preference: Nr5gBands | None = tlv(0x2C)
    nr5g_nsa_band_preference: Nr5gBands | None = tlv(0x2D)


class GetSystemSelectionPreference(Request[GetSystemSelectionPreferenceResponse]):
    """Ask for technologies, bands and the choice of network."""

    service, id, response = NAS, 0x0034, GetSystemSelectionPreferenceResponse
