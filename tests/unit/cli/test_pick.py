"""Which modem or device a name means."""

import pytest

from tests.unit.cli.things import ROOT, device, modem
from wwand.cli import pick
from wwand.cli.failures import NEXT, Failure

MODEMS = [modem(0), modem(3, EquipmentIdentifier="910000010000999", DeviceIdentifier="beef")]
DEVICES = [device(0), device(3, Modem=f"{ROOT}/Modem/3", UsbId="12d1:1506")]


@pytest.mark.parametrize(
    "name",
    ["3", "modem3", f"{ROOT}/Modem/3", "910000010000999", "1-4", "12d1:1506", "12D1:1506"],
)
def test_a_modem_has_many_names(name: str) -> None:
    found = pick.choose_modem(MODEMS, DEVICES, name)
    assert found
    assert found.number == 3


def test_the_only_modem_needs_no_name() -> None:
    assert pick.choose_modem(MODEMS[:1], DEVICES, None) is MODEMS[0]


def test_of_several_modems_none_is_guessed() -> None:
    with pytest.raises(Failure) as failed:
        pick.choose_modem(MODEMS, DEVICES, None)
    assert failed.value.line == (
        "there are 2 modems: 0 (Micromax MMX352G at 1-1) and 3 (Micromax MMX352G at 1-4)"
        f"{NEXT}say which one"
    )


def test_a_usb_id_that_two_modems_share_is_not_clear() -> None:
    twins = [DEVICES[0], device(3, Modem=f"{ROOT}/Modem/3")]
    with pytest.raises(Failure, match="there are 2 modems"):
        pick.choose_modem(MODEMS, twins, "1c9e:9605")


def test_an_unknown_name_fits_none() -> None:
    assert pick.choose_modem(MODEMS, DEVICES, "7") is None


def test_without_a_modem_the_way_to_one_is_told() -> None:
    stuck = device(Phase="stuck", Reason="no port", Modem="/")
    coming = device(Phase="probing", Modem="/")
    assert "1-1 is stuck: `wwanctl explain 1-1`" in pick.no_modem([stuck]).line
    assert "1-1 is probing: wait a moment" in pick.no_modem([coming]).line
    assert "plug one in" in pick.no_modem([device(Phase="ignored", Modem="/")]).line


@pytest.mark.parametrize("name", ["1-1", "1c9e:9605", "1C9E:9605", "0", "/sys/devices/usb1/1-1"])
def test_a_device_has_many_names(name: str) -> None:
    assert pick.is_device(device(), name)
    assert not pick.is_device(device(5, UsbId="0000:0000"), name)
