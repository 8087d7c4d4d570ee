"""Numbers as words, and masks."""

import pytest

from wwand.cli import words
from wwand.status import (
    AccessTechnology,
    Capability,
    FailedReason,
    Mode,
    PortType,
    RegistrationState,
    StateChangeReason,
)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("910000010000114", "***********0114"),
        ("8949000000000000011", "***************0011"),
        ("+491700000001", "*********0001"),
        ("12345678", "********"),
        ("110", "***"),
        ("", ""),
    ],
)
def test_a_private_number_shows_its_last_four_digits_at_most(secret: str, shown: str) -> None:
    assert words.masked(secret) == shown


@pytest.mark.parametrize("mode", [Mode.G2, Mode.G3 | Mode.G4, Mode.ANY, Mode.CS | Mode.G5])
def test_modes_read_what_they_write(mode: Mode) -> None:
    assert words.parse_modes(words.modes(mode)) == mode


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match="'6g' is none of cs, 2g, 3g, 4g, 5g, any"):
        words.parse_modes("2g|6g")


def test_every_number_of_the_api_has_a_word() -> None:
    tables: list[tuple[object, object]] = [
        (words.PORTS, PortType),
        (words.REGISTRATIONS, RegistrationState),
        (words.FAILED_REASONS, FailedReason),
        (words.REASONS, StateChangeReason),
    ]
    for table, kind in tables:
        assert set(table) == set(kind)  # type: ignore[call-overload]
    assert set(words.TECHNOLOGIES) == set(AccessTechnology)
    assert set(words.CAPABILITIES) == set(Capability)
    assert set(words.MODES) == set(Mode) - {Mode.ANY}


def test_a_state_of_a_newer_daemon_is_its_number() -> None:
    assert words.state(42) == "42"
    assert words.state(11) == "connected"


@pytest.mark.parametrize(
    ("value", "text"), [(0, ""), (1, ""), (2, "SIM PIN"), (5, "SIM PUK2"), (8, "PH NET PIN")]
)
def test_locks_are_named(value: int, text: str) -> None:
    assert words.lock(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (1.26, "1.3 s"),
        (59.9, "60 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (3 * 86400, "3 days"),
    ],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_lists_are_joined_as_people_say_them() -> None:
    assert words.joined([]) == ""
    assert words.joined(["a"]) == "a"
    assert words.joined(["a", "b", "c"]) == "a, b and c"
