"""Codes and the network's time: unmodified mmcli, and what other clients hear."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.bus.conftest import Client, Refused, run
from tests.bus.daemon import (
    DEADLINE,
    MM_ROOT,
    MODEM,
    Lab,
    Process,
    S,
    laboratory,
    process,
)
from tests.bus.domain import FakeManager
from wwand.modem import at_network, qmi_network
from wwand.service.polkit import TIME, USSD
from wwand.service.time import TimeView
from wwand.service.ussd import UssdView

MODEM_0 = f"{MM_ROOT}/Modem/0"
USSD_INTERFACE = UssdView.spec.name
TIME_INTERFACE = TimeView.spec.name
ERROR = "org.freedesktop.ModemManager1.Error"
BALANCE = "Your balance is 12.50 EUR"
MODELS = ["longcheer-mmx352g", "huawei-e3372", "qmi-lte"]


@pytest.fixture(params=MODELS)
async def wwand(
    bus_address: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Process]:
    """The program with one modem, which is registered."""
    options = ("--log-level", "debug")
    async with process(bus_address, tmp_path, *options, models=request.param) as running:
        await running.object_appears(MODEM_0)
        await mmcli(running, "-e")
        async with asyncio.timeout(DEADLINE):
            while await running.client.get(MODEM_0, MODEM, "State") != S.REGISTERED:
                await running.client.news()
        yield running


async def mmcli(wwand: Process, *arguments: str) -> str:
    status, output = await run("mmcli", "-m", "0", *arguments, address=wwand.address)
    assert status == 0, output
    return output


async def status(wwand: Process) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(await mmcli(wwand, "--3gpp-ussd-status", "-J"))
    found: dict[str, Any] = read["modem"]["3gpp"]["ussd"]
    return found


async def test_mmcli_sends_codes_and_answers_menus(wwand: Process) -> None:
    assert (await status(wwand))["status"] == "idle"
    assert BALANCE in await mmcli(wwand, "--3gpp-ussd-initiate=*100#")
    assert "2. Data" in await mmcli(wwand, "--3gpp-ussd-initiate=*101#")
    assert (await status(wwand))["status"] == "user-response"
    assert "2. Month" in await mmcli(wwand, "--3gpp-ussd-respond=2")
    assert "10 GB" in await mmcli(wwand, "--3gpp-ussd-respond=2")
    assert "Баланс: 12.50" in await mmcli(wwand, "--3gpp-ussd-initiate=*103#")
    assert "grüß Gott" in await mmcli(wwand, "--3gpp-ussd-initiate=*102#")
    await mmcli(wwand, "--3gpp-ussd-initiate=*101#")
    await mmcli(wwand, "--3gpp-ussd-cancel")
    assert (await status(wwand))["status"] == "idle"
    log = wwand.log.read_text()
    assert "Balance" not in log
    assert "balance" not in log
    assert "10 GB" not in log


async def test_mmcli_tells_the_networks_time(wwand: Process) -> None:
    read = json.loads(await mmcli(wwand, "--time", "-J"))["modem"]
    assert read["time"]["current"].startswith("20")
    again = json.loads(await mmcli(wwand, "--time", "-J"))["modem"]  # it reads the zone first
    assert again["timezone"]["current"] in ("330", "0")


# --- in this process ------------------------------------------------------------------------------


@pytest.fixture
async def lab(
    bus_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lab]:
    """A daemon in whose quiet hour a second has few milliseconds."""
    for module in (at_network, qmi_network):
        monkeypatch.setattr(module, "POLL", 0.05)
    async with laboratory(bus_address, tmp_path) as made:
        await made.start()
        yield made


async def registered(lab: Lab, model: str) -> tuple[str, str]:
    """Plug one in; returns its place and its path, when the modem has been asked for reports."""
    key = lab.plug(model)
    path = await lab.modem(key, S.DISABLED)
    await lab.call(path, MODEM, "Enable", "b", True)

    async def zone() -> bool | None:
        return bool(await lab.get(path, TIME_INTERFACE, "NetworkTimezone")) or None

    await lab.until(zone, "the zone")
    return key, path


@pytest.mark.parametrize("model", MODELS)
async def test_clients_hear_what_the_network_says_of_its_own_accord(lab: Lab, model: str) -> None:
    key, path = await registered(lab, model)
    controls = lab.simulation.controls

    async def told(name: str, value: str) -> None:
        async def look() -> bool | None:
            return await lab.get(path, USSD_INTERFACE, name) == value or None

        await lab.until(look, value)

    async with asyncio.timeout(DEADLINE):  # QMI asks for these reports after those of the time
        listening = False
        while not listening:
            controls.ussd("You have won", key)
            listening = bool(await lab.get(path, USSD_INTERFACE, "NetworkNotification"))
    controls.ussd("Yes or no?", key, wants_answer=True)
    await told("NetworkRequest", "Yes or no?")
    assert await lab.get(path, USSD_INTERFACE, "State") == 3
    assert await lab.call(path, USSD_INTERFACE, "Respond", "s", "yes") == "Thank you"
    assert await lab.get(path, USSD_INTERFACE, "NetworkRequest") == ""
    assert await lab.get(path, USSD_INTERFACE, "State") == 1


@pytest.mark.parametrize("model", MODELS)
async def test_clients_hear_when_the_network_tells_its_time(lab: Lab, model: str) -> None:
    key, _ = await registered(lab, model)
    lab.simulation.controls.tell_time(key)
    told = await lab.client.signal("NetworkTimeChanged")
    assert told.body[0].startswith("20")


async def test_a_disabled_modem_has_neither_dialogue_nor_zone(lab: Lab) -> None:
    _, path = await registered(lab, MODELS[0])
    assert await lab.get(path, USSD_INTERFACE, "State") == 1
    await lab.call(path, MODEM, "Enable", "b", False)
    assert await lab.get(path, USSD_INTERFACE, "State") == 0
    assert await lab.get(path, TIME_INTERFACE, "NetworkTimezone") == {}
    with pytest.raises(Refused) as caught:
        await lab.call(path, TIME_INTERFACE, "GetNetworkTime")
    assert caught.value.name == f"{ERROR}.Core.WrongState"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", ["refused", ""])
async def test_a_refused_code_is_told_by_name(lab: Lab, model: str, fault: str) -> None:
    key, path = await registered(lab, model)
    if fault:
        lab.fault("ussd", fault, key=key)
    with pytest.raises(Refused) as caught:
        await lab.call(path, USSD_INTERFACE, "Initiate", "s", "*100#" if fault else "*999#")
    names = ("Core.Cancelled", "MobileEquipment.NotSupported", "Core.Failed")
    assert caught.value.name in [f"{ERROR}.{name}" for name in names]
    assert await lab.get(path, USSD_INTERFACE, "State") == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("text", ["", 'a"b\r', "*100#\r", "1\n2", "1\x1a", "9" * 1000])
async def test_what_is_no_code_reaches_no_modem(lab: Lab, model: str, text: str) -> None:
    key, path = await registered(lab, model)
    before = lab.told(device=key)
    with pytest.raises(Refused) as caught:
        await lab.call(path, USSD_INTERFACE, "Initiate", "s", text)
    assert caught.value.name == f"{ERROR}.Core.InvalidArgs"
    assert [line for line in lab.told(device=key)[len(before) :] if "CUSD=1," in line] == []


@pytest.mark.parametrize("model", MODELS)
async def test_a_modem_pulled_out_in_the_middle_leaves_nothing(lab: Lab, model: str) -> None:
    key, path = await registered(lab, model)
    lab.fault("ussd", "silent", key=key)
    call = asyncio.create_task(lab.call(path, USSD_INTERFACE, "Initiate", "s", "*100#"))

    async def active() -> bool | None:
        return await lab.get(path, USSD_INTERFACE, "State") == 2 or None

    await lab.until(active, "a dialogue")
    lab.simulation.controls.unplug(key)
    with pytest.raises(Refused):
        await call
    await lab.no_device(key)


# --- views ----------------------------------------------------------------------------------------


def test_each_has_the_guard_that_modemmanager_has() -> None:
    assert set(UssdView.guards.values()) == {USSD}
    assert set(TimeView.guards.values()) == {TIME}


async def test_a_modem_without_either_says_so(client: Client, manager: FakeManager) -> None:
    modem = await manager.ready_modem()
    await modem.enable()
    for interface, member, *arguments in (
        (USSD_INTERFACE, "Initiate", "*100#"),
        (TIME_INTERFACE, "GetNetworkTime"),
    ):
        with pytest.raises(Refused) as caught:
            await client.call(MODEM_0, interface, member, "s" * len(arguments), *arguments)
        assert caught.value.name == f"{ERROR}.Core.Unsupported"
