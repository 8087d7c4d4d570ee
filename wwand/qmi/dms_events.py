"""The part of QMI DMS that reports changes."""

from typing import Annotated

from wwand.qmi.dms import DMS, OperatingMode, PowerInfo
from wwand.qmi.dms_uim import PinInfo, UimState
from wwand.qmi.layout import SHORT
from wwand.qmi.message import Indication, Request, Response, tlv


class SetEventReport(Request[Response]):
    """Choose what is reported."""

    service, id = DMS, 0x0001
    power_state_reporting: bool | None = tlv(0x10)
    pin_state_reporting: bool | None = tlv(0x12)
    activation_state_reporting: bool | None = tlv(0x13)
    operating_mode_reporting: bool | None = tlv(0x14)
    uim_state_reporting: bool | None = tlv(0x15)
    wireless_disable_state_reporting: bool | None = tlv(0x16)


class EventReport(Indication):
    """Something of what `SetEventReport` chose has changed."""

    service, id = DMS, 0x0001
    power_state: PowerInfo | None = tlv(0x10)
    pin1_status: PinInfo | None = tlv(0x11)
    pin2_status: PinInfo | None = tlv(0x12)
    activation_state: Annotated[int, SHORT] | None = tlv(0x13)
    operating_mode: OperatingMode | None = tlv(0x14)
    uim_state: UimState | None = tlv(0x15)
    wireless_disable_state: bool | None = tlv(0x16)
