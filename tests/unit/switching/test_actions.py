import asyncio
from dataclasses import replace

import pytest

from tests.unit.switching.sticks import AGAIN, CDROM, MODEM, FakeUsb
from wwand.device import BulkPlan, Configuration, ControlRequest, Place
from wwand.errors import DeviceGone, Unsupported, UsbError
from wwand.switching import actions
from wwand.switching.actions import Action, Messages, SetConfiguration, Sony


@pytest.mark.parametrize(
    "action", [actions.STANDARD_EJECT, actions.HUAWEI_NEW, actions.HUAWEI_ALT, actions.OPTION]
)
def test_every_storage_message_is_a_command_block_wrapper(action: Messages) -> None:
    for message in action.plan.messages:
        assert len(message) == 31
        assert message.startswith(b"USBC")


def test_the_eject_allows_removal_and_ejects_on_both_units() -> None:
    assert [(m[13], m[14], m[15:21].hex()) for m in actions.EJECT_MESSAGES] == [
        (0, 6, "1e0000000000"),
        (0, 6, "1b0000000200"),
        (1, 6, "1e0000000000"),
        (1, 6, "1b0000000200"),
    ]


def test_a_wrapper_carries_length_direction_and_unit() -> None:
    wrapper = actions.cbw("06f504025270", length=0x80, data_in=True)
    assert wrapper.hex() == "55534243123456788000000080000606f50402527000000000000000000000"


def test_a_storage_command_is_not_for_a_modem() -> None:
    assert actions.STANDARD_EJECT.fits(CDROM)
    assert not actions.STANDARD_EJECT.fits(MODEM)
    on_four = Messages(BulkPlan(actions.EJECT_MESSAGES, interface=4))
    assert not on_four.fits(CDROM)


def test_a_configuration_must_exist_and_be_another_one() -> None:
    two = replace(CDROM, configurations=(*CDROM.configurations, Configuration(2, ())))
    assert SetConfiguration(2).fits(two)
    assert not SetConfiguration(2).fits(CDROM)
    assert not SetConfiguration(1).fits(two)


@pytest.mark.parametrize(
    ("action", "request_type", "request_number", "value", "length"),
    [
        (actions.HUAWEI, 0x00, 0x03, 1, 0),
        (actions.SIERRA, 0x40, 0x0B, 1, 0),
        (actions.SEQUANS, 0x40, 0x0B, 2, 0),
        (actions.KOBIL, 0xC0, 0x88, 0, 8),
        (actions.pantech(4), 0x40, 0x70, 4, 0),
    ],
)
async def test_a_vendor_request(
    action: Action, request_type: int, request_number: int, value: int, length: int
) -> None:
    usb = FakeUsb()
    await action.run(usb, Place(CDROM))
    assert usb.done == [ControlRequest(request_type, request_number, value, length=length)]


async def test_sony_asks_again_when_the_device_is_back() -> None:
    place = Place(CDROM)
    usb = FakeUsb()
    asking = asyncio.create_task(actions.SONY.run(usb, place))
    await asyncio.sleep(0)
    assert len(usb.done) == 1
    place.update(None)
    await asyncio.sleep(0)
    place.update(AGAIN)
    await asyncio.wait_for(asking, 5)
    assert len(usb.done) == 2


async def test_sony_gives_up_when_the_device_stays() -> None:
    with pytest.raises(UsbError, match="did not enumerate again"):
        await Sony(patience=0.01).run(FakeUsb(), Place(CDROM))


async def test_nothing_can_be_done_to_an_empty_place() -> None:
    place = Place(CDROM)
    place.update(None)
    for action in (actions.STANDARD_EJECT, actions.HUAWEI, SetConfiguration(2), actions.Reset()):
        with pytest.raises(DeviceGone):
            await action.run(FakeUsb(), place)


async def test_a_method_wwand_does_not_know_is_named() -> None:
    with pytest.raises(Unsupported, match="CiscoMode"):
        await actions.NotOffered("CiscoMode").run(FakeUsb(), Place(CDROM))


def test_actions_are_equal_when_they_do_the_same() -> None:
    same = Messages(BulkPlan(actions.EJECT_MESSAGES), "by another name")
    assert same == actions.STANDARD_EJECT
