"""The card's PIN through QMI: the same counters as AT commands use, QMI's errors."""

from collections.abc import Callable

from wwand.qmi.error_tables import ProtocolError
from wwand.simulator.card import Card
from wwand.simulator.engine import Modem
from wwand.simulator.replies import Refused

NOT_VERIFIED, VERIFIED, DISABLED, BLOCKED, PERMANENTLY_BLOCKED = 1, 2, 3, 4, 5
"""States of a PIN, the same numbers in DMS and UIM (libqmi: QmiDmsUimPinStatus, QmiUimPinState)."""

PIN1 = 1
"""Its number in DMS and UIM."""


def pin_state(card: Card) -> int:
    """What PIN1 asks for."""
    if not card.puk_tries:
        return PERMANENTLY_BLOCKED
    if not card.pin_tries:
        return BLOCKED
    if not card.pin_enabled:
        return DISABLED
    return VERIFIED if card.unlocked else NOT_VERIFIED


def pin2_state(card: Card) -> int:
    """What PIN2 asks for; nobody ever verifies it."""
    if not card.puk2_tries:
        return PERMANENTLY_BLOCKED
    return NOT_VERIFIED if card.pin2_tries else BLOCKED


def verify(modem: Modem, pin_id: int, pin: str) -> ProtocolError:
    """Enter the PIN."""
    card = modem.card
    if pin_state(card) in (VERIFIED, DISABLED):
        return ProtocolError.NO_EFFECT
    return _attempt(modem, pin_id, lambda: card.verify(pin))


def unblock(modem: Modem, pin_id: int, puk: str, new_pin: str) -> ProtocolError:
    """Enter the PUK and a new PIN."""
    card = modem.card
    if not card.puk_tries:
        return ProtocolError.PIN_ALWAYS_BLOCKED
    if not _is_pin(new_pin):
        return ProtocolError.INVALID_ARGUMENT
    return _attempt(modem, pin_id, lambda: card.unblock(puk, new_pin))


def change(modem: Modem, pin_id: int, old: str, new: str) -> ProtocolError:
    """Replace the PIN; it must be asked for."""

    def replace() -> None:
        card.verify(old)
        card.pin = new

    card = modem.card
    if not card.pin_enabled:
        return ProtocolError.INVALID_OPERATION
    return _attempt(modem, pin_id, replace) if _is_pin(new) else ProtocolError.INVALID_ARGUMENT


def protect(modem: Modem, pin_id: int, on: bool, pin: str) -> ProtocolError:
    """Have the PIN asked for from now on, or no longer."""

    def set_lock() -> None:
        card.verify(pin)
        card.pin_enabled = on

    card = modem.card
    if card.pin_enabled == on:
        return ProtocolError.NO_EFFECT
    return _attempt(modem, pin_id, set_lock)


def _attempt(modem: Modem, pin_id: int, action: Callable[[], None]) -> ProtocolError:
    card = modem.card
    if not card.present:
        return ProtocolError.UIM_UNINITIALIZED
    if pin_id != PIN1:
        return ProtocolError.INVALID_PIN_ID
    try:
        action()
    except Refused:
        code = ProtocolError.INCORRECT_PIN
        if not card.puk_tries:
            code = ProtocolError.PIN_ALWAYS_BLOCKED
        elif not card.pin_tries:
            code = ProtocolError.PIN_BLOCKED
    else:
        code = ProtocolError.NONE
    modem.network.reconsider()
    modem.changed()
    return code


def _is_pin(digits: str) -> bool:
    return digits.isdigit() and 4 <= len(digits) <= 8
