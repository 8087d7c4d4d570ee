"""The table of a modem's states: whole, and without dead ends."""

import pytest

from wwand.modem.states import ALLOWED
from wwand.status import ModemState as S


def reachable(start: S, without: frozenset[S] = frozenset()) -> set[S]:
    """Every state that can follow, by way of states other than `without`."""
    found: set[S] = set()
    waiting = [start]
    while waiting:
        for state in ALLOWED[waiting.pop()] - found - without:
            found.add(state)
            waiting.append(state)
    return found


def test_every_state_is_in_the_table() -> None:
    assert set(ALLOWED) == set(S)


def test_every_state_can_be_reached_from_the_first_one() -> None:
    assert reachable(S.UNKNOWN) == set(S) - {S.UNKNOWN}


@pytest.mark.parametrize("state", set(S) - {S.FAILED})
def test_any_modem_can_fail(state: S) -> None:
    assert S.FAILED in ALLOWED[state]


@pytest.mark.parametrize("state", S)
def test_no_state_is_a_dead_end(state: S) -> None:
    assert S.CONNECTED in reachable(state)
    assert S.DISABLED in reachable(state)


@pytest.mark.parametrize("state", S)
def test_a_change_of_state_is_a_change(state: S) -> None:
    assert state not in ALLOWED[state]


def test_a_modem_connects_only_while_it_is_registered() -> None:
    assert {state for state in S if S.CONNECTING in ALLOWED[state]} == {S.REGISTERED}
    assert {state for state in S if S.CONNECTED in ALLOWED[state]} == {
        S.CONNECTING,
        S.DISCONNECTING,
    }


def test_a_locked_modem_is_not_enabled_before_it_has_begun_anew() -> None:
    assert S.ENABLING not in reachable(S.LOCKED, without=frozenset({S.INITIALIZING}))


@pytest.mark.parametrize("state", [s for s in S if s > S.ENABLING])
def test_an_enabled_modem_can_be_disabled(state: S) -> None:
    assert S.DISABLING in ALLOWED[state]
