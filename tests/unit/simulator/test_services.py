"""Codes, menus and the network's clock of virtual modems, on AT ports."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from tests.unit.simulator.conftest import DEADLINE, Host, modem
from tests.unit.simulator.qmi.conftest import MODEL, Bench
from wwand.errors import BadArgument
from wwand.simulator.library import read_model
from wwand.simulator.model import Page
from wwand.simulator.orders import Orders
from wwand.simulator.pty import Simulation

HUAWEI = MODEL + '[at]\ndialect = "huawei"\n'


@pytest.fixture
async def registered(simulation: Simulation, host: Host) -> Host:
    await host.ask("AT+CUSD=1")
    async with asyncio.timeout(DEADLINE):
        while "0,1" not in await host.ask("AT+CREG?"):
            pass
    return host


async def says(host: Host, line: str, report: str) -> str:
    """Send a line, and return the report that comes of it."""
    host.write(f"{line}\r".encode())
    got = await host.until(lambda g: report.encode() in g and g.endswith(b"\r\n"))
    return got.decode().replace("\r\n", "\n").strip()


async def test_a_menu_is_answered_and_ended(registered: Host) -> None:
    said = await says(registered, 'AT+CUSD=1,"*101#",15', "+CUSD: 1")
    assert said.endswith('+CUSD: 1,"1. Balance\n2. Data",15')
    assert "10 GB" not in await says(registered, 'AT+CUSD=1,"2",15', "Which one?")
    assert '+CUSD: 0,"10 GB"' in await says(registered, 'AT+CUSD=1,"2",15', "+CUSD: 0")
    await says(registered, 'AT+CUSD=1,"*101#",15', "+CUSD: 1")
    await registered.ask("AT+CUSD=2")
    assert "+CUSD: 4" in await says(registered, 'AT+CUSD=1,"2",15', "+CUSD: 4")
    await says(registered, 'AT+CUSD=1,"*101#",15', "+CUSD: 1")
    assert "+CUSD: 2" in await says(registered, 'AT+CUSD=1,"7",15', "+CUSD: 2")


async def test_each_character_set_writes_in_its_own_way(registered: Host) -> None:
    await registered.ask('AT+CSCS="UCS2"')
    said = await says(registered, 'AT+CUSD=1,"002A0031003000300023",15', "+CUSD: 0")
    assert bytes.fromhex(said.split('"')[1]).decode("utf-16-be") == "Your balance is 12.50 EUR"
    await registered.ask('AT+CSCS="HEX"')
    said = await says(registered, 'AT+CUSD=1,"2A31303023",15', "+CUSD: 0")
    assert bytes.fromhex(said.split('"')[1]) == b"Your balance is 12.50 EUR"
    await registered.ask('AT+CSCS="IRA"')
    assert ",72" in await says(registered, 'AT+CUSD=1,"*103#",15', "+CUSD: 0")


async def test_z_leaves_the_character_set_and_f_does_not(registered: Host) -> None:
    await registered.ask('AT+CSCS="UCS2"')
    await registered.ask("ATZE0")
    assert await registered.ask("AT+CSCS?") == '+CSCS: "UCS2"'
    await registered.ask("AT&FE0")
    assert await registered.ask("AT+CSCS?") == '+CSCS: "IRA"'


async def test_the_network_may_be_silent_or_refuse(
    registered: Host, simulation: Simulation
) -> None:
    simulation.controls.fault("ussd", "refused")
    assert "+CUSD: 2" in await says(registered, 'AT+CUSD=1,"*100#",15', "+CUSD: 2")
    simulation.controls.fault("ussd", "silent")
    assert await registered.ask('AT+CUSD=1,"*100#",15') == ""
    assert await registered.ask("AT") == ""


async def test_the_network_speaks_of_its_own_accord(
    registered: Host, simulation: Simulation
) -> None:
    simulation.controls.ussd("Hello")
    await registered.until(lambda g: b'+CUSD: 0,"Hello",15' in g)
    simulation.controls.ussd("Yes?", wants_answer=True)
    await registered.until(lambda g: b'+CUSD: 1,"Yes?",15' in g)
    assert "Thank you" in await says(registered, 'AT+CUSD=1,"no",15', "+CUSD: 0")
    await registered.ask("AT+CUSD=0")
    simulation.controls.ussd("Not heard")
    assert await registered.ask("AT") == ""
    with pytest.raises(BadArgument):
        simulation.controls.ussd("x" * 183)


@pytest.mark.parametrize(
    ("reporting", "line"),
    [(1, r"\+CTZV: \+22"), (2, r'\+CTZE: "\+22",0,"20.{17}"'), (3, r'\+CTZEU: "\+22",0,"20.{17}"')],
)
async def test_the_network_tells_its_time(
    registered: Host, simulation: Simulation, reporting: int, line: str
) -> None:
    await registered.ask(f"AT+CTZR={reporting}")
    answer = await simulation.controls.do({"do": "time"})
    assert answer["ok"]
    await registered.until(lambda g: bool(re.search(line.encode(), g)))


async def test_a_clock_may_never_have_been_set(registered: Host, simulation: Simulation) -> None:
    simulation.controls.fault("clock", "unset")
    assert await registered.ask("AT+CCLK?") == '+CCLK: "80/01/06,00:00:07"'
    simulation.controls.fault("clock", "network")
    assert "+22" in await registered.ask("AT+CCLK?")


@pytest.fixture
async def huawei() -> AsyncIterator[Bench]:
    made = Bench(HUAWEI)
    await made.registered()
    yield made
    made.stick.leave()


async def test_huaweis_firmware_packs_septets(huawei: Bench) -> None:
    said = await huawei.at('AT+CUSD=1,"AA180C3602",15')
    news = asyncio.Event()
    told = bytearray(said.encode())

    def hear(data: bytes) -> None:
        told.extend(data)
        news.set()

    huawei.modem.terminals[0].opened(hear)
    huawei.modem.ussd.say("*100#", wants_answer=False)
    assert b'+CUSD: 0,"AA180C3602",15' in told


async def test_huaweis_time_is_local(huawei: Bench) -> None:
    assert re.fullmatch(
        r"\^NWTIME: \d\d/\d\d/\d\d,\d\d:\d\d:\d\d\+00,00 OK", await huawei.at("AT^NWTIME?")
    )
    huawei.controls.fault("clock", "unset")
    assert "ERROR" in await huawei.at("AT^NWTIME?")


def test_a_model_adds_codes_of_its_own() -> None:
    own = '"*1#" = { text = "1. A", menu = { "1" = "B" } }\n"*100#" = "C"\n'
    model = read_model("own", MODEL + f"[network.ussd]\n{own}")
    codes = model.network.ussd
    assert codes["*1#"] == Page("1. A", {"1": Page("B")})
    assert codes["*100#"] == Page("C")
    assert "*101#" in codes


async def test_a_daemon_that_simulates_takes_the_orders(
    registered: Host, simulation: Simulation
) -> None:
    orders = Orders(simulation)
    await registered.ask("AT+CTZR=1")
    await orders.fault("1-1", "ussd-notify", "Now off")
    await registered.until(lambda g: b'+CUSD: 0,"Now off",15' in g)
    await orders.fault("1-1", "ussd-request", "Yes?")
    await registered.until(lambda g: b'+CUSD: 1,"Yes?",15' in g)
    await orders.fault("1-1", "tell-time", "")
    await registered.until(lambda g: b"+CTZV: +22" in g)


async def test_the_order_is_one_line_of_json(simulation: Simulation) -> None:
    await modem(simulation)
    assert (await simulation.controls.do({"do": "ussd", "text": "Hi", "answer": True}))["ok"]
    assert not (await simulation.controls.do({"do": "ussd"}))["ok"]
