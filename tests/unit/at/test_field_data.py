"""What real devices send, and what it means: vectors of the field data, through the real codecs."""

import ipaddress
from datetime import datetime
from typing import Any, TypeVar

import pytest

from tests.conftest import field_vectors
from wwand.at import (
    arguments,
    basic,
    charset,
    clock,
    equipment,
    events,
    fields,
    identity,
    messages,
    operators,
    packet,
    registration,
    results,
    signal,
    sim,
    sim_files,
    technology,
)
from wwand.at.command import AtCommand
from wwand.at.parser import AtParser, Final, Line
from wwand.errors import BadArgument, BadReply, EquipmentError, MessageError, WwandError
from wwand.status import NO_SIGNAL, AccessTechnology, Facility, IpFamily, Lock, Mode, PowerState

Vector = dict[str, Any]
T = TypeVar("T")


def over(*names: str) -> pytest.MarkDecorator:
    """Run a test over all vectors of these files."""
    vectors = [vector for name in names for vector in field_vectors("at", name)]
    return pytest.mark.parametrize("vector", vectors)


def lines(text: str) -> list[str]:
    """Return the information lines of an answer; raises what its final result means."""
    found: list[str] = []
    for event in AtParser().feed(text.encode("latin-1") + b"\r\n"):
        match event:
            case Line(line):
                found.append(line)
            case Final() if not event.ok:
                raise results.error_for(event, basic.ATTENTION)
    return found


def answer(command: AtCommand[T], text: str) -> T:
    return command.parse(lines(text))


def named(flags: Any) -> set[str]:
    return {flag.name.lower().replace("_", "-") for flag in flags}


TECHNOLOGY = {
    "gsm": AccessTechnology.GSM,
    "gsm-compact": AccessTechnology.GSM_COMPACT,
    "edge": AccessTechnology.EDGE,
    "umts": AccessTechnology.UMTS,
    "hsdpa": AccessTechnology.HSDPA,
    "hsupa": AccessTechnology.HSUPA,
    "hspa": AccessTechnology.HSPA,
    "hspa-plus": AccessTechnology.HSPA_PLUS,
    "gprs": AccessTechnology.GPRS,
    "lte": AccessTechnology.LTE,
    "5gnr": AccessTechnology.NR5G,
    "1xrtt": AccessTechnology.ONE_XRTT,
    "evdo0": AccessTechnology.EVDO0,
    "evdoa": AccessTechnology.EVDOA,
    "evdob": AccessTechnology.EVDOB,
}
FAMILY = {"ipv4": IpFamily.IPV4, "ipv6": IpFamily.IPV6, "ipv4v6": IpFamily.IPV4V6}
MODE = {"2g": Mode.G2, "3g": Mode.G3, "4g": Mode.G4, "5g": Mode.G5}


@over("creg")
def test_registrations(vector: Vector) -> None:
    expected = [vector["expect"], *vector.get("then", [])]
    for line, expect in zip(lines(vector["input"]), expected, strict=True):
        found = registration.read(line, solicited=vector["solicited"])
        facts = {
            "registration": found.kind.value,
            "state": found.state.name.lower().replace("_", "-"),
            "lac": found.area,
            "cell_id": found.cell,
            "technology": found.technology,
        }
        act = expect["technology"]
        wanted = expect | {"technology": None if act is None else TECHNOLOGY[act]}
        for doubtful in vector.get("doubtful", ()):
            del facts[doubtful], wanted[doubtful]
        assert facts == wanted


@over("cops_test")
def test_scans(vector: Vector) -> None:
    found = answer(operators.scan(vector["charset"]), vector["input"])
    wanted = vector["expect"]["networks"]
    assert len(found) == len(wanted)
    for offer, expect in zip(found, wanted, strict=True):
        assert ["unknown", "available", "current", "forbidden"][offer.status] == (
            expect["availability"]
        )
        assert (offer.long_name or None) == expect["operator_long"]
        assert (offer.short_name or None) == expect["operator_short"]
        assert offer.code == expect["operator_code"]
        if expect["act_in_reply"]:
            assert offer.technology == TECHNOLOGY[expect["technology"]]


@over("cops_query")
def test_current_networks(vector: Vector) -> None:
    found, expect = answer(operators.current(), vector["input"]), vector["expect"]
    assert (found.mode, found.format, found.name or None) == (
        expect["mode"],
        expect["format"],
        expect["operator"],
    )
    act = expect["technology"]
    assert found.technology == (None if act is None else TECHNOLOGY[act])


@over("cpol")
def test_preferred_networks(vector: Vector) -> None:
    expect = vector["expect"]
    if expect == "error":
        with pytest.raises(BadReply):
            answer(operators.preferred, vector["input"])
        return
    (found,) = answer(operators.preferred, vector["input"])
    flags = ("gsm", "gsm_compact", "utran", "eutran", "ngran")
    assert (found.index, found.code) == (expect["index"], expect["operator_code"])
    assert len(found.technologies) == expect["act_count"]
    assert list(found.technologies) == [expect[f] for f in flags][: expect["act_count"]]


@over("csq")
def test_signal_qualities(vector: Vector) -> None:
    found = answer(signal.quality, vector["input"])
    assert {
        "rssi_index": found.index,
        "rssi_dbm": found.dbm,
        "ber_index": found.error_index,
    } == vector["expect"]


@over("cesq")
def test_extended_signal_qualities(vector: Vector) -> None:
    found, expect = answer(signal.extended, vector["input"]), vector["expect"]
    for raw in ("rxlev", "ber", "rscp_level", "ecn0_level", "rsrq_level", "rsrp_level"):
        assert getattr(found, raw) == expect[raw]
    for kind, values in (
        ("gsm", {"rssi": found.rssi}),
        ("umts", {"rscp": found.rscp, "ecio": found.ecio}),
        ("lte", {"rsrq": found.rsrq, "rsrp": found.rsrp}),
    ):
        wanted = expect[kind] or dict.fromkeys(values)
        for name, value in values.items():
            if wanted[name] is None:
                assert value is None
            else:
                assert value == pytest.approx(wanted[name], abs=1.0)


@over("cesq")
def test_extended_signal_qualities_by_radio(vector: Vector) -> None:
    told, expect = answer(signal.extended, vector["input"]).values, vector["expect"]
    for radio in ("gsm", "umts", "lte"):
        for name, value in (expect[radio] or {}).items():
            assert getattr(getattr(told, radio), name) == pytest.approx(value, abs=1.0)
        if expect[radio] is None:
            assert getattr(told, radio) == NO_SIGNAL
    assert told.nr5g == NO_SIGNAL


@over("cind_test")
def test_indicators(vector: Vector) -> None:
    found = answer(signal.indicators, vector["input"])
    assert [(i.index, i.name, i.least, i.most) for i in found] == [
        (i["index"], i["name"], i["min"], i["max"]) for i in vector["expect"]["indicators"]
    ]


@over("cmer_test")
def test_indicator_reports(vector: Vector) -> None:
    found = answer(signal.indicator_reports, vector["input"])
    assert list(found.modes) == vector["expect"]["mode_values"]
    assert list(found.levels) == vector["expect"]["ind_values"]


@over("cmer_set")
def test_setting_indicator_reports(vector: Vector) -> None:
    modes = [
        "discard-urcs",
        "discard-urcs-if-link-reserved",
        "buffer-urcs-if-link-reserved",
        "forward-urcs",
    ]
    levels = ["disable", "enable-not-caused-by-cind", "enable-all"]
    wanted = vector["input"]
    command = signal.report_indicators(modes.index(wanted["mode"]), levels.index(wanted["ind"]))
    assert command.text == f"AT{vector['expect']['command']}"


@over("cgdcont_test")
def test_context_formats(vector: Vector) -> None:
    found = answer(packet.context_formats, vector["input"])
    assert [(f.min_cid, f.max_cid, f.family) for f in found] == [
        (f["min_cid"], f["max_cid"], FAMILY[f["ip_family"]]) for f in vector["expect"]["formats"]
    ]


@over("cgdcont_read")
def test_contexts(vector: Vector) -> None:
    found = answer(packet.contexts, vector["input"])
    assert [(c.cid, c.family, c.apn or None) for c in found] == [
        (c["cid"], FAMILY[c["ip_family"]], c["apn"]) for c in vector["expect"]["contexts"]
    ]


@over("profile_selection")
def test_the_choice_of_a_context(vector: Vector) -> None:
    given, expect = vector["input"], vector["expect"]
    choice = packet.choose_context(
        given["apn"],
        FAMILY[given["ip_family"]],
        answer(packet.context_formats, given["cgdcont_test"]),
        answer(packet.contexts, given["cgdcont_read"]),
    )
    assert choice == packet.Choice(expect["cid"], expect["reused"], expect["overwritten"])


@over("apn_match")
def test_apns_that_are_the_same(vector: Vector) -> None:
    given = vector["input"]
    assert packet.same_apn(given["existing"], given["requested"]) is vector["expect"]["match"]


@over("cgact")
def test_active_contexts(vector: Vector) -> None:
    assert [
        {"cid": cid, "active": state}
        for cid, state in answer(packet.active_contexts, vector["input"])
    ] == vector["expect"]["contexts"]


@over("cgcontrdp")
def test_bearer_parameters(vector: Vector) -> None:
    (found,) = answer(packet.bearer_parameters(1), vector["input"])
    expect = vector["expect"]
    assert (found.cid, found.bearer_id, found.apn or None) == (
        expect["cid"],
        expect["bearer_id"],
        expect["apn"],
    )
    for name, text in (
        ("local_address", found.address),
        ("subnet", found.subnet),
        ("gateway_address", found.gateway),
        ("dns_primary_address", found.dns1),
        ("dns_secondary_address", found.dns2),
    ):
        wanted = expect[name]
        assert (ipaddress.ip_address(text) if text else None) == (
            ipaddress.ip_address(wanted) if wanted else None
        ), name


@over("cgev")
def test_packet_events(vector: Vector) -> None:
    found = events.read(vector["input"])
    facts = {
        "type": found.type.value,
        "cid": found.cid,
        "pdp_type": found.pdp_type,
        "pdp_address": found.pdp_address,
        "parent_cid": found.parent_cid,
        "event_type": found.event_type,
        "class": found.mobile_class,
    }
    assert facts == dict.fromkeys(facts) | vector["expect"]


@over("cgerep_test")
def test_modes_of_event_reports(vector: Vector) -> None:
    assert list(answer(events.modes, vector["input"])) == vector["expect"]["mode_values"]


@over("cpin")
def test_states_of_the_sim(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(WwandError):
            answer(sim.lock_state, vector["input"])
        return
    found = answer(sim.lock_state, vector["input"])
    wanted = vector["expect"]["lock"].replace("-", "_").upper()
    assert found == Lock[wanted]


@over("clck_test")
def test_facilities(vector: Vector) -> None:
    codes = answer(sim.facility_codes, vector["input"])
    assert list(codes) == vector["expect"]["codes"]
    assert named(f for f in Facility if f in sim.facilities(codes)) - {"none"} == set(
        vector["expect"]["facilities"]
    )


@over("clck_read")
def test_states_of_a_facility(vector: Vector) -> None:
    command = sim.facility_state(Facility.SIM)
    if vector["expect"] == "error":
        with pytest.raises(EquipmentError):
            answer(command, vector["input"])
    else:
        assert answer(command, vector["input"]) is vector["expect"]["enabled"]


@over("cnum")
def test_own_numbers(vector: Vector) -> None:
    assert list(answer(sim.own_numbers, vector["input"])) == vector["expect"]["numbers"]


@over("iccid")
def test_iccids(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            sim.read_iccid(vector["input"])
    else:
        assert sim.read_iccid(vector["input"]) == vector["expect"]["iccid"]


@over("csim")
def test_retries_by_apdu(vector: Vector) -> None:
    expect = vector["expect"]
    if expect["retries"] is not None:
        assert answer(sim.pin_retries_by_apdu, vector["input"]) == expect["retries"]
        return
    with pytest.raises(BadReply, match=expect["reason"].replace("-", " ")):
        answer(sim.pin_retries_by_apdu, vector["input"])


@over("crsm")
def test_sim_file_answers(vector: Vector) -> None:
    found, expect = answer(sim_files.read_file(sim_files.EF_SPN), vector["input"]), vector["expect"]
    assert (found.sw1, found.sw2, found.data) == (
        expect["sw1"],
        expect["sw2"],
        bytes.fromhex(expect["data"]),
    )


@over("ef_spn")
def test_provider_names(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            sim_files.provider_name(fields.octets(vector["input"]))
    else:
        found = sim_files.provider_name(fields.octets(vector["input"]))
        assert found == vector["expect"]["name"]


@over("ef_ad")
def test_lengths_of_the_mnc(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            sim_files.mnc_length(fields.octets(vector["input"]))
    else:
        found = sim_files.mnc_length(fields.octets(vector["input"]))
        assert found == vector["expect"]["mnc_length"]


@over("ef_ecc")
def test_emergency_numbers(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            sim_files.emergency_numbers(fields.octets(vector["input"]))
    else:
        found = sim_files.emergency_numbers(fields.octets(vector["input"]))
        assert list(found) == vector["expect"]["numbers"]


@over("cfun")
def test_functionalities(vector: Vector) -> None:
    level = answer(equipment.functionality, vector["input"])
    if "level" in vector["expect"]:
        assert level == vector["expect"]["level"]
    else:
        assert equipment.power_state(level) == PowerState[vector["expect"]["power_state"].upper()]


@over("cclk")
def test_clocks(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            answer(clock.clock, vector["input"])
        return
    found, expect = answer(clock.clock, vector["input"]), vector["expect"]
    assert found.moment == datetime.fromisoformat(expect["iso8601"])
    assert (found.offset_minutes is not None) == expect["offset_in_reply"]
    if expect["offset_in_reply"]:
        assert found.offset_minutes == expect["offset_minutes"]


@over("cscs_test")
def test_charsets(vector: Vector) -> None:
    found = answer(equipment.charsets, vector["input"])
    assert {name.lower() for name in found} == set(vector["expect"]["charsets"])


@over("cpms_test")
def test_stores(vector: Vector) -> None:
    found, expect = answer(messages.stores, vector["input"]), vector["expect"]
    for names, key in ((found.read, "mem1"), (found.write, "mem2"), (found.arriving, "mem3")):
        assert [name.lower() for name in names] == expect[key]


@over("cpms_query")
def test_chosen_stores(vector: Vector) -> None:
    expect = vector["expect"]
    for number, use in enumerate(answer(messages.chosen_stores, vector["input"])[:2], start=1):
        assert (use.name and use.name.lower()) == expect[f"mem{number}"]
        assert use.used == expect[f"mem{number}_used"]
        assert use.total == expect[f"mem{number}_total"]


@over("cmgl")
def test_listed_messages(vector: Vector) -> None:
    found = answer(messages.listing(), vector["input"])
    assert [{"index": m.index, "status": m.status, "pdu": m.pdu} for m in found] == vector[
        "expect"
    ]["messages"]


@over("cmgr")
def test_a_message_that_was_asked_for(vector: Vector) -> None:
    found = answer(messages.reading(1), vector["input"])
    assert {"status": found.status, "pdu": found.pdu} == vector["expect"]


@over("cds")
def test_a_status_report(vector: Vector) -> None:
    head, pdu = lines(vector["input"])
    length, found = messages.carried(f"{head}\n{pdu}", "+CDS")
    assert {"length": length, "pdu": found} == vector["expect"]


@pytest.mark.parametrize("vector", field_vectors("sms", "cbm"))
def test_a_page_of_a_broadcast(vector: Vector) -> None:
    if not vector["urc"]:
        return
    head, pdu = lines(vector["urc"])
    assert messages.carried(f"{head}\n{pdu}", "+CBM") == (len(pdu) // 2, vector["input"])


@over("gsn")
def test_serial_numbers(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            answer(identity.serial_numbers, vector["input"])
        return
    found = answer(identity.serial_numbers, vector["input"])
    assert {
        "imei": found.imei or None,
        "esn": found.esn or None,
        "meid": found.meid or None,
    } == vector["expect"]


@over("identification")
def test_identifications(vector: Vector) -> None:
    given, expect = vector["input"], vector["expect"]
    for command, key, fact in (
        (identity.manufacturer, "+CGMI", "manufacturer"),
        (identity.model, "+CGMM", "model"),
        (identity.revision, "+CGMR", "revision"),
    ):
        if given.get(key) is not None:
            assert answer(command, given[key]) == expect[fact]


@over("operator_id")
def test_codes_of_networks(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            operators.operator_id(vector["input"])
        return
    found = operators.operator_id(vector["input"])
    assert {
        "mcc": found.mcc,
        "mnc": found.mnc,
        "three_digit_mnc": found.three_digit_mnc,
    } == vector["expect"]


@over("operator_normalise")
def test_names_of_networks(vector: Vector) -> None:
    found = charset.name(vector["input"], vector["charset"])
    assert (found or None) == vector["expect"]["operator"]


@over("ws46_test")
def test_mode_combinations(vector: Vector) -> None:
    found = answer(technology.mode_combinations, vector["input"])
    wanted = [Mode(sum(MODE[m] for m in modes)) for modes in vector["expect"]["combinations"]]
    assert set(found) == set(wanted)


@over("ifc_test")
def test_flow_controls(vector: Vector) -> None:
    names = ["none", "xon-xoff", "rts-cts"]
    found = answer(basic.flow_controls, vector["input"])
    assert {names[n] for n in found} == set(vector["expect"]["flow_control"])


@over("access_technology_text")
def test_technologies_in_words(vector: Vector) -> None:
    wanted = AccessTechnology.UNKNOWN
    for name in vector["expect"]["technologies"]:
        wanted |= TECHNOLOGY[name]
    assert technology.by_words(vector["input"]) == wanted


@over("at_final")
def test_final_results(vector: Vector) -> None:
    parser = AtParser()
    finals = [e for e in parser.feed(vector["input"].encode()) if isinstance(e, Final)]
    assert bool(finals) is vector["expect"]["final"]
    assert any(not f.ok for f in finals) is vector["expect"]["error"]


@over("at_echo")
def test_echoes(vector: Vector) -> None:
    """The octets before the first line end are what is left of the command's echo."""
    text, kept = vector["input"], vector["expect"]["without_echo"]
    parser = AtParser()
    parser.expect_echo(f"AT{text.removesuffix(kept)}")
    found = [event.text for event in parser.feed(f"{text}\r\n".encode()) if isinstance(event, Line)]
    assert found == [line.strip() for line in kept.split("\r\n") if line.strip()]


@over("at_quote")
def test_quoting(vector: Vector) -> None:
    """Control characters are refused rather than escaped: few modems know the escapes of V.250."""
    text = vector["input"]
    if text.isprintable():
        assert arguments.quoted("apn", text) == vector["expect"]["quoted"]
    else:
        with pytest.raises(BadArgument, match="apn"):
            arguments.quoted("apn", text)


@over("bcd")
def test_packed_digits(vector: Vector) -> None:
    data = fields.octets(vector["input"])
    assert fields.bcd(data) == vector["expect"]["low_nibble_first"]
    assert fields.bcd(data, low_first=False) == vector["expect"]["high_nibble_first"]


@over("number_list")
def test_lists_of_numbers(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            fields.numbers(vector["input"])
    else:
        assert fields.numbers(vector["input"]) == vector["expect"]["numbers"]


@over("string_groups")
def test_groups(vector: Vector) -> None:
    if vector["expect"] == "error":
        with pytest.raises(BadReply):
            fields.groups(vector["input"])
    else:
        assert fields.groups(vector["input"]) == vector["expect"]["groups"]


@over("dial_number")
def test_dial_strings(vector: Vector) -> None:
    if vector["expect"]["valid"]:
        assert arguments.dial_string("number", vector["input"]) == vector["input"]
    else:
        with pytest.raises(BadArgument, match="number"):
            arguments.dial_string("number", vector["input"])


@over("fqdn")
def test_host_names(vector: Vector) -> None:
    assert arguments.is_host_name(vector["input"]) is vector["expect"]["valid"]


@over("numeric")
def test_numeric_texts(vector: Vector) -> None:
    assert arguments.is_numeric(vector["input"]) is vector["expect"]["valid"]


@over("control_characters")
def test_control_characters(vector: Vector) -> None:
    assert fields.clean(vector["input"]) == vector["expect"]["text"]


@over("cme_error")
def test_equipment_errors(vector: Vector) -> None:
    with pytest.raises(EquipmentError) as caught:
        lines(vector["input"])
    assert caught.value.code == vector["expect"]["code"]
    assert same_name(caught.value.nick, vector["expect"]["name"])


@over("cms_error")
def test_message_errors(vector: Vector) -> None:
    with pytest.raises(MessageError) as caught:
        lines(vector["input"])
    assert caught.value.code == vector["expect"]["code"]
    assert same_name(caught.value.nick, vector["expect"]["name"])


def same_name(nick: str, name: str) -> bool:
    """ModemManager's bus name of 214 has a slip of the pen, which clients look for."""
    return nick.lower().replace("nkgsi", "ngksi") == name.replace("-", "")
