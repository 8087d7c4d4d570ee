"""Which layout is used first, and which one after it has failed."""

from wwand.bearers.ladder import Ladder, Preference, rungs
from wwand.status import LayoutKind as K
from wwand.switching.layouts import Layout

PPP1, QMI1 = Layout(1, K.PPP, 0, "option"), Layout(1, K.QMI, 5, "qmi_wwan")
ECM2, PPP2 = Layout(2, K.ECM, 0, "cdc_ether"), Layout(2, K.PPP, 2, "option")
MBIM3 = Layout(3, K.MBIM, 0, "cdc_mbim")
OFFERED = (PPP1, QMI1, ECM2, PPP2, MBIM3)
ALL = frozenset(K)


def test_the_active_configuration_is_used_up_before_another_is_selected() -> None:
    assert rungs(OFFERED, ALL, active=2) == (ECM2, PPP2, QMI1, PPP1)
    assert rungs(OFFERED, ALL, active=1) == (QMI1, PPP1, ECM2, PPP2)


def test_a_wanted_kind_comes_first_and_others_follow() -> None:
    wanted = Preference(K.QMI)
    assert rungs(OFFERED, ALL, active=2, preference=wanted) == (QMI1, ECM2, PPP2, PPP1)


def test_a_wanted_configuration_is_a_must() -> None:
    assert rungs(OFFERED, ALL, active=2, preference=Preference(configuration=1)) == (QMI1, PPP1)


def test_what_worked_comes_before_everything() -> None:
    wanted = Preference(K.QMI)
    assert rungs(OFFERED, ALL, 2, wanted, remembered=PPP1)[:2] == (PPP1, QMI1)


def test_what_nobody_speaks_is_no_rung() -> None:
    assert MBIM3 not in rungs(OFFERED, ALL, active=3)
    assert rungs(OFFERED, {K.PPP}, active=2) == (PPP2, PPP1)


def test_a_ladder_goes_on_after_a_failure_and_begins_anew_after_the_last() -> None:
    ladder = Ladder((ECM2, PPP2))
    assert ladder.current == ECM2
    assert ladder.fail("no lease")
    assert ladder.current == PPP2
    assert not ladder.fail("no carrier")
    assert ladder.current == ECM2
    assert ladder.failures == {ECM2: "no lease", PPP2: "no carrier"}
    ladder.worked()
    assert ladder.failures == {PPP2: "no carrier"}


def test_a_ladder_that_begins_with_a_chosen_rung_has_all_others_after_it() -> None:
    ladder = Ladder((ECM2, PPP2, QMI1, PPP1))
    ladder.choose(QMI1)
    assert ladder.begins_anew
    tried = [ladder.current]
    while ladder.fail("refused"):
        tried.append(ladder.current)
    assert tried == [QMI1, PPP1, ECM2, PPP2]
    assert ladder.current == QMI1


def test_an_empty_ladder_stands_on_nothing() -> None:
    ladder = Ladder(())
    assert ladder.current is None
    assert not ladder.fail("nothing")
