"""Numbers of the API as words, and private values as what may be shown of them."""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from typing import TypeVar

from wwand.status import (
    AccessTechnology,
    Capability,
    FailedReason,
    IpFamily,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PortType,
    PowerState,
    RegistrationState,
    StateChangeReason,
)

Bit = TypeVar("Bit", bound=IntFlag)

TECHNOLOGIES = {
    AccessTechnology.POTS: "POTS",
    AccessTechnology.GSM: "GSM",
    AccessTechnology.GSM_COMPACT: "GSM compact",
    AccessTechnology.GPRS: "GPRS",
    AccessTechnology.EDGE: "EDGE",
    AccessTechnology.UMTS: "UMTS",
    AccessTechnology.HSDPA: "HSDPA",
    AccessTechnology.HSUPA: "HSUPA",
    AccessTechnology.HSPA: "HSPA",
    AccessTechnology.HSPA_PLUS: "HSPA+",
    AccessTechnology.ONE_XRTT: "1xRTT",
    AccessTechnology.EVDO0: "EV-DO",
    AccessTechnology.EVDOA: "EV-DO rev A",
    AccessTechnology.EVDOB: "EV-DO rev B",
    AccessTechnology.LTE: "LTE",
    AccessTechnology.NR5G: "5G",
    AccessTechnology.LTE_CAT_M: "LTE-M",
    AccessTechnology.LTE_NB_IOT: "NB-IoT",
}

MODES = {Mode.CS: "cs", Mode.G2: "2g", Mode.G3: "3g", Mode.G4: "4g", Mode.G5: "5g"}

CAPABILITIES = {
    Capability.POTS: "POTS",
    Capability.CDMA_EVDO: "CDMA/EV-DO",
    Capability.GSM_UMTS: "GSM/UMTS",
    Capability.LTE: "LTE",
    Capability.IRIDIUM: "Iridium",
    Capability.NR5G: "5G",
    Capability.TDS: "TD-SCDMA",
}

FAMILIES = {IpFamily.IPV4: "ipv4", IpFamily.IPV6: "ipv6", IpFamily.IPV4V6: "ipv4v6"}

PORTS = {
    PortType.UNKNOWN: "unknown",
    PortType.NET: "net",
    PortType.AT: "AT",
    PortType.QCDM: "QCDM",
    PortType.GPS: "GPS",
    PortType.QMI: "QMI",
    PortType.MBIM: "MBIM",
    PortType.AUDIO: "audio",
    PortType.IGNORED: "not used",
}

REGISTRATIONS = {
    RegistrationState.IDLE: "not registered",
    RegistrationState.HOME: "home network",
    RegistrationState.SEARCHING: "searching",
    RegistrationState.DENIED: "refused by the network",
    RegistrationState.UNKNOWN: "unknown",
    RegistrationState.ROAMING: "roaming",
    RegistrationState.HOME_SMS_ONLY: "home network, messages only",
    RegistrationState.ROAMING_SMS_ONLY: "roaming, messages only",
    RegistrationState.EMERGENCY_ONLY: "emergency calls only",
    RegistrationState.HOME_CSFB_NOT_PREFERRED: "home network",
    RegistrationState.ROAMING_CSFB_NOT_PREFERRED: "roaming",
    RegistrationState.ATTACHED_RLOS: "restricted local services",
}

FAILED_REASONS = {
    FailedReason.NONE: "",
    FailedReason.UNKNOWN: "for a reason it does not say",
    FailedReason.SIM_MISSING: "there is no SIM card",
    FailedReason.SIM_ERROR: "the SIM card cannot be read",
    FailedReason.UNKNOWN_CAPABILITIES: "it does not say what it can do",
    FailedReason.ESIM_WITHOUT_PROFILES: "the eSIM has no profile",
}

REASONS = {
    StateChangeReason.UNKNOWN: "",
    StateChangeReason.USER_REQUESTED: "asked for",
    StateChangeReason.SUSPEND: "suspend",
    StateChangeReason.FAILURE: "failure",
}


def flags(value: int, names: Mapping[Bit, str]) -> list[str]:
    """The names of the bits that are set."""
    return [name for bit, name in names.items() if value & bit]


def technology(value: int) -> str:
    """What the radio link is; empty while there is none."""
    return ", ".join(flags(value, TECHNOLOGIES))


def modes(value: int) -> str:
    """Generations as they are typed: `2g|3g`."""
    return "any" if value == Mode.ANY else "|".join(flags(value, MODES)) or "none"


def mode_pair(allowed: int, preferred: int) -> str:
    """Allowed generations and the preferred one among them."""
    return f"{modes(allowed)} preferring {modes(preferred)}" if preferred else modes(allowed)


def parse_modes(text: str) -> Mode:
    """Read what `modes` writes; raises ValueError."""
    if text == "none":
        return Mode.NONE
    if text == "any":
        return Mode.ANY
    known = {name: mode for mode, name in MODES.items()}
    value = Mode.NONE
    for name in text.lower().split("|"):
        if name not in known:
            raise ValueError(f"{name!r} is none of {', '.join(known)}, any")
        value |= known[name]
    return value


def state(value: int) -> str:
    """A modem's state."""
    return _name(ModemState, value)


def lock(value: int) -> str:
    """A SIM's or modem's lock, as in `SIM PIN`; empty when nothing is locked."""
    if value in (Lock.NONE, Lock.UNKNOWN):
        return ""
    return _name(Lock, value).upper()


def power(value: int) -> str:
    """How much of the radio is on."""
    return _name(PowerState, value)


def packet_service(value: int) -> str:
    """Whether the packet domain is attached; empty where that is not known."""
    return _name(PacketService, value) if value else ""


def _name(
    kind: type[ModemState] | type[Lock] | type[PowerState] | type[PacketService],
    value: int,
) -> str:
    """A member's name; the number where the daemon is newer than this program."""
    try:
        return kind(value).name.lower().replace("_", " ")
    except ValueError:
        return str(value)


SHOWN = 4
"""Last digits that are shown of a private number: enough to tell two cards or modems apart."""


def masked(text: str) -> str:
    """What may be shown of an IMEI, IMSI, ICCID or telephone number."""
    keep = SHOWN if len(text) > 2 * SHOWN else 0
    return "*" * (len(text) - keep) + text[len(text) - keep :]


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(seconds / 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def joined(items: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *front, end = [*items] or [""]
    return f"{', '.join(front)} {last} {end}" if front else end
