"""Messages of real modems, with the values they must be read as."""

import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from tests.conftest import field_vectors
from wwand.errors import BadReply
from wwand.qmi import catalogue
from wwand.qmi.frame import Frame, Splitter, response
from wwand.qmi.layout import Counted, Fixed, Integer, Layout, Reader, Text
from wwand.qmi.message import INDICATIONS, REQUESTS, Message, layouts, title
from wwand.qmi.message import failure as refused
from wwand.qmi.nas_names import description_text, plmn_text
from wwand.qmi.nas_values import DescriptionEncoding, PlmnEncoding

OWN_NAMES = {"service": "service_type"}
"""TLVs whose name is another thing in a declaration."""


def snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def same(ours: Any, theirs: Any) -> bool:
    """Whether a value is what libqmi's definitions make of the octets."""
    if is_dataclass(ours) and isinstance(theirs, dict):
        known = {each.name: getattr(ours, each.name) for each in fields(ours)}
        return all(same(known[snake(key)], value) for key, value in theirs.items())
    if isinstance(theirs, dict):  # a text that is none: here digits and what fills them up
        return bytes.fromhex(theirs["hex"]).rstrip(b"\xff") == str(ours).encode()
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


def check(data: bytes, expected: dict[str, Any]) -> Message | None:
    frame = Frame.decode(data)
    again = frame.encode()
    assert again[:3] + again[4:] == data[:3] + data[4:]  # some answers are not marked as such
    assert frame.service == expected["service_id"]
    assert frame.client == expected["client"]
    assert frame.kind.value == expected["kind"]
    assert frame.transaction == expected["transaction"]
    assert frame.id == expected["message_id"]
    assert [(tag, raw.hex().upper()) for tag, raw in frame.tlvs] == [
        (tlv["type"], tlv["value_hex"]) for tlv in expected["tlvs"]
    ]
    message = catalogue.read(frame)
    if message is not None:
        check_values(message, expected["tlvs"])
    return message


def check_values(message: Message, tlvs: list[dict[str, Any]]) -> None:
    declared = layouts(type(message))
    for tlv in tlvs:
        if tlv["type"] not in declared:
            continue
        name, _ = declared[tlv["type"]]
        assert name == OWN_NAMES.get(snake(tlv["name"]), snake(tlv["name"]))
        if tlv["decoded"] == "error":
            assert tlv["type"] in message.unreadable
            assert getattr(message, name) is None
        else:
            assert same(getattr(message, name), tlv["decoded"]), name
    assert len(message.unreadable) == sum(tlv.get("decoded") == "error" for tlv in tlvs)


def check_title(expected: dict[str, Any]) -> None:
    key = expected["service_id"], expected["message_id"]
    known = (INDICATIONS if expected["kind"] == "indication" else REQUESTS).get(key)
    if known and "message" in expected:
        ours = title(known).lower().replace(" ", "")
        assert ours == f"{expected['service']}{expected['message']}".lower().replace(" ", "")


@pytest.mark.parametrize("vector", field_vectors("qmi", "exchange"))
def test_exchanges(vector: dict[str, Any]) -> None:
    asked = bytes.fromhex(vector["request_hex"])
    question = check(asked, vector["request"])
    check_title(vector["request"])
    assert question is not None
    answer = bytes.fromhex(vector["hex"])
    read = check(answer, vector["expect"])
    assert read is not None

    assert getattr(read, "result").ok  # noqa: B009 - every response has one
    if "lte" in vector["expect"]["stated"]:
        check_lte(read, vector["expect"]["stated"]["lte"])


def check_lte(read: Any, stated: dict[str, Any]) -> None:
    info = read.lte_system_info_v2
    assert info.domain.name.lower().replace("_", "-") == stated["domain"]
    assert bool(info.roaming_status) == stated["roaming"]
    assert info.forbidden == stated["forbidden"]
    assert (info.lac if info.lac_valid else None) == stated["lac"]
    assert (info.cid, info.mcc, info.mnc, info.tac) == (
        *(stated["cell_id"], stated["mcc"], stated["mnc"], stated["tac"]),
    )


@pytest.mark.parametrize("vector", field_vectors("qmi", "message"))
def test_messages(vector: dict[str, Any]) -> None:
    expected = vector["expect"]
    data = bytes.fromhex(vector["hex"])
    message = check(data, expected)
    check_title(expected)
    stated = expected["stated"]
    if "text_contains" in stated:
        assert any(stated["text_contains"].encode() in raw for _, raw in Frame.decode(data).tlvs)
    if "transaction" in stated:
        assert Frame.decode(data).transaction == stated["transaction"]
    if "pin" in stated:
        assert getattr(message, "info").pin == stated["pin"]  # noqa: B009


@pytest.mark.parametrize("vector", field_vectors("qmi", "stream"))
def test_streams(vector: dict[str, Any]) -> None:
    splitter = Splitter()
    found = list(splitter.feed(bytes.fromhex(vector["hex"])))
    assert len(found) == vector["expect"]["messages"]
    assert bool(splitter.skipped or splitter.pending) == vector["expect"]["error_after"]
    for frame, expected in zip(found, vector["expect"]["parsed"], strict=True):
        check(frame.encode(), expected)


@pytest.mark.parametrize("vector", field_vectors("qmi", "build"))
def test_headers_of_messages(vector: dict[str, Any]) -> None:
    expected = vector["expect"]
    data = bytes.fromhex(vector["hex"])
    if vector["framing"] == "none":
        frame = Frame.decode_message(2, expected["client"], data)
        assert len(frame.encode()) == expected["qmux_total_length"]
    else:
        frame = Frame.decode(data)
        assert frame.encode() == data
    assert frame.kind.value == expected["kind"]
    assert (frame.service, frame.client) == (2, expected["client"])
    assert (frame.transaction, frame.id) == (expected["transaction"], expected["message_id"])
    if "result" in expected:
        code = REQUESTS[2, 0x0022].response.read(frame.tlvs).result.error_code
        assert code == expected["result"]
        answer = REQUESTS[2, 0x0022].response(result=refused(code))
        assert response(frame, answer).tlvs == frame.tlvs


@pytest.mark.parametrize("vector", field_vectors("qmi", "invalid"))
def test_what_must_be_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(BadReply):
        Frame.decode(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("vector", field_vectors("qmi", "text"))
def test_names_of_networks(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    expected = vector["expect"]["text"]
    name = vector["encoding"].upper()
    if vector["field"] == "plmn":
        assert plmn_text(PlmnEncoding[name], raw) == expected
    else:
        assert description_text(DescriptionEncoding[name], raw) == expected


@pytest.mark.parametrize("vector", field_vectors("qmi", "integer"))
def test_integers(vector: dict[str, Any]) -> None:
    size = vector["bits"] // 8
    layout = Integer(size, vector["signed"], vector["endian"] == "be")
    reader = Reader(bytes.fromhex(vector["hex"]))  # "offset" is where the octets lay in memory
    assert [layout.read(reader) for _ in vector["expect"]["values"]] == vector["expect"]["values"]
    for value in vector["expect"]["values"]:
        assert layout.read(Reader(layout.write(value))) == value


def layout(how: str) -> Layout:
    if number := re.fullmatch(r"([ui])(\d+)(be)?(?:le)?", how):
        return Integer(int(number[2]) // 8, number[1] == "i", bool(number[3]))
    kind, length = re.fullmatch(r"(string|fixed-)(\d+)", how).groups()  # type: ignore[union-attr]
    return Text(Fixed(int(length)) if kind == "fixed-" else Counted(int(length) // 8))


@pytest.mark.parametrize("vector", field_vectors("qmi", "tlv_value"))
def test_values_in_a_tlv(vector: dict[str, Any]) -> None:
    reader = Reader(bytes.fromhex(vector["hex"]))
    for read in vector["expect"]["reads"]:
        if read["value"] == "error":
            with pytest.raises(BadReply):
                layout(read["as"]).read(reader)
        else:
            assert layout(read["as"]).read(reader) == read["value"]
