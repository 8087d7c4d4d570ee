"""QMI UIM: the card, its applications, PINs and files."""

from enum import IntFlag
from typing import Annotated

from wwand.qmi.layout import LONG, U8, U16, U32, Counted, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.uim_values import (
    ApplicationState,
    ApplicationType,
    CardError,
    CardState,
    FileType,
    PersonalizationFeature,
    PersonalizationState,
    PinState,
    SessionType,
    UimPinId,
)
from wwand.qmi.values import Service

UIM = Service.UIM


class EventRegistration(IntFlag):
    """What is reported (libqmi: EventRegistrationFlag)."""

    CARD_STATUS = 1
    SAP_CONNECTION = 2
    EXTENDED_CARD_STATUS = 4
    PHYSICAL_SLOT_STATUS = 16


class Session(Struct):
    """Which application of which card is meant."""

    session_type: SessionType
    application_identifier: bytes = hidden()


PRIMARY = Session(SessionType.PRIMARY_GW_PROVISIONING, b"")
"""The application that the modem uses for the network."""


class Application(Struct):
    """An application on a card, such as a USIM."""

    type: ApplicationType
    state: ApplicationState
    personalization_state: PersonalizationState
    personalization_feature: PersonalizationFeature
    personalization_retries: U8
    personalization_unblock_retries: U8
    application_identifier_value: bytes
    upin_replaces_pin1: bool
    pin1_state: PinState
    pin1_retries: U8
    puk1_retries: U8
    pin2_state: PinState
    pin2_retries: U8
    puk2_retries: U8


class Card(Struct):
    """A card in a slot."""

    card_state: CardState
    upin_state: PinState
    upin_retries: U8
    upuk_retries: U8
    error_code: CardError
    applications: tuple[Application, ...]


NO_INDEX = 0xFFFF
"""An index that points to no application."""


class CardStatus(Struct):
    """All cards; an index is the card's number in its high octet, the application's in its low."""

    index_gw_primary: U16
    index_1x_primary: U16
    index_gw_secondary: U16
    index_1x_secondary: U16
    cards: tuple[Card, ...]

    @property
    def primary(self) -> tuple[Card, Application] | None:
        """The card and the application that the modem uses for the network."""
        if self.index_gw_primary == NO_INDEX:
            return None
        slot, place = self.index_gw_primary >> 8, self.index_gw_primary & 0xFF
        if slot < len(self.cards) and place < len(self.cards[slot].applications):
            return self.cards[slot], self.cards[slot].applications[place]
        return None


class PinRetries(Struct):
    """How often PIN and PUK may still be wrong."""

    verify_retries_left: U8
    unblock_retries_left: U8


class CardResult(Struct):
    """The card's status words (102.221 §10.2.1)."""

    sw1: U8
    sw2: U8


class PinProtection(Struct):
    """Whether a PIN shall be asked for."""

    pin_id: UimPinId
    pin_enabled: bool
    pin_value: str = hidden()


class PinEntry(Struct):
    """A PIN as it was typed."""

    pin_id: UimPinId
    pin_value: str = hidden()


class PukEntry(Struct):
    """A PUK as it was typed, and the PIN to be."""

    pin_id: UimPinId
    puk: str = hidden()
    new_pin: str = hidden()


class PinChange(Struct):
    """A PIN and the one to be."""

    pin_id: UimPinId
    old_pin: str = hidden()
    new_pin: str = hidden()


class File(Struct):
    """A file and its path: the folders' numbers, each with its low octet first."""

    file_id: U16
    file_path: bytes


class ReadInformation(Struct):
    """Which part of a file; 0 octets mean all."""

    offset: U16
    length: U16


class Record(Struct):
    """Which record, from 1, and its length; 0 octets mean all."""

    record_number: U16
    record_length: U16


class FileAttributes(Struct):
    """What a file is; the conditions of reading it and so on are not taken apart."""

    file_size: U16
    file_id: U16
    file_type: FileType
    record_size: U16
    record_count: U16
    read_security_attributes_logic: U8
    read_security_attributes: U16
    write_security_attributes_logic: U8
    write_security_attributes: U16
    increase_security_attributes_logic: U8
    increase_security_attributes: U16
    deactivate_security_attributes_logic: U8
    deactivate_security_attributes: U16
    activate_security_attributes_logic: U8
    activate_security_attributes: U16
    raw_data: Annotated[bytes, Counted(2)]


LongOctets = Annotated[bytes, Counted(2)]


class Reset(Request[Response]):
    """Forget what this client has asked for."""

    service, id = UIM, 0x0000


class ReadTransparentResponse(Response):
    """Tells what is in the file."""

    card_result: CardResult | None = tlv(0x10)
    read_result: LongOctets | None = tlv(0x11, secret=True)
    response_in_indication_token: U32 | None = tlv(0x12)
    encrypted_data: bool | None = tlv(0x13)


class ReadTransparent(Request[ReadTransparentResponse]):
    """Read a file without records."""

    service, id, response = UIM, 0x0020, ReadTransparentResponse
    session: Session | None = tlv(0x01)
    file: File | None = tlv(0x02)
    read_information: ReadInformation | None = tlv(0x03)
    response_in_indication_token: U32 | None = tlv(0x10)
    encrypt_data: bool | None = tlv(0x11)


class ReadRecordResponse(Response):
    """Tells what is in the record."""

    card_result: CardResult | None = tlv(0x10)
    read_result: LongOctets | None = tlv(0x11, secret=True)
    additional_read_result: LongOctets | None = tlv(0x12, secret=True)
    response_in_indication_token: U32 | None = tlv(0x13)


class ReadRecord(Request[ReadRecordResponse]):
    """Read records of a file, up to the last one when that is told."""

    service, id, response = UIM, 0x0021, ReadRecordResponse
    session: Session | None = tlv(0x01)
    file: File | None = tlv(0x02)
    record: Record | None = tlv(0x03)
    last_record: U16 | None = tlv(0x10)
    response_in_indication_token: U32 | None = tlv(0x11)


class GetFileAttributesResponse(Response):
    """Tells about the file."""

    card_result: CardResult | None = tlv(0x10)
    file_attributes: FileAttributes | None = tlv(0x11)
    response_in_indication_token: U32 | None = tlv(0x12)


class GetFileAttributes(Request[GetFileAttributesResponse]):
    """Ask about a file."""

    service, id, response = UIM, 0x0024, GetFileAttributesResponse
    session: Session | None = tlv(0x01)
    file: File | None = tlv(0x02)
    response_in_indication_token: U32 | None = tlv(0x10)


class PinResponse(Response):
    """Tells how many tries are left, when the code was wrong."""

    retries_remaining: PinRetries | None = tlv(0x10)
    response_in_indication_token: U32 | None = tlv(0x12)
    card_result: CardResult | None = tlv(0x13)


class SetPinProtection(Request[PinResponse]):
    """Ask for the PIN at power-up from now on, or no longer."""

    service, id, response = UIM, 0x0025, PinResponse
    session: Session | None = tlv(0x01)
    info: PinProtection | None = tlv(0x02)
    response_in_indication_token: U32 | None = tlv(0x11)


class VerifyPin(Request[PinResponse]):
    """Enter a PIN."""

    service, id, response = UIM, 0x0026, PinResponse
    session: Session | None = tlv(0x01)
    info: PinEntry | None = tlv(0x02)
    response_in_indication_token: U32 | None = tlv(0x12)


class UnblockPin(Request[PinResponse]):
    """Enter a PUK and a new PIN."""

    service, id, response = UIM, 0x0027, PinResponse
    session: Session | None = tlv(0x01)
    info: PukEntry | None = tlv(0x02)
    response_in_indication_token: U32 | None = tlv(0x11)


class ChangePin(Request[PinResponse]):
    """Replace a PIN."""

    service, id, response = UIM, 0x0028, PinResponse
    session: Session | None = tlv(0x01)
    info: PinChange | None = tlv(0x02)
    response_in_indication_token: U32 | None = tlv(0x11)


class RegisterEventsResponse(Response):
    """Tells what is reported."""

    event_registration_mask: Annotated[EventRegistration, LONG] | None = tlv(0x10)


class RegisterEvents(Request[RegisterEventsResponse]):
    """Choose what is reported."""

    service, id, response = UIM, 0x002E, RegisterEventsResponse
    event_registration_mask: Annotated[EventRegistration, LONG] | None = tlv(0x01)


class GetCardStatusResponse(Response):
    """Tells the cards."""

    card_status: CardStatus | None = tlv(0x10)


class GetCardStatus(Request[GetCardStatusResponse]):
    """Ask for the cards."""

    service, id, response = UIM, 0x002F, GetCardStatusResponse


class CardStatusIndication(Indication):
    """A card has changed."""

    service, id = UIM, 0x0032
    card_status: CardStatus | None = tlv(0x10)
