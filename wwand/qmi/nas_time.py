"""The network's clock in QMI NAS (message numbers: libqmi's; layout: as Sierra's SDK has it)."""

from wwand.qmi.layout import I8, U8, U16, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.nas import NAS


class Clock(Struct):
    """Universal time."""

    year: U16
    month: U8
    day: U8
    hour: U8
    minute: U8
    second: U8
    day_of_week: U8


class ClockAndZone(Clock):
    """The same with the zone in quarters of an hour, and the hours of summer time in it."""

    time_zone: I8
    daylight_saving_adjustment: U8
    radio_interface: U8


class GetNetworkTimeResponse(Response):
    """Tells what the networks said last."""

    time_3gpp2: ClockAndZone | None = tlv(0x10)
    time_3gpp: ClockAndZone | None = tlv(0x11)


class GetNetworkTime(Request[GetNetworkTimeResponse]):
    """Ask for the network's clock."""

    service, id, response = NAS, 0x007D, GetNetworkTimeResponse


class NetworkTimeIndication(Indication):
    """The network tells its clock."""

    service, id = NAS, 0x004C
    universal_time: Clock | None = tlv(0x01)
    time_zone: I8 | None = tlv(0x10)
    daylight_saving_adjustment: U8 | None = tlv(0x11)
