"""Frames out of a stream: nothing that lies about its length holds up what comes behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwand.errors import BadReply
from wwand.qmi import dms, nas
from wwand.qmi.frame import Frame, Splitter, request

MODEL = request(dms.GetModel(), 1, 1).encode()
SYSTEM = request(nas.GetServingSystem(), 2, 2).encode()


def ids(splitter: Splitter, *chunks: bytes) -> list[int]:
    return [frame.id for chunk in chunks for frame in splitter.feed(chunk)]


def test_frames_are_found_however_they_come_in() -> None:
    for cut in range(len(MODEL + SYSTEM)):
        both = MODEL + SYSTEM
        splitter = Splitter()
        assert ids(splitter, both[:cut], both[cut:]) == [0x22, 0x24]
        assert (splitter.skipped, splitter.pending) == (0, 0)


@given(st.binary(max_size=20).filter(lambda octets: 0x01 not in octets))
def test_what_is_no_frame_is_skipped(garbage: bytes) -> None:
    splitter = Splitter()
    assert ids(splitter, garbage + MODEL + garbage, SYSTEM) == [0x22, 0x24]
    assert splitter.skipped == 2 * len(garbage)


@pytest.mark.parametrize(
    ("at", "lie"),
    [(1, 0x0D), (1, 0x05), (2, 0x40), (11, 0x01), (12, 0x40)],
    ids=["qmux-longer", "qmux-tiny", "qmux-huge", "message-longer", "message-huge"],
)
def test_a_frame_that_lies_about_its_length_does_not_hold_up_the_next(at: int, lie: int) -> None:
    lying = bytearray(MODEL)
    assert lying[at] != lie
    lying[at] = lie
    splitter = Splitter()
    assert ids(splitter, bytes(lying) + SYSTEM) == [0x24]
    assert splitter.skipped == len(lying)


def test_a_tlv_longer_than_its_message_is_refused() -> None:
    frame = bytearray(request(dms.SetOperatingMode(dms.OperatingMode.ONLINE), 1, 1).encode())
    frame[14] = 2
    with pytest.raises(BadReply, match="TLV 01 says 2 octets, 1 are there"):
        Frame.decode(bytes(frame))
    splitter = Splitter()
    assert ids(splitter, bytes(frame) + SYSTEM) == [0x24]


@pytest.mark.parametrize("cut", range(1, len(MODEL)))
def test_a_frame_that_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(BadReply):
        Frame.decode(MODEL[:cut])


def test_two_frames_are_not_one() -> None:
    with pytest.raises(BadReply, match="not one QMUX frame"):
        Frame.decode(MODEL + SYSTEM)
