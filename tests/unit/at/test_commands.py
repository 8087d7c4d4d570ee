"""What holds for every declared command, and for every value a caller can put into one."""

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import wwand.at
from wwand.at import (
    arguments,
    basic,
    equipment,
    identity,
    messages,
    operators,
    packet,
    registration,
    signal,
    sim,
    sim_files,
    technology,
)
from wwand.at.command import AtCommand, Report
from wwand.errors import BadArgument, BadReply, NotFound, Unauthorized, Unsupported
from wwand.status import (
    AccessTechnology,
    Auth,
    Facility,
    IpFamily,
    Lock,
    Mode,
    RadioSignal,
    RegistrationState,
    SignalValues,
)

MODULES = [
    importlib.import_module(f"wwand.at.{info.name}")
    for info in pkgutil.iter_modules(wwand.at.__path__)
    if info.name not in ("channel", "command", "exchange")
]

VALID: dict[str, Any] = {
    "pin": "1234",
    "old_pin": "1234",
    "new_pin": "5678",
    "puk": "12345678",
    "code": "23415",
    "number": "123456",
    "operator": "23415",
    "apn": "internet",
    "user": "user",
    "password": "password",
    "name": "GSM",
    "read": "SM",
    "write": "SM",
    "arriving": "SM",
    "names_in": "GSM",
}
"""A value of each caller-settable string that is accepted."""

NOT_SENT = {"names_in"}
"""Says how to read the answer, and is no part of the command."""

HOSTILE = ['"', '1234"', "1234\r", "12\n34", "1234\x1a", "\x1b1234", "1234\0", "é234", "1" * 1000]


def declared() -> Iterator[tuple[str, AtCommand[object] | Report[object]]]:
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, AtCommand | Report):
                yield f"{module.__name__}.{name}", value


def builders() -> Iterator[tuple[str, Callable[..., AtCommand[object]]]]:
    for module in MODULES:
        for name, value in vars(module).items():
            if not inspect.isfunction(value) or value.__module__ != module.__name__:
                continue
            returns = typing.get_type_hints(value).get("return")
            if name[0] != "_" and typing.get_origin(returns) is AtCommand:
                yield f"{module.__name__}.{name}", value


def example(builder: Callable[..., AtCommand[object]]) -> dict[str, Any]:
    """Return arguments that `builder` accepts."""
    chosen: dict[str, Any] = {}
    hints = typing.get_type_hints(builder)
    for name in inspect.signature(builder).parameters:
        kind = hints[name]
        if kind is str:
            chosen[name] = VALID[name]
        elif kind is bool:
            chosen[name] = True
        elif kind is int:
            chosen[name] = 1
        elif kind is Facility:
            chosen[name] = Facility.SIM
        elif kind is IpFamily:
            chosen[name] = IpFamily.IPV4
        elif kind is Auth:
            chosen[name] = Auth.PAP
        elif kind is registration.Domain:
            chosen[name] = registration.Domain.CREG
        elif kind is operators.Format:
            chosen[name] = operators.Format.LONG
        else:
            assert kind == tuple[bool, ...], f"no example of {kind}"
            chosen[name] = (True, False)
    return chosen


def strings() -> Iterator[Any]:
    for path, builder in builders():
        for name, kind in typing.get_type_hints(builder).items():
            if name != "return" and kind is str and name not in NOT_SENT:
                yield pytest.param(builder, name, id=f"{path.removeprefix('wwand.at.')}-{name}")


COMMANDS = [pytest.param(value, id=path) for path, value in declared()] + [
    pytest.param(builder(**example(builder)), id=path) for path, builder in builders()
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_declared_command_is_well_formed(command: AtCommand[object] | Report[object]) -> None:
    prefixes = (command.prefix,) if isinstance(command, Report) else command.prefixes
    for prefix in prefixes:
        assert re.fullmatch(r"[+^*$#%!&_][A-Z0-9]+", prefix)
    if isinstance(command, AtCommand):
        assert re.fullmatch(r"AT[ -~]*", command.text)
        assert 0 < command.timeout <= 300
        assert bool(command.prefixes) + command.free <= 1
        for prefix in command.prefixes:
            assert command.text.startswith(f"AT{prefix}")


@pytest.mark.parametrize(("builder", "name"), list(strings()))
@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: ascii(v[:8]))
def test_no_string_can_break_out_of_its_command(
    builder: Callable[..., AtCommand[object]], name: str, value: str
) -> None:
    with pytest.raises(BadArgument, match=name) as caught:
        builder(**example(builder) | {name: value})
    assert value not in str(caught.value) or value == '"'


def test_the_walk_finds_builders_with_strings() -> None:
    assert len(list(strings())) >= 15


def test_the_texts_of_the_common_commands() -> None:
    texts = {
        packet.define_context(1, IpFamily.IPV4V6, "internet"): ('AT+CGDCONT=1,"IPV4V6","internet"'),
        packet.delete_context(2): "AT+CGDCONT=2",
        packet.authenticate(1, Auth.CHAP, "u", "p"): 'AT+CGAUTH=1,2,"u","p"',
        packet.authenticate(1, Auth.NONE): "AT+CGAUTH=1,0",
        packet.activate(3): "AT+CGACT=1,3",
        packet.deactivate(3): "AT+CGACT=0,3",
        sim.enter_pin("1234"): 'AT+CPIN="1234"',
        sim.enter_puk("12345678", "1234"): 'AT+CPIN="12345678","1234"',
        sim.change_pin("1234", "5678"): 'AT+CPWD="SC","1234","5678"',
        sim.set_facility(Facility.SIM, False, "1234"): 'AT+CLCK="SC",0,"1234"',
        sim.facility_state(Facility.NET_PERS): 'AT+CLCK="PN",2',
        sim_files.read_file(sim_files.EF_SPN, 17): "AT+CRSM=176,28486,0,0,17",
        sim_files.read_record(sim_files.EF_ECC, 1, 5): "AT+CRSM=178,28599,1,4,5",
        basic.dial_data(4): "ATD*99***4#",
        basic.dial("*99#"): "ATD*99#",
        operators.register("23415"): 'AT+COPS=1,2,"23415"',
        operators.name_format(operators.Format.CODE): "AT+COPS=3,2",
        operators.prefer(1, "23415", (True, False)): 'AT+CPOL=1,2,"23415",1,0',
        registration.reports(registration.Domain.CEREG, 2): "AT+CEREG=2",
        technology.choose_mode(28): "AT+WS46=28",
        messages.choose_stores("SM", "ME"): 'AT+CPMS="SM","ME"',
        messages.announce(): "AT+CNMI=2,1,2,1,0",
        messages.sending(20): "AT+CMGS=20",
        messages.deleting(3): "AT+CMGD=3",
        equipment.choose_charset("UCS2"): 'AT+CSCS="UCS2"',
    }
    assert {command.text for command in texts} == set(texts.values())
    for command, text in texts.items():
        assert command.text == text


def test_numbers_out_of_range_are_refused_by_name() -> None:
    for build, name in (
        (lambda: packet.activate(-1), "cid"),
        (lambda: basic.dial_data(0), "cid"),
        (lambda: sim_files.read_file(0x10000), "file"),
        (lambda: signal.report_indicators(9, 0), "mode"),
        (lambda: packet.define_context(1, IpFamily.NON_IP, "a"), "family"),
        (lambda: packet.authenticate(1, Auth.EAP, "u", "p"), "auth"),
    ):
        with pytest.raises(BadArgument, match=name):
            build()


def test_a_host_name_is_labels_and_dots() -> None:
    assert arguments.is_host_name("supl.example.com.")
    for text in ("localhost", "-a.b", "a..b", "a b.c", "a" * 64 + ".b", "a." * 130 + "b"):
        assert not arguments.is_host_name(text)


def test_hex_is_pairs_of_digits() -> None:
    assert arguments.hexadecimal("data", "00ff") == "00FF"
    for text in ("0", "0g", "00" * 300):
        with pytest.raises(BadArgument, match="data"):
            arguments.hexadecimal("data", text)


# Answers, in this project's own words


def test_an_unknown_registration_state_is_unknown_rather_than_an_error() -> None:
    found = registration.read("+CEREG: 2,42", solicited=True)
    assert found.state is RegistrationState.UNKNOWN


@pytest.mark.parametrize("line", ["+CSQ: 1", "+CREG: x", "+CREG:", "RING"])
def test_what_is_no_registration_is_refused(line: str) -> None:
    with pytest.raises(BadReply):
        registration.read(line, solicited=False)


def test_each_domain_is_asked_and_listened_to_in_its_own_name() -> None:
    heard: list[registration.Registration] = []
    registration.on_report(heard.append)("+C5GREG: 1,1F00,79D903,11")
    assert heard[0].kind is registration.Domain.C5GREG
    assert heard[0].technology is AccessTechnology.NR5G
    for kind, command in registration.QUERIES.items():
        assert command.text == f"AT{kind.prefix}?"
        assert command.parse([f"{kind.prefix}: 2,5"]).state is RegistrationState.ROAMING


def test_a_network_is_named_in_each_format() -> None:
    ask = operators.current()
    assert ask.parse(["+COPS: 0"]).name == ""
    assert ask.parse(['+COPS: 0,2,"23415",7']) == operators.Operator(
        0, 2, "23415", AccessTechnology.LTE
    )
    assert ask.parse(["+COPS: 1,2,23415"]).name == "23415"
    named = operators.current("UCS2").parse(['+COPS: 0,0,"0056006F00640061",2'])
    assert named.name == "Voda"


def test_mobile_names_survive_a_comma_and_brackets() -> None:
    (offer,) = operators.offers('(2,"Net, (UK)","","23415",7),,(0-4),(0-2)')
    assert offer.long_name == "Net, (UK)"


def test_the_clock_knows_whether_it_has_an_offset() -> None:
    found = equipment.clock.parse(['+CCLK: "24/02/29,13:05:06+08"'])
    assert found.moment.isoformat() == "2024-02-29T13:05:06+02:00"
    assert found.offset_minutes == 120
    assert equipment.clock.parse(['+CCLK: "2024/02/29,13:05:06"']).offset_minutes is None
    for text in ('"24/13/01,00:00:00+00"', '""'):
        with pytest.raises(BadReply):
            equipment.clock.parse([f"+CCLK: {text}"])


def test_addresses_of_both_families_are_found() -> None:
    ask = packet.addresses(1)
    ipv6 = "253.0.151.106.0.0.0.0.0.0.0.0.0.0.0.9"
    assert ask.parse([f'+CGPADDR: 1,"10.1.2.3","{ipv6}"']) == ("10.1.2.3", "fd00:976a::9")
    assert ask.parse(["+CGPADDR: 1"]) == ()
    assert ask.parse(['+CGPADDR: 1,"0.0.0.0"']) == ()
    with pytest.raises(BadReply):
        ask.parse(['+CGPADDR: 1,"nowhere"'])


def test_a_context_is_reused_replaced_or_new() -> None:
    formats = (packet.ContextFormat(1, 3, IpFamily.IPV4),)
    v4 = IpFamily.IPV4
    same = packet.Context(2, v4, "internet.mnc015.mcc234.gprs")
    blank = packet.Context(1, v4, "")
    other = packet.Context(1, v4, "other")
    assert packet.choose_context("internet", v4, formats, [blank, same]) == packet.Choice(2, True)
    chosen = packet.choose_context("internet", v4, formats, [blank])
    assert chosen == packet.Choice(1, overwritten=True)
    assert packet.choose_context("internet", v4, formats, [other]) == packet.Choice(2)
    assert packet.choose_context("internet", v4, (), [other]) == packet.Choice(2)
    with pytest.raises(Unsupported, match="IPV6"):
        packet.choose_context("internet", IpFamily.IPV6, formats, [])


def test_retries_of_each_code_are_told() -> None:
    rows = sim.pin_retries.parse(["+CPINR: SIM PIN,3,3", "+CPINR: SIM PUK,10,10"])
    assert dict(rows) == {Lock.SIM_PIN: 3, Lock.SIM_PUK: 10}


def test_an_imsi_is_found_with_and_without_prefix() -> None:
    assert sim.imsi.parse(["+CIMI: 234150999999999"]) == "234150999999999"
    assert sim.imsi.parse(["234150999999999"]) == "234150999999999"
    with pytest.raises(BadReply):
        sim.imsi.parse(["none"])


def test_iccid_commands_take_prefixes_of_their_makers() -> None:
    assert sim.iccid.parse(["+CCID: 8944200053671052499"]) == "8944200053671052499"
    assert sim.iccid_queried.parse(['+CCID: "8944200053671052499"']) == "8944200053671052499"
    assert sim.iccid_long.parse(["+ICCID: 984402003576012594F9"]) == "8944200053671052499"
    assert sim.iccid_long.parse(["+ICCID: 9844020035760125949"]) == "8944200053671052499"


@pytest.mark.parametrize(
    ("words", "error"),
    [((0x6A, 0x82), NotFound), ((0x98, 0x04), Unauthorized), ((0x6F, 0x00), BadReply)],
)
def test_the_refusals_of_a_card_are_errors(words: tuple[int, int], error: type[Exception]) -> None:
    answer = sim_files.read_file(sim_files.EF_AD).parse([f"+CRSM: {words[0]},{words[1]}"])
    with pytest.raises(error):
        assert answer.content


def test_files_of_the_card_are_read() -> None:
    assert sim_files.SimAnswer(0x90, 0, b"\x01").content == b"\x01"
    assert sim_files.mnc_length(bytes.fromhex("00000003")) == 3
    assert sim_files.provider_name(bytes.fromhex("0080004F0032FFFF")) == "O2"
    assert sim_files.provider_name(bytes.fromhex("00810308AF4F32FF")) == "ЯO2"
    assert sim_files.provider_name(bytes.fromhex("0082030400AF4F32")) == "ЯO2"


def test_information_lines_are_found_by_name() -> None:
    found = identity.information.parse(["Manufacturer: huawei", "Model: E220", "11.117"])
    assert found == {"manufacturer": "huawei", "model": "E220", "": "11.117"}


def test_capabilities_are_a_list() -> None:
    assert basic.capabilities.parse(["+GCAP: +CGSM,+DS, +ES"]) == ("+CGSM", "+DS", "+ES")


def test_indicator_values_and_changes_are_numbers() -> None:
    assert signal.indicator_values.parse(["+CIND: 5,3,,1"]) == (5, 3, 0, 1)
    assert signal.indicator_changed.read("+CIEV: 2,4") == (2, 4)


def test_technologies_are_found_in_any_text() -> None:
    assert technology.by_words("HSPA+") == AccessTechnology.HSPA_PLUS
    assert technology.by_words("HSDPA/HSUPA") == AccessTechnology.HSPA
    assert technology.by_words("GSM/GPRS") == AccessTechnology.GSM | AccessTechnology.GPRS
    assert technology.by_words("no service") == AccessTechnology.UNKNOWN
    assert technology.by_number("") is None
    assert technology.by_number(99) is None


def test_25_means_what_the_rest_of_the_list_lets_it_mean() -> None:
    old, new = "+WS46: (12,22,25)", "+WS46: (12,22,25,28)"
    assert technology.mode_combinations.parse([old])[-1] == Mode.G2 | Mode.G3
    assert Mode.G2 | Mode.G3 | Mode.G4 in technology.mode_combinations.parse([new])


def test_the_extended_signal_is_told_by_radio() -> None:
    wide = signal.extended.parse(["+CESQ: 99,99,60,29,255,255"]).values
    assert wide == SignalValues(umts=RadioSignal(rscp=-61, ecio=-10))
    lte = signal.extended.parse(["+CESQ: 99,99,255,255,20,50"]).values
    assert lte == SignalValues(lte=RadioSignal(rsrp=-91, rsrq=-10))
    gsm = signal.extended.parse(["+CESQ: 30,0,255,255,255,255"]).values
    assert gsm == SignalValues(gsm=RadioSignal(-81, error_rate=0.14))
    nr5g = signal.extended.parse(["+CESQ: 99,99,255,255,255,255,65,70,60"]).values
    assert nr5g == SignalValues(nr5g=RadioSignal(rsrp=-87, rsrq=-11, snr=6.5))


@pytest.mark.parametrize("line", ["+CESQ: 99,99,255,255,255,255", "+CESQ: 64,8,97,50,35,98"])
def test_a_level_that_does_not_exist_is_no_measurement(line: str) -> None:
    assert signal.extended.parse([line]).values == SignalValues()


def test_messages_are_found_in_a_listing() -> None:
    parse = messages.listing().parse
    lines = ["+CMGL: 1,0,,4", "0001", "+CMGL: 2,1,,0", '+CMGL: 3,1,"",4', "00FF"]
    assert [(m.index, m.pdu) for m in parse(lines)] == [(1, "0001"), (3, "00FF")]
    assert parse([]) == ()
    for wrong in (["+CMGL: x,0,,4", "0001"], ["+CMGL:", "0001"]):
        with pytest.raises(BadReply):
            parse(wrong)
    with pytest.raises(BadReply, match="no message"):
        messages.reading(1).parse([])


def test_reports_of_messages_are_read() -> None:
    assert messages.place('+CMTI: "SM",3', "+CMTI") == ("SM", 3)
    assert messages.place('+CDSI: "SR",0', "+CDSI") == ("SR", 0)
    assert messages.carried("+CMT: ,24\n0011 ", "+CMT") == (24, "0011")
    assert messages.carried("+CDS: 24\n0011", "+CDS") == (24, "0011")
    for wrong in ("+CMT: ,24", "+CMT:\n0011", "+CMT: x\n0011"):
        with pytest.raises(BadReply):
            messages.carried(wrong, "+CMT")
