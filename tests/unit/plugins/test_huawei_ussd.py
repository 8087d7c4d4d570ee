"""USSD strings as Huawei's firmware takes and gives them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wwand_huawei import ussd

from wwand.errors import BadArgument, BadReply

ALPHABET = "@£$ΔÆ !#0123456789*ABCxyz{}[]€"


@pytest.mark.parametrize(
    ("text", "packed"),
    [("*100#", "AA180C3602"), ("1234567", "31D98C56B3DD1A"), ("", "")],
)
def test_a_text_is_packed_seven_bits_each(text: str, packed: str) -> None:
    assert ussd.pack(text) == packed
    assert ussd.unpack(packed) == text


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80))
def test_what_is_packed_is_read_back(text: str) -> None:
    assert ussd.unpack(ussd.pack(text)) == text


@settings(deadline=None)
@given(st.text(max_size=40))
def test_garbage_is_refused_or_read(text: str) -> None:
    try:
        ussd.unpack(text)
    except BadReply:
        return


@pytest.mark.parametrize("text", ["ж", "\x1b", "a" * 183])
def test_what_cannot_be_carried_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        ussd.pack(text)


def test_the_request_names_the_alphabet_and_is_not_logged() -> None:
    command = ussd.request("*100#")
    assert command.text == 'AT+CUSD=1,"AA180C3602",15'
    assert "AA18" not in str(command)
