"""Who has to change something before a failed connection can work: what to try next follows."""

from enum import Enum

from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    BadReply,
    CallFailed,
    Cancelled,
    DeviceGone,
    EquipmentError,
    InProgress,
    MachineFailed,
    ModemTimeout,
    NoAddress,
    NoCarrier,
    NoDriver,
    PortBusy,
    PortGone,
    Unauthorized,
    Unsupported,
    WrongState,
    WwandError,
)


class Blame(Enum):
    """What a failure is due to."""

    CALLER = "caller"
    """What was asked for can never work, or may not be done."""
    SIM = "SIM"
    """No connection works with this card as it is."""
    CREDENTIALS = "credentials"
    """The access point refuses user name and password; more tries may have the SIM blocked."""
    PROFILE = "profile"
    """This access point or IP type is not for this SIM; another one may be."""
    REFUSAL = "refusal"
    """The network refuses and does not say why: often it means the access point."""
    TIME = "time"
    """The network, the modem, this machine or somebody else is busy with something that passes."""
    WAY = "way"
    """This machine or the modem cannot do it this way; another layout may."""
    UNCLEAR = "unclear"
    """The modem does not say: it may be the access point, the network or the way."""

    @property
    def fatal(self) -> bool:
        """Whether trying the same again is of no use: a person has to change something."""
        return self in (Blame.CALLER, Blame.SIM, Blame.CREDENTIALS, Blame.PROFILE)

    @property
    def other_profile(self) -> bool:
        """Whether another access point may work."""
        return self in (Blame.PROFILE, Blame.REFUSAL, Blame.UNCLEAR)

    @property
    def other_way(self) -> bool:
        """Whether another layout may work."""
        return self in (Blame.WAY, Blame.UNCLEAR)


NUMBERS: dict[Blame, frozenset[int]] = {
    # PH-SIM; SIM missing, PIN, PUK, failure, wrong, password; personalisations;
    # illegal MS, IMEI, ME; packet services not for this subscription
    Blame.SIM: frozenset({5, 6, 7, *range(10, 14), 15, 16, *range(40, 48), 103, *range(105, 109)}),
    Blame.CREDENTIALS: frozenset({129, 149}),
    # APN, PDP type, service option; IP types; APN in this network; DNN (5G)
    Blame.PROFILE: frozenset({127, 128, 132, 133, 179, 192, 193, 194, 196, 197, 199, 213, 218}),
    # ESM failure; by the gateway; unspecified; operator's barring; PDN connections
    Blame.REFUSAL: frozenset({119, 130, 131, 148, 177, 200, 203}),
    # SIM busy; no network, time-out, not allowed here; networks and areas; congestion, resources;
    # out of order; deactivated, reactivation; failures of the network; collisions
    Blame.TIME: frozenset(
        {14, 30, 31, 32, *range(109, 119), 122, 126, 134, 135, 136, 139, 187, 190, 191, 195}
        | {204, 205, 207, 211, 219, 220, 228}
    ),
}
"""+CME numbers (27.007 §9.2); of all others it is unclear what they mean."""

BARE_CAUSES = {
    27: Blame.PROFILE,
    28: Blame.PROFILE,
    29: Blame.CREDENTIALS,
    33: Blame.PROFILE,
}
"""Causes of 24.008 §10.5.6.6 that modems give as +CME numbers; 27.007 has no use for these while a
connection is made."""

CLASSES: tuple[tuple[tuple[type[WwandError], ...], Blame], ...] = (
    ((BadArgument, Unauthorized), Blame.CALLER),
    ((AuthenticationFailed,), Blame.CREDENTIALS),
    ((Cancelled, DeviceGone, InProgress, MachineFailed, PortGone, WrongState), Blame.TIME),
    ((NoAddress, NoCarrier, NoDriver, PortBusy, Unsupported, BadReply, ModemTimeout), Blame.WAY),
)


def blame(error: WwandError) -> Blame:
    """Find out what a failure to connect is due to."""
    if isinstance(error, EquipmentError):
        for due, numbers in NUMBERS.items():
            if error.code in numbers:
                return due
        return BARE_CAUSES.get(error.code, Blame.UNCLEAR)
    if isinstance(error, CallFailed) and error.nick in ("Busy", "NoAnswer"):
        return Blame.TIME
    for classes, due in CLASSES:
        if isinstance(error, classes):
            return due
    return Blame.UNCLEAR
