"""What a D-Bus error becomes."""

import pytest

from wwand import errors
from wwand.cli.failures import MM_ERROR, NEXT_STEPS, failure
from wwand.service.bus import NEXT, told

MISSING_SIM = f"{MM_ERROR}MobileEquipment.SimNotInserted"


def test_the_daemons_own_next_step_is_kept() -> None:
    sent = told(errors.NoDriver("no port of 1-1 appeared", "load the module"))
    found = failure(errors.NoDriver.dbus_name, sent)
    assert (str(found), found.next_step) == ("no port of 1-1 appeared", "load the module")
    assert found.line == f"no port of 1-1 appeared{NEXT}load the module"


def test_a_known_name_gives_the_next_step_where_the_daemon_gives_none() -> None:
    assert failure(MISSING_SIM, "SIM not inserted").line == (
        f"SIM not inserted{NEXT}put a SIM card in, then `wwanctl reset`"
    )


def test_an_unknown_name_has_its_message_alone() -> None:
    assert failure("org.example.Error", "no idea").line == "no idea"


def test_an_error_without_a_message_is_called_by_its_name() -> None:
    assert failure(f"{MM_ERROR}Core.Cancelled", "").line == "Core.Cancelled"


def test_a_failure_is_one_line_whatever_the_message() -> None:
    assert failure("org.example.Error", "one\ntwo\r\n  three").line == "one two three"


@pytest.mark.parametrize("name", [n for n in NEXT_STEPS if n.startswith("org.wwand1")])
def test_own_error_names_are_those_the_daemon_sends(name: str) -> None:
    assert name in {c.dbus_name for c in errors.WwandError.__subclasses__()}
