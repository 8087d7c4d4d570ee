"""What a failure to connect is due to, and so what is tried next."""

import pytest

from wwand.at.error_tables import CME
from wwand.bearers.blame import NUMBERS, Blame, blame
from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    CallFailed,
    CommandFailed,
    EquipmentError,
    MachineFailed,
    ModemTimeout,
    NoAddress,
    NoCarrier,
    NoDriver,
    PortGone,
    Unauthorized,
    Unsupported,
    WrongState,
    WwandError,
)


def cme(code: int) -> EquipmentError:
    nick, words = CME.get(code, ("Unknown", "?"))
    return EquipmentError(code, nick, words)


@pytest.mark.parametrize(
    ("error", "due"),
    [
        (BadArgument("no such APN"), Blame.CALLER),
        (Unauthorized("the SIM asks for its PIN"), Blame.CALLER),
        (AuthenticationFailed("wrong password"), Blame.CREDENTIALS),
        (NoAddress("no DHCP server answered"), Blame.WAY),
        (NoCarrier("wwan0 has no carrier"), Blame.WAY),
        (NoDriver("pppd is not installed"), Blame.WAY),
        (Unsupported("no such command"), Blame.WAY),
        (ModemTimeout("no answer"), Blame.WAY),
        (CallFailed("NoCarrier", "no carrier"), Blame.UNCLEAR),
        (CommandFailed("ERROR"), Blame.UNCLEAR),
        (PortGone("unplugged"), Blame.TIME),
        (MachineFailed("no space left"), Blame.TIME),
        (WrongState("connecting already"), Blame.TIME),
        (cme(10), Blame.SIM),
        (cme(105), Blame.SIM),
        (cme(127), Blame.PROFILE),
        (cme(133), Blame.PROFILE),
        (cme(192), Blame.PROFILE),
        (cme(129), Blame.CREDENTIALS),
        (cme(149), Blame.CREDENTIALS),
        (cme(30), Blame.TIME),
        (cme(126), Blame.TIME),
        (cme(190), Blame.TIME),
        (cme(14), Blame.TIME),
        (cme(131), Blame.REFUSAL),
        (cme(148), Blame.REFUSAL),
        (cme(177), Blame.REFUSAL),
        (cme(100), Blame.UNCLEAR),
        (CallFailed("Busy", "busy"), Blame.TIME),
        (WwandError("not within 27 s"), Blame.UNCLEAR),
    ],
    ids=lambda value: value.name if isinstance(value, Blame) else str(value),
)
def test_each_failure_is_due_to_somebody(error: WwandError, due: Blame) -> None:
    assert blame(error) is due


@pytest.mark.parametrize(("cause", "due"), [(27, Blame.PROFILE), (29, Blame.CREDENTIALS)])
def test_a_bare_cause_in_place_of_a_cme_number_is_understood(cause: int, due: Blame) -> None:
    assert blame(cme(cause)) is due


def test_no_number_has_two_meanings() -> None:
    listed = [number for numbers in NUMBERS.values() for number in numbers]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(CME)


def test_what_can_be_tried_next_excludes_what_no_try_mends() -> None:
    assert {due for due in Blame if due.fatal} == {
        Blame.CALLER,
        Blame.SIM,
        Blame.CREDENTIALS,
        Blame.PROFILE,
    }
    profile = {Blame.PROFILE, Blame.REFUSAL, Blame.UNCLEAR}
    assert {due for due in Blame if due.other_profile} == profile
    assert {due for due in Blame if due.other_way} == {Blame.WAY, Blame.UNCLEAR}
