"""A modem whose firmware hangs, on a real USB bus: what only a reset there can mend."""

from collections.abc import Iterator

import pytest

from tests.system.daemon import LOG, daemon, in_place, modem_objects, pings
from tests.system.vm.guest import Simulator, eventually, simulator

IMPATIENT = """
from wwand import daemon, recovery
from wwand.ports import probe
recovery.ASK, recovery.PATIENCE, recovery.QUIET, recovery.LEAVING = 1.0, 3.0, 5.0, 2.0
probe.BOOT = 5.0
daemon.main()
"""
"""The daemon, with less patience than it has for real modems."""


@pytest.fixture
def stick() -> Iterator[Simulator]:
    with simulator("longcheer-mmx352g", "--latency", "0.02", "--unplugged") as running:
        yield running


def test_a_reset_on_the_bus_brings_a_modem_that_hangs_online_again(stick: Simulator) -> None:
    config = '[connection]\nauto = true\napn = "internet"\n'
    with in_place(), daemon(config, program=("-c", IMPATIENT)):
        stick.ask(do="plug")
        eventually(pings, "online")
        stick.ask(do="fault", name="hang", value="usb-reset")
        eventually(lambda: "resetting it on the USB bus" in LOG.read_text(), "the reset", 90)
        eventually(pings, "online again", 60)
        stick.ask(do="unplug")
        eventually(lambda: not modem_objects(), "the end of the modem")
