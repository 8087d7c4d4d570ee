"""A modem of 27.007 on sockets: what it is asked, what it makes of the answers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.unit.at.fake import DEADLINE, FakeModem
from wwand.at.channel import AtChannel
from wwand.bearers.base import BearerSettings
from wwand.device import Port, PortKind, UsbDevice, UsbId
from wwand.errors import BadArgument, CallFailed, EquipmentError, PortGone, Unsupported, WrongState
from wwand.modem.at import AtModem
from wwand.modem.numbers import Numbers
from wwand.status import (
    Capability,
    Facility,
    FailedReason,
    IpFamily,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PowerState,
    RegistrationState,
)

S = ModemState
OK = "OK"


def said(*lines: str) -> str:
    """An answer as a modem frames it."""
    return "\r\n\r\n".join((*lines, "OK"))


ANSWERS: dict[str, str | bytes] = {
    "AT": OK,
    "ATE0V1X4&C1": OK,
    "AT+CMEE=1": OK,
    "AT+CPIN?": said("+CPIN: READY"),
    "AT+CGMI": said("Acme"),
    "AT+CGMM": said("Rocket 4"),
    "AT+CGMR": said("11.2"),
    "AT+CGSN": said("490154203237518"),
    "AT+GCAP": said("+GCAP: +CGSM"),
    "AT+CFUN?": said("+CFUN: 1"),
    "AT+CGDCONT=?": said('+CGDCONT: (1-16),"IP",,,(0),(0)', '+CGDCONT: (1-16),"IPV6",,,(0),(0)'),
    "AT+WS46=?": said("+WS46: (12,22,25,28,29)"),
    "AT+WS46?": said("+WS46: 25"),
    "AT+WS46=28": OK,
    "AT+CIMI": said("262011234567890"),
    "AT+CNUM": said('+CNUM: "","+491701234567",145'),
    "AT+CLCK=?": said('+CLCK: ("SC","FD")'),
    'AT+CLCK="SC",2': said("+CLCK: 1"),
    'AT+CLCK="FD",2': said("+CLCK: 0"),
    "AT+CPINR": said("+CPINR: SIM PIN,3,3", "+CPINR: SIM PUK,10,10"),
    "AT+CRSM=176,12258,0,0,10": said('+CRSM: 144,0,"989420001032547698F0"'),
    "AT+CRSM=176,28589,0,0,4": said('+CRSM: 144,0,"00000002"'),
    "AT+CREG=2": OK,
    "AT+CGREG=2": OK,
    "AT+CEREG=2": OK,
    "AT+CGEREP=2": OK,
    "AT+CREG?": said('+CREG: 2,1,"1A2B","00C3D4E5",7'),
    "AT+CGREG?": said("+CGREG: 2,0"),
    "AT+CEREG?": said('+CEREG: 2,1,"1A2B","00C3D4E5",7'),
    "AT+CSQ": said("+CSQ: 20,99"),
    "AT+CREG=0": OK,
    "AT+CGREG=0": OK,
    "AT+CEREG=0": OK,
    "AT+CFUN=1": OK,
    "AT+CFUN=4": OK,
}


class Refusing(FakeModem):
    """Answers ERROR to what is not in its table, as a firmware does."""

    def data_received(self, data: bytes) -> None:
        for line in data.decode().replace("\x1a", "\r").split("\r"):
            if line and line not in self.answers:
                self.answers[line] = "ERROR"
        super().data_received(data)


class Bench:
    """An AtModem, and the far ends of its ports by their names."""

    def __init__(self) -> None:
        device = UsbDevice("1-1", UsbId(0x2C7C, 0x0125), "/nowhere/1-1")
        self.modem = AtModem(device, "generic", Numbers())
        self.far: dict[str, Refusing] = {}
        self.channels: dict[str, AtChannel] = {}

    async def add(self, name: str, answers: dict[str, str | bytes], *, primary: bool) -> None:
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        far, channel = Refusing(dict(answers)), AtChannel(name)
        await loop.create_connection(lambda: far, sock=theirs)
        await loop.create_connection(lambda: channel, sock=ours)
        self.far[name], self.channels[name] = far, channel
        port = Port(name, PortKind.TTY, len(self.far))
        self.modem.add_port(port, channel, primary=primary)

    @property
    def heard(self) -> list[str]:
        return [line for far in self.far.values() for line in far.heard]


@asynccontextmanager
async def bench(
    changes: dict[str, str | bytes] | None = None, ports: int = 1, made: Bench | None = None
) -> AsyncIterator[Bench]:
    """Join a modem, by default one of no particular maker, to `ports` ports."""
    made = made or Bench()
    try:
        for number in range(ports):
            answers = {**ANSWERS, **(changes or {})}
            await made.add(f"ttyUSB{number}", answers, primary=number == 0)
        async with asyncio.timeout(DEADLINE):
            yield made
    finally:
        await made.modem.close()
        for channel in made.channels.values():
            await channel.close()
        for far in made.far.values():
            far.transport.abort()
        await asyncio.sleep(0)


# --- start --------------------------------------------------------------------------------------


async def test_a_modem_learns_who_it_is_and_what_it_can() -> None:
    async with bench() as b:
        modem = b.modem
        await modem.start()
        assert modem.state is S.DISABLED
        assert modem.identity.manufacturer == "Acme"
        assert modem.identity.imei == "490154203237518"
        assert modem.current_capabilities == Capability.GSM_UMTS | Capability.LTE
        assert modem.supported_ip_families == IpFamily.IPV4 | IpFamily.IPV6
        assert modem.current_modes == (Mode.G2 | Mode.G3 | Mode.G4, Mode.NONE)
        assert modem.power_state is PowerState.ON
        assert modem.own_numbers == ("+491701234567",)
        assert modem.enabled_facility_locks == Facility.SIM
        assert modem.unlock_retries == {Lock.SIM_PIN: 3, Lock.SIM_PUK: 10}
        assert modem.sim
        assert modem.sim.facts.imsi == "262011234567890"
        assert modem.sim.facts.operator_id == "26201"
        assert modem.sim.facts.iccid == "8949020001234567890"


async def test_a_port_that_is_being_closed_is_asked_nothing_any_more() -> None:
    async with bench(ports=2) as b:
        await b.modem.start()
        assert b.modem.control is b.channels["ttyUSB1"]
        closing = asyncio.create_task(b.channels["ttyUSB1"].close())
        await asyncio.sleep(0)  # it has begun to close: a tty's thread may take a while over it
        assert not closing.done()
        assert b.modem.control is b.channels["ttyUSB0"]
        await closing


async def test_a_modem_that_refuses_all_but_its_sim_still_starts() -> None:
    async with bench() as b:
        b.far["ttyUSB0"].answers = {"AT": OK, "AT+CPIN?": ANSWERS["AT+CPIN?"]}
        await b.modem.start()
        assert b.modem.state is S.DISABLED
        assert b.modem.supported_ip_families == IpFamily.IPV4
        assert b.modem.current_capabilities == Capability.GSM_UMTS
        assert b.modem.supported_modes == ((Mode.ANY, Mode.NONE),)


async def test_questions_spread_over_all_ports_while_a_modem_starts() -> None:
    async with bench(ports=2) as b:
        await b.modem.start()
        shares = [len(far.heard) for far in b.far.values()]
        assert min(shares) > sum(shares) / 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("+CME ERROR: 10", FailedReason.SIM_MISSING),
        ("+CME ERROR: 13", FailedReason.SIM_ERROR),
        ("+CME ERROR: 15", FailedReason.SIM_ERROR),
        ("ERROR", FailedReason.UNKNOWN),
    ],
)
async def test_what_is_wrong_with_the_sim_is_why_the_modem_has_failed(
    answer: str, reason: FailedReason
) -> None:
    async with bench({"AT+CPIN?": answer}) as b:
        await b.modem.start()
        assert b.modem.state is S.FAILED
        assert b.modem.failed_reason is reason
        assert b.modem.failure
        with pytest.raises(type(b.modem.failure)):
            await b.modem.enable()


@pytest.mark.parametrize(
    ("answer", "lock"),
    [
        (said("+CPIN: SIM PIN"), Lock.SIM_PIN),
        (said("+CPIN: SIM PUK"), Lock.SIM_PUK),
        ("+CME ERROR: 11", Lock.SIM_PIN),
        ("+CME ERROR: 12", Lock.SIM_PUK),
        (said("+CPIN: PH-NET PIN"), Lock.PH_NET_PIN),
    ],
)
async def test_a_locked_sim_is_asked_for_nothing_but_its_tries(answer: str, lock: Lock) -> None:
    async with bench({"AT+CPIN?": answer}) as b:
        await b.modem.start()
        assert b.modem.state is S.LOCKED
        assert b.modem.unlock_required is lock
        assert b.modem.unlock_retries[Lock.SIM_PIN] == 3
        assert "AT+CIMI" not in b.heard
        with pytest.raises(WrongState):
            await b.modem.enable()


async def test_a_pin2_keeps_no_modem_from_the_network() -> None:
    async with bench({"AT+CPIN?": said("+CPIN: SIM PIN2")}) as b:
        await b.modem.start()
        assert b.modem.state is S.DISABLED


async def test_a_port_that_is_lost_during_the_start_is_no_failure_of_the_modem() -> None:
    async with bench() as b:
        b.far["ttyUSB0"].answers["AT+CPIN?"] = b""
        starting = asyncio.create_task(b.modem.start())
        await b.far["ttyUSB0"].hears("AT+CPIN?")
        b.far["ttyUSB0"].transport.abort()
        with pytest.raises(PortGone):
            await starting
        assert b.modem.state is not S.FAILED


# --- enabling -----------------------------------------------------------------------------------


async def test_enabling_finds_the_network_that_is_there() -> None:
    async with bench() as b:
        await b.modem.start()
        await b.modem.enable()
        assert b.modem.state is S.REGISTERED
        assert b.modem.registration.state is RegistrationState.HOME
        assert b.modem.packet_service is PacketService.ATTACHED
        assert (b.modem.registration.area, b.modem.registration.cell) == (0x1A2B, 0xC3D4E5)


async def test_the_radio_is_switched_on_only_where_it_is_off() -> None:
    async with bench({"AT+CFUN?": said("+CFUN: 4")}) as b:
        await b.modem.start()
        assert "AT+CFUN=1" not in b.heard
        await b.modem.enable()
        assert "AT+CFUN=1" in b.heard
        assert b.modem.power_state is PowerState.ON
    async with bench() as b:
        await b.modem.start()
        await b.modem.enable()
        assert "AT+CFUN=1" not in b.heard


async def test_a_report_changes_the_state_without_a_question() -> None:
    async with bench() as b:
        await b.modem.start()
        await b.modem.enable()
        news = asyncio.Event()
        b.modem.on_state.append(lambda *_: news.set())
        for report in ("+CREG: 2", "+CGREG: 2", "+CEREG: 2"):
            b.far["ttyUSB0"].say(report)
        while b.modem.state is not S.SEARCHING:
            news.clear()
            await news.wait()


async def test_a_report_changes_nothing_while_the_modem_is_disabled() -> None:
    async with bench() as b:
        await b.modem.start()
        b.far["ttyUSB0"].say('+CREG: 1,"1A2B","00C3D4E5",7')
        await b.modem.command("AT+CSQ", 3)  # what came before has been taken
        assert b.modem.registration.domains == {}
        assert b.modem.state is S.DISABLED


async def test_a_radio_that_does_not_start_leaves_the_modem_disabled() -> None:
    failing: dict[str, str | bytes] = {"AT+CFUN?": said("+CFUN: 4"), "AT+CFUN=1": "+CME ERROR: 3"}
    async with bench(failing) as b:
        await b.modem.start()
        with pytest.raises(EquipmentError):
            await b.modem.enable()
        assert b.modem.state is S.DISABLED


async def test_disabling_forgets_the_network_and_asks_for_reports_no_longer() -> None:
    async with bench() as b:
        await b.modem.start()
        await b.modem.enable()
        await b.modem.disable()
        assert b.modem.state is S.DISABLED
        assert b.modem.registration.domains == {}
        assert b.modem.packet_service is PacketService.UNKNOWN
        assert {"AT+CREG=0", "AT+CGREG=0", "AT+CEREG=0"} <= set(b.heard)


async def test_what_every_domain_denies_is_an_error_that_says_so() -> None:
    denied: dict[str, str | bytes] = {
        f"AT+{domain}?": said(f"+{domain}: 2,3") for domain in ("CREG", "CGREG", "CEREG")
    }
    async with bench(denied) as b:
        await b.modem.start()
        await b.modem.enable()
        with pytest.raises(EquipmentError) as caught:
            await b.modem.wait_registered()
        assert caught.value.nick == "NetworkNotAllowed"
        assert caught.value.next_step


# --- ports --------------------------------------------------------------------------------------


async def test_orders_go_over_another_port_than_the_one_for_calls() -> None:
    async with bench(ports=2) as b:
        await b.modem.start()
        await b.modem.enable()
        assert "AT+CREG=2" in b.far["ttyUSB1"].heard
        assert "AT+CREG=2" not in b.far["ttyUSB0"].heard


async def test_a_port_that_is_gone_is_used_no_longer() -> None:
    async with bench(ports=2) as b:
        await b.modem.start()
        assert b.modem.primary_port
        gone = UsbDevice("1-1", b.modem.device.id, "", ports=(b.modem.primary_port,))
        b.modem.follow(gone)
        assert [p.port.name for p in b.modem.ports] == ["ttyUSB0"]
        await b.modem.enable()
        assert "AT+CREG=2" in b.far["ttyUSB0"].heard


# --- orders -------------------------------------------------------------------------------------


async def test_a_raw_command_gets_its_answer_and_may_lack_the_at() -> None:
    async with bench() as b:
        await b.modem.start()
        assert await b.modem.command("+CSQ", 3) == "+CSQ: 20,99"


async def test_a_raw_command_cannot_dial_data() -> None:
    async with bench() as b:
        await b.modem.start()
        with pytest.raises(BadArgument):
            await b.modem.command("ATD*99#", 3)
        assert "ATD*99#" not in b.heard


async def test_modes_are_chosen_among_those_that_there_are() -> None:
    async with bench() as b:
        await b.modem.start()
        await b.modem.set_modes(Mode.G4, Mode.NONE)
        assert "AT+WS46=28" in b.heard
        assert b.modem.current_modes == (Mode.G4, Mode.NONE)
        with pytest.raises(Unsupported):
            await b.modem.set_modes(Mode.G5, Mode.NONE)


async def test_the_radio_is_not_switched_off_under_a_connection() -> None:
    async with bench() as b:
        await b.modem.start()
        await b.modem.enable()
        with pytest.raises(WrongState):
            await b.modem.set_power_state(PowerState.LOW)
        await b.modem.disable()
        await b.modem.set_power_state(PowerState.LOW)
        assert "AT+CFUN=4" in b.heard
        assert b.modem.power_state is PowerState.LOW
        with pytest.raises(Unsupported):
            await b.modem.set_power_state(PowerState.OFF)


async def test_a_bearer_needs_a_network_and_roaming_needs_leave() -> None:
    roaming: dict[str, str | bytes] = {
        f"AT+{domain}?": said(f"+{domain}: 2,5") for domain in ("CREG", "CGREG", "CEREG")
    }
    async with bench(roaming) as b:
        await b.modem.start()
        bearer = b.modem.create_bearer(BearerSettings(allow_roaming=False))
        with pytest.raises(WrongState, match="needs modem0 to be registered"):
            await b.modem.connect_bearer(bearer)
        await b.modem.enable()
        with pytest.raises(WrongState, match="roaming is not allowed"):
            await b.modem.connect_bearer(bearer)
        assert not any(line.startswith("ATD") for line in b.heard)


async def test_a_failed_call_leaves_the_modem_registered_and_the_next_one_works() -> None:
    calls: dict[str, str | bytes] = {
        "AT+CGDCONT?": said('+CGDCONT: 1,"IP","internet","",0,0'),
        "ATD*99***1#": "NO CARRIER",
    }
    async with bench(calls) as b:
        await b.modem.start()
        await b.modem.enable()
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        with pytest.raises(CallFailed) as caught:
            await b.modem.connect_bearer(bearer)
        assert bearer.connection_error is caught.value
        assert b.modem.state < S.CONNECTING
        b.far["ttyUSB0"].answers["ATD*99***1#"] = "CONNECT"
        await b.modem.connect_bearer(bearer)
        assert b.modem.state == S.CONNECTED
        assert (bearer.stats.attempts, bearer.stats.failed_attempts) == (2, 1)
        assert bearer.interface == "ttyUSB0"
        b.far["ttyUSB0"].answers |= {"AT": OK, "ATH": OK}


async def test_a_failed_call_has_the_reason_that_the_modem_knows() -> None:
    calls: dict[str, str | bytes] = {
        "AT+CGDCONT?": said('+CGDCONT: 1,"IP","internet","",0,0'),
        "ATD*99***1#": "NO CARRIER",
        "AT+CEER": said("+CEER: Missing or unknown APN"),
    }
    async with bench(calls) as b:
        await b.modem.start()
        await b.modem.enable()
        with pytest.raises(EquipmentError) as caught:
            await b.modem.connect_bearer(b.modem.create_bearer(BearerSettings(apn="internet")))
        assert caught.value.nick == "MissingOrUnknownApn"
