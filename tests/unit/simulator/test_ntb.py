"""NCM Transfer Blocks."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wwand.simulator import ntb

DATAGRAMS = st.lists(st.binary(min_size=1, max_size=1514), max_size=10)


@given(DATAGRAMS, st.integers(0, 1 << 20))
def test_what_is_packed_comes_out_again(datagrams: list[bytes], sequence: int) -> None:
    block = ntb.pack(datagrams, sequence)
    assert ntb.unpack(block) == datagrams
    assert ntb.unpack(block + b"\0") == datagrams  # the octet that keeps a transfer short
    assert len(block) == int.from_bytes(block[8:10], "little")


@given(DATAGRAMS)
def test_every_datagram_is_aligned_and_within_the_block(datagrams: list[bytes]) -> None:
    block = ntb.pack(datagrams, 0)
    table = int.from_bytes(block[10:12], "little")
    for number in range(len(datagrams)):
        index, length = struct.unpack_from("<HH", block, table + 8 + 4 * number)
        assert index % ntb.ALIGNMENT == 0
        assert index + length <= len(block)


@given(st.binary(max_size=200))
def test_any_octets_are_datagrams_or_refused(raw: bytes) -> None:
    try:
        found = ntb.unpack(raw)
    except ValueError:
        return
    assert raw.startswith(ntb.HEADER_SIGNATURE)
    assert all(datagram in raw for datagram in found)


@given(DATAGRAMS.filter(bool), st.data())
def test_a_block_that_is_cut_off_never_gives_another_datagram(
    datagrams: list[bytes], data: st.DataObject
) -> None:
    block = ntb.pack(datagrams, 0)
    cut = block[: data.draw(st.integers(0, len(block) - 1))]
    with pytest.raises(ValueError, match=r"cut off|outside|no N"):
        ntb.unpack(cut)


def test_the_table_may_stand_at_the_end_as_linux_puts_it_for_huawei() -> None:
    head = struct.pack("<4sHHHH", b"NCMH", 12, 7, 12 + 8 + 16, 20)
    table = struct.pack("<4sHHHHHH", b"NCM0", 16, 0, 12, 5, 0, 0)
    assert ntb.unpack(head + b"hello\0\0\0" + table) == [b"hello"]


def test_tables_may_be_chained_and_a_checksum_is_left_out() -> None:
    head = struct.pack("<4sHHHH", b"NCMH", 12, 0, 0, 12)
    first = struct.pack("<4sHHHHHH", b"NCM0", 16, 28, 44, 2, 0, 0)
    second = struct.pack("<4sHHHHHH", b"NCM1", 16, 0, 46, 6, 0, 0)
    assert ntb.unpack(head + first + second + b"abcdCRC!") == [b"ab", b"cd"]


def test_tables_that_go_round_in_a_circle_are_refused() -> None:
    head = struct.pack("<4sHHHH", b"NCMH", 12, 0, 28, 12)
    table = struct.pack("<4sHHHHHH", b"NCM0", 16, 12, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="circle"):
        ntb.unpack(head + table)


def test_more_than_a_block_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        ntb.pack([bytes(1514)] * 11, 0)


def test_the_parameters_are_those_of_table_6_3() -> None:
    said = ntb.parameters()
    assert len(said) == int.from_bytes(said[:2], "little") == 28
    assert said[2] == 1  # NTB-16 only
    assert int.from_bytes(said[4:8], "little") == 16384
