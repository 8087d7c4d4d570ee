"""Septets, packed and unpacked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wwand.gsm import BASIC, EXTENSION
from wwand.gsm7 import pack_string, septets, unpack_string

ALPHABET = (BASIC + "".join(EXTENSION.values())).replace("\x1b", "").replace("\r", "")


@pytest.mark.parametrize(
    ("text", "packed"), [("*100#", "aa180c3602"), ("1234567", "31d98c56b3dd1a"), ("", "")]
)
def test_a_text_is_packed_seven_bits_each(text: str, packed: str) -> None:
    assert pack_string(septets(text) or b"").hex() == packed
    assert unpack_string(bytes.fromhex(packed)) == text


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80))
def test_what_is_packed_is_read_back(text: str) -> None:
    assert unpack_string(pack_string(septets(text) or b"")) == text


@given(st.binary(max_size=200))
def test_any_octets_are_some_text(octets: bytes) -> None:
    assert isinstance(unpack_string(octets), str)


def test_what_fills_up_the_last_octet_is_no_letter() -> None:
    assert unpack_string(bytes.fromhex("31d98c56b3dd1a")) == "1234567"
    assert unpack_string(bytes.fromhex("31d98c56b3dd00")) == "1234567@"
    assert unpack_string(bytes.fromhex("31d98c56b3dd00"), b"\0\r") == "1234567"


@pytest.mark.parametrize("text", ["ж", "\x1b", "日本"])
def test_a_text_with_a_character_that_the_alphabet_lacks_has_no_septets(text: str) -> None:
    assert septets(f"a{text}") is None
