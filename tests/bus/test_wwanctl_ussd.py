"""`wwanctl ussd` and the time in `wwanctl show`, as people run them."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bus.daemon import MODEM, Lab, S, laboratory
from tests.bus.test_wwanctl import ready, terminal, wwanctl
from wwand.service.ussd import UssdView

BALANCE = "Your balance is 12.50 EUR"


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """A daemon with one stick that is registered."""
    async with laboratory(bus_address, tmp_path) as made:
        path = await ready(made)
        await made.call(path, MODEM, "Enable", "b", True)
        await made.modem("1-1", S.REGISTERED)
        yield made


async def state(lab: Lab) -> int:
    path = await lab.modem("1-1")
    number: int = await lab.get(path, UssdView.spec.name, "State")
    return number


async def test_a_code_is_sent_and_its_answer_printed(lab: Lab) -> None:
    run = await wwanctl(lab.address, "ussd", "*100#")
    assert (run.status, run.text, run.error) == (0, f"{BALANCE}\n", "")
    run = await wwanctl(lab.address, "ussd", "--json", "0", "*103#")
    assert run.data == {"modem": 0, "answer": "Баланс: 12.50", "waits": False}


async def test_a_menu_in_a_pipe_is_answered_by_the_next_command(lab: Lab) -> None:
    run = await wwanctl(lab.address, "ussd", "*101#")
    assert run.text.splitlines()[:2] == ["1. Balance", "2. Data"]
    assert "--respond" in run.text
    shown = await wwanctl(lab.address, "ussd", "--status", "--json")
    assert shown.data["state"] == "open"
    run = await wwanctl(lab.address, "ussd", "--respond", "1", "--json")
    assert run.data == {"modem": 0, "answer": BALANCE, "waits": False}
    await wwanctl(lab.address, "ussd", "*101#")
    assert (await wwanctl(lab.address, "ussd", "--cancel")).text == "The dialogue is over.\n"
    assert await state(lab) == 1


async def test_a_code_can_come_from_standard_input(lab: Lab) -> None:
    run = await wwanctl(lab.address, "ussd", "-", typed="*100#\n")
    assert run.text == f"{BALANCE}\n"


async def test_a_menu_on_a_terminal_is_answered_as_it_comes(lab: Lab) -> None:
    async with terminal(lab.address, "ussd", "*101#") as shown:
        await shown.shows("Answer (")
        shown.types("2")
        await shown.shows("2. Month")
        await shown.shows("Answer (")
        shown.types("2")
        await shown.shows("10 GB")
        assert await shown.process.wait() == 0
    assert await state(lab) == 1


async def test_an_answer_that_is_not_utf8_ends_the_dialogue_and_is_named(lab: Lab) -> None:
    async with terminal(lab.address, "ussd", "*101#") as shown:
        await shown.shows("Answer (")
        shown.types("\udcff")
        await shown.shows("is not UTF-8")
        assert await shown.process.wait() == 1
    assert await state(lab) == 1


@pytest.mark.parametrize(("by_signal", "status"), [(False, 0), (True, 130)])
async def test_an_empty_line_and_ctrl_c_end_the_dialogue(
    lab: Lab, by_signal: bool, status: int
) -> None:
    async with terminal(lab.address, "ussd", "*101#") as shown:
        await shown.shows("Answer (")
        if by_signal:
            shown.process.send_signal(signal.SIGINT)
        else:
            shown.types("")
        assert await shown.process.wait() == status
    assert await state(lab) == 1


@pytest.mark.parametrize(
    "code", ["", 'a"b\r', "*100#\r", "1\n2", "1\x1a", "9" * 1000, "\udcff", "ж" * 100]
)
async def test_what_is_no_code_is_refused_and_not_repeated(lab: Lab, code: str) -> None:
    before = lab.told()
    run = await wwanctl(lab.address, "ussd", code)
    assert run.status == 1
    assert run.error.count("\n") == 1
    assert not code or code not in run.error
    assert not [line for line in lab.told()[len(before) :] if "CUSD=1," in line]


@pytest.mark.parametrize(
    "line", ["", "0 1 2", "--cancel --status", "--respond 1 --cancel", "--cancel 0 1"]
)
async def test_a_wrong_line_is_a_wrong_usage(lab: Lab, line: str) -> None:
    assert (await wwanctl(lab.address, "ussd", *line.split())).status == 2


@pytest.mark.parametrize("line", ["--respond 1", "--cancel", "*999#"])
async def test_what_cannot_be_done_is_told_in_one_line(lab: Lab, line: str) -> None:
    run = await wwanctl(lab.address, "ussd", *line.split())
    assert run.status == 1
    assert run.error.startswith("wwanctl: ")
    assert run.error.count("\n") == 1


async def test_what_the_network_says_cannot_move_the_cursor(lab: Lab) -> None:
    await wwanctl(lab.address, "ussd", "*100#")  # whoever has sent a code hears the network
    path = await lab.modem("1-1")
    lab.simulation.controls.ussd("\x1b[2Jgone", "1-1")

    async def told() -> bool | None:
        return bool(await lab.get(path, UssdView.spec.name, "NetworkNotification")) or None

    await lab.until(told, "a notification")
    run = await wwanctl(lab.address, "ussd", "--status")
    assert "[2Jgone" in run.text
    assert "\x1b" not in run.text


async def test_the_time_is_shown_while_a_network_tells_it(lab: Lab) -> None:
    shown = await wwanctl(lab.address, "show", "--json")
    time = shown.data["time"]
    assert time["local"].endswith("+05:30")
    assert time["zone"] == "UTC+05:30"
    assert "UTC+05:30" in (await wwanctl(lab.address, "show")).text
    lab.fault("clock", "unset")
    unset = await wwanctl(lab.address, "show", "--json")
    assert unset.data["time"]["local"] == ""


async def test_a_disabled_modem_shows_no_time(lab: Lab) -> None:
    path = await lab.modem("1-1")
    async with asyncio.timeout(20):
        await lab.call(path, MODEM, "Enable", "b", False)
    assert (await wwanctl(lab.address, "show", "--json")).data["time"] == {"local": ""}
