"""The part of QMI DMS that is about the SIM; modems with the UIM service may refuse it."""

from wwand.qmi.layout import U8, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.record import hidden
from wwand.qmi.values import OpenEnum, Service

DMS = Service.DMS


class PinId(OpenEnum):
    """Which PIN."""

    PIN = 1
    PIN2 = 2


class PinStatus(OpenEnum):
    """What a PIN asks for."""

    NOT_INITIALIZED = 0
    ENABLED_NOT_VERIFIED = 1
    ENABLED_VERIFIED = 2
    DISABLED = 3
    BLOCKED = 4
    PERMANENTLY_BLOCKED = 5
    UNBLOCKED = 6
    CHANGED = 7


class UimState(OpenEnum):
    """Whether there is a card."""

    INITIALIZATION_COMPLETED = 0
    LOCKED_OR_FAILED = 1
    NOT_PRESENT = 2
    RESERVED = 3
    UNKNOWN = 0xFF


class Facility(OpenEnum):
    """Personalisation locks (27.007 §7.4)."""

    PN = 0
    PU = 1
    PP = 2
    PC = 3
    PF = 4


class FacilityState(OpenEnum):
    """Whether a lock is on."""

    DEACTIVATED = 0
    ACTIVATED = 1
    BLOCKED = 2


class PinInfo(Struct):
    """A PIN's state, and how often it and its PUK may still be wrong."""

    current_status: PinStatus
    verify_retries_left: U8
    unblock_retries_left: U8


class Retries(Struct):
    """How often PIN and PUK may still be wrong."""

    verify_retries_left: U8
    unblock_retries_left: U8


class PinProtection(Struct):
    """Whether a PIN shall be asked for."""

    pin_id: PinId
    protection_enabled: bool
    pin: str = hidden()


class PinEntry(Struct):
    """A PIN as it was typed."""

    pin_id: PinId
    pin: str = hidden()


class PukEntry(Struct):
    """A PUK as it was typed, and the PIN to be."""

    pin_id: PinId
    puk: str = hidden()
    new_pin: str = hidden()


class PinChange(Struct):
    """A PIN and the one to be."""

    pin_id: PinId
    old_pin: str = hidden()
    new_pin: str = hidden()


class CkStatus(Struct):
    """The state of a personalisation lock."""

    facility_state: FacilityState
    verify_retries_left: U8
    unblock_retries_left: U8


class CkProtection(Struct):
    """The control key that takes a personalisation lock off."""

    facility: Facility
    facility_state: FacilityState
    facility_depersonalization_control_key: str = hidden()


class PinResponse(Response):
    """Tells how many tries are left, when the code was wrong."""

    pin_retries_status: Retries | None = tlv(0x10)


class UimSetPinProtection(Request[PinResponse]):
    """Ask for the PIN at power-up from now on, or no longer."""

    service, id, response = DMS, 0x0027, PinResponse
    info: PinProtection | None = tlv(0x01)


class UimVerifyPin(Request[PinResponse]):
    """Enter a PIN."""

    service, id, response = DMS, 0x0028, PinResponse
    info: PinEntry | None = tlv(0x01)


class UimUnblockPin(Request[PinResponse]):
    """Enter a PUK and a new PIN."""

    service, id, response = DMS, 0x0029, PinResponse
    info: PukEntry | None = tlv(0x01)


class UimChangePin(Request[PinResponse]):
    """Replace a PIN."""

    service, id, response = DMS, 0x002A, PinResponse
    info: PinChange | None = tlv(0x01)


class UimGetPinStatusResponse(Response):
    """Tells the state of both PINs."""

    pin1_status: PinInfo | None = tlv(0x11)
    pin2_status: PinInfo | None = tlv(0x12)


class UimGetPinStatus(Request[UimGetPinStatusResponse]):
    """Ask what the PINs are waiting for."""

    service, id, response = DMS, 0x002B, UimGetPinStatusResponse


class UimGetIccidResponse(Response):
    """Tells the card's number."""

    iccid: str | None = tlv(0x01, secret=True)


class UimGetIccid(Request[UimGetIccidResponse]):
    """Ask for the card's number."""

    service, id, response = DMS, 0x003C, UimGetIccidResponse


class UimGetCkStatusResponse(Response):
    """Tells the state of a lock."""

    ck_status: CkStatus | None = tlv(0x01)
    operation_blocking_facility: bool | None = tlv(0x10)


class UimGetCkStatus(Request[UimGetCkStatusResponse]):
    """Ask for the state of a personalisation lock."""

    service, id, response = DMS, 0x0040, UimGetCkStatusResponse
    facility: Facility | None = tlv(0x01)


class UimSetCkProtectionResponse(Response):
    """Tells how many tries are left."""

    verify_retries_left: U8 | None = tlv(0x10)


class UimSetCkProtection(Request[UimSetCkProtectionResponse]):
    """Take a personalisation lock off."""

    service, id, response = DMS, 0x0041, UimSetCkProtectionResponse
    facility: CkProtection | None = tlv(0x01)


class UimGetImsiResponse(Response):
    """Tells the IMSI."""

    imsi: str | None = tlv(0x01, secret=True)


class UimGetImsi(Request[UimGetImsiResponse]):
    """Ask for the IMSI."""

    service, id, response = DMS, 0x0043, UimGetImsiResponse


class UimGetStateResponse(Response):
    """Tells the state."""

    state: UimState | None = tlv(0x01)


class UimGetState(Request[UimGetStateResponse]):
    """Ask whether there is a card."""

    service, id, response = DMS, 0x0044, UimGetStateResponse
