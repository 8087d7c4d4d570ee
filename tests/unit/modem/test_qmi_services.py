"""Codes and the network's time over QMI, with the virtual modem at the other end."""

import asyncio

import pytest

from tests.unit.modem.qmi_bench import Pair, paired
from wwand.errors import Cancelled, EquipmentError, WrongState, WwandError
from wwand.modem import qmi_network, qmi_time, qmi_ussd, ussd
from wwand.modem.services import Dialogue, UssdState
from wwand.qmi.nas_time import Clock
from wwand.qmi.voice import UssCoding, UssData

ZONE = "time_zone = 22\n"


async def test_a_code_is_answered() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        assert "VOICE" not in pair.clients
        assert await modem.ussd.initiate("*100#") == "Your balance is 12.50 EUR"
        assert modem.dialogue == Dialogue()
        assert len(pair.clients["VOICE"]) == 1


@pytest.mark.parametrize(
    ("code", "wanted"),
    [("*102#", "Guthaben: 12,50 €, grüß Gott"), ("*103#", "Баланс: 12.50")],
)
async def test_other_letters_arrive(code: str, wanted: str) -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        assert await modem.ussd.initiate(code) == wanted


async def test_a_menu_is_answered_twice() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        assert await modem.ussd.initiate("*101#") == "1. Balance\n2. Data"
        assert modem.dialogue.state is UssdState.USER_RESPONSE
        assert await modem.ussd.respond("2") == "Which one?\n1. Day\n2. Month"
        assert await modem.ussd.respond("2") == "10 GB"
        assert modem.dialogue == Dialogue()


async def test_a_wrong_answer_ends_the_dialogue() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await modem.ussd.initiate("*101#")
        with pytest.raises(Cancelled, match="has ended"):
            await modem.ussd.respond("7")
        assert modem.dialogue == Dialogue()


async def test_a_menu_is_cancelled() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        await modem.ussd.initiate("*101#")
        await modem.ussd.cancel()
        assert not pair.bench.modem.ussd.menu
        with pytest.raises(WrongState):
            await modem.ussd.respond("1")


@pytest.mark.parametrize("code", ["*999#", "*100#"])
async def test_what_the_network_refuses_is_an_error(code: str) -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        if code == "*100#":
            pair.bench.controls.fault("ussd", "refused")
        with pytest.raises(WwandError, match="refuses the code"):
            await modem.ussd.initiate(code)
        assert modem.dialogue.state is UssdState.IDLE


async def test_a_silent_network_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ussd, "ANSWER", 0.05)
    async with paired() as pair:
        modem = await pair.enabled()
        pair.bench.controls.fault("ussd", "silent")
        with pytest.raises(EquipmentError, match="has not answered"):
            await modem.ussd.initiate("*100#")
        assert modem.dialogue.state is UssdState.IDLE


async def test_who_waits_is_told_that_it_was_cancelled() -> None:
    async with paired() as pair:
        modem = await pair.enabled()
        pair.bench.controls.fault("ussd", "silent")
        task = asyncio.create_task(modem.ussd.initiate("*100#"))
        await pair.until(lambda: modem.dialogue.state is UssdState.ACTIVE)
        await modem.ussd.cancel()
        with pytest.raises(Cancelled):
            await task


async def test_an_older_modem_answers_in_one_go() -> None:
    extra = '[qmi]\nrefuses = ["voice originate ussd no wait"]\n'
    async with paired(extra) as pair:
        modem = await pair.enabled()
        assert await modem.ussd.initiate("*100#") == "Your balance is 12.50 EUR"
        assert await modem.ussd.initiate("*101#") == "1. Balance\n2. Data"
        await pair.until(lambda: modem.dialogue.state is UssdState.USER_RESPONSE)
        assert await modem.ussd.respond("1") == "Your balance is 12.50 EUR"


async def quiet_hour(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modem be asked for reports."""
    monkeypatch.setattr(qmi_network, "POLL", 0.01)
    modem = await pair.enabled()
    await pair.until(lambda: modem.zone[0] is not None)
    await modem.ussd.driver.listen()


async def test_what_the_network_says_of_its_own_accord_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with paired() as pair:
        await quiet_hour(pair, monkeypatch)
        modem, controls = pair.modem, pair.bench.controls
        controls.ussd("You have won")
        await pair.until(lambda: modem.dialogue.notification == "You have won")
        controls.ussd("Yes or no?", wants_answer=True)
        await pair.until(lambda: modem.dialogue.request == "Yes or no?")
        assert modem.dialogue.state is UssdState.USER_RESPONSE
        assert await modem.ussd.respond("yes") == "Thank you"


# --- time -----------------------------------------------------------------------------------------


async def test_the_time_is_asked_for() -> None:
    async with paired(ZONE) as pair:
        modem = await pair.enabled()
        assert (await modem.tell_time()).endswith("+05:30")
        assert modem.zone == (330, 0)


async def test_a_network_that_tells_no_time_may_tell_its_zone() -> None:
    async with paired(ZONE) as pair:
        modem = await pair.enabled()
        pair.bench.controls.fault("clock", "unset")
        assert await modem.tell_time() == ""
        assert modem.zone == (330, 0)


async def test_a_report_of_the_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with paired(ZONE) as pair:
        await quiet_hour(pair, monkeypatch)
        heard: list[str] = []
        pair.modem.on_time.append(heard.append)
        pair.bench.controls.tell_time()
        await pair.until(lambda: heard)
        assert heard[0].endswith("+05:30")


def test_what_is_no_time_is_none() -> None:
    assert qmi_time.network_time(Clock(2026, 2, 31, 0, 0, 0, 0), 0, 0) is None
    assert qmi_time.network_time(Clock(1980, 1, 6, 0, 0, 0, 0), 0, 0) is None
    told = qmi_time.network_time(Clock(2026, 2, 1, 0, 0, 0, 0), 127, None)
    assert told
    assert told.text == "2026-02-01T00:00:00"


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("text", ["Баланс: 12.50", "Da"])
def test_ucs2_is_read_whichever_octet_comes_first(text: str, encoding: str) -> None:
    data = UssData(UssCoding.UCS2, text.encode(encoding))
    assert qmi_ussd.words_of(data, None) == text


def test_a_modem_may_say_nothing() -> None:
    assert qmi_ussd.words_of(None, None) is None
    assert qmi_ussd.words_of(UssData(UssCoding.ASCII, b""), ()) == ""
