"""A Huawei modem on sockets: what it is asked, what it reports, and how it carries data."""

import asyncio
from dataclasses import replace

import pytest
from wwand_huawei.modem import HuaweiModem

from tests.unit.modem.test_at_modem import ANSWERS, OK, Bench, bench, said
from tests.unit.plugins.test_huawei import MU609, OLD, device
from wwand.bearers import ndis
from wwand.bearers.base import BearerSettings
from wwand.bearers.ppp import PppBearer
from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import EquipmentError, Unsupported
from wwand.modem import bands
from wwand.modem.numbers import Numbers
from wwand.status import AccessTechnology as Act
from wwand.status import (
    Capability,
    FailedReason,
    IpConfig,
    IpMethod,
    Lock,
    Mode,
    ModemState,
    PortType,
    PowerState,
    RadioSignal,
    SignalValues,
)

S = ModemState
WWAN = Port("enx00a0c6100570", PortKind.NET, 0, "cdc_ether")
TTYS = tuple(Port(f"ttyUSB{n}", PortKind.TTY, n + 1) for n in range(2))
BOTH = Mode.G2 | Mode.G3


class HuaweiBench(Bench):
    def __init__(self, stick: UsbDevice = MU609, *ports: Port) -> None:
        super().__init__()
        self.huawei = HuaweiModem(replace(stick, ports=(*TTYS, *ports)), "huawei", Numbers())
        self.modem = self.huawei


OF_ITS_OWN: dict[str, str | bytes] = {
    "AT^CURC=0": OK,
    "AT^CURC=1": OK,
    "AT^PORTSEL=0": OK,
    "AT^CPIN?": said("^CPIN: READY,,10,2,10,3"),
    "AT^RFSWITCH?": said("^RFSWITCH:1,1"),
    "AT^RFSWITCH=0": OK,
    "AT^RFSWITCH=1": OK,
    "AT^SYSCFGEX=?": said(
        '^SYSCFGEX: ("00","03","02","01","99"),'
        '((2000000400180,"GSM900/GSM1800/WCDMA900/WCDMA2100"),(3fffffff,"All Bands")),(0-3),(0-4),'
        '((800c5,"LTE2100/LTE1800/LTE2600/LTE900/LTE800"),(7fffffffffffffff,"All bands"))'
    ),
    "AT^SYSCFGEX?": said('^SYSCFGEX: "00",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF'),
    'AT^SYSCFGEX="02",40000000,2,4,40000000,,': OK,
    'AT^SYSCFGEX="99",400000,2,4,80000,,': OK,
    'AT^SYSCFGEX="99",100,2,4,0,,': OK,
    'AT^SYSCFGEX="99",3FFFFFFF,2,4,7FFFFFFFFFFFFFFF,,': OK,
    "AT^SYSINFOEX": said('^SYSINFOEX:2,3,0,1,,3,"WCDMA",45,"HSPA+"'),
    'AT^NDISDUP=1,1,"internet"': OK,
    "AT^NDISDUP=1,0": OK,
    "AT^NDISSTATQRY?": said("^NDISSTATQRY: 1,,,IPV4"),
    "AT^DHCP?": said("^DHCP: 2032A8C0,FCFFFFFF,1932A8C0,1932A8C0,08080808,0,0,0"),
    "AT^RESET": OK,
}


def test_the_answers_of_any_modem_hold_none_of_its_own() -> None:
    assert not OF_ITS_OWN.keys() & ANSWERS.keys()


async def until(b: Bench, done: object) -> None:
    """Wait until `done()` holds, looking again whenever the modem changes."""
    assert callable(done)
    news = asyncio.Event()
    b.modem.listeners.append(news.set)
    while not done():
        news.clear()
        await news.wait()


# --- start --------------------------------------------------------------------------------------


async def test_it_is_asked_in_the_makers_own_way() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench(MU609, WWAN)) as b:
        await b.modem.start()
        assert b.modem.state is S.DISABLED
        assert b.modem.unlock_retries[Lock.SIM_PIN] == 2
        assert b.modem.power_state is PowerState.ON
        assert b.modem.current_capabilities == Capability.GSM_UMTS | Capability.LTE
        assert b.modem.supported_modes == (
            (BOTH | Mode.G4, Mode.NONE),
            (Mode.G4, Mode.NONE),
            (Mode.G3, Mode.NONE),
            (Mode.G2, Mode.NONE),
        )
        assert b.modem.current_modes == (BOTH | Mode.G4, Mode.NONE)
        assert b.modem.current_bands == (1, 2, 5, 10, 31, 33, 37, 38, 50)
        assert await b.modem.load_access_technology() == Act.HSPA_PLUS
        assert b.heard.count("AT^SYSCFGEX=?") == 1
        assert not {"AT^GETPORTMODE", "AT^SYSCFG=?", "AT+CFUN?", "AT+WS46=?"} & set(b.heard)
        assert [(p.port.name, p.type) for p in b.modem.ports] == [
            ("ttyUSB0", PortType.AT),
            (WWAN.name, PortType.NET),
        ]


async def test_what_it_refuses_is_asked_as_of_any_modem() -> None:
    async with bench(made=HuaweiBench()) as b:
        await b.modem.start()
        assert b.modem.state is S.DISABLED
        assert b.modem.unlock_retries[Lock.SIM_PIN] == 3
        assert b.modem.power_state is PowerState.ON
        assert b.modem.current_modes == (BOTH | Mode.G4, Mode.NONE)
        await b.modem.load_access_technology()
        await b.modem.load_access_technology()
        assert b.heard.count("AT^SYSINFOEX") == 1
        assert b.heard.count("AT^SYSINFO") == 2


@pytest.mark.parametrize(
    ("said_by_it", "primary"),
    [
        ("^GETPORTMODE: TYPE: WCDMA: huawei,PCUI:0,MDM:1,NDIS:2", "ttyUSB1"),
        ("^GETPORTMODE: TYPE: WCDMA: huawei,ndis:1,mdm:2,pcui:3,cdrom:4", "ttyUSB0"),
        ("^GETPORTMODE: TYPE: WCDMA: huawei,PCUI:0,DIAG:1,MDM:2", "ttyUSB0"),
        ("^GETPORTMODE: TYPE: WCDMA: huawei,PCUI:0,DIAG:1", "ttyUSB0"),
    ],
)
async def test_the_firmware_says_which_port_takes_calls(said_by_it: str, primary: str) -> None:
    answers = OF_ITS_OWN | {"AT^GETPORTMODE": said(said_by_it)}
    async with bench(answers, ports=2, made=HuaweiBench(device(0x1001, OLD, OLD))) as b:
        await b.modem.start()
        assert b.modem.primary_port
        assert b.modem.primary_port.name == primary


async def test_a_pin_is_followed_by_the_report_that_the_card_is_ready() -> None:
    locked = OF_ITS_OWN | {"AT+CPIN?": said("+CPIN: SIM PIN"), 'AT+CPIN="1234"': OK}
    async with bench(locked, made=HuaweiBench()) as b:
        far = b.far["ttyUSB0"]
        await b.modem.start()
        assert b.modem.unlock_required is Lock.SIM_PIN
        assert b.modem.sim
        unlocking = asyncio.create_task(b.modem.sim.send_pin("1234"))
        await far.hears('AT+CPIN="1234"')
        far.answers["AT+CPIN?"] = said("+CPIN: READY")
        asked = far.heard.count("AT+CPIN?")
        far.say("^SIMST:1")
        await unlocking
        assert b.modem.state is S.DISABLED
        assert far.heard.index("AT^CURC=1") < far.heard.index('AT+CPIN="1234"')
        assert far.heard.count("AT+CPIN?") > asked


# --- orders -------------------------------------------------------------------------------------


async def test_modes_and_bands_are_chosen_with_one_command_each() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.set_modes(Mode.G3, Mode.NONE)
        await b.modem.set_bands([5, 50])
        assert 'AT^SYSCFGEX="02",40000000,2,4,40000000,,' in b.heard
        assert 'AT^SYSCFGEX="99",400000,2,4,80000,,' in b.heard
        assert b.modem.current_bands == (5, 50)
        await b.modem.set_bands([1])
        assert 'AT^SYSCFGEX="99",100,2,4,0,,' in b.heard
        await b.modem.set_bands([bands.ANY])
        assert 'AT^SYSCFGEX="99",3FFFFFFF,2,4,7FFFFFFFFFFFFFFF,,' in b.heard
        with pytest.raises(Unsupported):
            await b.modem.set_bands([6])


async def test_the_radio_is_switched_by_its_own_command() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.set_power_state(PowerState.LOW)
        assert "AT^RFSWITCH=0" in b.heard
        assert "AT+CFUN=4" not in b.heard
        b.far["ttyUSB0"].answers["AT^RFSWITCH?"] = said("^RFSWITCH:1,0")
        with pytest.raises(Unsupported, match="W_DISABLE"):
            await b.modem.enable()
        assert b.modem.state is S.DISABLED


@pytest.mark.parametrize("known", ["AT^RESET", "AT+CFUN=16", "AT+CFUN=1,1"])
async def test_a_reset_is_asked_for_in_three_ways(known: str) -> None:
    answers = OF_ITS_OWN | {"AT^RESET": "ERROR"} | {known: OK}
    async with bench(answers, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.reset()
        assert b.heard[-1] == known


# --- reports ------------------------------------------------------------------------------------


async def test_reports_are_wanted_while_it_is_enabled() -> None:
    async with bench(OF_ITS_OWN, ports=2, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        control = b.far["ttyUSB1"].heard
        assert control.index("AT^PORTSEL=0") < control.index("AT^CURC=1")
        await b.modem.disable()
        assert control[-1] == "AT^CURC=0"


async def test_with_one_port_the_reports_come_there() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        assert "AT^PORTSEL=1" in b.heard


async def test_signal_and_radio_link_are_followed_by_reports() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        await until(b, lambda: b.modem.access_technologies == Act.HSPA_PLUS)
        b.far["ttyUSB0"].say("^RSSI:31", "^MODE:3,3", '^HCSQ:"LTE",46,43,91,14', "^BOOT:1,0")
        await until(b, lambda: b.modem.access_technologies == Act.EDGE)
        assert b.modem.signal_quality == (100, True)
        await b.modem.command("AT+CSQ", 3)  # what came before has been taken
        assert b.modem.signal_values.lte == RadioSignal(-75, rsrp=-98, rsrq=-13, snr=-2)


async def test_without_service_there_is_no_signal() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        b.far["ttyUSB0"].say('^HCSQ:"LTE",46,43,91,14')
        await until(b, lambda: b.modem.signal_values.lte.rssi)
        b.far["ttyUSB0"].say("^HCSQ: NOSERVICE")
        await until(b, lambda: b.modem.signal_values == SignalValues())


async def test_the_signal_is_asked_for_in_the_makers_way() -> None:
    answers = OF_ITS_OWN | {"AT^HCSQ?": said('^HCSQ:"WCDMA",30,30,58')}
    async with bench(answers, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        await b.modem.signal_poll.set_rate(5)
        assert b.modem.signal_values.umts == RadioSignal(-91, rscp=-91, ecio=-3.5)
        assert "AT+CESQ" not in b.heard
        b.far["ttyUSB0"].answers["AT^HCSQ?"] = said("^HCSQ: NOSERVICE")
        await b.modem.signal_poll.set_rate(5)
        assert b.modem.signal_values == SignalValues()


async def test_older_firmware_is_asked_in_3gpps_way_from_then_on() -> None:
    answers = OF_ITS_OWN | {"AT+CESQ": said("+CESQ: 99,99,60,29,255,255")}
    async with bench(answers, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        for _ in range(2):
            await b.modem.signal_poll.set_rate(5)
        assert b.modem.signal_values.umts.rscp == -61
        assert b.heard.count("AT^HCSQ?") == 1


async def test_a_change_of_service_makes_it_look_at_the_registration() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        far = b.far["ttyUSB0"]
        for domain in ("CREG", "CGREG", "CEREG"):
            far.answers[f"AT+{domain}?"] = said(f"+{domain}: 2,2")
        far.say("^SRVST:0")
        await until(b, lambda: b.modem.state is S.SEARCHING)


async def test_a_service_that_is_known_is_not_looked_at_again() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        far = b.far["ttyUSB0"]
        before = far.heard.count("AT+CREG?")
        far.say("^SRVST:2")
        await b.modem.command("AT+CGMM", 3)
        await b.modem.command("AT+CGMM", 3)
        assert far.heard.count("AT+CREG?") == before


async def test_a_sim_that_is_taken_out_fails_the_modem() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        far = b.far["ttyUSB0"]
        far.answers["AT+CPIN?"] = "+CME ERROR: 10"
        far.say("^SIMST:255,1")
        await until(b, lambda: b.modem.state is S.FAILED)
        assert b.modem.failed_reason is FailedReason.SIM_MISSING


async def test_a_report_that_cannot_be_read_changes_nothing() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        await b.modem.enable()
        for name in ("RSSI", "HCSQ", "MODE", "SRVST", "SIMST", "NDISSTAT", "RSSILVL", "HRSSILVL"):
            b.far["ttyUSB0"].say(f"^{name}: what?")
        await b.modem.command("AT+CSQ", 3)
        assert b.modem.state is S.REGISTERED


# --- data ---------------------------------------------------------------------------------------


async def test_data_go_over_the_network_interface_where_there_is_one() -> None:
    async with bench(OF_ITS_OWN, ports=2, made=HuaweiBench(MU609, WWAN)) as b:
        await b.modem.start()
        await b.modem.enable()
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        await b.modem.connect_bearer(bearer)
        assert b.modem.state is S.CONNECTED
        assert bearer.interface == WWAN.name
        assert bearer.ip4 == IpConfig(
            IpMethod.STATIC, "192.168.50.32", 30, "192.168.50.25", ("8.8.8.8",)
        )
        assert 'AT^NDISDUP=1,1,"internet"' in b.far["ttyUSB1"].heard
        b.far["ttyUSB1"].answers["AT^NDISSTATQRY?"] = said("^NDISSTATQRY: 0,,,IPV4")
        await b.modem.disconnect_bearer(bearer)
        assert "AT^NDISDUP=1,0" in b.heard


async def test_a_report_of_the_network_leaves_a_modem_that_connects_as_it_is() -> None:
    slow = OF_ITS_OWN | {"AT^NDISSTATQRY?": said("^NDISSTATQRY: 0,,,IPV4")}
    async with bench(slow, made=HuaweiBench(MU609, WWAN)) as b:
        await b.modem.start()
        await b.modem.enable()
        states: list[ModemState] = []
        b.modem.on_state.append(lambda _old, new, _why: states.append(new))
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        connecting = asyncio.create_task(b.modem.connect_bearer(bearer))
        await b.far["ttyUSB0"].hears("AT^NDISSTATQRY?")
        b.far["ttyUSB0"].say('+CREG: 1,"1A2B","00C3D4E6",7', "^NDISSTAT:1,,,IPV4")
        await connecting
        assert states == [S.CONNECTING, S.CONNECTED]


async def test_without_a_network_interface_it_dials_ppp() -> None:
    async with bench(OF_ITS_OWN, made=HuaweiBench()) as b:
        await b.modem.start()
        assert isinstance(b.modem.create_bearer(BearerSettings()), PppBearer)


async def test_a_qmi_interface_is_not_dialled_for_by_at() -> None:
    qmi = replace(WWAN, driver="qmi_wwan")
    async with bench(OF_ITS_OWN, made=HuaweiBench(MU609, qmi)) as b:
        await b.modem.start()
        assert isinstance(b.modem.create_bearer(BearerSettings()), PppBearer)


async def test_the_makers_own_ncm_is_dialled_on_its_own_at_port_only() -> None:
    stick = device(0x15C1, (0xFF, 0x02, 0x16), (0xFF, 0x02, 0x01), (0xFF, 0x02, 0x02))
    ncm = Port("wwan0", PortKind.NET, 0, "huawei_cdc_ncm")
    async with bench(OF_ITS_OWN, ports=2, made=HuaweiBench(stick, ncm)) as b:
        await b.modem.start()
        assert isinstance(b.modem.create_bearer(BearerSettings()), PppBearer)
        await b.add("cdc-wdm0", ANSWERS | OF_ITS_OWN, primary=False)
        wdm = Port("cdc-wdm0", PortKind.CDC_WDM, 0, "huawei_cdc_ncm")
        b.modem.add_port(wdm, b.channels["cdc-wdm0"])
        await b.modem.enable()
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        await b.modem.connect_bearer(bearer)
        assert 'AT^NDISDUP=1,1,"internet"' in b.far["cdc-wdm0"].heard
        b.far["cdc-wdm0"].answers["AT^NDISSTATQRY?"] = said("^NDISSTATQRY: 0,,,IPV4")


async def test_a_reported_end_drops_the_connection_on_whatever_port_it_comes() -> None:
    async with bench(OF_ITS_OWN, ports=2, made=HuaweiBench(MU609, WWAN)) as b:
        await b.modem.start()
        await b.modem.enable()
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        await b.modem.connect_bearer(bearer)
        b.far["ttyUSB1"].answers["AT^NDISSTATQRY?"] = said("^NDISSTATQRY: 0,,,IPV4")
        b.far["ttyUSB0"].say("^NDISSTAT: 0,29,,IPV4")
        await until(b, lambda: b.modem.state is S.REGISTERED)
        assert isinstance(bearer.connection_error, EquipmentError)
        assert bearer.connection_error.nick == "UserAuthenticationFailed"


async def test_an_interface_that_goes_away_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ndis, "POLL", 0.01)
    async with bench(OF_ITS_OWN, ports=2, made=HuaweiBench(MU609, WWAN)) as b:
        await b.modem.start()
        await b.modem.enable()
        bearer = b.modem.create_bearer(BearerSettings(apn="internet"))
        await b.modem.connect_bearer(bearer)
        b.far["ttyUSB1"].answers["AT^NDISSTATQRY?"] = said("^NDISSTATQRY: 0,,,IPV4")
        b.modem.follow(replace(MU609, ports=TTYS))
        await until(b, lambda: b.modem.state is S.REGISTERED)
        assert PortType.NET not in [p.type for p in b.modem.ports]
