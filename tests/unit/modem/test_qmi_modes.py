"""Sets of generations and what can be preferred in them, as QMI firmware tells and takes it."""

import pytest

from wwand.modem.qmi_modes import Preference, generations, mode_sets, rats
from wwand.qmi.nas_values import AcquisitionOrder, RadioInterface, RatModePreference
from wwand.status import Mode

NONE, G2, G3, G4, G5 = Mode.NONE, Mode.G2, Mode.G3, Mode.G4, Mode.G5
GSM, UMTS, LTE = RadioInterface.GSM, RadioInterface.UMTS, RadioInterface.LTE

ORDER = Preference((LTE, RadioInterface.CDMA_1X, UMTS, GSM))
OLDER = Preference((), AcquisitionOrder.AUTOMATIC)


def test_an_order_makes_one_of_several_preferred() -> None:
    assert mode_sets(G2 | G3 | G4, ORDER) == (
        (G2, NONE),
        (G3, NONE),
        (G4, NONE),
        *((G2 | G3, G3), (G2 | G3, G2)),
        *((G2 | G4, G4), (G2 | G4, G2)),
        *((G3 | G4, G4), (G3 | G4, G3)),
        *((G2 | G3 | G4, G4), (G2 | G3 | G4, G3), (G2 | G3 | G4, G2)),
    )


def test_older_firmware_prefers_between_two_or_not_at_all() -> None:
    both = G2 | G3
    assert mode_sets(both, OLDER)[2:] == ((both, NONE), (both, G3), (both, G2))
    assert OLDER.possible(both | G4) == (NONE,)


def test_firmware_without_either_has_no_preferences() -> None:
    assert mode_sets(G3 | G4, Preference()) == ((G3, NONE), (G4, NONE), (G3 | G4, NONE))


@pytest.mark.parametrize(
    ("preference", "allowed", "preferred"),
    [
        (ORDER, G2 | G3 | G4, G4),
        (ORDER, G2 | G3, G3),
        (ORDER, G3, NONE),
        (Preference((GSM, LTE, UMTS)), G2 | G3 | G4, G2),
        (Preference((LTE, UMTS)), G4 | G5, G4),
        (OLDER, G2 | G3, NONE),
        (Preference((), AcquisitionOrder.WCDMA), G2 | G3, G3),
        (Preference((), AcquisitionOrder.WCDMA), G2 | G3 | G4, NONE),
        (Preference(), G2 | G3, NONE),
    ],
)
def test_what_is_preferred_is_among_what_is_allowed(
    preference: Preference, allowed: Mode, preferred: Mode
) -> None:
    assert preference.among(allowed) == preferred
    assert preferred in preference.possible(allowed)


@pytest.mark.parametrize(
    ("allowed", "preferred", "order"),
    [
        (G2 | G3 | G4, G3, (UMTS, LTE, RadioInterface.CDMA_1X, GSM)),
        (G2 | G3 | G4, G4, ORDER.order),
    ],
)
def test_an_order_stays_complete(
    allowed: Mode, preferred: Mode, order: tuple[RadioInterface, ...]
) -> None:
    wanted = ORDER.preferring(allowed, preferred)
    assert wanted == Preference(order)
    assert wanted.among(allowed) == preferred


def test_nothing_is_said_of_the_order_of_one() -> None:
    assert ORDER.preferring(G2, NONE) == Preference()


@pytest.mark.parametrize("preferred", [NONE, G2, G3])
def test_a_preference_of_older_firmware_is_read_as_it_was_set(preferred: Mode) -> None:
    assert OLDER.preferring(G2 | G3, preferred).among(G2 | G3) == preferred


def test_generations_are_radio_technologies() -> None:
    assert rats(G3 | G5) == RatModePreference.UMTS | RatModePreference.NR5G
    assert generations(RatModePreference.UMTS | RatModePreference.CDMA_1X) == G3
