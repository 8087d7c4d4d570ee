"""What is planned for a device's layouts, and what is told of them."""

from pathlib import Path

import pytest

from tests.unit.switching.test_layouts import MU609, Debian
from wwand.bearers.ladder import Preference
from wwand.experience import Experience
from wwand.memory import Memory
from wwand.plan import Plan
from wwand.status import LayoutKind as K

SPOKEN = frozenset({K.QMI, K.ECM, K.PPP})
ANY = Preference()


class NoEther(Debian):
    """A kernel without cdc_ether, as the owner of the thread had it."""

    def unavailable(self, driver: str) -> str:
        return f"kernel module {driver} is not available" if driver == "cdc_ether" else ""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


def plan(memory: Memory, preference: Preference = ANY, kernel: Debian | None = None) -> Plan:
    return Plan(MU609, SPOKEN, preference, kernel or Debian(), Experience(memory, MU609))


def used(made: Plan) -> tuple[int, K]:
    assert made.ladder.current
    return made.ladder.current.configuration, made.ladder.current.kind


def stories(made: Plan) -> dict[str, str]:
    return {str(layout): made.story(layout) for layout in made.offered}


def test_what_worked_once_is_used_first_at_the_next_plug(memory: Memory, tmp_path: Path) -> None:
    first = plan(memory)
    assert used(first) == (2, K.ECM)
    first.ladder.fail("no lease")
    first.ladder.worked()
    assert used(plan(memory)) == (2, K.PPP)
    assert used(plan(Memory(tmp_path))) == (2, K.PPP)


def test_what_worked_with_a_sim_is_used_again_with_that_sim(memory: Memory) -> None:
    first = plan(memory)
    first.meet("card of home")
    first.ladder.fail("no lease")
    first.ladder.worked()  # by PPP
    abroad = plan(memory)
    abroad.meet("card of abroad")
    assert used(abroad) == (2, K.PPP)
    abroad.ladder.fail("no carrier")
    abroad.ladder.worked()
    assert used(plan(memory)) == (2, K.ECM)
    home = plan(memory)
    home.meet("card of home")
    assert used(home) == (2, K.PPP)


def test_a_sim_does_not_bring_back_what_has_just_failed(memory: Memory) -> None:
    first = plan(memory)
    first.meet("card")
    first.ladder.worked()
    now = plan(memory)
    now.ladder.fail("its port does not answer")
    now.meet("card")
    assert used(now) == (2, K.PPP)


def test_another_wish_forgets_what_worked_without_it(memory: Memory) -> None:
    first = plan(memory)
    first.ladder.worked()
    assert used(plan(memory, Preference(K.QMI))) == (1, K.QMI)


def test_what_worked_is_forgotten_where_it_is_offered_no_longer(memory: Memory) -> None:
    plan(memory).ladder.worked()
    assert used(plan(memory, kernel=NoEther())) == (2, K.PPP)


def test_a_missing_driver_is_named_with_the_next_step(memory: Memory) -> None:
    told = stories(plan(memory, kernel=NoEther()))["ecm in configuration 2"]
    assert told == (
        "kernel module cdc_ether is not available: "
        "install or load it; on OpenWrt: kmod-usb-net-cdc-ether"
    )


def test_every_layout_says_how_it_fared(memory: Memory) -> None:
    made = plan(memory)
    heard: list[str] = []
    made.on_failure(heard.append)
    made.ladder.fail("the network card got no address")
    assert stories(made) == {
        "ppp in configuration 1": "not tried",
        "qmi in configuration 1": "not tried",
        "ecm in configuration 2": "failed: the network card got no address",
        "ppp in configuration 2": "in use",
    }
    (words,) = heard
    assert words.endswith("got no address; ppp in configuration 2 is next")
    told = stories(plan(memory, Preference(configuration=1)))
    assert told["ecm in configuration 2"] == "not in the configuration that is wanted"
