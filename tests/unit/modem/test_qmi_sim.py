"""What a card's status means, and what is in its files."""

from dataclasses import replace

import pytest

from wwand.modem.qmi_sim import application, imsi_of, lock_of
from wwand.modem.sim import NoSim
from wwand.qmi import uim
from wwand.qmi.uim_values import (
    ApplicationState,
    ApplicationType,
    CardError,
    CardState,
    PersonalizationFeature,
    PersonalizationState,
    PinState,
)
from wwand.status import FailedReason, Lock

A, P = ApplicationState, PersonalizationState

USIM = uim.Application(
    type=ApplicationType.USIM,
    state=A.READY,
    personalization_state=P.READY,
    personalization_feature=PersonalizationFeature.GW_NETWORK,
    personalization_retries=10,
    personalization_unblock_retries=10,
    application_identifier_value=b"",
    upin_replaces_pin1=False,
    pin1_state=PinState.DISABLED,
    pin1_retries=3,
    puk1_retries=10,
    pin2_state=PinState.DISABLED,
    pin2_retries=3,
    puk2_retries=10,
)
ISIM = replace(USIM, type=ApplicationType.ISIM)
CARD = uim.Card(CardState.PRESENT, PinState.NOT_INITIALIZED, 0, 0, CardError.UNKNOWN, (ISIM, USIM))


def status(card: uim.Card | None = CARD, primary: int = 1) -> uim.CardStatus:
    none = uim.NO_INDEX
    return uim.CardStatus(primary, none, none, none, (card,) if card else ())


def with_usim(**changes: object) -> uim.CardStatus:
    app = replace(USIM, **changes)  # type: ignore[arg-type]
    return status(replace(CARD, applications=(ISIM, app)))


@pytest.mark.parametrize(
    ("given", "lock"),
    [
        (status(), Lock.NONE),
        (status(primary=uim.NO_INDEX), Lock.NONE),
        (status(primary=0x0105), Lock.NONE),
        (with_usim(state=A.DETECTED), None),
        (with_usim(state=A.UNKNOWN), None),
        (
            with_usim(state=A.PIN1_OR_UPIN_PIN_REQUIRED, pin1_state=PinState.ENABLED_NOT_VERIFIED),
            Lock.SIM_PIN,
        ),
        (
            with_usim(state=A.PIN1_OR_UPIN_PIN_REQUIRED, pin1_state=PinState.ENABLED_VERIFIED),
            None,
        ),
        (with_usim(state=A.PUK1_OR_UPIN_PUK_REQUIRED), Lock.SIM_PUK),
        (
            with_usim(state=A.CHECK_PERSONALIZATION_STATE, personalization_state=P.CODE_REQUIRED),
            Lock.PH_NET_PIN,
        ),
        (
            with_usim(
                state=A.CHECK_PERSONALIZATION_STATE, personalization_state=P.PUK_CODE_REQUIRED
            ),
            Lock.PH_NET_PUK,
        ),
        (
            with_usim(state=A.CHECK_PERSONALIZATION_STATE, personalization_state=P.IN_PROGRESS),
            None,
        ),
        (status(replace(CARD, applications=())), None),
    ],
)
def test_a_card_asks_for_what_its_application_says(
    given: uim.CardStatus, lock: Lock | None
) -> None:
    assert lock_of(given) is lock


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (status(None), FailedReason.SIM_MISSING),
        (
            status(replace(CARD, card_state=CardState.ABSENT, applications=()), uim.NO_INDEX),
            FailedReason.SIM_MISSING,
        ),
        (status(replace(CARD, card_state=CardState.ERROR)), FailedReason.SIM_ERROR),
        (with_usim(state=A.PIN1_BLOCKED), FailedReason.SIM_ERROR),
        (with_usim(state=A.ILLEGAL), FailedReason.SIM_ERROR),
        (
            with_usim(
                state=A.CHECK_PERSONALIZATION_STATE,
                personalization_state=P.PERMANENTLY_BLOCKED,
            ),
            FailedReason.SIM_ERROR,
        ),
    ],
)
def test_a_card_that_is_of_no_use_says_why(given: uim.CardStatus, reason: FailedReason) -> None:
    with pytest.raises(NoSim) as raised:
        lock_of(given)
    assert raised.value.reason is reason


def test_a_usim_is_preferred_where_none_is_pointed_to() -> None:
    assert application(status(primary=uim.NO_INDEX)) == (CARD, USIM)


@pytest.mark.parametrize(
    ("raw", "imsi"),
    [
        ("080910101032547698", "001010123456789"),
        ("082926202143658709", "262021234567890"),
        ("0801101010325476F8", "00101012345678"),
        ("00", ""),
        ("08FFFFFFFFFFFFFFFF", ""),
        ("", ""),
    ],
)
def test_an_imsi_is_in_swapped_pairs(raw: str, imsi: str) -> None:
    assert imsi_of(bytes.fromhex(raw)) == imsi
