"""wwand's objects as wwanctl sees them: a path and the properties that were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from wwand.status import AccessTechnology, ModemState

MM_NAME = "org.freedesktop.ModemManager1"
MM_ROOT = "/org/freedesktop/ModemManager1"
WWAND_NAME = "org.wwand1"
WWAND_ROOT = "/org/wwand1"

MANAGER = "org.wwand1.Manager"
DEVICE = "org.wwand1.Device"
MODEM = f"{MM_NAME}.Modem"
MODEM_3GPP = f"{MODEM}.Modem3gpp"
MODEM_SIGNAL = f"{MODEM}.Signal"
SIMPLE = f"{MODEM}.Simple"
MESSAGING = f"{MODEM}.Messaging"
SMS = f"{MM_NAME}.Sms"
SIM = f"{MM_NAME}.Sim"
BEARER = f"{MM_NAME}.Bearer"

NOTHING = "/"
"""The path that stands for no object."""

ON_ITS_WAY = ("found", "switching", "configuring", "settling", "probing", "recovering")
"""Phases of a device that may become a modem by itself."""

Properties = Mapping[str, Any]


def number_of(path: str) -> int:
    """The number at the end of an object's path."""
    return int(path.rsplit("/", 1)[-1])


@dataclass(frozen=True, order=True)
class Device:
    """One `org.wwand1.Device`."""

    number: int
    path: str = field(compare=False)
    facts: Properties = field(compare=False)

    @classmethod
    def of(cls, path: str, interfaces: Mapping[str, Properties]) -> Self | None:
        """Take it from what an object manager says; None for other kinds of objects."""
        facts = interfaces.get(DEVICE)
        return None if facts is None else cls(number_of(path), path, facts)

    @property
    def place(self) -> str:
        """Where it is plugged in."""
        return str(self.facts["Place"])

    @property
    def phase(self) -> str:
        """How far it has come."""
        return str(self.facts["Phase"])

    @property
    def reason(self) -> str:
        """Why it is there, in words."""
        return str(self.facts["Reason"])

    @property
    def next_step(self) -> str:
        """What the user can do about it."""
        return str(self.facts["NextStep"])

    @property
    def usb_id(self) -> str:
        """Vendor and product."""
        return str(self.facts["UsbId"])

    @property
    def ignored(self) -> bool:
        """Whether wwand leaves it alone."""
        return self.phase == "ignored"

    @property
    def on_its_way(self) -> bool:
        """Whether it may become a modem by itself."""
        return self.phase in ON_ITS_WAY

    @property
    def modem(self) -> int | None:
        """The number of its modem."""
        path = str(self.facts["Modem"])
        return None if path == NOTHING else number_of(path)

    @property
    def title(self) -> str:
        """What people call it."""
        names = (str(self.facts["Manufacturer"]), str(self.facts["Product"]))
        return named(*names) or "unnamed device"


class Modem:
    """One modem with all its interfaces."""

    def __init__(self, path: str, interfaces: Mapping[str, Properties]) -> None:
        self.path = path
        self.number = number_of(path)
        self.facts: Properties = interfaces.get(MODEM, {})
        self.gpp: Properties = interfaces.get(MODEM_3GPP, {})
        self.signal_values: Properties = interfaces.get(MODEM_SIGNAL, {})
        self.messaging: Properties = interfaces.get(MESSAGING, {})

    def __lt__(self, other: "Modem") -> bool:
        return self.number < other.number

    @property
    def state(self) -> ModemState:
        """Where it is on the way from found to connected."""
        return ModemState(self.facts["State"])

    @property
    def title(self) -> str:
        """What people call it."""
        return named(self.facts["Manufacturer"], self.facts["Model"]) or "unnamed modem"

    @property
    def place(self) -> str:
        """Where its device is plugged in: the last part of the sysfs path."""
        return str(self.facts["Device"]).rsplit("/", 1)[-1]

    @property
    def imei(self) -> str:
        """Its serial number."""
        return str(self.facts["EquipmentIdentifier"])

    @property
    def operator(self) -> str:
        """Name of the serving network, or its code."""
        return str(self.gpp.get("OperatorName") or self.gpp.get("OperatorCode") or "")

    @property
    def technology(self) -> AccessTechnology:
        """What the radio link is."""
        return AccessTechnology(self.facts["AccessTechnologies"])

    @property
    def signal(self) -> int | None:
        """Percent; None while it has not been measured."""
        quality, recent = self.facts["SignalQuality"]
        return int(quality) if quality or recent else None


def named(manufacturer: str, product: str) -> str:
    """Manufacturer and product, without saying the maker's name twice."""
    if product.lower().startswith(manufacturer.lower()):
        return product
    return f"{manufacturer} {product}".strip()
