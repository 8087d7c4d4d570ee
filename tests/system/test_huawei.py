"""Huawei's sticks from plug to online, with the kernel's drivers and the real system bus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.daemon import NOTHING, pings, traces, wwanctl, wwanctl_json, wwand
from tests.system.vm.guest import Process, eventually, simulator

INTERNET = "10.64.64.1"
"""An address in the carrier's network that answers."""


@pytest.fixture
def daemon() -> Iterator[Process]:
    with wwand() as running:
        yield running


def card() -> str:
    """The only network interface that is a USB device's."""
    (found,) = Path("/sys/bus/usb/devices").glob("1-1:*/net/*")
    return found.name


@pytest.mark.parametrize(
    ("model", "commands"),
    [
        ("huawei-e3372", ["AT^NDISDUP=1,1"]),
        ("huawei-hilink", []),
    ],
)
def test_a_stick_goes_online_over_its_network_card_and_leaves_nothing(
    daemon: Process, model: str, commands: list[str]
) -> None:
    with simulator(model, "--latency", "0.02", "--unplugged") as stick:
        stick.ask(do="plug")
        wwanctl("connect", "--apn", "internet", "--wait", "120")
        assert wwanctl_json("show")["system"]["plugin"] == "huawei"
        assert pings(INTERNET, card())
        dialled = [
            e["text"] for e in stick.entries("command") if e["text"].startswith("AT^NDISDUP")
        ]
        assert [text[: len("AT^NDISDUP=1,1")] for text in dialled] == commands
        wwanctl("disconnect")
        assert traces() | {"objects": []} == NOTHING
        stick.ask(do="unplug")
        eventually(lambda: traces() == NOTHING, f"everything is gone: {traces()}")
