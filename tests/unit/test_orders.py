"""What clients may order of a device, by what is known of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.unit.switching.sticks import CDROM, MICROMAX
from wwand.config import Config
from wwand.device import MASS_STORAGE, Configuration, Interface, UsbDevice, UsbId
from wwand.errors import NotFound, WrongState
from wwand.orders import Orders
from wwand.plugin import Plugins
from wwand.switching.actions import LeaveAlone
from wwand.switching.book import RuleBook
from wwand.switching.rules import SwitchRule
from wwand.world import World

NOBODYS = UsbId(0x1234, 0x5678)
HUAWEI = UsbId(0x12D1, 0x1573)
DRIVEN = (Interface(0, 0xFF, 0xFF, 0xFF, driver="option"),)
BARE = (Interface(0, 0xFF, 0xFF, 0xFF),)
PCUI = (Interface(0, 0xFF, 0x01, 0x01), Interface(1, 0xFF, 0x01, 0x02))
"""Interfaces by which the maker's plugin knows its modems, without a driver."""
CARD = (Interface(0, 0x02, 0x06, 0, driver="cdc_ether"), Interface(1, 0x0A, 0, 0))
DISK = (Interface(0, MASS_STORAGE, 6, 0x50, driver="usb-storage"),)


def device(
    *configurations: Sequence[Interface], active: int = 1, usb_id: UsbId = NOBODYS
) -> UsbDevice:
    numbered = tuple(Configuration(n, tuple(each)) for n, each in enumerate(configurations, 1))
    return UsbDevice("1-1", usb_id, "/nowhere", configurations=numbered, active=active)


def orders(
    about: UsbDevice,
    settings: dict[str, Any] | None = None,
    rules: Sequence[SwitchRule] = (),
    *,
    inhibited: bool = False,
    was_modem: bool = False,
) -> Orders:
    world = SimpleNamespace(
        config=Config(devices={about.key: settings or {}}),
        plugins=Plugins(),
        rules=RuleBook(rules, Path("/nonexistent"), modeswitch=False, usbmode=False),
    )
    return Orders(cast(World, world), about, inhibited=inhibited, was_modem=was_modem)


@pytest.mark.parametrize(
    "thing",
    [
        device(DISK),
        device(CARD),
        device(BARE),
        device(DISK, usb_id=HUAWEI),
        device(CARD, DISK),
        device(DISK, active=0),
    ],
    ids=["disk", "network-card", "unknown", "a-makers-disk", "two-configurations", "unconfigured"],
)
def test_what_nothing_shows_to_be_a_modem_is_not_touched(thing: UsbDevice) -> None:
    with pytest.raises(WrongState, match="nothing shows that it is a modem") as caught:
        orders(thing).touch()
    assert f'[device."{thing.id}"]' in caught.value.next_step
    with pytest.raises(WrongState, match="nothing shows that it is a modem"):
        orders(thing).configure(1)
    orders(thing, {"modem": True}).configure(1)


def test_what_a_rule_leaves_alone_is_not_touched() -> None:
    with pytest.raises(WrongState):
        orders(CDROM, rules=[SwitchRule(CDROM.id, (LeaveAlone(),))]).touch()


@pytest.mark.parametrize(
    "modem",
    [
        device(DRIVEN),
        device(PCUI, usb_id=HUAWEI),
        device(BARE, PCUI, usb_id=HUAWEI),
        device(PCUI, active=0, usb_id=HUAWEI),
    ],
    ids=["driver", "known-without-driver", "known-in-another-configuration", "unconfigured"],
)
def test_a_modem_may_be_reset_and_configured(modem: UsbDevice) -> None:
    orders(modem).touch()
    orders(modem).configure(1)


def test_what_a_rule_makes_a_modem_may_be_reset() -> None:
    orders(CDROM, rules=[MICROMAX]).touch()


def test_what_was_a_modem_may_be_reset_without_its_drivers() -> None:
    orders(device(BARE), was_modem=True).touch()


@pytest.mark.parametrize(
    ("modem", "settings", "inhibited", "reason", "way_out"),
    [
        (device(DRIVEN), {"ignore": True, "modem": True}, False, "configuration", "`ignore`"),
        (
            replace(device(DRIVEN), properties={"ID_MM_DEVICE_IGNORE": "1"}),
            {"modem": True},
            False,
            "udev",
            "udev",
        ),
        (device(DRIVEN), {}, True, "by a client", "program"),
    ],
    ids=["configuration", "udev", "inhibited"],
)
def test_a_banned_device_is_not_touched_whatever_else_is_known_of_it(
    modem: UsbDevice, settings: dict[str, Any], inhibited: bool, reason: str, way_out: str
) -> None:
    rules = [replace(MICROMAX, id=modem.id)]
    banned = orders(modem, settings, rules, inhibited=inhibited, was_modem=True)
    with pytest.raises(WrongState, match=f"is left alone: .*{reason}") as caught:
        banned.touch()
    assert way_out in caught.value.next_step
    with pytest.raises(WrongState, match="is left alone"):
        banned.configure(1)


def test_only_a_configuration_that_is_there_and_may_be_used_is_selected() -> None:
    modem = device(DRIVEN, DRIVEN)
    with pytest.raises(NotFound, match="has no configuration 7; it has 1, 2"):
        orders(modem).configure(7)
    with pytest.raises(WrongState, match="configuration = 2"):
        orders(modem, {"configuration": 2}).configure(1)
    orders(modem, {"configuration": 2}).configure(2)
