"""Facts about a modem as plain values shared by every layer, numbered as ModemManager numbers them.

Numbers: ModemManager-enums.h (facts); names and meaning: 3GPP where a clause is given.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag


class ModemState(IntEnum):
    """Where a modem is on the way from found to connected."""

    FAILED = -1
    UNKNOWN = 0
    INITIALIZING = 1
    LOCKED = 2
    DISABLED = 3
    DISABLING = 4
    ENABLING = 5
    ENABLED = 6
    SEARCHING = 7
    REGISTERED = 8
    DISCONNECTING = 9
    CONNECTING = 10
    CONNECTED = 11


class StateChangeReason(IntEnum):
    """Why a modem's state changed."""

    UNKNOWN = 0
    USER_REQUESTED = 1
    SUSPEND = 2
    FAILURE = 3


class FailedReason(IntEnum):
    """Why a modem is FAILED."""

    NONE = 0
    UNKNOWN = 1
    SIM_MISSING = 2
    SIM_ERROR = 3
    UNKNOWN_CAPABILITIES = 4
    ESIM_WITHOUT_PROFILES = 5


class Lock(IntEnum):
    """What has to be unlocked before the modem can be used (27.007 §8.3)."""

    UNKNOWN = 0
    NONE = 1
    SIM_PIN = 2
    SIM_PIN2 = 3
    SIM_PUK = 4
    SIM_PUK2 = 5
    PH_SP_PIN = 6
    PH_SP_PUK = 7
    PH_NET_PIN = 8
    PH_NET_PUK = 9
    PH_SIM_PIN = 10
    PH_CORP_PIN = 11
    PH_CORP_PUK = 12
    PH_FSIM_PIN = 13
    PH_FSIM_PUK = 14
    PH_NETSUB_PIN = 15
    PH_NETSUB_PUK = 16


class PortType(IntEnum):
    """What is spoken on a port."""

    UNKNOWN = 1
    NET = 2
    AT = 3
    QCDM = 4
    GPS = 5
    QMI = 6
    MBIM = 7
    AUDIO = 8
    IGNORED = 9


class Capability(IntFlag):
    """Families of networks a modem can use."""

    NONE = 0
    POTS = 1
    CDMA_EVDO = 2
    GSM_UMTS = 4
    LTE = 8
    IRIDIUM = 32
    NR5G = 64
    TDS = 128


class Mode(IntFlag):
    """Generations of networks."""

    NONE = 0
    CS = 1
    G2 = 2
    G3 = 4
    G4 = 8
    G5 = 16
    ANY = 0xFFFFFFFF


class AccessTechnology(IntFlag):
    """What the radio link is."""

    UNKNOWN = 0
    POTS = 1 << 0
    GSM = 1 << 1
    GSM_COMPACT = 1 << 2
    GPRS = 1 << 3
    EDGE = 1 << 4
    UMTS = 1 << 5
    HSDPA = 1 << 6
    HSUPA = 1 << 7
    HSPA = 1 << 8
    HSPA_PLUS = 1 << 9
    ONE_XRTT = 1 << 10
    EVDO0 = 1 << 11
    EVDOA = 1 << 12
    EVDOB = 1 << 13
    LTE = 1 << 14
    NR5G = 1 << 15
    LTE_CAT_M = 1 << 16
    LTE_NB_IOT = 1 << 17


class PowerState(IntEnum):
    """How much of the radio is on."""

    UNKNOWN = 0
    OFF = 1
    LOW = 2
    ON = 3


class RegistrationState(IntEnum):
    """Whether a network serves the modem; the numbers are `<stat>` of 27.007 §7.2."""

    IDLE = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5
    HOME_SMS_ONLY = 6
    ROAMING_SMS_ONLY = 7
    EMERGENCY_ONLY = 8
    HOME_CSFB_NOT_PREFERRED = 9
    ROAMING_CSFB_NOT_PREFERRED = 10
    ATTACHED_RLOS = 11

    @property
    def registered(self) -> bool:
        """Whether the network accepts this modem for data or speech."""
        return self in (1, 5, 9, 10)

    @property
    def roaming(self) -> bool:
        """Whether the serving network is a foreign one."""
        return self in (5, 7, 10)


class Facility(IntFlag):
    """Facility locks (27.007 §7.4)."""

    NONE = 0
    SIM = 1
    FIXED_DIALING = 2
    PH_SIM = 4
    PH_FSIM = 8
    NET_PERS = 16
    NET_SUB_PERS = 32
    PROVIDER_PERS = 64
    CORP_PERS = 128


class LayoutKind(Enum):
    """How data gets from a modem to this machine."""

    QMI = "qmi"
    MBIM = "mbim"
    NCM = "ncm"
    ECM = "ecm"
    PPP = "ppp"


class IpFamily(IntFlag):
    """Kinds of IP connectivity a bearer can have."""

    NONE = 0
    IPV4 = 1
    IPV6 = 2
    IPV4V6 = 4
    NON_IP = 8
    ANY = 0xFFFFFFF7


class Auth(IntFlag):
    """Ways to authenticate to the access point."""

    UNKNOWN = 0
    NONE = 1
    PAP = 2
    CHAP = 4
    MSCHAP = 8
    MSCHAPV2 = 16
    EAP = 32


class IpMethod(IntEnum):
    """How the IP configuration of a bearer is obtained."""

    UNKNOWN = 0
    PPP = 1
    STATIC = 2
    DHCP = 3


class BearerType(IntEnum):
    """What a bearer is for."""

    UNKNOWN = 0
    DEFAULT = 1
    DEFAULT_ATTACH = 2
    DEDICATED = 3


class PacketService(IntEnum):
    """Whether the packet domain is attached (27.007 §10.1.9)."""

    UNKNOWN = 0
    DETACHED = 1
    ATTACHED = 2


class SimType(IntEnum):
    """Physical card or embedded chip."""

    UNKNOWN = 0
    PHYSICAL = 1
    ESIM = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a modem says it is; empty strings where it does not say."""

    manufacturer: str = ""
    model: str = ""
    revision: str = ""
    hardware_revision: str = ""
    imei: str = ""


@dataclass(frozen=True, slots=True)
class IpConfig:
    """One family's IP configuration of a bearer."""

    method: IpMethod = IpMethod.UNKNOWN
    address: str = ""
    prefix: int = 0
    gateway: str = ""
    dns: tuple[str, ...] = ()
    mtu: int = 0

    @property
    def network(self) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
        """Address and prefix as one value; raises ValueError while there is no address."""
        return ipaddress.ip_interface(f"{self.address}/{self.prefix}")


@dataclass(frozen=True, slots=True)
class NetworkOffer:
    """One row of a network scan (27.007 §7.3)."""

    status: int
    """0 unknown, 1 available, 2 current, 3 forbidden."""
    long_name: str
    short_name: str
    code: str
    """MCC and MNC, 5 or 6 digits."""
    technology: AccessTechnology = AccessTechnology.UNKNOWN


@dataclass(frozen=True, slots=True)
class RadioSignal:
    """How one radio technology hears its network; None: not measured, or not told.

    Clients know the values by these names, with a hyphen for the underscore.
    """

    rssi: float | None = None
    """Power of all that is received, dBm."""
    rscp: float | None = None
    """UMTS: power of the pilot's code, dBm (25.215 §5.1.1)."""
    ecio: float | None = None
    """UMTS and CDMA: the pilot's share of what is received, dB (25.215 §5.1.5)."""
    rsrp: float | None = None
    """LTE and 5G: power of the reference signals, dBm (36.214 §5.1.1, 38.215 §5.1.1)."""
    rsrq: float | None = None
    """LTE and 5G: their quality, dB (36.214 §5.1.3, 38.215 §5.1.3)."""
    snr: float | None = None
    """LTE and 5G: signal to noise, dB."""
    sinr: float | None = None
    """EV-DO: signal to interference and noise, dB."""
    io: float | None = None
    """EV-DO: power of interference, dBm."""
    error_rate: float | None = None
    """Bits, blocks or frames that arrive broken, percent."""


NO_SIGNAL = RadioSignal()


@dataclass(frozen=True, slots=True)
class SignalValues:
    """What is known of a modem's signal, by radio technology."""

    cdma: RadioSignal = NO_SIGNAL
    evdo: RadioSignal = NO_SIGNAL
    gsm: RadioSignal = NO_SIGNAL
    umts: RadioSignal = NO_SIGNAL
    lte: RadioSignal = NO_SIGNAL
    nr5g: RadioSignal = NO_SIGNAL


@dataclass(frozen=True, slots=True)
class SignalThresholds:
    """How much has to change for a modem to report its signal by itself."""

    rssi: int = 0
    """dB; 0: what wwand chooses."""
    error_rate: bool = False
    """Whether changes of the error rate are to be reported."""


@dataclass(slots=True)
class BearerStats:
    """Counters of a bearer; seconds and bytes."""

    rx_bytes: int = 0
    tx_bytes: int = 0
    start_date: int = 0
    """Seconds since the epoch at which the running connection began."""
    duration: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    total_duration: int = 0
    total_rx_bytes: int = 0
    total_tx_bytes: int = 0


Listener = Callable[[], None]


@dataclass(eq=False)
class Observable:
    """Tells whoever listens that something about it changed; they read what they need.

    It is equal to itself alone: two bearers with the same facts are still two.
    """

    listeners: list[Listener] = field(default_factory=list, init=False, repr=False, compare=False)

    def changed(self) -> None:
        """Call every listener."""
        for listener in tuple(self.listeners):
            listener()
