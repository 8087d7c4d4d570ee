"""Septets, packed and unpacked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wwand.errors import BadArgument
from wwand.gsm import BASIC, EXTENSION
from wwand.gsm7 import pack, septets, unpack

ALPHABET = (BASIC + "".join(EXTENSION.values())).replace("\x1b", "").replace("\r", "")


@pytest.mark.parametrize(
    ("text", "packed"), [("*100#", "aa180c3602"), ("1234567", "31d98c56b3dd1a"), ("", "")]
)
def test_a_text_is_packed_seven_bits_each(text: str, packed: str) -> None:
    assert pack(septets(text)).hex() == packed
    assert unpack(bytes.fromhex(packed)) == text


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80))
def test_what_is_packed_is_read_back(text: str) -> None:
    assert unpack(pack(septets(text))) == text


@given(st.binary(max_size=200))
def test_any_octets_are_some_text(octets: bytes) -> None:
    assert isinstance(unpack(octets), str)


def test_what_fills_up_the_last_octet_is_no_letter() -> None:
    assert unpack(bytes.fromhex("31d98c56b3dd1a")) == "1234567"
    assert unpack(bytes.fromhex("31d98c56b3dd00")) == "1234567@"
    assert unpack(bytes.fromhex("31d98c56b3dd00"), b"\0\r") == "1234567"


@pytest.mark.parametrize("text", ["ж", "\x1b", "日本"])
def test_a_character_the_alphabet_lacks_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(BadArgument) as caught:
        septets(text)
    assert text not in str(caught.value)
