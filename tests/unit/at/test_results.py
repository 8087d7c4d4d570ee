import pytest

from wwand.at.command import action
from wwand.at.error_tables import CME, CMS
from wwand.at.parser import Final
from wwand.at.results import NEXT_STEP, error_code, error_for
from wwand.errors import CallFailed, CommandFailed, EquipmentError, MessageError, WwandError

COMMAND = action('AT+CPIN="1234"')


def error(text: str) -> WwandError:
    return error_for(Final(text), COMMAND)


def test_words_and_numbers_give_the_same_error() -> None:
    for text in ("+CME ERROR: 11", "+CME ERROR: SIM PIN required", "+CME ERROR:sim pin REQUIRED"):
        found = error(text)
        assert isinstance(found, EquipmentError)
        assert (found.code, found.nick) == (11, "SimPin")
        assert found.dbus_name.endswith("MobileEquipment.SimPin")


@pytest.mark.parametrize(("code", "words"), [(c, w) for c, (_, w) in CME.items()])
def test_every_wording_of_the_table_is_understood(code: int, words: str) -> None:
    assert error_code(f"+CME ERROR: {words}") == ("CME", code)


@pytest.mark.parametrize(("code", "words"), [(c, w) for c, (_, w) in CMS.items()])
def test_every_wording_of_the_message_table_is_understood(code: int, words: str) -> None:
    assert error_code(f"+CMS ERROR: {words}") == ("CMS", code)


def test_an_unknown_number_keeps_its_number() -> None:
    found = error("+CME ERROR: 1234")
    assert isinstance(found, EquipmentError)
    assert (found.code, found.nick) == (1234, "Unknown")
    assert "1234" in str(found)


def test_unknown_words_are_kept_for_the_user() -> None:
    found = error("+CMS ERROR: antenna on fire")
    assert isinstance(found, MessageError)
    assert found.code == 500
    assert "antenna on fire" in str(found)


def test_the_ends_of_calls_are_failed_calls() -> None:
    for text, nick in (
        ("NO CARRIER", "NoCarrier"),
        ("BUSY", "Busy"),
        ("NO ANSWER", "NoAnswer"),
        ("NO DIALTONE", "NoDialtone"),
    ):
        found = error(text)
        assert isinstance(found, CallFailed)
        assert found.nick == nick


def test_what_is_left_is_a_failed_command() -> None:
    for text in ("ERROR", "COMMAND NOT SUPPORT", "MODEM ERROR: 4"):
        assert isinstance(error(text), CommandFailed)


def test_no_message_shows_the_secret_of_its_command() -> None:
    for text in ("ERROR", "+CME ERROR: 16", "NO CARRIER"):
        assert "1234" not in str(error(text))


def test_every_next_step_belongs_to_an_error_of_the_tables() -> None:
    nicks = {nick for table in (CME, CMS) for nick, _ in table.values()}
    assert set(NEXT_STEP) <= nicks
