"""What a failed connection means for the next try: who has to do something about it."""

from enum import Enum

from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    CallFailed,
    Cancelled,
    DeviceGone,
    EquipmentError,
    InProgress,
    PortGone,
    Unauthorized,
    WrongState,
    WwandError,
)


class Fate(Enum):
    """What kind of change can make the next try succeed."""

    PERSON = "person"
    """Somebody has to change the SIM, the APN, the password or the subscription first."""
    TIME = "time"
    """The network or the modem is busy with something that passes."""
    LAYOUT = "layout"
    """The modem does not manage in this layout; perhaps it does in another."""


PERSONS = (BadArgument, Unauthorized, AuthenticationFailed)
PASSING = (Cancelled, DeviceGone, InProgress, PortGone, WrongState)

PERSONS_NUMBERS = frozenset(
    {10, 11, 12, 13, 15, 16}  # SIM missing, PIN, PUK, failure, wrong, password
    | {103, 106, 107, 108, 111, 112, 113}  # illegal MS/ME, not allowed here (24.008 10.5.5.14)
    | {27, 29, 33, 127, 129, 133, 149}  # APN, authentication, subscription
)
"""+CME numbers (27.007 §9.2; from 100 on causes of 24.008 with 100 added) that a person mends."""

PASSING_NUMBERS = frozenset(
    {14, 30, 31, 126, 131, 132, 134, 138}  # SIM busy, no network, congestion, out of order
)
"""+CME numbers that pass by themselves."""


def fate(error: WwandError) -> Fate:
    """Tell who can do something about a connection that failed like this."""
    if isinstance(error, PERSONS):
        return Fate.PERSON
    if isinstance(error, PASSING):
        return Fate.TIME
    if isinstance(error, EquipmentError):
        if error.code in PERSONS_NUMBERS:
            return Fate.PERSON
        if error.code in PASSING_NUMBERS:
            return Fate.TIME
    if isinstance(error, CallFailed) and error.nick in ("Busy", "NoAnswer"):
        return Fate.TIME
    return Fate.LAYOUT
