"""Power and slots of the cards in QMI UIM."""

from typing import Annotated

from wwand.qmi.layout import LONG, U8, U32, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.uim import UIM
from wwand.qmi.uim_values import CardProtocol, PhysicalCardState, SessionType, SlotState


class SlotStatus(Struct):
    """What is in a physical slot."""

    physical_card_status: Annotated[PhysicalCardState, LONG]
    physical_slot_status: Annotated[SlotState, LONG]
    logical_slot: U8
    iccid: bytes = hidden()


class SlotInformation(Struct):
    """What kind of card is in a physical slot."""

    card_protocol: Annotated[CardProtocol, LONG]
    valid_applications: U8
    atr_value: bytes
    is_euicc: bool


class Eid(Struct):
    """The number of an eUICC, in BCD."""

    eid: bytes = hidden()


class SessionChange(Struct):
    """Which session to begin or to end."""

    session_type: SessionType
    activate: bool


class ApplicationInformation(Struct):
    """Which application a session uses."""

    slot: U8
    application_identifier: bytes


class PowerOffSim(Request[Response]):
    """Cut a card's power."""

    service, id = UIM, 0x0030
    slot: U8 | None = tlv(0x01)


class PowerOnSim(Request[Response]):
    """Give a card power."""

    service, id = UIM, 0x0031
    slot: U8 | None = tlv(0x01)


class ChangeProvisioningSession(Request[Response]):
    """Have the modem use another application for the network."""

    service, id = UIM, 0x0038
    session_change: SessionChange | None = tlv(0x01)
    application_information: ApplicationInformation | None = tlv(0x10)


class SwitchSlot(Request[Response]):
    """Have the modem use another slot."""

    service, id = UIM, 0x0046
    logical_slot: U8 | None = tlv(0x01)
    physical_slot: U32 | None = tlv(0x02)


class GetSlotStatusResponse(Response):
    """Tells the slots."""

    physical_slot_status: tuple[SlotStatus, ...] | None = tlv(0x10)
    physical_slot_information: tuple[SlotInformation, ...] | None = tlv(0x11)
    slot_eid: tuple[Eid, ...] | None = tlv(0x12)


class GetSlotStatus(Request[GetSlotStatusResponse]):
    """Ask what is in the slots."""

    service, id, response = UIM, 0x0047, GetSlotStatusResponse


class SlotStatusIndication(Indication):
    """A slot has changed."""

    service, id = UIM, 0x0048
    physical_slot_status: tuple[SlotStatus, ...] | None = tlv(0x10)
    physical_slot_information: tuple[SlotInformation, ...] | None = tlv(0x11)
    slot_eid: tuple[Eid, ...] | None = tlv(0x12)
