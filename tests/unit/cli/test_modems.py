"""What is told of a modem, and what is not."""

import json

from tests.unit.cli.things import ROOT, SIM, bearer, modem
from wwand.cli.commands.modems import bearer_document, document, ip_document, state_words, summary

PRIVATE = ("910000010000114", SIM["SimIdentifier"], SIM["Imsi"], "+491700000001")
PATH = f"{ROOT}/Bearer/0"


def test_private_values_are_masked_unless_asked_for() -> None:
    masked = json.dumps(document(modem(), SIM, {PATH: bearer()}, private=False))
    assert not [value for value in PRIVATE if value in masked]
    shown = json.dumps(document(modem(), SIM, {PATH: bearer()}, private=True))
    assert all(value in shown for value in PRIVATE)


def test_a_list_has_nothing_private() -> None:
    told = json.dumps(summary(modem()))
    assert not [value for value in PRIVATE if value in told]


def test_a_modem_is_told_in_groups() -> None:
    told = document(modem(), SIM, {}, private=False)
    assert told["status"] == {
        "state": "registered",
        "failed_because": "",
        "locked_by": "",
        "tries_left": {"SIM PIN": 3},
        "power": "on",
        "radio": "HSUPA",
        "signal": "61 %",
    }
    assert told["network"] == {
        "operator": "Example",
        "code": "26201",
        "registration": "home network",
        "packet_service": "attached",
    }
    assert told["system"]["ports"] == ["ttyUSB0 (AT)", "ttyUSB1 (GPS)", "ttyUSB2 (not used)"]
    assert told["modes"]["possible"] == ["2g", "2g|3g preferring 3g"]


def test_the_signal_is_told_with_its_units_by_radio() -> None:
    lte = {"snr": 12.0, "rsrp": -93.0, "rsrq": -10.5}
    told = document(modem(signal={"Gsm": {}, "Lte": lte}), SIM, {}, private=False)
    assert told["signal"] == {"lte": {"rsrp": "-93 dBm", "rsrq": "-10.5 dB", "snr": "12 dB"}}
    assert list(told["signal"]["lte"]) == ["rsrp", "rsrq", "snr"]
    assert document(modem(), SIM, {}, private=False)["signal"] == {}


def test_a_modem_without_a_sim_is_told_as_well() -> None:
    told = document(modem(State=-1, StateFailedReason=2), {}, {}, private=False)
    assert told["sim"]["iccid"] == ""
    assert told["status"]["failed_because"] == "there is no SIM card"


def test_a_signal_that_was_never_measured_is_none() -> None:
    assert modem(SignalQuality=(0, False)).signal is None
    assert modem(SignalQuality=(0, True)).signal == 0
    assert modem(SignalQuality=(40, False)).signal == 40


def test_a_connection_tells_its_addresses() -> None:
    told = bearer_document(PATH, bearer())
    assert told["interface"] == "ppp0"
    assert told["ipv4"] == {
        "method": "static",
        "address": "10.0.0.2/32",
        "gateway": "10.64.64.64",
        "dns": ["10.0.0.53", "10.0.0.54"],
        "mtu": None,
    }
    assert told["ipv6"] == {}


def test_a_connection_that_is_down_has_no_interface() -> None:
    told = bearer_document(PATH, bearer(Connected=False, Interface="ttyUSB3"))
    assert (told["interface"], told["ipv4"]) == ("", {})


def test_ip_that_others_obtain_is_told_by_its_method() -> None:
    assert ip_document({"method": 1})["method"] == "ppp"


def test_a_state_says_why_where_it_is_a_bad_one() -> None:
    assert state_words(modem()) == "registered"
    assert state_words(modem(State=2, UnlockRequired=2)) == "locked: SIM PIN"
    assert state_words(modem(State=-1, StateFailedReason=3)) == (
        "failed: the SIM card cannot be read"
    )
