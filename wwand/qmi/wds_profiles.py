"""Profiles in QMI WDS, which are PDP contexts by another name, and connecting on its own."""

from typing import Annotated

from wwand.qmi.layout import SHORT, U8, U32
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.wds import WDS, DefaultProfile, Profile, ProfileId
from wwand.qmi.wds_values import (
    Authentication,
    AutoconnectRoaming,
    AutoconnectSetting,
    PdpType,
    ProfileError,
    ProfileType,
)

ErrorCode = Annotated[ProfileError, SHORT]


class ProfileResponse(Response):
    """Tells more about what went wrong."""

    extended_error_code: ErrorCode | None = tlv(0xE0)


class CreateProfileResponse(ProfileResponse):
    """Tells the profile's number."""

    profile_identifier: ProfileId | None = tlv(0x01)


class CreateProfile(Request[CreateProfileResponse]):
    """Define a profile."""

    service, id, response = WDS, 0x0027, CreateProfileResponse
    profile_type: ProfileType | None = tlv(0x01)
    profile_name: str | None = tlv(0x10)
    pdp_type: PdpType | None = tlv(0x11)
    apn_name: str | None = tlv(0x14)
    username: str | None = tlv(0x1B, secret=True)
    password: str | None = tlv(0x1C, secret=True)
    authentication: Authentication | None = tlv(0x1D)
    pdp_context_number: U8 | None = tlv(0x25)
    apn_disabled_flag: bool | None = tlv(0x2F)
    roaming_disallowed_flag: bool | None = tlv(0x3E)


class ModifyProfile(Request[ProfileResponse]):
    """Change a profile."""

    service, id, response = WDS, 0x0028, ProfileResponse
    profile_identifier: ProfileId | None = tlv(0x01)
    profile_name: str | None = tlv(0x10)
    pdp_type: PdpType | None = tlv(0x11)
    apn_name: str | None = tlv(0x14)
    username: str | None = tlv(0x1B, secret=True)
    password: str | None = tlv(0x1C, secret=True)
    authentication: Authentication | None = tlv(0x1D)
    pdp_context_number: U8 | None = tlv(0x25)
    apn_disabled_flag: bool | None = tlv(0x2F)
    roaming_disallowed_flag: bool | None = tlv(0x3E)


class DeleteProfile(Request[ProfileResponse]):
    """Remove a profile."""

    service, id, response = WDS, 0x0029, ProfileResponse
    profile_identifier: ProfileId | None = tlv(0x01)


class GetProfileListResponse(ProfileResponse):
    """Tells the profiles."""

    profile_list: tuple[Profile, ...] | None = tlv(0x01)


class GetProfileList(Request[GetProfileListResponse]):
    """Ask which profiles there are."""

    service, id, response = WDS, 0x002A, GetProfileListResponse
    profile_type: ProfileType | None = tlv(0x10)


class GetProfileSettingsResponse(ProfileResponse):
    """Tells a profile."""

    profile_name: str | None = tlv(0x10)
    pdp_type: PdpType | None = tlv(0x11)
    apn_name: str | None = tlv(0x14)
    primary_ipv4_dns_address: U32 | None = tlv(0x15)
    secondary_ipv4_dns_address: U32 | None = tlv(0x16)
    username: str | None = tlv(0x1B, secret=True)
    password: str | None = tlv(0x1C, secret=True)
    authentication: Authentication | None = tlv(0x1D)
    pdp_context_number: U8 | None = tlv(0x25)
    apn_disabled_flag: bool | None = tlv(0x2F)
    roaming_disallowed_flag: bool | None = tlv(0x3E)


class GetProfileSettings(Request[GetProfileSettingsResponse]):
    """Ask for a profile."""

    service, id, response = WDS, 0x002B, GetProfileSettingsResponse
    profile_id: ProfileId | None = tlv(0x01)


class GetDefaultProfileNumberResponse(ProfileResponse):
    """Tells the number."""

    index: U8 | None = tlv(0x01)


class GetDefaultProfileNumber(Request[GetDefaultProfileNumberResponse]):
    """Ask which profile is used when none is named."""

    service, id, response = WDS, 0x0049, GetDefaultProfileNumberResponse
    profile_type: DefaultProfile | None = tlv(0x01)


class GetAutoconnectSettingsResponse(Response):
    """Tells whether the modem connects on its own."""

    status: AutoconnectSetting | None = tlv(0x01)
    roaming: AutoconnectRoaming | None = tlv(0x10)


class GetAutoconnectSettings(Request[GetAutoconnectSettingsResponse]):
    """Ask whether the modem connects on its own."""

    service, id, response = WDS, 0x0034, GetAutoconnectSettingsResponse


class SetAutoconnectSettings(Request[Response]):
    """Have the modem connect on its own, or not."""

    service, id = WDS, 0x0051
    status: AutoconnectSetting | None = tlv(0x01)
    roaming: AutoconnectRoaming | None = tlv(0x10)
