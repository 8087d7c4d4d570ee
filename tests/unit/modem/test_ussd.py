"""Dialogues of codes: what clients ask, what an AT modem is sent, and what it reports."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.unit.at.fake import DEADLINE
from tests.unit.modem.test_at_modem import OK, Bench, bench, said
from wwand.errors import BadArgument, Cancelled, EquipmentError, WrongState, WwandError
from wwand.modem import ussd
from wwand.modem.services import Dialogue, UssdState
from wwand.status import ModemState

BALANCE = '+CUSD: 0,"Your balance is 12.50",15'
MENU = '+CUSD: 1,"1. Balance\n2. Data",15'

CODES: dict[str, str | bytes] = {
    "AT+CSCS?": said('+CSCS: "IRA"'),
    'AT+CUSD=1,"*100#",15': OK + f"\r\n\r\n{BALANCE}",
    'AT+CUSD=1,"*101#",15': OK + f"\r\n\r\n{MENU}",
    'AT+CUSD=1,"*silent#",15': OK,
    'AT+CUSD=1,"1",15': OK + f"\r\n\r\n{BALANCE}",
    "AT+CUSD=2": OK,
}


@asynccontextmanager
async def registered(
    changes: dict[str, str | bytes] | None = None, ports: int = 1
) -> AsyncIterator[Bench]:
    async with bench({**CODES, **(changes or {})}, ports) as b:
        await b.modem.start()
        async with asyncio.timeout(DEADLINE):
            await b.modem.enable()
        yield b


async def until(b: Bench, done: Callable[[], object]) -> None:
    news = asyncio.Event()
    b.modem.listeners.append(news.set)
    async with asyncio.timeout(DEADLINE):
        while not done():
            news.clear()
            await news.wait()


def sent(b: Bench) -> list[str]:
    return [line for line in b.heard if "CUSD" in line]


async def asked(b: Bench, code: str) -> "asyncio.Task[str]":
    """Send a code that the network does not answer yet."""
    task = asyncio.create_task(b.modem.ussd.initiate(code))
    await b.far["ttyUSB0"].hears(f'AT+CUSD=1,"{code}",15')
    return task


async def test_a_code_is_answered() -> None:
    async with registered() as b:
        assert await b.modem.ussd.initiate("*100#") == "Your balance is 12.50"
        assert b.modem.dialogue == Dialogue()


async def test_a_menu_waits_for_an_answer() -> None:
    async with registered() as b:
        assert await b.modem.ussd.initiate("*101#") == "1. Balance\n2. Data"
        assert b.modem.dialogue == Dialogue(UssdState.USER_RESPONSE)
        with pytest.raises(WrongState, match="open already"):
            await b.modem.ussd.initiate("*100#")
        assert await b.modem.ussd.respond("1") == "Your balance is 12.50"
        assert b.modem.dialogue.state is UssdState.IDLE


async def test_a_dialogue_can_be_cancelled() -> None:
    async with registered() as b:
        await b.modem.ussd.initiate("*101#")
        await b.modem.ussd.cancel()
        assert sent(b)[-1] == "AT+CUSD=2"
        assert b.modem.dialogue.state is UssdState.IDLE


async def test_who_waits_is_told_that_it_was_cancelled() -> None:
    async with registered() as b:
        task = await asked(b, "*silent#")
        assert b.modem.dialogue.state is UssdState.ACTIVE
        await b.modem.ussd.cancel()
        with pytest.raises(Cancelled):
            await task


@pytest.mark.parametrize("order", ["respond", "cancel"])
async def test_without_a_dialogue_there_is_nothing_to_answer_or_to_cancel(order: str) -> None:
    async with registered() as b:
        orders: dict[str, Coroutine[Any, Any, Any]] = {
            "respond": b.modem.ussd.respond("1"),
            "cancel": b.modem.ussd.cancel(),
        }
        wanted = orders.pop(order)
        for other in orders.values():
            other.close()
        with pytest.raises(WrongState):
            await wanted
        assert sent(b) == []


async def test_a_modem_that_is_not_enabled_sends_no_code() -> None:
    async with bench(CODES) as b:
        await b.modem.start()
        with pytest.raises(WrongState, match="needs modem0 to be enabled"):
            await b.modem.ussd.initiate("*100#")


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ("+CUSD: 2", Cancelled),
        ("+CUSD: 3", Cancelled),
        ("+CUSD: 4", EquipmentError),
        ("+CUSD: 5", EquipmentError),
    ],
)
async def test_what_the_network_refuses_is_an_error(report: str, error: type[WwandError]) -> None:
    async with registered() as b:
        task = await asked(b, "*silent#")
        b.far["ttyUSB0"].say(report)
        with pytest.raises(error):
            await task
        assert b.modem.dialogue.state is UssdState.IDLE


async def test_last_words_are_an_answer() -> None:
    async with registered() as b:
        task = await asked(b, "*silent#")
        b.far["ttyUSB0"].say('+CUSD: 2,"Good bye",15')
        assert await task == "Good bye"


async def test_firmware_may_answer_first_and_refuse_then() -> None:
    answer = f"{BALANCE}\r\n\r\nERROR"
    async with registered({'AT+CUSD=1,"*100#",15': answer}) as b:
        assert await b.modem.ussd.initiate("*100#") == "Your balance is 12.50"


async def test_a_refused_command_ends_the_dialogue() -> None:
    async with registered({'AT+CUSD=1,"*100#",15': "+CME ERROR: 30"}) as b:
        with pytest.raises(EquipmentError):
            await b.modem.ussd.initiate("*100#")
        assert b.modem.dialogue.state is UssdState.IDLE


async def test_a_silent_network_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ussd, "ANSWER", 0.05)
    async with registered() as b:
        with pytest.raises(EquipmentError) as caught:
            await b.modem.ussd.initiate("*silent#")
        assert caught.value.dbus_name.endswith("MobileEquipment.NetworkTimeout")
        await b.far["ttyUSB0"].hears("AT+CUSD=2")
        assert b.modem.dialogue.state is UssdState.IDLE


async def test_who_leaves_leaves_no_dialogue_behind() -> None:
    async with registered() as b:
        task = await asked(b, "*silent#")
        task.cancel()
        await asyncio.wait([task])
        assert b.modem.dialogue.state is UssdState.IDLE
        assert await b.modem.ussd.initiate("*100#") == "Your balance is 12.50"


async def test_disabling_ends_the_dialogue() -> None:
    async with registered({"AT+CGEREP=0": OK}) as b:
        task = await asked(b, "*silent#")
        async with asyncio.timeout(DEADLINE):
            await b.modem.disable()
        with pytest.raises(Cancelled, match="disabled"):
            await task


# --- what the network says of its own accord ------------------------------------------------------


async def test_a_notification_is_kept_until_the_next_code() -> None:
    async with registered() as b:
        b.far["ttyUSB0"].say('+CUSD: 0,"You have won",15')
        await until(b, lambda: b.modem.dialogue.notification)
        assert b.modem.dialogue == Dialogue(UssdState.IDLE, "You have won")
        await b.modem.ussd.initiate("*100#")
        assert b.modem.dialogue == Dialogue()


async def test_a_request_waits_for_an_answer_and_can_be_ended_by_the_network() -> None:
    async with registered() as b:
        b.far["ttyUSB0"].say('+CUSD: 1,"Yes or no?",15')
        await until(b, lambda: b.modem.dialogue.request)
        assert b.modem.dialogue == Dialogue(UssdState.USER_RESPONSE, request="Yes or no?")
        b.far["ttyUSB0"].say("+CUSD: 2")
        await until(b, lambda: not b.modem.dialogue.request)
        assert b.modem.dialogue == Dialogue()


async def test_a_request_is_answered() -> None:
    async with registered() as b:
        b.far["ttyUSB0"].say('+CUSD: 1,"Yes or no?",15')
        await until(b, lambda: b.modem.dialogue.request)
        assert await b.modem.ussd.respond("1") == "Your balance is 12.50"
        assert b.modem.dialogue == Dialogue()


async def test_what_a_second_port_repeats_is_no_news() -> None:
    async with registered(ports=2) as b:
        task = asyncio.create_task(b.modem.ussd.initiate("*silent#"))
        await b.far["ttyUSB1"].hears('AT+CUSD=1,"*silent#",15')
        b.far["ttyUSB1"].say(BALANCE)
        assert await task == "Your balance is 12.50"
        told: list[str] = []
        b.modem.listeners.append(lambda: told.append(b.modem.dialogue.notification))
        b.far["ttyUSB0"].say(BALANCE, '+CUSD: 0,"Something else",15')
        await until(b, lambda: b.modem.dialogue.notification == "Something else")
        assert "Your balance is 12.50" not in told


async def test_rubbish_changes_nothing() -> None:
    async with registered() as b:
        task = await asked(b, "*silent#")
        b.far["ttyUSB0"].say("+CUSD: x", "+CUSD:", BALANCE)
        assert await task == "Your balance is 12.50"


# --- how it is written ----------------------------------------------------------------------------


async def test_a_port_that_writes_ucs2_is_written_to_in_ucs2() -> None:
    codes: dict[str, str | bytes] = {
        "AT+CSCS?": said('+CSCS: "UCS2"'),
        'AT+CUSD=1,"002A0031003000300023",15': f'{OK}\r\n\r\n+CUSD: 0,"00310032",15',
    }
    async with registered(codes) as b:
        assert await b.modem.ussd.initiate("*100#") == "12"


async def test_an_answer_with_other_letters_goes_in_ucs2_and_the_character_set_comes_back() -> None:
    codes: dict[str, str | bytes] = {
        'AT+CSCS="UCS2"': OK,
        'AT+CSCS="IRA"': OK,
        'AT+CUSD=1,"04340430",72': f"{OK}\r\n\r\n{BALANCE}",
    }
    async with registered(codes) as b:
        await b.modem.ussd.initiate("*101#")
        assert await b.modem.ussd.respond("да") == "Your balance is 12.50"
        told = [line for line in b.heard if "CSCS=" in line or "04" in line]
        assert told == ['AT+CSCS="UCS2"', 'AT+CUSD=1,"04340430",72', 'AT+CSCS="IRA"']


@pytest.mark.parametrize("text", ["да", 'a"b', "1\r", "1\x1a", "a" * 1000, ""])
async def test_what_cannot_be_sent_leaves_the_dialogue_open(text: str) -> None:
    async with registered() as b:
        await b.modem.ussd.initiate("*101#")
        with pytest.raises(BadArgument) as caught:
            await b.modem.ussd.respond(text)
        assert b.modem.dialogue.state is UssdState.USER_RESPONSE
        assert not text or text not in str(caught.value)
        assert await b.modem.ussd.respond("1") == "Your balance is 12.50"


async def test_nothing_of_it_is_loaded_or_asked_before_somebody_wants_it() -> None:
    async with registered() as b:
        assert b.modem._ussd is None
        assert sent(b) == []
        assert b.modem.state is ModemState.REGISTERED
