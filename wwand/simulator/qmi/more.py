"""Messages that other programs ask a modem for and wwand does not (names, numbers: libqmi's)."""

from typing import Annotated

from wwand.qmi.layout import SIGNED, U16, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.nas_values import CountryInitials, DescriptionEncoding, SpareBits
from wwand.qmi.values import Service
from wwand.qmi.wds_profiles import GetProfileSettingsResponse
from wwand.qmi.wds_values import DormancyStatus, ProfileType


class Network(Struct):
    """MCC and MNC as numbers."""

    mcc: U16
    mnc: U16


class EonsName(Struct):
    """A network's names as the card has them (31.102 §4.2.58)."""

    service_provider_name_encoding: DescriptionEncoding
    service_provider_name: bytes
    short_name_encoding: DescriptionEncoding
    short_name_country_initials: CountryInitials
    short_name_spare_bits: SpareBits
    short_name: bytes
    long_name_encoding: DescriptionEncoding
    long_name_country_initials: CountryInitials
    long_name_spare_bits: SpareBits
    long_name: bytes


class GetPlmnNameResponse(Response):
    """Tells a network's names."""

    eons_plmn_name_3gpp: EonsName | None = tlv(0x10)


class GetPlmnName(Request[GetPlmnNameResponse]):
    """Ask for a network's names."""

    service, id, response = Service.NAS, 0x0044, GetPlmnNameResponse
    plmn: Network | None = tlv(0x01)


class GetDefaultSettings(Request[GetProfileSettingsResponse]):
    """Ask what a profile is made with."""

    service, id, response = Service.WDS, 0x002C, GetProfileSettingsResponse
    profile_type: ProfileType | None = tlv(0x01)


class GetDormancyStatusResponse(Response):
    """Tells whether the radio holds a channel."""

    status: DormancyStatus | None = tlv(0x01)


class GetDormancyStatus(Request[GetDormancyStatusResponse]):
    """Ask whether the radio holds a channel for the session."""

    service, id, response = Service.WDS, 0x0030, GetDormancyStatusResponse


class GetDataBearerTechnologyResponse(Response):
    """Tells what carries the session, or carried the last one."""

    current: Annotated[int, SIGNED] | None = tlv(0x01)
    last: Annotated[int, SIGNED] | None = tlv(0x10)


class GetDataBearerTechnology(Request[GetDataBearerTechnologyResponse]):
    """Ask what carries the session, in the older form."""

    service, id, response = Service.WDS, 0x0037, GetDataBearerTechnologyResponse
