"""From a locked SIM on, whatever becomes of who has given the PIN."""

import asyncio
from collections.abc import Callable

import pytest

from tests.unit.modem.test_at_modem import OK, Bench, S, bench, said
from wwand.bearers.base import BearerSettings
from wwand.errors import ModemTimeout
from wwand.modem.desire import ConnectRequest
from wwand.modem.simple import CalledOff, connect, disconnect
from wwand.status import Lock

PIN = "2468"
LOCKED: dict[str, str | bytes] = {"AT+CPIN?": said("+CPIN: SIM PIN"), f'AT+CPIN="{PIN}"': OK}


class Ready:
    """Stands for the seconds that a card takes after its PIN."""

    def __init__(self, b: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bench = b
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(b.modem, "await_unlocked", self)

    async def __call__(self) -> None:
        self.begun.set()
        await self.over.wait()
        self._bench.far["ttyUSB0"].answers["AT+CPIN?"] = said("+CPIN: READY")


async def until(b: Bench, check: Callable[[], bool]) -> None:
    news = asyncio.Event()
    b.modem.listeners.append(news.set)
    while not check():
        news.clear()
        await news.wait()


async def test_a_client_that_leaves_after_its_pin_was_taken_leaves_a_modem_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench(LOCKED) as b:
        await b.modem.start()
        assert b.modem.sim
        ready = Ready(b, monkeypatch)
        leaving = asyncio.create_task(b.modem.sim.send_pin(PIN))
        await ready.begun.wait()
        leaving.cancel()
        await asyncio.wait([leaving])
        ready.over.set()
        await until(b, lambda: b.modem.state is S.DISABLED)
        await b.modem.enable()


async def test_a_disconnect_while_the_card_gets_ready_does_not_keep_the_modem_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench(LOCKED) as b:
        await b.modem.start()
        ready = Ready(b, monkeypatch)
        request = ConnectRequest(BearerSettings(apn="internet"), pin=PIN)
        connecting = asyncio.create_task(connect(b.modem, request))
        await ready.begun.wait()
        await disconnect(b.modem, None)
        with pytest.raises(CalledOff):
            await connecting
        ready.over.set()
        await until(b, lambda: b.modem.state is S.DISABLED)


async def test_a_pin_whose_answer_is_lost_has_unlocked_the_card_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench(LOCKED) as b:
        await b.modem.start()
        assert b.modem.unlock_required is Lock.SIM_PIN

        async def answer_lost(_pin: str) -> None:
            b.far["ttyUSB0"].answers["AT+CPIN?"] = said("+CPIN: READY")
            raise ModemTimeout("AT+CPIN")

        monkeypatch.setattr(b.modem, "enter_pin", answer_lost)
        assert b.modem.sim
        await b.modem.sim.send_pin(PIN)
        assert b.modem.state is S.DISABLED


async def test_a_pin_whose_answer_is_lost_is_an_error_while_the_card_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench(LOCKED) as b:
        await b.modem.start()

        async def lost(_pin: str) -> None:
            raise ModemTimeout("AT+CPIN")

        monkeypatch.setattr(b.modem, "enter_pin", lost)
        assert b.modem.sim
        with pytest.raises(ModemTimeout):
            await b.modem.sim.send_pin(PIN)
        assert b.modem.state is S.LOCKED
