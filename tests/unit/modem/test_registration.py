import pytest

from wwand.modem.registration import Registered
from wwand.status import AccessTechnology
from wwand.status import RegistrationState as R


@pytest.mark.parametrize(
    ("domains", "state"),
    [
        ({}, R.UNKNOWN),
        ({"creg": R.HOME}, R.HOME),
        ({"creg": R.IDLE, "cgreg": R.HOME}, R.HOME),
        ({"creg": R.HOME, "cgreg": R.DENIED}, R.HOME),
        ({"creg": R.ROAMING, "cgreg": R.SEARCHING}, R.ROAMING),
        ({"creg": R.HOME, "cereg": R.ROAMING}, R.HOME),
        ({"creg": R.SEARCHING, "cgreg": R.DENIED}, R.SEARCHING),
        ({"creg": R.DENIED, "cgreg": R.IDLE}, R.DENIED),
        ({"creg": R.HOME_SMS_ONLY, "cgreg": R.IDLE}, R.HOME_SMS_ONLY),
        ({"creg": R.EMERGENCY_ONLY, "cereg": R.SEARCHING}, R.EMERGENCY_ONLY),
        ({"creg": R.UNKNOWN}, R.UNKNOWN),
        ({"c5greg": R.HOME_CSFB_NOT_PREFERRED}, R.HOME_CSFB_NOT_PREFERRED),
    ],
)
def test_the_best_word_of_all_domains_counts(domains: dict[str, R], state: R) -> None:
    assert Registered(domains).state is state


@pytest.mark.parametrize("state", list(R))
def test_only_a_network_that_serves_makes_a_modem_registered(state: R) -> None:
    served = {R.HOME, R.ROAMING, R.HOME_CSFB_NOT_PREFERRED, R.ROAMING_CSFB_NOT_PREFERRED}
    registered = Registered({"creg": state})
    assert registered.registered is (state in served)
    assert registered.searching is (state is R.SEARCHING)


def test_speech_is_no_packet_domain() -> None:
    assert Registered({"creg": R.HOME}).packet_domains == []
    assert Registered({"creg": R.HOME, "cgreg": R.DENIED}).packet_domains == [R.DENIED]


def test_nothing_is_remembered_of_a_network_that_is_left() -> None:
    left = Registered({"creg": R.HOME}, AccessTechnology.LTE, 1, 2, "26201", "Telekom.de")
    left.clear()
    assert left == Registered()
