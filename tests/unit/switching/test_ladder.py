import asyncio
import errno
from dataclasses import replace

import pytest

from tests.unit.switching.sticks import (
    AGAIN,
    CDROM,
    MICROMAX,
    MODEM,
    PLAIN,
    THREAD,
    Call,
    FakeUsb,
    micromax_at,
)
from wwand.device import Configuration, Place, UsbDevice, UsbId
from wwand.errors import DeviceGone, SwitchFailed, UsbError
from wwand.switching import actions, ladder
from wwand.switching.actions import NotOffered, SetConfiguration, messages
from wwand.switching.ladder import steps, switch
from wwand.switching.rules import SwitchRule

SHORT = 0.02
"""Seconds that a step may take where nothing is going to happen."""


def rule(*tried: actions.Action, wait: float = 0.0, target_class: int | None = None) -> SwitchRule:
    return SwitchRule(
        CDROM.id,
        tried,
        targets=frozenset({MODEM.id}),
        wait_before=wait,
        target_class=target_class,
    )


@pytest.fixture
def place() -> Place:
    return Place(CDROM)


async def test_the_stick_of_the_thread_becomes_a_modem(place: Place) -> None:
    usb = FakeUsb(micromax_at(place))
    told: list[str] = []
    assert await switch(place, [MICROMAX], usb, on_step=told.append) is MODEM
    assert usb.sent == [THREAD]
    assert told == [
        "1 of 2: switching message (wwand_longcheer)",
        "it is 1c9e:9605 at 1-1.4 now",
    ]


async def test_a_device_that_missed_the_best_action_gets_it_again_at_the_end(place: Place) -> None:
    """A firmware that has just started may not listen yet."""
    usb = FakeUsb(lambda call: place.update(MODEM) if len(usb.sent) == 3 else None)
    rules = [rule(messages(THREAD), messages(PLAIN))]
    assert await switch(place, rules, usb, deadline=SHORT) is MODEM
    assert usb.sent == [THREAD, PLAIN, THREAD]


async def test_the_next_action_is_tried_when_the_device_does_not_react(place: Place) -> None:
    usb = FakeUsb(micromax_at(place))
    rules = [rule(messages(PLAIN), messages(THREAD))]
    assert await switch(place, rules, usb, deadline=SHORT) is MODEM
    assert usb.sent == [PLAIN, THREAD]


async def test_the_next_action_is_tried_at_once_when_it_comes_back_as_it_was(place: Place) -> None:
    def react(call: Call) -> None:
        place.update(None)
        place.update(AGAIN if len(usb.done) == 1 else MODEM)

    usb = FakeUsb(react)
    assert await switch(place, [rule(messages(PLAIN), messages(THREAD))], usb) is MODEM


async def test_each_action_is_tried_once_though_several_rules_name_it(place: Place) -> None:
    twice = [rule(messages(THREAD), messages(PLAIN)), rule(messages(PLAIN), messages(THREAD))]
    assert [step.action for step in steps(twice)] == [messages(THREAD), messages(PLAIN)]


async def test_a_failure_names_every_step_and_what_came_of_it(place: Place) -> None:
    def react(call: Call) -> None:
        if call == 2:
            raise UsbError("USB: Permission denied", errno.EACCES)

    device = replace(CDROM, configurations=(*CDROM.configurations, Configuration(2, ())))
    place.update(device)
    rules = [rule(messages(PLAIN), NotOffered("CiscoMode"), SetConfiguration(2))]
    with pytest.raises(SwitchFailed) as failed:
        await switch(place, rules, FakeUsb(react), deadline=SHORT)
    text = str(failed.value)
    assert "1. switching message: no change within 0.02 s" in text
    assert "2. CiscoMode (unknown to wwand): wwand does not know" in text
    assert "3. configuration 2: USB: Permission denied; no change" in text
    assert failed.value.next_step


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.EPIPE, errno.EPROTO])
async def test_an_error_of_a_device_that_leaves_is_a_success(place: Place, number: int) -> None:
    def react(call: Call) -> None:
        micromax_at(place)(call)
        raise UsbError("USB: gone", number)

    assert await switch(place, [MICROMAX], FakeUsb(react)) is MODEM


async def test_a_transfer_that_was_refused_is_not_waited_for_long(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def react(call: Call) -> None:
        raise UsbError("USB: Access denied", errno.EACCES)

    monkeypatch.setattr(ladder, "SECOND_THOUGHTS", SHORT)
    async with asyncio.timeout(5):
        with pytest.raises(SwitchFailed, match="Access denied; no change within 0.02 s"):
            await switch(place, [MICROMAX], FakeUsb(react), deadline=60)


async def test_the_same_error_without_a_change_is_none(place: Place) -> None:
    def react(call: Call) -> None:
        raise UsbError("USB: Input/Output Error", errno.EIO)

    with pytest.raises(SwitchFailed, match="no change"):
        await switch(place, [MICROMAX], FakeUsb(react), deadline=SHORT)


async def test_a_device_that_leaves_while_it_is_opened_is_waited_for(place: Place) -> None:
    def react(call: Call) -> None:
        place.update(MODEM)
        raise DeviceGone("it is not on the bus any more")

    assert await switch(place, [MICROMAX], FakeUsb(react)) is MODEM


async def test_a_device_that_is_pulled_out_is_gone(place: Place) -> None:
    usb = FakeUsb(micromax_at(place, left=None))
    with pytest.raises(DeviceGone, match="did not come back"):
        await switch(place, [MICROMAX], usb, deadline=SHORT)
    with pytest.raises(DeviceGone):
        await switch(place, [MICROMAX], usb)


async def test_another_id_than_expected_is_a_success_with_a_remark(place: Place) -> None:
    other = replace(MODEM, id=UsbId(0x1C9E, 0x9B05))
    told: list[str] = []
    usb = FakeUsb(micromax_at(place, left=other))
    assert await switch(place, [MICROMAX], usb, on_step=told.append) is other
    assert told[-1] == "it is 1c9e:9b05 at 1-1.4 now; the rules expected 1c9e:9605"


async def test_other_interfaces_under_the_same_id_are_a_success(place: Place) -> None:
    kept = replace(MODEM, id=CDROM.id)
    told: list[str] = []
    usb = FakeUsb(micromax_at(place, left=kept))
    rules = [rule(messages(THREAD), target_class=0xFF)]
    assert await switch(place, rules, usb, on_step=told.append) is kept
    assert "expected" not in told[-1]


async def test_a_device_that_is_not_configured_yet_is_not_judged(place: Place) -> None:
    early = replace(MODEM, id=CDROM.id, active=0)

    def react(call: Call) -> None:
        place.update(early)
        asyncio.get_running_loop().call_later(0.01, place.update, replace(early, active=1))

    device = await switch(place, [MICROMAX], FakeUsb(react))
    assert device.active == 1


async def test_snapshots_of_the_same_enumeration_do_not_end_the_wait(place: Place) -> None:
    class LateUsb(FakeUsb):
        """Its device loses its driver first, and leaves later."""

        async def bulk(self, device: UsbDevice, transfers: object) -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(place.update, replace(CDROM, ports=()))
            loop.call_later(0.01, place.update, MODEM)

    assert await switch(place, [MICROMAX], LateUsb()) is MODEM


async def test_a_configuration_is_a_step_like_any_other(place: Place) -> None:
    two = replace(CDROM, configurations=(*CDROM.configurations, Configuration(2, ())))
    place.update(two)
    usb = FakeUsb(lambda call: place.update(replace(two, active=2)))
    device = await switch(place, [rule(SetConfiguration(2))], usb)
    assert device.active == 2
    assert usb.done == [2]


async def test_a_device_that_changes_while_its_firmware_is_waited_for_is_left_alone(
    place: Place,
) -> None:
    asyncio.get_running_loop().call_soon(place.update, MODEM)
    usb = FakeUsb()
    assert await switch(place, [rule(messages(THREAD), wait=5)], usb) is MODEM
    assert usb.done == []


async def test_no_rules_is_a_failure_in_plain_words(place: Place) -> None:
    with pytest.raises(SwitchFailed, match="no rule knows how to switch it"):
        await switch(place, [], FakeUsb())
