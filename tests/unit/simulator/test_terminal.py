"""The AT dialogue of a virtual modem, over a real pseudo terminal."""

import asyncio
import re
from collections.abc import Callable

import pytest

from tests.unit.simulator.conftest import DEADLINE, Host, modem
from wwand.simulator.calls import CallFacts, Link
from wwand.simulator.journal import Happened
from wwand.simulator.pty import Simulation


async def test_a_modem_echoes_until_it_is_told_not_to(simulation: Simulation) -> None:
    device = await modem(simulation)
    assert device.ports[1].path
    port = Host(device.ports[1].path)
    port.write(b"AT\r")
    assert await port.read(b"OK\r\n") == b"AT\r\r\nOK\r\n"
    await port.ask("ATE0")
    port.write(b"AT\r")
    assert await port.read(b"OK\r\n") == b"\r\nOK\r\n"
    port.close()


async def test_the_identity_is_the_one_of_the_stick(host: Host) -> None:
    assert await host.ask("AT+CGMI") == "Micromax"
    assert await host.ask("AT+CGMM") == "Micromax MMX352G 3G USB Modem"
    assert await host.ask("AT+GMR") == "LQA0083.1.4_MG32"
    assert await host.ask("AT+CGSN") == "910000010000114"
    assert await host.ask("AT+CIMI") == "405700123456789"


async def test_a_line_stops_at_the_first_command_that_fails(host: Host) -> None:
    host.write(b"AT+CMEE=1;+CMEE?;+NOSUCH;+CGMI\r")
    assert await host.read(b"ERROR\r\n") == b"\r\n+CMEE: 1\r\n\r\nERROR\r\n"


async def test_short_results_are_numbers(host: Host) -> None:
    host.write(b"ATV0\r")
    assert await host.read(b"0\r") == b"0\r"
    host.write(b"AT+NOSUCH\r")
    assert await host.read(b"4\r") == b"4\r"


async def test_a_slash_repeats_the_last_line(host: Host) -> None:
    await host.ask("AT+CGMI")
    host.write(b"A/")
    assert await host.read(b"OK\r\n") == b"\r\nMicromax\r\n\r\nOK\r\n"


@pytest.mark.parametrize(
    ("mode", "text"), [(0, "ERROR"), (1, "+CME ERROR: 16"), (2, "+CME ERROR: incorrect password")]
)
async def test_errors_are_put_as_cmee_says(
    simulation: Simulation, host: Host, mode: int, text: str
) -> None:
    simulation.controls.fault("sim", "pin")
    await host.ask(f"AT+CMEE={mode}")
    host.write(b'AT+CPIN="9999"\r')
    assert (await host.read(b"\r\n")).decode() == f"\r\n{text}\r\n"


async def test_three_wrong_pins_block_the_card_and_the_puk_opens_it(
    simulation: Simulation, host: Host
) -> None:
    simulation.controls.fault("sim", "pin")
    assert await host.ask("AT+CPIN?") == "+CPIN: SIM PIN"
    for left in (2, 1, 0):
        host.write(b'AT+CPIN="0000"\r')
        await host.read(b"ERROR\r\n")
        assert (await host.ask("AT+CPNNUM")).startswith(f"PIN1={left};")
    assert await host.ask("AT+CPIN?") == "+CPIN: SIM PUK"
    await host.ask('AT+CPIN="12345678","4321"')
    assert await host.ask("AT+CPIN?") == "+CPIN: READY"
    assert await host.ask('AT+CLCK="SC",2') == "+CLCK: 1"


async def test_the_right_pin_lets_the_modem_register(simulation: Simulation, host: Host) -> None:
    await host.ask("AT+CREG=1")
    simulation.controls.fault("sim", "pin")
    await host.until(lambda got: b"+CREG: 0\r\n" in got)
    host.write(b'AT+CPIN="1234"\r')
    await host.until(lambda got: b"\r\nOK\r\n" in got and b"+CREG: 1\r\n" in got)


async def test_without_a_card_everything_about_it_is_refused(
    simulation: Simulation, host: Host
) -> None:
    simulation.controls.fault("sim", "missing")
    await host.ask("AT+CMEE=1")
    for command in ("AT+CPIN?", "AT+CIMI", "AT+CNUM", "AT+CRSM=176,12258,0,0,10"):
        host.write(f"{command}\r".encode())
        assert (await host.read(b"\r\n")).decode() == "\r\n+CME ERROR: 10\r\n"


async def test_switching_the_radio_on_registers_and_reports_it(host: Host) -> None:
    await host.ask("AT+CFUN=0")
    await host.ask("AT+CREG=2")
    assert await host.ask("AT+CSQ") == "+CSQ: 99,99"
    host.write(b"AT+CFUN=1\r")
    got = await host.until(lambda g: b"+CREG: 1," in g and b"\r\nOK\r\n" in g)
    assert b'+CREG: 1,"1A2B","00C3D4E5",5\r\n' in got
    assert await host.ask("AT+COPS?") == '+COPS: 0,0,"IDEA",5'
    assert await host.ask("AT+COPS=3,2;+COPS?") == '+COPS: 0,2,"40570",5'
    assert await host.ask("AT+CSQ") == "+CSQ: 6,99"
    assert await host.ask("AT+PSRAT") == "+PSRAT: HSUPA"


async def test_a_denied_registration_is_reported_and_no_call_goes_through(
    simulation: Simulation, host: Host
) -> None:
    await host.ask("AT+CREG=1")
    simulation.controls.fault("registration", "denied")
    await host.until(lambda got: b"+CREG: 3\r\n" in got)
    host.write(b"ATD*99#\r")
    await host.read(b"NO CARRIER\r\n")


class Network:
    """A carrier, and its only link."""

    def __init__(self) -> None:
        self.got = b""
        self.heard = asyncio.Event()
        self.closed = False

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        self.say, self.end = deliver, ended
        return self

    def write(self, data: bytes) -> None:
        self.got += data
        self.heard.set()

    def close(self) -> None:
        self.closed = True


async def registered(simulation: Simulation) -> None:
    async with asyncio.timeout(DEADLINE):
        await simulation.journal.until(Happened.REGISTRATION, text="1")


async def test_a_data_call_carries_bytes_until_the_network_drops_it(
    simulation: Simulation, host: Host
) -> None:
    await registered(simulation)
    network = Network()
    simulation.controls.stick().modem.carrier = network  # type: ignore[union-attr]
    await host.ask('AT+CGDCONT=1,"IP","internet";+CGEREP=2,1')
    await host.ask("ATD*99***1#", "CONNECT")
    assert simulation.controls.status()[0]["calls"] == [{"port": 3, "cid": 1, "apn": "internet"}]
    host.write(b"\x7e\xff\x7dAT\r")
    async with asyncio.timeout(DEADLINE):
        await network.heard.wait()
    assert network.got == b"\x7e\xff\x7dAT\r"
    network.say(b"\x7e\xff\x03")
    assert await host.read(b"\x03") == b"\x7e\xff\x03"
    simulation.controls.drop_call()
    got = await host.read(b"CARRIER\r\n")
    assert got == b"\r\n+CGEV: NW PDN DEACT 1\r\n\r\nNO CARRIER\r\n"
    assert simulation.controls.status()[0]["calls"] == []
    assert network.closed


async def test_a_call_that_the_network_ends_is_no_carrier(
    simulation: Simulation, host: Host
) -> None:
    await registered(simulation)
    network = Network()
    simulation.controls.stick().modem.carrier = network  # type: ignore[union-attr]
    await host.ask("ATD*99#", "CONNECT")
    network.end()
    assert await host.read(b"CARRIER\r\n") == b"\r\nNO CARRIER\r\n"


@pytest.mark.parametrize("number", ["*99#", "*99***1#", "*98*1#", "T*99**PPP*1#"])
async def test_all_forms_of_the_data_number_connect(
    simulation: Simulation, host: Host, number: str
) -> None:
    await registered(simulation)
    await host.ask(f"ATD{number}", "CONNECT")


async def test_only_the_port_that_dials_connects(simulation: Simulation, host: Host) -> None:
    await registered(simulation)
    path = (await modem(simulation)).ports[1].path
    assert path
    other = Host(path)
    other.write(b"ATE0;D*99#\r")
    await other.read(b"NO CARRIER\r\n")
    other.close()


async def test_three_pluses_between_pauses_leave_the_data_state_and_ato_returns(
    simulation: Simulation, host: Host
) -> None:
    await registered(simulation)
    await host.ask("ATS12=1")  # a guard time of 20 ms
    await host.ask("ATD*99#", "CONNECT")
    await asyncio.sleep(0.03)  # the guard time itself is what is tested
    host.write(b"+++")
    await host.read(b"\r\nOK\r\n")
    assert await host.ask("AT+CGACT?") == "+CGACT: 1,1"
    await host.ask("ATO", "CONNECT")
    await asyncio.sleep(0.03)
    host.write(b"+++")
    await host.read(b"\r\nOK\r\n")
    await host.ask("ATH")
    assert await host.ask("AT+CGACT?") == "+CGACT: 1,0"


async def test_closing_the_port_ends_the_call(simulation: Simulation, host: Host) -> None:
    await registered(simulation)
    await host.ask("ATD*99#", "CONNECT")
    host.close()
    async with asyncio.timeout(DEADLINE):
        ended = await simulation.journal.until(Happened.ENDED)
    assert ended.text == "dtr"


async def test_names_are_written_in_the_character_set_that_was_chosen(
    simulation: Simulation, host: Host
) -> None:
    await registered(simulation)
    await host.ask('AT+CSCS="UCS2"')
    assert await host.ask("AT+COPS?") == '+COPS: 0,0,"0049004400450041",5'


async def test_the_network_tells_its_time_and_zone(host: Host) -> None:
    told = await host.ask("AT+CCLK?")
    assert re.fullmatch(r'\+CCLK: "\d\d/\d\d/\d\d,\d\d:\d\d:\d\d\+22"', told)


async def test_a_vendor_setting_of_the_model_keeps_what_is_set(host: Host) -> None:
    assert await host.ask("AT+MODODR?") == "+MODODR: 2"
    await host.ask("AT+MODODR=3")
    assert await host.ask("AT+MODODR?") == "+MODODR: 3"
    host.write(b"AT+MODODR=9\r")
    await host.read(b"ERROR\r\n")


async def test_a_message_from_the_network_is_reported_listed_and_deleted(
    simulation: Simulation, host: Host
) -> None:
    pdu = "0791198994000000040C9119890000001000001210712143420003C834"
    await host.ask("AT+CNMI=2,1,0,0,0")
    simulation.controls.receive_sms(pdu)
    await host.read(b'+CMTI: "SM",1\r\n')
    assert await host.ask("AT+CMGL=4") == f"+CMGL: 1,0,,{len(pdu) // 2 - 8}\r\n{pdu}"
    await host.ask("AT+CMGD=1")
    assert await host.ask("AT+CMGL=4") == ""


async def test_a_message_is_sent_after_the_prompt(simulation: Simulation, host: Host) -> None:
    await registered(simulation)
    host.write(b"AT+CMGS=5\r")
    await host.read(b"> ")
    host.write(b"000100009100\x1a")
    assert b"+CMGS: 1\r\n" in await host.read(b"OK\r\n")
    stick = simulation.controls.stick()
    assert stick.modem
    assert stick.modem.sent == ["000100009100"]


async def test_a_ussd_answer_comes_after_the_result(simulation: Simulation, host: Host) -> None:
    await registered(simulation)
    host.write(b'AT+CUSD=1,"*121#",15\r')
    got = await host.until(lambda g: b"+CUSD: 0" in g)
    assert got == b'\r\nOK\r\n\r\n+CUSD: 0,"Your balance is INR 42.00",15\r\n'


async def test_the_declared_latency_passes_before_each_answer(
    simulation: Simulation, host: Host
) -> None:
    simulation.controls.fault("latency", 0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await host.ask("AT+CGMI;+CGMM")
    assert loop.time() - began >= 0.1


async def test_a_modem_searches_before_it_registers(simulation: Simulation) -> None:
    await modem(simulation)
    await registered(simulation)
    assert [e.text for e in simulation.journal.find(Happened.REGISTRATION)] == ["2", "1"]


async def test_losing_the_network_ends_the_call(simulation: Simulation, host: Host) -> None:
    await registered(simulation)
    await host.ask("ATD*99#", "CONNECT")
    simulation.controls.fault("registration", "searching")
    await host.read(b"\r\nNO CARRIER\r\n")
