"""What a model file says, as frozen values: USB modes, interfaces, AT replies, facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from wwand.device import Configuration, Endpoint, Interface, UsbId

VENDOR = 0xFF
"""bDeviceClass and bInterfaceClass of what only its vendor defines (USB-IF class codes)."""


class Speaks(Enum):
    """What an interface does with the bytes it gets."""

    AT = "at"
    MUTE = "mute"
    """Takes everything, says nothing."""
    NOISE = "noise"
    """Says the same binary bytes when opened and after everything it gets."""
    STORAGE = "storage"
    """A SCSI disk behind USB mass storage, bulk only."""
    RECORDER = "recorder"
    """A serial adapter that remembers every byte and every opening: what must stay untouched."""
    QMI = "qmi"
    """QMI on a cdc-wdm channel, and a network interface beside it: qmi_wwan binds."""
    ECM = "ecm"
    """CDC ECM: the control interface of an Ethernet function; its data interface is the next."""
    NCM = "ncm"
    """CDC NCM, likewise."""
    HUAWEI_NCM = "huawei-ncm"
    """Huawei's NCM: control and data in one vendor interface, with a cdc-wdm channel for AT."""
    NOTHING = "nothing"
    """Descriptors only, such as the data interface of ECM and NCM."""

    @property
    def is_network(self) -> bool:
        """Whether it has a network interface."""
        return self in (Speaks.QMI, Speaks.ECM, Speaks.NCM, Speaks.HUAWEI_NCM)

    @property
    def has_channel(self) -> bool:
        """Whether it has a cdc-wdm channel."""
        return self in (Speaks.QMI, Speaks.HUAWEI_NCM)


@dataclass(frozen=True, slots=True)
class Disk:
    """What the mass-storage function answers to INQUIRY (SPC-3 §6.4)."""

    vendor: str
    product: str
    revision: str
    cdrom: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceModel:
    """One interface: its descriptors, and what it does."""

    usb: Interface
    """Descriptors, and the driver that binds where no kernel decides."""
    speaks: Speaks
    intervals: tuple[int, ...] = ()
    """bInterval of each endpoint, in the endpoints' order (USB 2.0 §9.6.6)."""
    alternate: tuple[Endpoint, ...] = ()
    """The endpoints of alternate setting 1, where there is one: NCM's data interface."""
    alternate_intervals: tuple[int, ...] = ()
    data: int | None = None
    """The interface with the frames of a network function, often the next, or the same."""
    mac: str = ""
    """The host's Ethernet address that CDC ECM and NCM announce, as twelve hexadecimal digits."""
    router: bool = False
    """The network interface is always connected: a router on a stick, which nobody dials."""
    dials: bool = False
    """Whether a data call can be started here."""
    noise: bytes = b""
    disk: Disk | None = None
    port_driver: str = ""
    """The usb-serial driver's own name, such as `option1`."""
    port_prefix: str = "ttyUSB"

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of all alternate settings, each once."""
        return tuple(dict.fromkeys((*self.usb.endpoints, *self.alternate)))


@dataclass(frozen=True, slots=True)
class ConfigurationModel:
    """One USB configuration."""

    value: int
    interfaces: tuple[InterfaceModel, ...]

    @property
    def usb(self) -> Configuration:
        """Its descriptors."""
        return Configuration(self.value, tuple(i.usb for i in self.interfaces))


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that turns the device into another mode; exactly one trigger is set."""

    becomes: str
    message: bytes = b""
    """A bulk message that starts with these bytes."""
    control: bytes = b""
    """The first bytes of a control transfer's set-up packet."""
    eject: bool = False
    """SCSI START STOP UNIT with LoEj set, that is an eject."""


@dataclass(frozen=True, slots=True)
class Mode:
    """The device as it enumerates in one of its modes."""

    name: str
    id: UsbId
    configurations: tuple[ConfigurationModel, ...]
    release: int = 0
    device_class: tuple[int, int, int] = (0, 0, 0)
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    switches: tuple[Switch, ...] = ()

    @property
    def first(self) -> ConfigurationModel:
        """The configuration that Linux selects (drivers/usb/core/generic.c).

        That is the first whose first interface is not vendor specific, else the first of all.
        """
        known = (
            c
            for c in self.configurations
            if c.interfaces and VENDOR not in (self.device_class[0], c.interfaces[0].usb.cls)
        )
        return next(known, self.configurations[0])

    def configuration(self, value: int) -> ConfigurationModel | None:
        """Return the configuration with that bConfigurationValue."""
        return next((c for c in self.configurations if c.value == value), None)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the modem says it is."""

    manufacturer: str = "wwand"
    model: str = "Virtual modem"
    revision: str = "1"
    hardware_revision: str = ""
    imei: str = "490154203237518"
    capabilities: tuple[str, ...] = ("+CGSM",)


@dataclass(frozen=True, slots=True)
class SimFacts:
    """What is on the SIM card."""

    iccid: str = "8900100000000000010"
    imsi: str = "001010123456789"
    mnc_length: int = 2
    operator: str = ""
    """EF SPN, the service provider's name; empty: the file is absent."""
    number: str = ""
    pin: str = "1234"
    puk: str = "12345678"
    pin_enabled: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One network around."""

    code: str
    long: str
    short: str
    technology: int = 2
    """<AcT> of 27.007 §7.3."""
    status: int = 1
    """1 available, 2 current, 3 forbidden."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the network says to a code (USSD), and what may be answered to it."""

    text: str
    menu: "Mapping[str, Page]" = field(default_factory=dict)
    """Answer -> the next page; `*` is whatever else is answered. Empty: that was all."""


CODES = {
    "*100#": Page("Your balance is 12.50 EUR"),
    "*101#": Page(
        "1. Balance\n2. Data",
        {
            "1": Page("Your balance is 12.50 EUR"),
            "2": Page("Which one?\n1. Day\n2. Month", {"1": Page("1 GB"), "2": Page("10 GB")}),
        },
    ),
    "*102#": Page("Guthaben: 12,50 €, grüß Gott"),
    "*103#": Page("Баланс: 12.50"),
}
"""What every network knows, unless its model says otherwise: plain, a menu, two alphabets."""


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What the radio hears."""

    operators: tuple[Operator, ...] = (Operator("00101", "Test Network", "Test"),)
    """The first is the one the modem registers with by itself."""
    area: int = 0x1A2B
    cell: int = 0x00C3D4E5
    technology: int = 2
    """<AcT> while registered (27.007 §7.2)."""
    signal: int = 18
    """<rssi> of +CSQ (27.007 §8.5)."""
    registration_seconds: float = 0.0
    domains: tuple[str, ...] = ("+CREG", "+CGREG")
    apns: tuple[str, ...] = ()
    """Access points that exist; empty: every one does."""
    time_zone: int = 0
    """Quarters of an hour east of UTC (27.007 §8.15)."""
    ussd: Mapping[str, Page] = field(default_factory=lambda: dict(CODES))
    """Code -> what is answered to it."""
    user: str = ""
    password: str = ""
    """What PPP must authenticate with; empty: nothing is asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply a model file gives word by word; `{…}` is filled from the modem's state."""

    lines: tuple[str, ...] = ()
    final: str = "OK"
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A vendor parameter: `?` reads, `=` sets one of `values`, `=?` answers `test`."""

    value: str
    values: tuple[str, ...] = ()
    test: str = ""


@dataclass(frozen=True, slots=True)
class AtFacts:
    """How this firmware's command set differs from the engine's."""

    refuses: frozenset[str] = frozenset()
    """Commands of the engine that this firmware does not know; `+COPS=?` refuses one form only."""
    replies: Mapping[str, Answer] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    latency: Mapping[str, float] = field(default_factory=dict)
    """Seconds before the engine's answer to that command."""
    dialect: str = ""
    """A vendor's commands that the engine knows besides: a module of `commands`."""
    crashes: frozenset[str] = frozenset()
    """Commands that the firmware does not survive: it answers nothing until it is replugged."""
    activation_connects: bool = False
    """Whether +CGACT connects the network interface, as on many CDC ECM modems."""


@dataclass(frozen=True, slots=True)
class QmiFacts:
    """How this firmware's QMI differs from the engine's."""

    services: Mapping[str, str] = field(default_factory=dict)
    """Service name -> its version as `major.minor`; empty: what the engine has."""
    refuses: frozenset[str] = frozenset()
    """Messages of the engine that this firmware does not know, as `uim get slot status`."""
    unsupported: frozenset[str] = frozenset()
    """Messages it knows and answers NotSupported."""
    latency: Mapping[str, float] = field(default_factory=dict)
    """Seconds before the answer to that message, beside the modem's own."""
    revision: str = ""
    """DMS Get Revision; empty: the identity's."""
    radio: tuple[str, ...] = ("gsm", "umts", "lte")
    """Radio interfaces it has."""
    lte_bands: tuple[int, ...] = (1, 3, 7, 8, 20)
    """Bands of LTE, if it has that; those over 64 are told in the way of newer firmware."""
    link_layer: str = "802-3"
    """Framing of packets after power-on: `802-3` or `raw-ip`."""
    fixed_link_layer: bool = False
    """It has only that framing, whatever is asked for."""
    clients: int = 16
    """Client ids of one service that can be in use at a time."""
    slots: int = 1
    """SIM slots; the card is in the first."""


@dataclass(frozen=True, slots=True)
class Model:
    """A virtual USB device."""

    name: str
    summary: str
    modes: Mapping[str, Mode]
    starts_as: str
    return_seconds: float = 0.1
    """From leaving the bus in one mode to being back in another."""
    identity: Identity = Identity()
    sim: SimFacts = SimFacts()
    network: NetworkFacts = NetworkFacts()
    at: AtFacts = AtFacts()
    qmi: QmiFacts = QmiFacts()

    @property
    def speaks(self) -> frozenset[Speaks]:
        """All that its interfaces do."""
        configurations = (c for mode in self.modes.values() for c in mode.configurations)
        return frozenset(i.speaks for c in configurations for i in c.interfaces)
