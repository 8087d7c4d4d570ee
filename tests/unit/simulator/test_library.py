"""Model files."""

import re

import pytest

from wwand.device import MODEM_DRIVERS, Transfer
from wwand.errors import ConfigError, NotFound
from wwand.simulator import load_model, model_names
from wwand.simulator.library import read_model
from wwand.simulator.model import Speaks

SMALL = """
summary = "x"
[modes.modem]
id = "1234:5678"
[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["81 bulk", "01 bulk"]
speaks = "at"
"""


def luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


@pytest.mark.parametrize("name", model_names())
def test_every_packaged_model_is_complete(name: str) -> None:
    model = load_model(name)
    assert model.summary
    assert luhn(model.identity.imei)
    assert luhn(model.sim.iccid)
    for mode in model.modes.values():
        for configuration in mode.configurations:
            addresses = [e.address for i in configuration.interfaces for e in i.usb.endpoints]
            assert len(addresses) == len(set(addresses))


def test_the_micromax_stick_has_the_descriptors_its_owner_posted() -> None:
    mode = load_model("longcheer-mmx352g").modes["modem"]
    (configuration,) = mode.configurations
    assert str(mode.id) == "1c9e:9605"
    assert [
        (i.usb.number, i.usb.triple, [e.address for e in i.usb.endpoints], i.usb.driver)
        for i in configuration.interfaces
    ] == [
        (0, (0xFF, 0xFF, 0xFF), [0x81, 0x01], "option"),
        (1, (0xFF, 0xFF, 0xFF), [0x82, 0x02], "option"),
        (2, (0xFF, 0xFF, 0xFF), [0x83, 0x03], "option"),
        (3, (0xFF, 0xFF, 0xFF), [0x84, 0x85, 0x04], "option"),
        (4, (0x08, 0x06, 0x50), [0x05, 0x86], "usb-storage"),
    ]
    assert configuration.interfaces[3].usb.endpoints[0].transfer is Transfer.INTERRUPT
    assert {i.usb.driver for i in configuration.interfaces} & MODEM_DRIVERS


def test_a_model_may_be_a_file_of_ones_own(tmp_path: object) -> None:
    file = re.sub("$", "/mine.toml", str(tmp_path))
    with open(file, "w") as out:
        out.write(SMALL)
    model = load_model(file)
    assert model.name == "mine"
    assert model.modes["modem"].configurations[0].interfaces[0].speaks is Speaks.AT


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound) as refusal:
        load_model("nokia-3310")
    assert "longcheer-mmx352g" in refusal.value.next_step


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (SMALL.replace("speaks", "speeks"), "speaks"),
        (SMALL + "colour = 1\n", "colour"),
        (SMALL + "[identity]\nimie = '1'\n", "imie"),
        (SMALL.replace('summary = "x"', 'summary = "x"\nstarts_as = "cd"'), "cd"),
        (SMALL.replace('"at"', '"storage"'), "without a disk"),
        (SMALL + '[[modes.modem.switches]]\nbecomes = "modem"\n', "exactly one"),
        ("summary = ", "Invalid value"),
    ],
)
def test_a_mistake_in_a_model_file_is_named(text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        read_model("broken", text)
