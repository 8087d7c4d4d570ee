"""The sentence that says where a device is, and the next step."""

from typing import Any

import pytest

from tests.unit.cli.things import ROOT, bearer, device, modem
from wwand.cli.commands.explain import situation, timeline
from wwand.cli.commands.modems import bearer_document

REGISTERED = "modem0 is registered with Example (HSUPA, signal 61 %), and not connected."
LINK = bearer_document(f"{ROOT}/Bearer/0", bearer())
LOST = bearer_document(
    f"{ROOT}/Bearer/0",
    bearer(Connected=False, ConnectionError=("x", "the kernel has no PPP – run `modprobe`")),  # noqa: RUF001
)


@pytest.mark.parametrize(
    ("facts", "links", "sentence", "steps"),
    [
        (
            {"State": 11},
            [LINK],
            "modem0 is connected with Example (HSUPA, signal 61 %) through ppp0 as 10.0.0.2/32.",
            [],
        ),
        (
            {},
            [],
            REGISTERED,
            ["`wwanctl connect 0` brings it online"],
        ),
        (
            {},
            [LOST],
            REGISTERED + " The last connection failed: the kernel has no PPP.",
            ["run `modprobe`"],
        ),
        (
            {"State": 2, "UnlockRequired": 2},
            [],
            "modem0 asks for SIM PIN before it does anything else.",
            ["`wwanctl sim 0 pin`"],
        ),
        (
            {"State": 2, "UnlockRequired": 4},
            [],
            "modem0 asks for SIM PUK before it does anything else.",
            ["`wwanctl sim 0 puk`"],
        ),
        (
            {"State": 2, "UnlockRequired": 8},
            [],
            "modem0 asks for PH NET PIN before it does anything else.",
            ["ask whoever sold the modem for the unlock code"],
        ),
        (
            {"State": -1, "StateFailedReason": 2},
            [],
            "modem0 has failed: there is no SIM card.",
            ["put a SIM card in, then `wwanctl reset 0`"],
        ),
        (
            {"State": 3},
            [],
            "modem0 is ready, and its radio is switched off.",
            ["`wwanctl connect 0` brings it online"],
        ),
        (
            {"State": 5},
            [],
            "modem0 is enabling.",
            ["`wwanctl monitor` shows it going on"],
        ),
    ],
)
def test_a_modem_is_explained(
    facts: dict[str, Any], links: list[dict[str, Any]], sentence: str, steps: list[str]
) -> None:
    assert situation(device(), modem(**facts), links) == (sentence, steps)


def test_a_refusal_by_the_network_is_told_as_one() -> None:
    sentence, steps = situation(device(), modem(State=7, gpp={"RegistrationState": 3}), [])
    assert sentence == "modem0 is refused by the network."
    assert "SIM is active" in steps[0]


def test_a_search_is_told_as_one() -> None:
    sentence, _ = situation(device(), modem(State=7, gpp={"RegistrationState": 2}), [])
    assert sentence == "modem0 is switched on and has no network: searching."


def test_a_stuck_device_tells_the_daemons_next_step() -> None:
    stuck = device(Phase="stuck", Reason="no port appeared", NextStep="load option", Modem="/")
    assert situation(stuck, None, []) == ("It is stuck: no port appeared.", ["load option"])


@pytest.mark.parametrize("phase", ["found", "switching", "settling", "probing"])
def test_a_device_on_its_way_needs_patience(phase: str) -> None:
    sentence, steps = situation(device(Phase=phase, Reason="r", Modem="/"), None, [])
    assert sentence.startswith("It ")
    assert steps == ["wait a moment; `wwanctl monitor` shows it going on"]


def test_an_ignored_device_needs_nothing() -> None:
    ignored = device(Phase="ignored", Reason="the configuration says so", Modem="/")
    assert situation(ignored, None, []) == ("It is left alone: the configuration says so.", [])


def test_a_phase_of_a_newer_daemon_is_told_as_it_is() -> None:
    assert situation(device(Phase="resting", Reason="", Modem="/"), None, [])[0] == "It is resting."


def test_the_timeline_names_each_phase_where_it_begins() -> None:
    rows = [[getattr(cell, "text", cell) for cell in row] for row in timeline(device())]
    assert rows == [
        ["    0.00 s", "found", "1c9e:f000 USB Modem"],
        ["    0.10 s", "switching", "by Longcheer"],
        ["    0.60 s", "", "came back as 1c9e:9605"],
        ["    0.70 s", "settling", "longcheer: its port table has this id"],
        ["    0.90 s", "probing", "asking the ports what they speak"],
        ["    1.40 s", "modem", "modem0 is ready"],
    ]
