import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.discovery.tree import MICROMAX, MU609, Model, descriptors
from wwand.discovery.descriptors import DescriptorError, parse


@pytest.mark.parametrize("model", [MICROMAX, MU609], ids=lambda m: str(m.id))
def test_every_configuration_is_read_and_alternate_settings_are_not(model: Model) -> None:
    found = parse(descriptors(model))
    assert found.id == model.id
    assert found.release == 0x0102
    assert found.configurations == model.configurations
    assert found.complaint == ""


def test_a_file_without_a_device_descriptor_is_refused() -> None:
    with pytest.raises(DescriptorError, match="not a USB device descriptor: 3 bytes"):
        parse(b"\x12\x01\x00")
    with pytest.raises(DescriptorError):
        parse(bytes(18))


def test_a_configuration_that_ends_early_gives_what_is_there_and_a_complaint() -> None:
    whole = descriptors(MICROMAX)
    found = parse(whole[:-60])
    assert [i.number for i in found.configurations[0].interfaces] == [0, 1, 2, 3]
    assert "configuration 1 says" in found.complaint


def test_a_length_of_zero_does_not_hang_and_spoils_only_its_own_configuration() -> None:
    raw = bytearray(descriptors(MU609))
    raw[18 + 9 + 9] = 0  # the bLength of the first class-specific descriptor
    found = parse(bytes(raw))
    assert found.configurations[0].interfaces[0].endpoints == ()
    assert found.configurations[1:] == MU609.configurations[1:]
    assert "says it has 0 bytes" in found.complaint


def test_a_missing_configuration_is_complained_about() -> None:
    raw = bytearray(descriptors(MICROMAX))
    raw[17] = 2
    assert parse(bytes(raw)).complaint == "2 configurations promised, 1 are there"


def test_an_alternate_setting_that_comes_first_is_not_taken_for_the_interface() -> None:
    one = MICROMAX.configurations[0].interfaces[0]
    body = bytes((9, 4, 0, 1, 0, 0xEE, 0xEE, 0xEE, 0)) + bytes((9, 4, 0, 0, 0, *one.triple, 0))
    head = descriptors(MICROMAX)[:18]
    raw = head + bytes((9, 2, 9 + len(body), 0, 1, 1, 0, 0xE0, 250)) + body
    assert [i.triple for i in parse(raw).configurations[0].interfaces] == [one.triple]


@given(st.binary(max_size=200), st.integers(0, 250))
def test_no_bytes_make_it_fail_in_any_other_way(noise: bytes, at: int) -> None:
    raw = descriptors(MU609)
    parse(raw[: 18 + at] + noise)
