"""Sticks, cards and networks that do what they should not."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bus.conftest import Refused
from tests.bus.daemon import (
    BEARER,
    MM,
    MODEM,
    PRIMARY,
    SIM,
    SIMPLE,
    STICK,
    Lab,
    S,
    comes_true,
    laboratory,
    slow,
)
from wwand import life
from wwand.at import channel
from wwand.errors import AuthenticationFailed
from wwand.ports import probe
from wwand.serving import base as serving
from wwand.simulator.calls import CallFacts, Link, Swallow
from wwand.simulator.engine import Knobs
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model
from wwand.simulator.model import Model
from wwand.status import FailedReason, Lock, StateChangeReason
from wwand.switching.ladder import switch

H = Happened
ERROR = f"{MM}.Error"
SECONDARY = 1
"""USB interface of the stick's other AT port."""


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


@pytest.fixture
async def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switching and probing as they are, with less time for what does not answer."""
    monkeypatch.setattr(life, "switch", functools.partial(switch, deadline=0.2))
    monkeypatch.setattr(probe, "SHORT", 0.1)
    monkeypatch.setattr(probe, "BOOT", 0.2)
    monkeypatch.setattr(probe, "ONE_TRY", 0.1)
    monkeypatch.setattr(channel, "ESCAPE", 0.1)
    monkeypatch.setattr(channel, "RESYNC", 0.1)


def stick(**sim: object) -> Model:
    """The stick with another SIM card in it."""
    model = load_model(STICK)
    return replace(model, sim=replace(model.sim, **sim))  # type: ignore[arg-type]


def notes(device: dict[str, object]) -> dict[str, str]:
    ports = device["Ports"]
    assert isinstance(ports, list)
    return {name: note for name, _, _, note in ports}


# --- ports --------------------------------------------------------------------------------------


async def test_the_modem_is_there_before_the_probe_of_a_mute_port_ends(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "SHORT", 1.0)
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    device = await lab.device(place)
    assert device
    assert notes(device)["ttyUSB2"] == "being asked for AT"
    assert await lab.get(modem, MODEM, "Ports") == [("ttyUSB1", 3), ("ttyUSB3", 3)]

    async def given_up() -> bool | None:
        device = await lab.device(place)
        return True if device and "does not answer AT" in notes(device)["ttyUSB2"] else None

    await lab.until(given_up, "the end of the probe")
    await lab.connect(modem)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["mute", "noise"])
async def test_another_port_takes_the_place_of_a_primary_port_that_speaks_no_at(
    lab: Lab, fault: str
) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault(fault, PRIMARY)
    modem = await lab.modem(place)
    assert await lab.get(modem, MODEM, "PrimaryPort") == "ttyUSB1"
    device = await lab.phase(place, "modem")
    assert " AT" in notes(device)["ttyUSB3"]  # why not, in words


async def test_garbage_on_a_port_costs_no_waiting(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is patient with it, however patient the probe is with silence."""
    monkeypatch.setattr(probe, "SHORT", 3600.0)
    monkeypatch.setattr(probe, "BOOT", 3600.0)
    monkeypatch.setattr(probe, "ONE_TRY", 0.2)
    await lab.start()
    place = lab.plug()
    lab.fault("noise", SECONDARY)
    lab.fault("mute", 2)
    told = "sends something that is not AT"

    async def found_out() -> bool | None:
        device = await lab.device(place)
        found = notes(device) if device else {}
        return True if {found.get("ttyUSB0"), found.get("ttyUSB1")} == {told} else None

    await lab.until(found_out, "the verdict on the noise")
    await lab.connect(await lab.modem(place))


@pytest.mark.usefixtures("impatient")
async def test_a_modem_without_a_port_that_answers_is_stuck_and_says_what_each_port_does(
    lab: Lab,
) -> None:
    await lab.start()
    place = lab.plug()
    for port in (SECONDARY, PRIMARY):
        lab.fault("mute", port)
    device = await lab.phase(place, "stuck")
    assert device["Reason"].startswith("no port answers AT commands: ")
    for number in range(4):
        assert f"ttyUSB{number} " in device["Reason"]
    assert "plug it in again" in device["NextStep"]
    assert await lab.managed() == {}
    assert len(lab.simulation.journal.find(H.OPENED, port=PRIMARY)) == 1

    lab.simulation.unplug(place)
    await lab.no_device(place)
    lab.simulation.controls.stick().knobs = Knobs()
    lab.simulation.plug(place)
    await lab.modem(place, S.DISABLED)


@pytest.mark.usefixtures("impatient")
async def test_a_modem_that_answers_error_to_everything_has_failed(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("refuse")
    modem = await lab.modem(place, S.FAILED)
    assert await lab.get(modem, MODEM, "StateFailedReason") == FailedReason.UNKNOWN
    managed = await lab.managed()
    assert list(managed[modem]) == [MODEM]
    second = lab.plug()
    await lab.connect(await lab.modem(second, S.DISABLED))


async def test_a_modem_that_takes_a_second_for_its_answers_gets_connected(lab: Lab) -> None:
    await lab.start()
    takes_long = slow(CPIN_READ=1.0, CFUN_READ=1.0, CREG_SET=1.0, CGDCONT_SET=1.0, D_SET=1.0)
    place = lab.plug(takes_long)
    lab.fault("latency", 0.1)
    await lab.connect(await lab.modem(place, S.DISABLED))


async def test_ports_that_come_late_and_one_by_one_join(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("late-ports", 0.2)
    modem = await lab.modem(place)

    async def both() -> bool | None:
        ports = await lab.get(modem, MODEM, "Ports")
        return True if [name for name, _ in ports] == ["ttyUSB1", "ttyUSB3"] else None

    await lab.until(both, "both AT ports")
    await lab.connect(modem)


# --- switching ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
async def test_a_stick_that_ignores_everything_is_stuck_with_every_step_named(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("ignore-switches", 99)
    device = await lab.phase(place, "stuck")
    for step in ("Longcheer message (reading)", "message FF", "eject"):
        assert step in device["Reason"]
    assert "no change within" in device["Reason"]
    assert device["NextStep"].startswith("pull it out")
    assert device["UsbId"] == "1c9e:f000"
    steps = [reason for _, phase, reason in device["History"] if phase == "switching"]
    assert any("1 of" in step for step in steps)


@pytest.mark.usefixtures("impatient")
async def test_a_stick_that_missed_the_first_message_is_switched_after_all(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("ignore-switches", 1)
    await lab.modem(place, S.DISABLED)


@pytest.mark.usefixtures("impatient")
async def test_a_stick_that_never_comes_back_is_given_up_and_can_be_plugged_in_again(
    lab: Lab,
) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("never-return")
    await lab.happens(H.SWITCHED)
    await lab.no_device(place)
    assert lab.alive
    lab.fault("never-return", on=False)
    lab.simulation.plug(place)
    await lab.modem(place, S.DISABLED)


async def test_a_stick_that_falls_back_again_and_again_is_stopped_by_the_guard(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    fallen = lab.simulation.controls.stick()
    seen: list[str] = []
    for _ in range(5):
        seen.append(await lab.another_modem(place, seen))
        lab.simulation._switch(fallen, "storage")
    device = await lab.phase(place, "stuck")
    assert "keeps coming back in its old mode" in device["Reason"]
    assert "another USB port" in device["NextStep"]
    assert len(lab.simulation.journal.find(H.SWITCHED)) == 5


@pytest.mark.usefixtures("impatient")
async def test_one_sticks_trouble_does_not_touch_another(lab: Lab) -> None:
    await lab.start()
    broken = lab.plug()
    lab.fault("ignore-switches", 99, key=broken)
    whole = lab.plug()
    modem = await lab.modem(whole)
    await lab.connect(modem)
    await lab.phase(broken, "stuck")
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED


# --- no modems ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "reason"),
    [("cp210x-adapter", "nothing shows that this is a modem"), ("usb-disk", "a plain disk")],
)
async def test_what_is_no_modem_is_left_alone_and_says_why(
    lab: Lab, model: str, reason: str
) -> None:
    await lab.start()
    place = lab.plug(model)
    device = await lab.phase(place, "ignored")
    assert reason in device["Reason"]
    other = lab.plug()  # all that is done about a device has been done when this one is ready
    await lab.modem(other, S.DISABLED)
    touched = {H.OPENED, H.MESSAGE, H.BYTES, H.SWITCHED, H.COMMAND}
    assert not [e for e in lab.simulation.journal.find(device=place) if e.kind in touched]
    assert {v[1] for v in device["Verdicts"]} <= {0}


@pytest.mark.usefixtures("impatient")
async def test_the_users_word_that_it_is_a_modem_gets_its_port_asked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    # its port is there before anybody waits for it
    monkeypatch.setattr(serving, "PROMISED", 3600.0)
    await lab.start('[device."10c4:ea60"]\nmodem = true\n')
    place = lab.plug("cp210x-adapter")
    await lab.happens(H.BYTES, device=place, text=b"AT\r".hex())
    device = await lab.phase(place, "stuck")
    assert device["Plugin"] == "generic"


async def test_what_the_configuration_ignores_is_left_alone(lab: Lab) -> None:
    await lab.start('[device."1c9e:f000"]\nignore = true\n[device."1-2"]\nignore = true\n')
    first, second = lab.plug(), lab.plug(replace(slow(), starts_as="modem"))
    for place in (first, second):
        device = await lab.phase(place, "ignored")
        assert "configuration" in device["Reason"]
    assert {e.kind for e in lab.simulation.journal.entries} == {H.PLUGGED, H.REGISTRATION}


async def test_what_udev_says_to_ignore_is_left_alone_whatever_else_is_said(lab: Lab) -> None:
    lab.properties = {"ID_MM_DEVICE_IGNORE": "1"}
    await lab.start('[device."1c9e:9605"]\nmodem = true\n')
    place = lab.plug(replace(slow(), starts_as="modem"))
    device = await lab.phase(place, "ignored")
    assert "ID_MM_DEVICE_IGNORE" in device["Reason"]
    assert not lab.simulation.journal.find(H.OPENED)


# --- SIM ----------------------------------------------------------------------------------------


async def sim_of(lab: Lab, modem: str) -> str:
    path = await lab.get(modem, MODEM, "Sim")
    assert isinstance(path, str)
    return path


async def test_a_locked_sim_is_unlocked_by_its_pin(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(stick(pin_enabled=True, pin="2468"))
    modem = await lab.modem(place, S.LOCKED)
    assert await lab.get(modem, MODEM, "UnlockRequired") == Lock.SIM_PIN
    sim = await sim_of(lab, modem)
    assert await lab.get(sim, SIM, "Imsi") == ""

    await lab.call(sim, SIM, "SendPin", "s", "2468")
    assert await lab.get(modem, MODEM, "State") == S.DISABLED
    assert await lab.get(sim, SIM, "Imsi") == load_model(STICK).sim.imsi
    await lab.connect(modem)


async def test_a_wrong_pin_says_so_and_costs_a_try(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(stick(pin_enabled=True, pin="2468"))
    modem = await lab.modem(place, S.LOCKED)
    sim = await sim_of(lab, modem)
    assert (await lab.get(modem, MODEM, "UnlockRetries"))[Lock.SIM_PIN] == 3
    with pytest.raises(Refused) as refused:
        await lab.call(sim, SIM, "SendPin", "s", "1111")
    assert refused.value.name == f"{ERROR}.MobileEquipment.IncorrectPassword"
    assert (await lab.get(modem, MODEM, "UnlockRetries"))[Lock.SIM_PIN] == 2
    assert await lab.get(modem, MODEM, "State") == S.LOCKED


async def test_three_wrong_pins_lead_to_the_puk_and_the_puk_out_again(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(stick(pin_enabled=True, pin="2468", puk="11223344"))
    modem = await lab.modem(place, S.LOCKED)
    sim = await sim_of(lab, modem)
    for _ in range(3):
        with pytest.raises(Refused, match="MobileEquipment"):
            await lab.call(sim, SIM, "SendPin", "s", "1111")
    assert await lab.get(modem, MODEM, "UnlockRequired") == Lock.SIM_PUK
    with pytest.raises(Refused) as refused:
        await lab.connect(modem, pin="2468")
    assert refused.value.name == f"{ERROR}.Core.Unauthorized"

    await lab.call(sim, SIM, "SendPuk", "ss", "11223344", "1357")
    assert await lab.get(modem, MODEM, "State") == S.DISABLED
    assert lab.simulation.controls.stick().card.pin == "1357"


async def test_a_locked_sim_without_a_pin_is_a_question_of_authorization(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(stick(pin_enabled=True))
    modem = await lab.modem(place, S.LOCKED)
    with pytest.raises(Refused) as refused:
        await lab.connect(modem, apn="internet")
    assert refused.value.name == f"{ERROR}.Core.Unauthorized"
    assert not lab.told(text="AT+CPIN=")
    await lab.connect(modem, pin="1234")


async def test_the_configured_pin_is_entered_once(lab: Lab) -> None:
    await lab.start('[sim]\npin = "2468"\n')
    place = lab.plug(stick(pin_enabled=True, pin="2468"))
    await lab.modem(place, S.DISABLED)
    assert len(lab.told(text="AT+CPIN=")) == 1


async def test_a_wrong_configured_pin_is_entered_once_and_never_again(lab: Lab) -> None:
    configuration = '[sim]\npin = "9999"\n'
    await lab.start(configuration)
    place = lab.plug(stick(pin_enabled=True, pin="2468"))
    modem = await lab.modem(place, S.LOCKED)
    assert (await lab.get(modem, MODEM, "UnlockRetries"))[Lock.SIM_PIN] == 2
    card = lab.simulation.controls.stick().card
    for tries in (2, 3):  # as it is, and once somebody has entered the right one
        card.pin_tries = tries
        await lab.stop()
        lab.simulation.unplug(place)
        await lab.start(configuration)
        lab.simulation.plug(place)
        await lab.modem(place, S.LOCKED)
    assert len(lab.told(text="AT+CPIN=")) == 1


async def test_a_right_configured_pin_is_left_alone_when_tries_are_missing(lab: Lab) -> None:
    await lab.start('[sim]\npin = "2468"\n')
    key = lab.simulation.add(stick(pin_enabled=True, pin="2468"))
    lab.simulation.controls.stick(key).card.pin_tries = 2
    lab.simulation.plug(key)
    modem = await lab.modem(key, S.LOCKED)
    assert not lab.told(text="AT+CPIN=")
    assert (await lab.get(modem, MODEM, "UnlockRetries"))[Lock.SIM_PIN] == 2


async def test_a_modem_without_a_sim_has_failed_and_says_why(lab: Lab) -> None:
    await lab.start()
    key = lab.simulation.add(STICK)
    lab.fault("sim", "missing")
    lab.simulation.plug(key)
    modem = await lab.modem(key, S.FAILED)
    assert await lab.get(modem, MODEM, "StateFailedReason") == FailedReason.SIM_MISSING
    managed = await lab.managed()
    assert list(managed[modem]) == [MODEM]


async def test_the_pin_can_be_switched_on_changed_and_switched_off(lab: Lab) -> None:
    await lab.start()
    place = lab.plug(stick(pin="2468"))
    modem = await lab.modem(place, S.DISABLED)
    sim, card = await sim_of(lab, modem), lab.simulation.controls.stick().card
    await lab.call(sim, SIM, "EnablePin", "sb", "2468", True)
    await lab.call(sim, SIM, "ChangePin", "ss", "2468", "1357")
    assert (card.pin_enabled, card.pin) == (True, "1357")
    with pytest.raises(Refused) as refused:
        await lab.call(sim, SIM, "EnablePin", "sb", "2468", False)
    assert refused.value.name == f"{ERROR}.MobileEquipment.IncorrectPassword"
    assert (await lab.get(modem, MODEM, "UnlockRetries"))[Lock.SIM_PIN] == 2
    await lab.call(sim, SIM, "EnablePin", "sb", "1357", False)
    assert card.pin_enabled is False


class Hesitant(Swallow):
    """A network that sets a call up when it is told to."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        await self.goes_on.wait()
        return await super().call(facts, deliver, ended)


# --- network ------------------------------------------------------------------------------------


async def test_a_network_that_denies_registration_ends_the_connect_with_its_reason(
    lab: Lab,
) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("registration", "denied")
    modem = await lab.modem(place)
    with pytest.raises(Refused) as refused:
        await lab.connect(modem, apn="internet")
    assert refused.value.name == f"{ERROR}.MobileEquipment.NetworkNotAllowed"
    assert await lab.get(modem, MODEM, "State") == S.ENABLED
    lab.fault("registration", "home")
    await lab.modem(place, S.REGISTERED)
    await lab.connect(modem)


async def test_a_call_without_an_answer_is_no_carrier(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    lab.fault("no-carrier")
    modem = await lab.modem(place)
    with pytest.raises(Refused) as refused:
        await lab.connect(modem, apn="internet")
    assert refused.value.name == f"{ERROR}.Connection.NoCarrier"
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED
    (bearer,) = await lab.get(modem, MODEM, "Bearers")
    assert (await lab.get(bearer, BEARER, "ConnectionError"))[0] == refused.value.name
    lab.fault("no-carrier", on=False)
    assert await lab.connect(modem, apn="internet") == bearer


async def test_a_call_that_the_network_drops_is_a_failure_that_is_told(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    bearer = await lab.connect(modem)
    lab.client.heard.clear()
    lab.simulation.controls.drop_call()
    old, reason, position = await lab.state_change(modem, S.REGISTERED)
    assert (old, reason) == (S.CONNECTED, StateChangeReason.FAILURE)
    before = lab.client.heard[:position]
    assert any(m.path == bearer and m.body[1].get("Connected") for m in before)
    assert await lab.get(bearer, BEARER, "Connected") is False
    assert "connection lost" in (await lab.get(bearer, BEARER, "ConnectionError"))[1]
    assert await lab.connect(modem) == bearer


async def test_a_call_whose_ip_configuration_fails_is_hung_up(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    lab.network.trouble = AuthenticationFailed("the access point refuses the password")
    with pytest.raises(Refused) as refused:
        await lab.connect(modem, wwand_apply_ip=True)
    assert refused.value.name == f"{ERROR}.MobileEquipment.UserAuthenticationFailed"
    assert lab.simulation.controls.status()[0]["calls"] == []
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED
    lab.network.trouble = None
    await lab.connect(modem, wwand_apply_ip=True)


async def test_a_loss_of_the_network_ends_the_connection(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    bearer = await lab.connect(modem)
    lab.fault("registration", "searching")
    await lab.modem(place, S.SEARCHING)
    assert await lab.get(bearer, BEARER, "Connected") is False
    lab.fault("registration", "home")
    await lab.modem(place, S.REGISTERED)


async def test_a_second_connect_while_one_dials_is_told_so(lab: Lab) -> None:
    await lab.start()
    network = Hesitant()
    lab.simulation._carrier = network
    place = lab.plug()
    modem = await lab.modem(place)
    first = asyncio.create_task(lab.connect(modem))
    await lab.modem(place, S.CONNECTING)
    with pytest.raises(Refused) as refused:
        await lab.connect(modem)
    assert refused.value.name in (f"{ERROR}.Core.InProgress", f"{ERROR}.Core.WrongState")
    network.goes_on.set()
    bearer = await first
    assert await lab.connect(modem) == bearer
    assert len(lab.simulation.journal.find(H.CONNECTED)) == 1


async def test_a_connect_while_wwand_itself_dials_for_the_same_gets_that(lab: Lab) -> None:
    await lab.start('[connection]\nauto = true\napn = "internet"\n')
    network = Hesitant()
    lab.simulation._carrier = network
    place = lab.plug()
    modem = await lab.modem(place, S.CONNECTING)
    joining = asyncio.create_task(lab.connect(modem, wwand_apply_ip=True))
    assert await lab.get(modem, MODEM, "State") == S.CONNECTING  # it is on its way by now
    network.goes_on.set()
    assert [await joining] == await lab.get(modem, MODEM, "Bearers")
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED
    assert len(lab.told(text="ATD")) == 1


async def test_a_client_that_leaves_in_the_middle_changes_nothing(lab: Lab) -> None:
    """mmcli gives up, NetworkManager restarts: the modem must not be left half-way."""
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    call = asyncio.create_task(lab.connect(modem))
    await lab.happens(H.COMMAND, text="ATD")
    call.cancel()
    await lab.modem(place, S.CONNECTED)
    await lab.call(modem, SIMPLE, "Disconnect", "o", "/")
    await comes_true(lambda: not lab.simulation.controls.status()[0]["calls"], "the call's end")
