"""Messages of real networks and phones, and what they say; CDMA's are not read."""

from typing import Any

import pytest

from tests.conftest import field_vectors
from wwand.at import charset
from wwand.errors import WwandError
from wwand.gsm import gsm
from wwand.gsm7 import pack, septets, unpack
from wwand.sms import address, broadcast, moment, pdu, submit
from wwand.sms.coding import Alphabet
from wwand.sms.facts import NO_CLASS
from wwand.sms.parts import Parts
from wwand.sms.pdu import from_hex
from wwand.sms.submit import Outgoing

Vector = dict[str, Any]


def over(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", field_vectors("sms", name))


def said(read: pdu.Pdu) -> dict[str, Any]:
    """A PDU in the words of the vectors."""
    part = read.concatenation
    facts: dict[str, Any] = {
        "type": read.type.name.lower().replace("_", "-"),
        "smsc": read.smsc or None,
        "number": read.number,
        "timestamp": str(read.timestamp) if read.timestamp else None,
        "offset_minutes": read.timestamp.offset if read.timestamp else None,
        "text": read.text,
        "data_hex": read.data.hex().upper() or None,
        "encoding": str(read.alphabet),
        "class": None if read.message_class == NO_CLASS else read.message_class,
        "pid": read.pid,
        "dcs": read.dcs,
        "multipart": part and {"reference": part.reference, "parts": part.parts, "part": part.part},
        "message_reference": read.reference,
        "discharge_timestamp": str(read.discharged) if read.discharged else None,
        "discharge_offset_minutes": read.discharged.offset if read.discharged else None,
        "delivery_status": read.status,
    }
    return facts


@over("decode")
def test_a_pdu_is_read(vector: Vector) -> None:
    facts = said(pdu.decode(from_hex(vector["input"])))
    stated = vector["stated"] if "stated" in vector else list(vector["expect"])
    assert {key: facts[key] for key in stated} == {key: vector["expect"][key] for key in stated}
    for key, value in vector["expect"].items():
        if value is not None:
            assert facts[key] == value, key


@over("decode_invalid")
def test_what_is_no_pdu_is_refused(vector: Vector) -> None:
    with pytest.raises(WwandError):
        pdu.decode(from_hex(vector["input"]))


@over("encode")
def test_a_pdu_is_written(vector: Vector) -> None:
    asked, expect = vector["input"], vector["expect"]
    message_class = NO_CLASS if asked["class"] is None else asked["class"]
    outgoing = Outgoing(
        asked["number"],
        asked["text"],
        smsc=asked["smsc"] or "",
        validity=asked["validity_minutes"],
        message_class=message_class,
    )
    (written,) = submit.encode(outgoing)
    assert written.pdu.hex().upper() == expect["pdu"]
    assert (written.offset, written.length) == (expect["tpdu_offset"], expect["tpdu_length"])
    alphabet = str(pdu.decode(written.pdu).alphabet)
    assert alphabet == expect["encoding"].replace("utf16", "ucs2")
    if asked["validity_minutes"] is not None:
        assert moment.validity_octet(asked["validity_minutes"]) == expect["validity_octet"]


@over("address_encode")
def test_an_address_is_written(vector: Vector) -> None:
    write = address.encode_service_centre if vector["as_smsc"] else address.encode
    assert write(vector["input"]).hex().upper() == vector["expect"]["hex"]


@over("text_split")
def test_a_text_is_cut_into_parts(vector: Vector) -> None:
    parts, how = submit.split(vector["input"])
    assert parts == vector["expect"]["parts"]
    assert {Alphabet.UCS2: "utf16"}.get(how, str(how)) == vector["expect"]["encoding"]


@over("multipart")
def test_parts_are_joined(vector: Vector) -> None:
    joined: list[Parts] = []
    pdus = vector["input"] if isinstance(vector["input"], list) else vector["input"]["pdus"]
    for text in pdus:
        read = pdu.decode(from_hex(text))
        if not any(parts.take(read) for parts in joined):
            joined.append(Parts(read))
    complete, expect = [parts for parts in joined if parts.complete], vector["expect"]
    assert len(complete) == expect["messages"]
    for parts in complete:
        assert parts.text == expect["text"]
        assert parts.first.number == expect["number"]
        assert parts.first.concatenation
        assert parts.first.concatenation.reference == expect["reference"]
        assert parts.wanted == expect["parts"]


@over("cbm")
def test_a_broadcast_is_read(vector: Vector) -> None:
    page = broadcast.read(from_hex(vector["input"]))
    facts = {
        "serial": page.serial,
        "geo_scope": str(page.scope),
        "message_code": page.message_code,
        "emergency_alert": page.alert,
        "popup": page.popup,
        "update": page.update,
        "channel": page.channel,
        "dcs": page.dcs,
        "part": page.part,
        "parts": page.parts,
        "text": page.text,
        "language": page.language,
    }
    stated = {key: vector["expect"][key] for key in vector["stated"]}
    assert {key: facts[key] for key in stated} == stated


@over("gsm7_pack")
def test_septets_are_packed(vector: Vector) -> None:
    packed = pack(from_hex(vector["input"]), vector["start_bit"])
    assert packed.hex().upper() == vector["expect"]["hex"]


@over("gsm7_unpack")
def test_septets_are_unpacked(vector: Vector) -> None:
    found = unpack(from_hex(vector["input"]), vector["septets"], vector.get("start_bit", 0))
    assert found.hex().upper() == vector["expect"]["septets_hex"]


@over("gsm7_roundtrip")
def test_a_text_comes_back_from_septets(vector: Vector) -> None:
    written = septets(vector["input"])
    assert written is not None
    assert written.hex().upper() == vector["expect"]["septets_hex"]
    assert gsm(written) == vector["input"]


@over("charset_fits")
def test_a_text_goes_in_septets_where_it_fits(vector: Vector) -> None:
    """The one question that messages have: seven bits, or UTF-16, which takes every text."""
    assert (septets(vector["input"]) is not None) == vector["expect"]["gsm"]
    assert vector["expect"]["utf16"]


@over("charset_decode")
def test_a_text_in_the_charset_of_a_command_is_read(vector: Vector) -> None:
    assert charset.name(vector["input"], vector["charset"]) == vector["expect"]["text"]
