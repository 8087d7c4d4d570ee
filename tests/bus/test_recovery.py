"""Modems that hang, and what brings them back."""

import functools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bus.daemon import MODEM, MODEM3GPP, PRIMARY, STICK, Lab, S, laboratory
from wwand import recovery
from wwand.at import channel, signal
from wwand.modem import at_network
from wwand.ports import probe, qmi
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model
from wwand.simulator.model import Model, Speaks

H = Happened
AUTO = '[connection]\nauto = true\napn = "internet"\n'


@pytest.fixture
async def lab(
    bus_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lab]:
    """A daemon with little time for what does not answer."""
    for module, name, value in (
        (recovery, "ASK", 0.1),
        (recovery, "PATIENCE", 0.2),
        (recovery, "QUIET", 0.3),
        (recovery, "LEAVING", 0.2),
        (recovery, "RETURNING", 0.2),
        (channel, "RESYNC", 0.1),
        (channel, "ESCAPE", 0.1),
        (at_network, "POLL", 0.1),
        (probe, "SHORT", 0.1),
        (probe, "BOOT", 0.2),
        (probe, "ONE_TRY", 0.1),
        (qmi, "open_qmi", functools.partial(qmi.open_qmi, timeout=0.2)),
    ):
        monkeypatch.setattr(module, name, value)
    async with laboratory(bus_address, tmp_path) as made:
        yield made


@pytest.fixture
def brief_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question that a hang most likely leaves unanswered is soon given up."""
    monkeypatch.setattr(signal, "quality", replace(signal.quality, timeout=0.2))


def already_switched(model: str = STICK) -> Model:
    return replace(load_model(model), starts_as="modem")


async def connected(lab: Lab, place: str) -> str:
    """Wait until the modem is connected, and nothing slow is being asked; returns its path."""
    path = await lab.modem(place, S.CONNECTED)

    async def named() -> str | None:
        return await lab.get(path, MODEM3GPP, "OperatorName") or None

    await lab.until(named, "the operator's name")
    stores = 2
    await lab.happens(H.COMMAND, text="AT+CMGL", count=stores)
    await lab.happens(H.COMMAND, text="AT+CSQ", since=len(lab.simulation.journal.entries))
    return path


async def steps(lab: Lab, place: str) -> list[str]:
    """What was done about the modem at a place, in its history's words."""
    device = await lab.device(place)
    assert device
    return [reason for _, phase, reason in device["History"] if phase == "recovering"]


async def test_a_modem_that_hangs_answers_again_when_its_ports_are_opened_anew(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    first = await lab.modem(place, S.DISABLED)
    lab.fault("hang", "reopen")
    await lab.another_modem(place, [first])
    (step,) = await steps(lab, place)
    assert "answers on none of its ports" in step
    assert step.endswith("opening its ports anew")
    assert not lab.told(text="AT+CFUN=1,1")


@pytest.mark.usefixtures("brief_looks")
async def test_a_modem_that_hangs_while_it_is_connected_is_connected_again(lab: Lab) -> None:
    await lab.start(AUTO)
    place = lab.plug()
    first = await connected(lab, place)
    lab.fault("hang", "reopen")
    await lab.state_change(first, S.REGISTERED)

    async def connected_anew() -> bool | None:
        path = await lab.modem(place, S.CONNECTED)
        return True if path != first else None

    await lab.until(connected_anew, "another connection")


async def test_a_modem_that_cannot_answer_but_listens_is_told_to_restart(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    first = await lab.modem(place, S.DISABLED)
    lab.fault("hang", "modem-reset")
    await lab.another_modem(place, [first])
    assert [step.rsplit("; ", 1)[1] for step in await steps(lab, place)] == [
        "opening its ports anew",
        "telling it to restart",
    ]
    assert lab.told(text="AT+CFUN=1,1")


@pytest.mark.usefixtures("brief_looks")
async def test_a_modem_that_only_a_reset_on_the_bus_wakes_is_reset_and_connected_again(
    lab: Lab,
) -> None:
    await lab.start(AUTO)
    place = lab.plug(already_switched())
    first = await connected(lab, place)
    lab.fault("hang", "usb-reset")
    await lab.happens(H.UNPLUGGED, device=place)

    async def connected_anew() -> bool | None:
        path = await lab.modem(place, S.CONNECTED)
        return True if path != first else None

    await lab.until(connected_anew, "another connection")


async def test_a_modem_that_nothing_wakes_is_stuck_and_says_what_was_tried(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(already_switched())
    await lab.modem(place, S.DISABLED)
    lab.fault("hang")
    device = await lab.phase(place, "stuck")
    assert "neither a restart nor a reset on the USB bus helped" in device["Reason"]
    assert "plug it in again" in device["NextStep"]
    assert len(lab.simulation.journal.find(H.UNPLUGGED, device=place)) == 1


async def test_a_modem_that_hangs_again_and_again_is_not_reset_for_ever(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "STEADY", 0.0)  # every hang is the first one
    monkeypatch.setattr(recovery, "RESETS", 2)
    await lab.start()
    place = lab.plug(already_switched())
    seen: list[str] = []
    for _ in range(3):
        seen.append(await lab.another_modem(place, seen))
        lab.fault("hang", "modem-reset")
    device = await lab.phase(place, "stuck")
    assert "was reset 2 times in" in device["Reason"]
    assert "power supply" in device["NextStep"]


async def test_one_port_that_hangs_costs_the_modem_no_reset(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place, S.DISABLED)
    lab.fault("mute", 1)
    await lab.happens(H.CLOSED, port=1)
    await lab.connect(modem)
    assert await steps(lab, place) == []
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED


async def test_a_modem_that_takes_long_over_one_command_is_left_alone(lab: Lab) -> None:
    """The channel knows that it is busy, and that its silence means nothing."""
    await lab.start()
    model = already_switched()
    at = replace(model.at, latency={**model.at.latency, "+CSQ": 1.0})
    place = lab.plug(replace(model, at=at))
    lab.fault("mute", 1)
    modem = await lab.modem(place, S.DISABLED)
    await lab.call(modem, MODEM, "Enable", "b", True)
    for _ in range(2):
        await lab.happens(H.COMMAND, text="AT+CSQ", port=PRIMARY)
    assert await lab.call(modem, MODEM, "Command", "su", "AT+CGMM", 10)
    assert await steps(lab, place) == []


def without_at(model: str) -> Model:
    """A model whose serial ports say nothing, and hear nothing."""
    modem = load_model(model)
    mode = modem.modes["modem"]
    (configuration,) = mode.configurations
    interfaces = tuple(
        replace(each, speaks=Speaks.MUTE) if each.speaks is Speaks.AT else each
        for each in configuration.interfaces
    )
    changed = replace(mode, configurations=(replace(configuration, interfaces=interfaces),))
    return replace(modem, modes={"modem": changed})


async def test_a_qmi_modem_that_cannot_answer_but_listens_is_ordered_to_restart(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(without_at("qmi-lte"))
    first = await lab.modem(place, S.DISABLED)
    lab.fault("hang", "modem-reset")
    await lab.happens(H.UNPLUGGED, device=place)
    await lab.another_modem(place, [first])
    assert [step.rsplit("; ", 1)[1] for step in await steps(lab, place)] == [
        "opening its ports anew",
        "telling it to restart",
    ]
    assert lab.simulation.journal.find(H.QMI, text="DMS Set Operating Mode")


async def test_a_qmi_modem_that_hangs_is_reset_on_the_bus(lab: Lab) -> None:
    await lab.start()
    place = lab.plug("qmi-lte")
    first = await lab.modem(place, S.DISABLED)
    lab.fault("hang", "usb-reset")
    await lab.happens(H.UNPLUGGED, device=place)
    await lab.another_modem(place, [first])
