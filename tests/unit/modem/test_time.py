"""The network's time over AT: asked for, and reported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.unit.at.fake import DEADLINE
from tests.unit.modem.test_at_modem import OK, Bench, bench, said
from tests.unit.modem.test_ussd import until
from wwand.at import clock
from wwand.errors import BadReply, WrongState
from wwand.modem import at_network

NOON = "2026-11-21T12:00:05+05:30"
CLOCK: dict[str, str | bytes] = {
    "AT+CUSD=1": OK,
    "AT+CTZU=1": OK,
    "AT+CTZR=2": OK,
    "AT+CCLK?": said('+CCLK: "26/11/21,12:00:05+22"'),
    "AT+CUSD=0": OK,
    "AT+CTZR=0": OK,
}


@asynccontextmanager
async def registered(changes: dict[str, str | bytes] | None = None) -> AsyncIterator[Bench]:
    async with bench({**CLOCK, **(changes or {})}) as b:
        await b.modem.start()
        async with asyncio.timeout(DEADLINE):
            await b.modem.enable()
        yield b


def services(b: Bench) -> list[str]:
    return [line for line in b.heard if any(n in line for n in ("CUSD", "CTZ", "CCLK"))]


async def test_the_time_is_asked_for_and_leaves_the_zone_known() -> None:
    async with registered() as b:
        assert services(b) == []
        assert await b.modem.tell_time() == NOON
        assert b.modem.zone == (330, None)


async def test_reports_are_asked_for_once_and_ended_with_the_modem() -> None:
    async with registered() as b:
        await b.modem.tell_time()
        await b.modem.tell_time()
        told = ["AT+CUSD=1", "AT+CTZU=1", "AT+CTZR=2", "AT+CCLK?"]
        assert services(b)[:4] == told
        assert set(services(b)[4:]) == {"AT+CCLK?"}
        await b.modem.disable()
        assert services(b)[-2:] == ["AT+CUSD=0", "AT+CTZR=0"]


async def test_a_modem_that_reports_the_zone_alone_is_asked_for_that() -> None:
    async with registered({"AT+CTZR=2": "ERROR", "AT+CTZR=1": OK}) as b:
        await b.modem.tell_time()
        assert "AT+CTZR=1" in services(b)


@pytest.mark.parametrize("answer", ["ERROR", said('+CCLK: "80/01/06,00:00:07"'), said("+CCLK:")])
async def test_a_clock_that_nobody_has_set_tells_nothing(answer: str) -> None:
    async with registered({"AT+CCLK?": answer}) as b:
        assert await b.modem.tell_time() == ""
        assert b.modem.zone == (None, None)


async def test_a_modem_that_is_not_enabled_is_not_asked() -> None:
    async with bench(CLOCK) as b:
        await b.modem.start()
        with pytest.raises(WrongState, match="network's time"):
            await b.modem.tell_time()


async def test_in_a_quiet_hour_the_modem_is_asked_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(at_network, "POLL", 0.01)
    async with registered() as b:
        await until(b, lambda: b.modem.zone == (330, None))
        assert services(b)[:3] == ["AT+CUSD=1", "AT+CTZU=1", "AT+CTZR=2"]


@pytest.mark.parametrize(
    ("report", "told", "zone"),
    [
        ("+CTZV: +22", NOON, (330, None)),
        ('+CTZE: "+22",0,"2026/11/21,12:00:06"', "2026-11-21T12:00:06+05:30", (330, 0)),
        ('+CTZEU: "+08",1,"2026/11/21,10:00:00"', "2026-11-21T12:00:00+02:00", (120, 60)),
        ("+CTZV: 22", NOON, (330, None)),
        ('+CTZE: "-20",1', NOON, (330, None)),
    ],
)
async def test_a_report_of_the_network_is_told(
    report: str, told: str, zone: tuple[int | None, int | None]
) -> None:
    async with registered() as b:
        heard: list[str] = []
        b.modem.on_time.append(heard.append)
        b.far["ttyUSB0"].say(report)
        await until(b, lambda: heard)
        assert heard == [told]
        assert b.modem.zone == zone


async def test_summer_time_stays_known_while_the_zone_is_the_same() -> None:
    async with registered() as b:
        b.far["ttyUSB0"].say('+CTZE: "+22",1,"2026/11/21,12:00:06"')
        await until(b, lambda: b.modem.zone == (330, 60))
        await b.modem.tell_time()
        assert b.modem.zone == (330, 60)


@pytest.mark.parametrize("line", ["+CTZV: x", "+CTZV:", "+CTZV: +900", "+CTZE: ,,"])
def test_what_is_no_zone_is_refused(line: str) -> None:
    with pytest.raises(BadReply):
        clock.read_zone(line)


def test_a_time_without_a_zone_is_told_without_one() -> None:
    assert clock.moment("26/11/21,12:00:05").text == "2026-11-21T12:00:05"
