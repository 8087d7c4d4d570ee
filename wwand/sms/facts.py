"""What is said of a short message, numbered as ModemManager numbers it (ModemManager-enums.h)."""

from enum import IntEnum


class SmsState(IntEnum):
    """How far a message has come."""

    UNKNOWN = 0
    """Made here, and neither stored nor sent."""
    STORED = 1
    RECEIVING = 2
    """Some of its parts are still on their way."""
    RECEIVED = 3
    SENDING = 4
    SENT = 5


class PduType(IntEnum):
    """Which way a message goes."""

    UNKNOWN = 0
    DELIVER = 1
    """From the network."""
    SUBMIT = 2
    """To the network."""
    STATUS_REPORT = 3
    """The network tells what became of one that was sent."""


class Storage(IntEnum):
    """Where messages are kept (27.005 §3.1)."""

    UNKNOWN = 0
    SM = 1
    """SIM."""
    ME = 2
    """Modem."""
    MT = 3
    """Both of these."""
    SR = 4
    """Status reports."""
    BM = 5
    """Broadcasts."""
    TA = 6
    """Terminal adapter."""


class Validity(IntEnum):
    """How it is said for how long the network shall try (23.040 §9.2.3.3)."""

    UNKNOWN = 0
    RELATIVE = 1
    """In minutes."""


DELIVERY_UNKNOWN = 0x100
"""State of delivery before a status report has come; those below are octets of 23.040 §9.2.3.15."""

NO_CLASS = -1
"""Stands for a message without a class (23.038 §4)."""
