"""The enumerations of QMI NAS (names and values: libqmi's qmi-enums-nas.h)."""

from enum import IntFlag
from typing import Annotated

from wwand.qmi.layout import SIGNED
from wwand.qmi.values import OpenEnum


class RadioInterface(OpenEnum):
    """What the radio speaks; not the same numbers as in DMS."""

    UNKNOWN = -1
    NONE = 0
    CDMA_1X = 1
    CDMA_1XEVDO = 2
    AMPS = 3
    GSM = 4
    UMTS = 5
    LTE = 8
    TD_SCDMA = 9
    NR5G = 12


Radio = Annotated[RadioInterface, SIGNED]


class RegistrationState(OpenEnum):
    """Whether a network serves the modem."""

    NOT_REGISTERED = 0
    REGISTERED = 1
    NOT_REGISTERED_SEARCHING = 2
    REGISTRATION_DENIED = 3
    UNKNOWN = 4


class AttachState(OpenEnum):
    """Whether a domain is attached."""

    UNKNOWN = 0
    ATTACHED = 1
    DETACHED = 2


class NetworkType(OpenEnum):
    """Whose standards the network follows."""

    UNKNOWN = 0
    NET_3GPP2 = 1
    NET_3GPP = 2


class RoamingIndicatorStatus(OpenEnum):
    """Mind: 0 is roaming."""

    ON = 0
    OFF = 1


class RoamingStatus(OpenEnum):
    """Of system information, where 0 is home."""

    OFF = 0
    ON = 1
    BLINK = 2
    OUT_OF_NEIGHBORHOOD = 3
    OUT_OF_BUILDING = 4
    PREFERRED_SYSTEM = 5
    AVAILABLE_SYSTEM = 6
    ALLIANCE_PARTNER = 7
    PREMIUM_PARTNER = 8
    FULL_SERVICE = 9
    PARTIAL_SERVICE = 10
    BANNER_ON = 11
    BANNER_OFF = 12


class DataCapability(OpenEnum):
    """What the radio link is."""

    NONE = 0
    GPRS = 1
    EDGE = 2
    HSDPA = 3
    HSUPA = 4
    WCDMA = 5
    CDMA = 6
    EVDO_REV_0 = 7
    EVDO_REV_A = 8
    GSM = 9
    EVDO_REV_B = 10
    LTE = 11
    HSDPA_PLUS = 12
    DC_HSDPA_PLUS = 13


class ServiceStatus(OpenEnum):
    """How much a network lets the modem do."""

    NONE = 0
    LIMITED = 1
    AVAILABLE = 2
    LIMITED_REGIONAL = 3
    POWER_SAVE = 4


class ServiceDomain(OpenEnum):
    """Circuit and packet services (libqmi: NetworkServiceDomain)."""

    NONE = 0
    CS = 1
    PS = 2
    CS_PS = 3
    UNKNOWN = 4


class NetworkScanType(IntFlag):
    """Which networks are looked for."""

    GSM = 1
    UMTS = 2
    LTE = 4
    TD_SCDMA = 8


class NetworkScanResult(OpenEnum):
    """How a search ended."""

    SUCCESS = 0
    ABORT = 1
    RADIO_LINK_FAILURE = 2


class NetworkStatus(IntFlag):
    """What a network in reach is to the SIM."""

    CURRENT_SERVING = 1
    AVAILABLE = 2
    HOME = 4
    ROAMING = 8
    FORBIDDEN = 16
    NOT_FORBIDDEN = 32
    PREFERRED = 64
    NOT_PREFERRED = 128


class NetworkRegisterType(OpenEnum):
    """Who chooses the network."""

    AUTOMATIC = 1
    MANUAL = 2


class ChangeDuration(OpenEnum):
    """How long a setting holds."""

    POWER_CYCLE = 0
    PERMANENT = 1


class PsAttachAction(OpenEnum):
    """Attach to the packet domain, or detach."""

    ATTACH = 1
    DETACH = 2


class RatModePreference(IntFlag):
    """Radio technologies the modem may use."""

    CDMA_1X = 1
    CDMA_1XEVDO = 2
    GSM = 4
    UMTS = 8
    LTE = 16
    TD_SCDMA = 32
    NR5G = 64


class RoamingPreference(OpenEnum):
    """Where to register."""

    OFF = 1
    NOT_OFF = 2
    NOT_FLASHING = 3
    ANY = 0xFF


class NetworkSelection(OpenEnum):
    """Who chooses the network (libqmi: NetworkSelectionPreference)."""

    AUTOMATIC = 0
    MANUAL = 1


class ServiceDomainPreference(OpenEnum):
    """Which domains to attach."""

    CS_ONLY = 0
    PS_ONLY = 1
    CS_PS = 2
    PS_ATTACH = 3
    PS_DETACH = 4


class AcquisitionOrder(OpenEnum):
    """Where to look first (libqmi: GsmWcdmaAcquisitionOrderPreference)."""

    AUTOMATIC = 0
    GSM = 1
    WCDMA = 2


class RegistrationRestriction(OpenEnum):
    """How far registration goes (libqmi: NetworkSelectionRegistrationRestriction)."""

    UNRESTRICTED = 0
    CAMPED_ONLY = 1
    LIMITED = 2


class UsagePreference(OpenEnum):
    """Speech or data first."""

    UNKNOWN = 0
    VOICE_CENTRIC = 1
    DATA_CENTRIC = 2


class VoiceDomainPreference(OpenEnum):
    """Where speech goes."""

    CS_ONLY = 0
    PS_ONLY = 1
    CS_PREFERRED = 2
    PS_PREFERRED = 3


class HsService(OpenEnum):
    """Which parts of HSPA a cell or a call has (libqmi: WcdmaHsService)."""

    HSDPA_HSUPA_UNSUPPORTED = 0
    HSDPA_SUPPORTED = 1
    HSUPA_SUPPORTED = 2
    HSDPA_HSUPA_SUPPORTED = 3
    HSDPA_PLUS_SUPPORTED = 4
    HSDPA_PLUS_HSUPA_SUPPORTED = 5
    DC_HSDPA_PLUS_SUPPORTED = 6
    DC_HSDPA_PLUS_HSUPA_SUPPORTED = 7


class SimRejectState(OpenEnum):
    """What the network thinks of the SIM."""

    SIM_UNAVAILABLE = 0
    SIM_AVAILABLE = 1
    SIM_CS_INVALID = 2
    SIM_PS_INVALID = 3
    SIM_CS_PS_INVALID = 4


class LteVoiceDomain(OpenEnum):
    """Where speech goes on LTE."""

    NONE = 0
    IMS = 1
    CDMA_1X = 2
    NET_3GPP = 3


class LteRegistrationDomain(OpenEnum):
    """What LTE registered."""

    NOT_APPLICABLE = 0
    CS_ONLY = 1
    PS_ONLY = 2
    CS_PS = 3
    LIMITED_SERVICE = 4


class CellAccessStatus(OpenEnum):
    """Who may use the cell."""

    NORMAL_ONLY = 0
    EMERGENCY_ONLY = 1
    NO_CALLS = 2
    ALL_CALLS = 3
    UNKNOWN = 0xFF


class CallBarringStatus(OpenEnum):
    """Which calls a cell takes."""

    UNKNOWN = -1
    NORMAL_ONLY = 0
    EMERGENCY_ONLY = 1
    NO_CALLS = 2
    ALL_CALLS = 3


class CellBroadcastCapability(OpenEnum):
    """Whether a cell broadcasts messages."""

    UNKNOWN = 0
    OFF = 1
    ON = 2


class NetworkNameSource(OpenEnum):
    """Where the name comes from."""

    UNKNOWN = 0
    OPERATOR_PLMN_LIST_AND_PLMN_NETWORK_NAME = 1
    COMMON_PCN_HANDSET_SPECIFICATION_AND_OPERATOR_NAME_STRING = 2
    NITZ = 3
    SE13 = 4
    MCC_MNC = 5
    SERVICE_PROVIDER_NAME = 6


class PlmnEncoding(OpenEnum):
    """How a network's name is written (libqmi: PlmnEncodingScheme)."""

    GSM = 0
    UCS2LE = 1


class DescriptionEncoding(OpenEnum):
    """How a home network's name is written (libqmi: NetworkDescriptionEncoding)."""

    UNSPECIFIED = 0
    ASCII7 = 1
    UNICODE = 4
    GSM = 9


class DescriptionDisplay(OpenEnum):
    """Whether to show it (libqmi: NetworkDescriptionDisplay)."""

    NO = 0
    YES = 1
    UNKNOWN = 0xFF


class CountryInitials(OpenEnum):
    """Whether to put the country's initials in front (libqmi: PlmnNameCountryInitials)."""

    DO_NOT_ADD = 0
    ADD = 1
    UNSPECIFIED = 0xFF


class SpareBits(OpenEnum):
    """How many bits of the last octet are none of the text (libqmi: PlmnNameSpareBits)."""

    UNKNOWN = 0
    BIT_8 = 1
    BITS_78 = 2
    BITS_68 = 3
    BITS_58 = 4
    BITS_48 = 5
    BITS_38 = 6
    BITS_28 = 7


class NameDisplay(IntFlag):
    """Which name to show (31.102 §4.2.12; libqmi: NetworkNameDisplayCondition)."""

    DISPLAY_REGISTERED_PLMN_IF_KNOWN_NETWORK = 1
    DISPLAY_SPN_NOT_REQUIRED_IF_UNKNOWN_NETWORK = 2
