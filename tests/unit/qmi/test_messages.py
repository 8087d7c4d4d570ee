"""What is declared: every message comes back as it was sent, and no octets break the codec."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.qmi.strategies import messages
from wwand.errors import BadArgument, BadReply
from wwand.qmi import catalogue, dms, dms_uim, nas, uim, wds
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import Frame, Kind, indication, request, response
from wwand.qmi.message import INDICATIONS, REQUESTS, Message, failure, layouts, title
from wwand.qmi.uim_values import UimPinId
from wwand.qmi.values import BROADCAST, Service
from wwand.qmi.wds_values import ConnectionStatus

CLASSES: list[type[Message]] = sorted(
    {*REQUESTS.values(), *INDICATIONS.values(), *(r.response for r in REQUESTS.values())},
    key=lambda cls: (cls.__module__, cls.__name__),
)

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: f"{cls.__module__[11:]}-{cls.__name__}")
@few
@given(data=st.data())
def test_a_message_comes_back_as_it_was_written(cls: type[Message], data: st.DataObject) -> None:
    message = data.draw(messages(cls))
    again = cls.read(message.tlvs())
    assert again == message
    assert again.unreadable == ()


@settings(deadline=None)
@given(cls=st.sampled_from(CLASSES), data=st.data())
def test_a_tlv_that_ends_too_early_leaves_its_field_empty(
    cls: type[Message], data: st.DataObject
) -> None:
    tlvs = [(tag, raw) for tag, raw in data.draw(messages(cls)).tlvs() if raw]
    for tag, raw in tlvs:
        read = cls.read([(tag, raw[: data.draw(st.integers(0, len(raw) - 1))])])
        name, _ = layouts(cls)[tag]
        if tag in read.unreadable and name != "result":
            assert getattr(read, name) is None


@settings(deadline=None)
@given(cls=st.sampled_from(CLASSES), data=st.data())
def test_any_octets_in_a_tlv_can_be_read_or_are_noted(
    cls: type[Message], data: st.DataObject
) -> None:
    tags = sorted(layouts(cls)) or [1]
    tlvs = data.draw(st.lists(st.tuples(st.sampled_from(tags), st.binary(max_size=40))))
    read = cls.read(tlvs)
    assert set(read.unreadable) <= set(tags)


FRAMES = st.builds(
    Frame,
    service=st.sampled_from([Service.CTL, Service.NAS, Service.UIM]).map(int),
    client=st.integers(0, 255),
    kind=st.sampled_from(Kind),
    transaction=st.integers(0, 255),
    id=st.integers(0, 0xFFFF),
    tlvs=st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=4).map(tuple),
)


@given(FRAMES)
def test_a_frame_comes_back_as_it_was_written(frame: Frame) -> None:
    assert Frame.decode(frame.encode()) == frame


@given(FRAMES, st.data())
def test_a_frame_with_one_octet_changed_or_cut_is_read_or_refused(
    frame: Frame, data: st.DataObject
) -> None:
    octets = bytearray(frame.encode())
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(1, len(octets))) :]
    with contextlib.suppress(BadReply):
        Frame.decode(bytes(octets))


@given(st.binary(max_size=60))
def test_any_octets_are_a_frame_or_refused(octets: bytes) -> None:
    try:
        frame = Frame.decode(octets)
    except BadReply:
        return
    assert frame.encode() == octets


def test_both_ends_build_on_the_same_declarations() -> None:
    asked = request(dms.SetOperatingMode(dms.OperatingMode.ONLINE), client=3, transaction=7)
    assert asked.encode().hex() == "01100000020300070" + "02e00040001010000"
    heard = Frame.decode(asked.encode())
    assert catalogue.read(heard) == dms.SetOperatingMode(dms.OperatingMode.ONLINE)
    refused = dms.SetOperatingMode.response(result=failure(ProtocolError.NO_EFFECT))
    answer = Frame.decode(response(heard, refused).encode())
    assert (answer.kind, answer.client, answer.transaction) == (Kind.RESPONSE, 3, 7)
    read = catalogue.read(answer)
    assert read == refused
    told = indication(nas.NetworkReject(reject_cause=15), BROADCAST)
    assert catalogue.read(Frame.decode(told.encode())) == nas.NetworkReject(reject_cause=15)


def test_what_is_not_declared_is_none() -> None:
    for kind in Kind:
        assert catalogue.read(Frame(Service.QOS, 1, kind, 1, 0x7777)) is None


def test_an_unknown_number_of_an_enumeration_is_kept() -> None:
    read = dms.GetOperatingMode.response.read([(0x01, b"\x63")])
    assert isinstance(read, dms.GetOperatingModeResponse)
    assert read.mode == 0x63
    assert read.mode is not None
    assert read.mode.name == "UNKNOWN_99"
    assert read.tlvs()[-1] == (0x01, b"\x63")


def test_octets_behind_a_known_structure_are_left_alone() -> None:
    read = wds.PacketServiceStatus.read([(0x01, bytes.fromhex("0200ffff"))])
    assert read.connection_status == wds.Connection(ConnectionStatus.CONNECTED, False)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (dms.SetOperatingMode(dms.OperatingMode(256)), "SetOperatingMode.mode"),
        (uim.VerifyPin(info=uim.PinEntry(UimPinId.PIN1, "1" * 256)), "VerifyPin.info"),
        (wds.StartNetwork(apn="a" * 70000), "StartNetwork.apn"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(message: Message, named: str) -> None:
    with pytest.raises(BadArgument, match=named):
        message.tlvs()


def test_too_many_octets_for_one_frame_are_refused() -> None:
    frame = Frame(Service.WMS, 1, Kind.REQUEST, 1, 1, ((1, bytes(65000)), (2, bytes(600))))
    with pytest.raises(BadArgument, match="cannot be sent"):
        frame.encode()


def test_secrets_are_not_shown() -> None:
    shown = repr(
        [
            uim.VerifyPin(info=uim.PinEntry(UimPinId.PIN1, "1234")),
            uim.UnblockPin(info=uim.PukEntry(UimPinId.PIN1, "12345678", "1234")),
            dms_uim.UimVerifyPin(dms_uim.PinEntry(dms_uim.PinId.PIN, "1234")),
            dms_uim.UimChangePin(dms_uim.PinChange(dms_uim.PinId.PIN, "1234", "12345678")),
            dms_uim.UimGetImsiResponse("1234"),
            dms.GetIdsResponse(imei="1234"),
            wds.StartNetwork(username="1234", password="12345678"),
            request(dms_uim.UimVerifyPin(dms_uim.PinEntry(dms_uim.PinId.PIN, "1234")), 1, 1),
        ]
    )
    assert "1234" not in shown


def test_a_message_has_a_name_for_people() -> None:
    assert title(nas.GetServingSystem) == "NAS Get Serving System"
    assert title(uim.CardStatusIndication) == "UIM Card Status"
