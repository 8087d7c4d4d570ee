"""What Huawei's firmware says, through the plugin's parsers: real answers, and garbage."""

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wwand_huawei import clock, commands, modes, ndis, signal

from tests.conftest import field_vectors
from wwand.at.command import AtCommand
from wwand.at.parser import AtParser, Line
from wwand.bearers.base import BearerSettings
from wwand.bearers.ndis import NetStatus
from wwand.errors import BadArgument, BadReply, Unsupported
from wwand.modem.base import Modes
from wwand.status import (
    NO_SIGNAL,
    Auth,
    IpConfig,
    IpMethod,
    Lock,
    Mode,
    PowerState,
    RadioSignal,
    SignalValues,
)
from wwand.status import AccessTechnology as Act

Vector = dict[str, Any]
T = TypeVar("T")

MODE = {"2g": Mode.G2, "3g": Mode.G3, "4g": Mode.G4}


def over(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", field_vectors("at", f"huawei_{name}"))


def lines(text: str) -> list[str]:
    events = AtParser().feed(text.encode("latin-1") + b"\r\n")
    return [event.text for event in events if isinstance(event, Line)]


def answer(command: AtCommand[T], text: str) -> T:
    return command.parse(lines(text))


def mode(names: list[str]) -> Mode:
    found = Mode.NONE
    for name in names:
        found |= MODE[name]
    return found


def as_modes(expect: Vector) -> Modes:
    preferred = expect["preferred"]
    return mode(expect["allowed"]), MODE[preferred] if preferred else Mode.NONE


# --- real answers -------------------------------------------------------------------------------


@over("ndisstatqry")
def test_states_of_the_connection(vector: Vector) -> None:
    found = answer(ndis.STATUS, vector["input"])
    said = {"ipv4": found.ipv4, "ipv6": found.ipv6}
    assert vector["expect"] == {
        family: {"available": up is not None, "connected": up} for family, up in said.items()
    }


@over("dhcp")
def test_addresses(vector: Vector) -> None:
    found, expect = answer(ndis.addresses, vector["input"]), vector["expect"]
    servers = [expect["dns1"], expect["dns2"]]
    assert found == IpConfig(
        IpMethod.STATIC,
        expect["address"],
        expect["prefix"],
        expect["gateway"],
        tuple(s for s in servers if not ipaddress.ip_address(s).is_unspecified),
    )


@over("sysinfo")
def test_what_serves_the_modem(vector: Vector) -> None:
    check_info(answer(commands.system_info, vector["input"]), vector["expect"])


@over("sysinfoex")
def test_what_serves_the_modem_in_the_newer_form(vector: Vector) -> None:
    check_info(answer(commands.extended_system_info, vector["input"]), vector["expect"])


def check_info(found: commands.SystemInfo, expect: Vector) -> None:
    assert expect == {
        "srv_status": found.status,
        "srv_domain": found.domain,
        "roam_status": found.roaming,
        "sys_mode": found.mode,
        "sim_state": found.sim,
        "sys_submode": found.submode,
    }


@over("getportmode")
def test_kinds_of_ports(vector: Vector) -> None:
    found = answer(commands.port_modes, vector["input"])
    assert list(found) == vector["expect"]["ports"]


@over("hcsq")
def test_extended_signals(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            answer(signal.extended, vector["input"])
        return
    found = answer(signal.extended, vector["input"])
    technology = {"umts": Act.UMTS, "gsm": Act.GSM, "lte": Act.LTE}[vector["expect"]["technology"]]
    assert (found.technology, list(found.values)) == (technology, vector["expect"]["values"])
    assert getattr(found.by_radio, vector["expect"]["technology"]) != NO_SIGNAL


@over("nwtime")
def test_the_networks_time(vector: Vector) -> None:
    found, expect = answer(clock.network_time, vector["input"]), vector["expect"]
    assert found.moment == datetime.fromisoformat(expect["iso8601"])
    assert found.offset_minutes == expect["offset_minutes"]
    assert found.saving_minutes == expect["dst_offset_minutes"]


@over("time")
def test_times_without_an_offset(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            answer(clock.local_time, vector["input"])
        return
    found = answer(clock.local_time, vector["input"])
    assert found.moment == datetime.fromisoformat(vector["expect"]["iso8601"])


@over("prefmode_test")
def test_preferences_that_can_be_chosen(vector: Vector) -> None:
    check_choices(
        answer(modes.offered_preferences, vector["input"]),
        [(str(c["prefmode"]), as_modes(c)) for c in vector["expect"]["combinations"]],
    )


@over("syscfg_test")
def test_modes_that_can_be_chosen(vector: Vector) -> None:
    expect = vector["expect"]
    offer = answer(modes.offered, vector["input"])
    check_choices(
        offer, [(f"{c['mode']},{c['acqorder']}", as_modes(c)) for c in expect["combinations"]]
    )
    assert offer.bands == int(expect["bands_hex"], 16)


@over("syscfgex_test")
def test_orders_of_modes_that_can_be_chosen(vector: Vector) -> None:
    expect = vector["expect"]
    offer = answer(modes.offered_extended, vector["input"])
    check_choices(offer, [(f'"{c["mode_str"]}"', as_modes(c)) for c in expect["combinations"]])
    assert offer.bands == int(expect["gsm_umts_bands_hex"], 16)
    assert offer.lte_bands == int(expect["lte_bands_hex"], 16)


def check_choices(offer: modes.Offer, expect: list[tuple[str, Modes]]) -> None:
    assert {(c.value, c.modes) for c in offer.choices} == set(expect)


@over("prefmode_read")
def test_the_preference_that_is_set(vector: Vector) -> None:
    assert answer(modes.chosen_preference, vector["input"]).modes == as_modes(vector["expect"])


@over("syscfg_read")
def test_the_mode_that_is_set(vector: Vector) -> None:
    found, expect = answer(modes.chosen, vector["input"]), vector["expect"]
    assert found.modes == as_modes(expect)
    assert found.bands == int(expect["bands_hex"], 16)
    assert (found.bands == modes.ANY_BAND) == expect["bands_any"]


@over("syscfgex_read")
def test_the_order_of_modes_that_is_set(vector: Vector) -> None:
    offer = answer(modes.offered_extended, vector["test_reply"])
    found, expect = answer(modes.chosen_extended(offer), vector["input"]), vector["expect"]
    assert found.modes == as_modes(expect)
    assert found.bands == int(expect["gsm_umts_bands_hex"], 16)
    assert found.lte_bands == int(expect["lte_bands_hex"], 16)


# --- what the numbers mean ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "technology"),
    [
        ("^SYSINFO:2,3,0,5,1,0,9", Act.HSPA_PLUS),
        ("^SYSINFO:2,3,0,5,1", Act.UMTS),
        ("^SYSINFO:2,3,0,5,1,,", Act.UMTS),
        ("^SYSINFO:0,0,0,5,1,0,6", Act.UNKNOWN),
        ("^SYSINFO:2,,,,1", Act.UNKNOWN),
    ],
)
def test_the_submode_says_more_than_the_mode(text: str, technology: Act) -> None:
    assert commands.system_info.parse([text]).technology == technology


@pytest.mark.parametrize(
    ("text", "technology"),
    [
        ('^SYSINFOEX:2,3,0,1,,6,"LTE",101,"LTE"', Act.LTE),
        ("^SYSINFOEX:2,3,0,1,,3,WCDMA,45,HSPA+", Act.HSPA_PLUS),
        ('^SYSINFOEX:2,3,0,1,,3,"WCDMA",0,""', Act.UMTS),
        ('^SYSINFOEX:0,0,0,1,,0,"NO SERVICE",0,"NO SERVICE"', Act.UNKNOWN),
    ],
)
def test_names_may_have_no_quotes_and_no_service_has_no_technology(
    text: str, technology: Act
) -> None:
    assert commands.extended_system_info.parse([text]).technology == technology


@pytest.mark.parametrize(
    ("report", "technology"),
    [
        ("^MODE:5,9", Act.HSPA_PLUS),
        ("^MODE: 3,3", Act.EDGE),
        ("^MODE:5", Act.UMTS),
        ("^MODE:0,0", 0),
    ],
)
def test_a_change_of_the_radio_link_is_reported(report: str, technology: Act) -> None:
    assert commands.mode_changed.read(report) == technology


def test_a_signal_is_told_in_dbm_and_db() -> None:
    lte = signal.extended.parse(['^HCSQ:"LTE",46,43,91,14'])
    assert (lte.rssi, lte.rsrp, lte.rsrq) == (-75, -98, -13)
    assert lte.sinr == pytest.approx(-2.0)
    umts = signal.extended.parse(['^HCSQ: "WCDMA",30,30,58'])
    assert (umts.rssi, umts.rscp, umts.ecio) == (-91, -91, -3.5)
    unknown = signal.extended.parse(['^HCSQ: "LTE",255,,255,255'])
    assert (unknown.rssi, unknown.rsrp, unknown.sinr, unknown.rsrq) == (None,) * 4


def test_a_signal_is_told_by_radio() -> None:
    lte = signal.extended.parse(['^HCSQ:"LTE",46,43,91,14']).by_radio
    assert lte == SignalValues(lte=RadioSignal(-75, rsrp=-98, rsrq=-13, snr=-2))
    umts = signal.extended.parse(['^HCSQ: "WCDMA",30,30,58']).by_radio
    assert umts == SignalValues(umts=RadioSignal(-91, rscp=-91, ecio=-3.5))
    assert signal.extended.parse(['^HCSQ:"GSM",40']).by_radio == SignalValues(gsm=RadioSignal(-81))
    assert signal.extended.parse(['^HCSQ:"EVDO",40']).by_radio == SignalValues()


@pytest.mark.parametrize(
    ("report", "percent"),
    [("^RSSI:31", 100), ("^RSSI: 0", 0), ("^RSSI:99", None), ("^RSSI:60", 100)],
)
def test_strength_is_told_in_percent(report: str, percent: int | None) -> None:
    assert signal.strength.read(report) == percent


def test_tries_are_told_puk_first_and_impossible_ones_are_none() -> None:
    assert commands.retries.parse(["^CPIN: SIM PIN,3,10,3,255,2"]) == {
        Lock.SIM_PUK: 10,
        Lock.SIM_PIN: 3,
        Lock.SIM_PIN2: 2,
    }
    assert commands.retries.parse(["^CPIN: READY,,10,3,10,3"])[Lock.SIM_PUK2] == 10


def test_the_radio_is_on_when_both_switches_are() -> None:
    said = {text: commands.radio_switch.parse([f"^RFSWITCH: {text}"]) for text in ("1,1", "0,1")}
    assert said == {"1,1": PowerState.ON, "0,1": PowerState.LOW}
    assert commands.radio_switch.parse(["^RFSWITCH:1,0"]) is PowerState.LOW


def test_the_iccid_may_have_its_digits_swapped() -> None:
    assert commands.iccid.parse(["^ICCID: 98940200001032547698"]) == "89492000000123456789"


def test_a_test_answer_that_says_nothing_means_all_modes() -> None:
    offer = modes.offered.parse(["^SYSCFG:,,,,"])
    assert {c.value for c in offer.choices} == {"2,0", "2,1", "2,2", "13,0", "14,0"}


def test_what_is_set_keeps_the_rest_as_it_is() -> None:
    assert modes.choose("2,2").text == "AT^SYSCFG=2,2,40000000,2,4"
    assert modes.choose_extended('"0302"').text == 'AT^SYSCFGEX="0302",40000000,2,4,40000000,,'
    assert modes.choose_bands(0x400000, 0).text == "AT^SYSCFG=16,3,400000,2,4"
    assert modes.choose_bands_extended(modes.ANY_BAND, 0x800C5).text == (
        'AT^SYSCFGEX="99",3FFFFFFF,2,4,800C5,,'
    )
    assert modes.choose_preference("8").text == "AT^PREFMODE=8"


# --- dialling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (BearerSettings(), "AT^NDISDUP=1,1"),
        (BearerSettings(apn="internet"), 'AT^NDISDUP=1,1,"internet"'),
        (
            BearerSettings(apn="a", user="u", password="p", allowed_auth=Auth.NONE),
            'AT^NDISDUP=1,1,"a","u","p",2',
        ),
        (
            BearerSettings(user="u", allowed_auth=Auth.PAP | Auth.MSCHAPV2),
            'AT^NDISDUP=1,1,"","u","",1',
        ),
        (
            BearerSettings(apn="a", password="p", allowed_auth=Auth.MSCHAPV2),
            'AT^NDISDUP=1,1,"a","","p",3',
        ),
    ],
)
def test_a_call_is_dialled_with_what_is_given(settings: BearerSettings, text: str) -> None:
    assert ndis.dial(settings).text == text


@pytest.mark.parametrize("field", ["apn", "user", "password"])
@pytest.mark.parametrize("bad", ['a"b', "a\rb", "a\nb", "a\x1ab", "a\0b", "é", "a" * 1000])
def test_nothing_breaks_out_of_the_command(field: str, bad: str) -> None:
    settings = replace(BearerSettings(user="u"), **{field: bad})  # type: ignore[arg-type]  # any
    with pytest.raises(BadArgument) as caught:
        ndis.dial(settings)
    assert bad not in str(caught.value)


def test_what_the_modem_cannot_authenticate_with_is_refused() -> None:
    with pytest.raises(Unsupported):
        ndis.dial(BearerSettings(user="u", allowed_auth=Auth.EAP))


def test_a_password_is_not_logged() -> None:
    command = ndis.dial(BearerSettings(apn="a", user="u", password="hunter2"))
    assert "hunter2" not in str(command)


@pytest.mark.parametrize(
    "text",
    [
        "^DHCP: 0,0,0,0,0,0,0,0",
        "^DHCP: 1010A0A,FFFCFFFF,2010A0A,2010A0A,0,0",
        "^DHCP: -1,FCFFFFFF,2010A0A,2010A0A,0,0",
        "^DHCP: 11010A0A0,FCFFFFFF,0,0,0,0",
        "^DHCP:",
    ],
)
def test_no_address_and_no_mask_are_refused(text: str) -> None:
    with pytest.raises(BadReply):
        ndis.addresses.parse([text])


def test_addresses_may_have_a_prefix_of_hex_and_no_gateway() -> None:
    found = ndis.addresses.parse(["^DHCP: 0x2032A8C0,0x00FFFFFF,0,0,0x08080808,0x08080808"])
    assert found == IpConfig(IpMethod.STATIC, "192.168.50.32", 24, "", ("8.8.8.8",))


def test_a_report_tells_why_there_is_no_connection() -> None:
    assert ndis.REPORT.read("^NDISSTAT: 0,33,,IPV4") == NetStatus(ipv4=False, cause=33)


# --- garbage ------------------------------------------------------------------------------------

READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    name: (prefix, lambda text, command=command: command.parse([text]))
    for name, prefix, command in (
        ("status", "^NDISSTATQRY", ndis.STATUS),
        ("addresses", "^DHCP", ndis.addresses),
        ("ports", "^GETPORTMODE", commands.port_modes),
        ("retries", "^CPIN", commands.retries),
        ("iccid", "^ICCID", commands.iccid),
        ("switch", "^RFSWITCH", commands.radio_switch),
        ("info", "^SYSINFO", commands.system_info),
        ("extended info", "^SYSINFOEX", commands.extended_system_info),
        ("network time", "^NWTIME", clock.network_time),
        ("local time", "^TIME", clock.local_time),
        ("signal", "^HCSQ", signal.extended),
        ("offered", "^SYSCFG", modes.offered),
        ("chosen", "^SYSCFG", modes.chosen),
        ("offered extended", "^SYSCFGEX", modes.offered_extended),
        ("chosen extended", "^SYSCFGEX", modes.chosen_extended(modes.Offer(()))),
        ("offered preferences", "^PREFMODE", modes.offered_preferences),
        ("chosen preference", "^PREFMODE", modes.chosen_preference),
    )
} | {
    report.prefix: (report.prefix, report.read)
    for report in (
        ndis.REPORT,
        commands.mode_changed,
        commands.service_changed,
        commands.sim_state,
        signal.extended_report,
        signal.strength,
    )
}

SAID = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.text('0123456789ABCDEFabcdefx,,,""()-+: /', max_size=60),
    st.lists(st.integers(-5, 2**40).map(str) | st.just(""), max_size=9).map(",".join),
)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=50)
@given(tail=SAID)
@example(tail="")
@example(tail="²,²,²,²,²,²")
@example(tail="14/02/31,04:00:21+40,00")
@example(tail="2014/02/31 04:00:21")
@example(tail="9" * 5000)
def test_garbage_is_a_bad_reply_or_a_value(name: str, tail: str) -> None:
    prefix, read = READERS[name]
    for text in (f"{prefix}: {tail}", f"{prefix}{tail}", tail):
        try:
            read(text)
        except BadReply:
            continue
