"""The network ends the connection again and again: nothing may pile up, here or in the modem."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bus.daemon import STICK, Lab, S, comes_true, descriptors, laboratory
from wwand import keeper
from wwand.net import netlink, raw_ip
from wwand.simulator.journal import Happened

AUTO = '[connection]\nauto = true\napn = "internet"\n'


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


class PaperLink:
    """The kernel's end of an interface that is there only on paper."""

    possible = True

    def __init__(self, name: str) -> None:
        self.name = name

    def set(self, on: bool) -> None:
        """Nothing to set."""


def held(lab: Lab) -> dict[str, int]:
    """Count what the daemon holds, in this process and in the modem."""
    (modem,) = lab.simulation.controls.status()
    return {
        "tasks": len(asyncio.all_tasks()),
        "descriptors": len(list(descriptors())),
        "links": lab.network.up,
        "calls": len(modem["calls"]),
        "clients": sum(len(ids) for ids in modem["clients"].values()),
        "ports": len(modem["open"]),
    }


@pytest.mark.parametrize(
    ("model", "drops"), [(STICK, 10), ("huawei-mu609", 50), ("qmi-lte", 50)], ids=lambda v: str(v)
)
async def test_after_many_drops_the_daemon_holds_what_it_held_after_one(
    lab: Lab, model: str, drops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_ip, "RawIp", PaperLink)
    monkeypatch.setattr(netlink, "switch_link", lambda _interface, _up: None)
    monkeypatch.setattr(keeper, "PAUSES", (3600.0,))  # nothing failed, so it never pauses
    monkeypatch.setattr(keeper, "HELD", 0.0)
    await lab.start(AUTO)
    place = lab.plug(model)
    await lab.modem(place, S.CONNECTED)
    after_one: dict[str, int] = {}
    for connection in range(2, drops + 2):
        lab.simulation.controls.drop_call(place)
        await lab.happens(Happened.CONNECTED, count=connection)
        await lab.modem(place, S.CONNECTED)
        after_one = after_one or held(lab)
    await comes_true(
        lambda: all(now <= after_one[what] for what, now in held(lab).items()),
        lambda: f"after one drop {after_one}, after {drops} {held(lab)}",
    )
