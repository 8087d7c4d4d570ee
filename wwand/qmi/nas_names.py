"""The names of networks in QMI NAS, in the alphabets that SIMs and networks write them in."""

from typing import Annotated

from wwand.gsm7 import unpack_string
from wwand.qmi.layout import LONG, U8, U16, Counted, Digits, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.nas import NAS, Plmn
from wwand.qmi.nas_values import (
    CountryInitials,
    DescriptionDisplay,
    DescriptionEncoding,
    NameDisplay,
    NetworkNameSource,
    PlmnEncoding,
    SpareBits,
)


class ServiceProviderName(Struct):
    """The name the SIM gives its network."""

    name_display_condition: NameDisplay
    name: str


class OperatorPlmn(Struct):
    """Which name in the SIM belongs to which network (31.102 §4.2.59)."""

    mcc: Digits
    mnc: Digits
    lac1: U16
    lac2: U16
    plmn_name_record_identifier: U8


class PlmnName(Struct):
    """A network's name as the network sends it (24.008 §10.5.3.5a)."""

    name_encoding: PlmnEncoding
    short_country_initials: CountryInitials
    long_name_spare_bits: SpareBits
    short_name_spare_bits: SpareBits
    long_name: bytes
    short_name: bytes

    @property
    def text(self) -> str:
        """The long name, or the short one where there is no long one."""
        return plmn_text(self.name_encoding, self.long_name or self.short_name)


class HomeNetwork3gpp2(Struct):
    """The home network's name in an alphabet that is told."""

    mcc: U16
    mnc: U16
    display_description: DescriptionDisplay
    description_encoding: DescriptionEncoding
    description: bytes

    @property
    def text(self) -> str | None:
        """The name; None when it cannot be read."""
        return description_text(self.description_encoding, self.description)


class HomeMnc(Struct):
    """Whether the home network's MNC has three digits."""

    is_3gpp: bool
    includes_pcs_digit: bool


class GetHomeNetworkResponse(Response):
    """Tells the home network."""

    home_network: Plmn | None = tlv(0x01)
    home_network_3gpp2_ext: HomeNetwork3gpp2 | None = tlv(0x11)
    home_network_3gpp_mnc: HomeMnc | None = tlv(0x12)
    network_name_source: Annotated[NetworkNameSource, LONG] | None = tlv(0x13)


class GetHomeNetwork(Request[GetHomeNetworkResponse]):
    """Ask for the SIM's home network."""

    service, id, response = NAS, 0x0025, GetHomeNetworkResponse


class GetOperatorNameResponse(Response):
    """Tells the names that the SIM and the network know."""

    service_provider_name: ServiceProviderName | None = tlv(0x10)
    operator_plmn_list: Annotated[tuple[OperatorPlmn, ...], Counted(2)] | None = tlv(0x11)
    operator_plmn_name: tuple[PlmnName, ...] | None = tlv(0x12)
    operator_string_name: str | None = tlv(0x13)
    nitz_information: PlmnName | None = tlv(0x14)


class GetOperatorName(Request[GetOperatorNameResponse]):
    """Ask for the names of the serving network."""

    service, id, response = NAS, 0x0039, GetOperatorNameResponse


class OperatorName(Indication):
    """The names have changed."""

    service, id = NAS, 0x003A
    service_provider_name: ServiceProviderName | None = tlv(0x10)
    operator_plmn_list: Annotated[tuple[OperatorPlmn, ...], Counted(2)] | None = tlv(0x11)
    operator_plmn_name: tuple[PlmnName, ...] | None = tlv(0x12)
    operator_string_name: str | None = tlv(0x13)
    nitz_information: PlmnName | None = tlv(0x14)


def plmn_text(encoding: PlmnEncoding, raw: bytes) -> str:
    """Read a network's name."""
    if encoding is PlmnEncoding.UCS2LE:
        return raw.decode("utf-16-le", "replace")
    return gsm_text(raw)


def description_text(encoding: DescriptionEncoding, raw: bytes) -> str | None:
    """Read a home network's name; None when it is in an alphabet that nobody tells."""
    match encoding:
        case DescriptionEncoding.GSM:
            return gsm_text(raw)
        case DescriptionEncoding.UNICODE:
            return raw.decode("utf-16-le", "replace")
        case _:
            text = raw.decode("ascii", "replace")
            return text if text.isprintable() and "\ufffd" not in text else None


def gsm_text(raw: bytes) -> str:
    """Read seven-bit characters that are packed into octets (23.038 §6.1.2.1)."""
    return unpack_string(raw, fillers=b"\0\r")
