"""The numbers that all services of QMI share (names and values: libqmi's qmi-enums.h)."""

from enum import IntEnum
from typing import Self


class OpenEnum(IntEnum):
    """Numbers that newer firmware adds to: one that is not known becomes a nameless member."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class Service(OpenEnum):
    """What a message is about."""

    CTL = 0x00
    WDS = 0x01
    DMS = 0x02
    NAS = 0x03
    QOS = 0x04
    WMS = 0x05
    PDS = 0x06
    AUTH = 0x07
    AT = 0x08
    VOICE = 0x09
    CAT2 = 0x0A
    UIM = 0x0B
    PBM = 0x0C
    LOC = 0x10
    SAR = 0x11
    IMS = 0x12
    TS = 0x17
    TMD = 0x18
    WDA = 0x1A
    CSVT = 0x1D
    IMSP = 0x1F
    IMSA = 0x21
    COEX = 0x22
    PDC = 0x24
    RFRPE = 0x29
    DSD = 0x2A
    SSCTL = 0x2B
    DPM = 0x2F
    CAT = 0xE0
    RMS = 0xE1
    OMA = 0xE2
    FOX = 0xE3
    FOTA = 0xE6
    GMS = 0xE7
    GAS = 0xE8


class EndpointType(OpenEnum):
    """What carries the data between modem and host."""

    UNKNOWN = 0x00
    HSIC = 0x01
    HSUSB = 0x02
    PCIE = 0x03
    EMBEDDED = 0x04
    BAM_DMUX = 0x05
    UNDEFINED = 0xFF


BROADCAST = 0xFF
"""The client id of an indication that is for all clients of a service."""
