"""The enumerations of QMI WDS (names and values: libqmi's qmi-enums-wds.h).

The reasons why a call ended are in `call_end_tables`.
"""

from enum import IntFlag

from wwand.qmi.values import OpenEnum


class WdsIpFamily(OpenEnum):
    """What a session carries (libqmi: IpFamily)."""

    UNKNOWN = 0
    IPV4 = 4
    IPV6 = 6
    UNSPECIFIED = 8


class Authentication(IntFlag):
    """How to authenticate to the access point."""

    NONE = 0
    PAP = 1
    CHAP = 2


class TechnologyPreference(IntFlag):
    """Whose networks to use."""

    ALLOW_3GPP = 1
    ALLOW_3GPP2 = 2


class ExtendedTechnologyPreference(OpenEnum):
    """Which network carries the session."""

    CDMA = 32769
    UMTS = 32772
    EPC = 34944
    EMBMS = 34946
    MODEM_LINK_LOCAL = 34952


class CallType(OpenEnum):
    """Whether the host is outside the modem."""

    LAPTOP = 0
    EMBEDDED = 1


class ConnectionStatus(OpenEnum):
    """Whether a session is up."""

    UNKNOWN = 0
    DISCONNECTED = 1
    CONNECTED = 2
    SUSPENDED = 3
    AUTHENTICATING = 4


class ProfileType(OpenEnum):
    """Whose standards a profile follows."""

    PROFILE_3GPP = 0
    PROFILE_3GPP2 = 1


class ProfileFamily(OpenEnum):
    """Who uses a default profile."""

    EMBEDDED = 0
    TETHERED = 1


class PdpType(OpenEnum):
    """What a profile carries."""

    IPV4 = 0
    PPP = 1
    IPV6 = 2
    IPV4_OR_IPV6 = 3


class RequestedSettings(IntFlag):
    """Which settings to tell."""

    PROFILE_ID = 1 << 0
    PROFILE_NAME = 1 << 1
    PDP_TYPE = 1 << 2
    APN_NAME = 1 << 3
    DNS_ADDRESS = 1 << 4
    GRANTED_QOS = 1 << 5
    USERNAME = 1 << 6
    AUTH_PROTOCOL = 1 << 7
    IP_ADDRESS = 1 << 8
    GATEWAY_INFO = 1 << 9
    PCSCF_ADDRESS = 1 << 10
    PCSCF_SERVER_ADDRESS_LIST = 1 << 11
    PCSCF_DOMAIN_NAME_LIST = 1 << 12
    MTU = 1 << 13
    DOMAIN_NAME_LIST = 1 << 14
    IP_FAMILY = 1 << 15
    IMCN_FLAG = 1 << 16
    EXTENDED_TECHNOLOGY = 1 << 17


class PacketStatisticsMask(IntFlag):
    """Which counters to tell (libqmi: PacketStatisticsMaskFlag)."""

    TX_PACKETS_OK = 1 << 0
    RX_PACKETS_OK = 1 << 1
    TX_PACKETS_ERROR = 1 << 2
    RX_PACKETS_ERROR = 1 << 3
    TX_OVERFLOWS = 1 << 4
    RX_OVERFLOWS = 1 << 5
    TX_BYTES_OK = 1 << 6
    RX_BYTES_OK = 1 << 7
    TX_PACKETS_DROPPED = 1 << 8
    RX_PACKETS_DROPPED = 1 << 9


class DormancyStatus(OpenEnum):
    """Whether the radio holds a channel for the session."""

    UNKNOWN = 0
    TRAFFIC_CHANNEL_DORMANT = 1
    TRAFFIC_CHANNEL_ACTIVE = 2


class DataCallStatus(OpenEnum):
    """Whether the modem has made a call of its own."""

    UNKNOWN = 0
    ACTIVATED = 1
    TERMINATED = 2


class AutoconnectSetting(OpenEnum):
    """Whether the modem connects on its own."""

    DISABLED = 0
    ENABLED = 1
    PAUSED = 2


class AutoconnectRoaming(OpenEnum):
    """Where it does so (libqmi: AutoconnectSettingRoaming)."""

    ALLOWED = 0
    HOME_ONLY = 1


class IpSupportType(OpenEnum):
    """What the attach to LTE carries."""

    IPV4 = 0
    IPV6 = 1
    IPV4V6 = 2


class ProfileError(OpenEnum):
    """Why a profile was refused (libqmi: DsProfileError)."""

    UNKNOWN = 0
    FAIL = 1
    INVALID_HANDLE = 2
    INVALID_OPERATION = 3
    INVALID_PROFILE_TYPE = 4
    INVALID_PROFILE_NUMBER = 5
    INVALID_PROFILE_ID = 6
    INVALID_ARGUMENT = 7
    REGISTRY_NOT_INITIALIZED = 8
    INVALID_PARAMETER_LENGTH = 9
    LIST_END = 10
    INVALID_SUBSCRIPTION_ID = 11
    INVALID_PROFILE_FAMILY = 12
    NET_3GPP_INVALID_PROFILE_FAMILY = 1001
    NET_3GPP_ACCESS_ERROR = 1002
    NET_3GPP_CONTEXT_NOT_DEFINED = 1003
    NET_3GPP_VALID_FLAG_NOT_SET = 1004
    NET_3GPP_READ_ONLY_FLAG_SET = 1005
    NET_3GPP_OUT_OF_PROFILES = 1006
    NET_3GPP2_INVALID_PROFILE_ID = 1101


class ClientType(OpenEnum):
    """Who uses a multiplexed data port."""

    TETHERED = 1
    UNDEFINED = 0xFF


class DataNetworkType(OpenEnum):
    """Whose network it is, in bearer technologies (libqmi: NetworkType)."""

    UNKNOWN = 0
    NET_3GPP2 = 1
    NET_3GPP = 2
