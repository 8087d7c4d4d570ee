"""The PIN of the configuration: when it is entered, what is a refusal, what is remembered."""

from pathlib import Path

import pytest

from tests.unit.modem.test_at_modem import OK, Bench, S, bench, said
from wwand.memory import Memory
from wwand.status import Lock

PIN = "2468"
ENTER = f'AT+CPIN="{PIN}"'
ICCID = "989420001032547698f0"
UNSPENT = said("+CPINR: SIM PIN,3,3")


def locked(answer: str, retries: str = "ERROR") -> dict[str, str | bytes]:
    """What a modem with a locked card says: to the PIN, and to how often that may be wrong."""
    return {"AT+CPIN?": said("+CPIN: SIM PIN"), "AT+CPINR": retries, ENTER: answer}


def remembered(memory: Memory) -> bool:
    return memory.pin_refused(ICCID, PIN)


def unlock(b: Bench) -> None:
    """Let the card accept the PIN."""
    b.far["ttyUSB0"].answers |= {ENTER: OK, "AT+CPIN?": said("+CPIN: READY")}


@pytest.mark.parametrize(
    "answer", ["ERROR", "+CME ERROR: 16", "+CME ERROR: 12", "+CME ERROR: 17", "+CME ERROR: 100"]
)
async def test_a_refused_pin_is_not_entered_again(
    answer: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for entered in (1, 0):
        async with bench(locked(answer)) as b:
            await b.modem.start(PIN, Memory(tmp_path))
            assert (b.modem.state, b.modem.unlock_required) == (S.LOCKED, Lock.SIM_PIN)
            assert b.modem.sim
            assert b.heard.count(ENTER) == entered
        assert remembered(Memory(tmp_path))
    assert "refuses the configured PIN" in caplog.text
    assert PIN not in caplog.text


@pytest.mark.parametrize(
    ("answer", "retries"),
    [
        ("+CME ERROR: 14", "ERROR"),
        ("+CME ERROR: 14", UNSPENT),
        ("+CME ERROR: 3", "ERROR"),
        ("+CME ERROR: 100", UNSPENT),
    ],
)
async def test_a_card_that_was_not_asked_has_refused_nothing(
    answer: str, retries: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = Memory(tmp_path)
    async with bench(locked(answer, retries)) as b:
        await b.modem.start(PIN, memory)
        assert (b.modem.state, b.modem.unlock_required) == (S.LOCKED, Lock.SIM_PIN)
        assert b.heard.count(ENTER) == 1
    assert not remembered(memory)
    assert "could not be entered" in caplog.text
    assert PIN not in caplog.text


async def test_a_pin_that_the_card_accepts_may_be_entered_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_refused_pin(ICCID, PIN)
    async with bench(locked("ERROR")) as b:
        await b.modem.start(PIN, memory)
        assert ENTER not in b.heard
        unlock(b)
        assert b.modem.sim
        await b.modem.sim.send_pin(PIN)
        assert b.modem.state is S.DISABLED
    assert not remembered(memory)


async def test_the_pin_that_comes_with_the_puk_may_be_entered(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_refused_pin(ICCID, PIN)
    puk = f'AT+CPIN="12345678","{PIN}"'
    async with bench({"AT+CPIN?": said("+CPIN: SIM PUK"), puk: OK}) as b:
        await b.modem.start(PIN, memory)
        unlock(b)
        assert b.modem.sim
        await b.modem.sim.send_puk("12345678", PIN)
    assert not remembered(memory)


async def test_a_pin_that_is_chosen_or_confirmed_may_be_entered(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    orders: dict[str, str | bytes] = {
        f'AT+CPWD="SC","1357","{PIN}"': OK,
        f'AT+CLCK="SC",1,"{PIN}"': OK,
    }
    async with bench(orders) as b:
        await b.modem.start("", memory)
        assert b.modem.sim
        memory.note_refused_pin(ICCID, PIN)
        await b.modem.sim.change_pin("1357", PIN)
        assert not remembered(memory)
        memory.note_refused_pin(ICCID, PIN)
        await b.modem.sim.enable_pin(PIN, True)
        assert not remembered(memory)


async def test_a_pin_that_is_refused_once_more_stays_remembered(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_refused_pin(ICCID, PIN)
    async with bench(locked("+CME ERROR: 16")) as b:
        await b.modem.start(PIN, memory)
        assert b.modem.sim
        with pytest.raises(Exception, match="incorrect password"):
            await b.modem.sim.send_pin(PIN)
    assert remembered(memory)
