"""Tries one action after the other until the device comes back as something else."""

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wwand.device import Place, UsbAccess, UsbDevice
from wwand.errors import DeviceGone, SwitchFailed, Unsupported, UsbError, WwandError
from wwand.switching.actions import Action
from wwand.switching.rules import SwitchRule

log = logging.getLogger(__name__)

LEAVING = frozenset(
    {
        errno.ENODEV,
        errno.ENOENT,
        errno.EIO,
        errno.EPIPE,
        errno.EPROTO,
        errno.EILSEQ,
        errno.ESHUTDOWN,
        errno.EOVERFLOW,
    }
)
"""Ways a transfer ends when the device leaves the bus under it (linux
Documentation/driver-api/usb/error-codes.rst): success until proven otherwise."""

SECOND_THOUGHTS = 3.0
"""Seconds for a device to leave after a transfer that failed in another way: a message that
timed out may have arrived."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action, and the rule that it stands in."""

    action: Action
    rule: SwitchRule
    first: bool
    """Whether it is the first of its rule."""


def steps(rules: Sequence[SwitchRule]) -> list[Step]:
    """Return the distinct actions of the rules, best rule first."""
    found: list[Step] = []
    for rule in rules:
        first = True
        for action in rule.actions:
            if all(action != step.action for step in found):
                found.append(Step(action, rule, first))
                first = False
    return found


def _silent(_text: str) -> None:
    """Nobody wants to know."""


async def switch(
    place: Place,
    rules: Sequence[SwitchRule],
    usb: UsbAccess,
    *,
    on_step: Callable[[str], None] = _silent,
    deadline: float = 20.0,
) -> UsbDevice:
    """Make the device at `place` a modem and return what it has become.

    The best action is tried first and, in case the firmware did not listen yet, again at the end.
    Each action has `deadline` seconds (usb_modeswitch's CheckSuccess) until the device leaves or
    changes, and when it left the same time again until it is back. Raises SwitchFailed when
    nothing helped, and DeviceGone when it was unplugged for good.
    """
    start = place.device
    if start is None:
        raise DeviceGone(f"nothing is plugged in at {place.key}")
    ladder = steps(rules)
    ladder += [replace(step, first=False) for step in ladder[:1]]  # it may have come too early
    outcomes: list[str] = []
    for number, step in enumerate(ladder, 1):
        if step.first and step.rule.wait_before:
            on_step(f"waiting {step.rule.wait_before:g} s: the firmware needs it")
            await _settled(place, start, step.rule.wait_before)
        device = _present(place, start)
        if _is_other(start, device):
            return _arrived(device, rules, on_step)
        if not step.action.fits(device):
            outcomes.append(f"{step.action.title}: not possible in this mode")
            continue
        on_step(f"{number} of {len(ladder)}: {step.action.title} ({step.rule.source})")
        outcome = await _attempt(step.action, place, device, usb, deadline)
        now = place.device
        if now and _is_other(start, now):
            return _arrived(now, rules, on_step)
        outcomes.append(f"{step.action.title}: {outcome}")
        log.info("%s: %s", start, outcomes[-1])
    _present(place, start)
    told = "; ".join(f"{n}. {text}" for n, text in enumerate(outcomes, 1))
    raise SwitchFailed(
        f"{start} did not become a modem: {told or 'no rule knows how to switch it'}",
        "pull it out, wait ten seconds and plug it into another port; if that does not help,"
        " another message may: see `wwanctl rules` and /etc/wwand/switch.d",
    )


async def _attempt(
    action: Action, place: Place, device: UsbDevice, usb: UsbAccess, deadline: float
) -> str:
    """Do it, wait for its effect, and say in words what came of it."""
    trouble = ""
    try:
        await action.run(usb, place)
    except Unsupported as error:
        return str(error)
    except DeviceGone:
        log.debug("%s left during %s", device, action.title)
    except UsbError as error:
        log.debug("%s: %s: %s", device, action.title, error)
        if error.errno not in LEAVING:
            trouble = f"{error}; "
            deadline = min(deadline, SECOND_THOUGHTS)
    except WwandError as error:
        return str(error)
    now = await _settled(place, device, deadline)
    if now is None:
        return f"{trouble}no change within {deadline:g} s"
    return f"{trouble}it came back as it was"


async def _settled(place: Place, before: UsbDevice, deadline: float) -> UsbDevice | None:
    """Wait until what was there has been exchanged or changed; None when it just stays."""
    left = False
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while True:
        now = place.device
        if now is None and not left:
            left = True
            end = loop.time() + deadline
        if now and _is_other(before, now):
            return now
        if now and now.devnum != before.devnum and now.active:
            return now
        try:
            async with asyncio.timeout_at(end):
                await place.changed()
        except TimeoutError:
            break
    _present(place, before)
    return None


def _present(place: Place, start: UsbDevice) -> UsbDevice:
    if place.device is None:
        raise DeviceGone(f"{start} went away and did not come back")
    return place.device


def _is_other(before: UsbDevice, now: UsbDevice) -> bool:
    """Tell whether a device has become something else: another id, or other interfaces."""
    if now.id != before.id:
        return True
    if not now.active:
        return False  # it has just enumerated and cannot be judged yet
    return now.active != before.active or (
        [i.triple for i in now.interfaces] != [i.triple for i in before.interfaces]
    )


def _arrived(
    device: UsbDevice, rules: Sequence[SwitchRule], on_step: Callable[[str], None]
) -> UsbDevice:
    if any(rule.reached_by(device) for rule in rules):
        on_step(f"it is {device} now")
    else:
        expected = sorted({str(target) for rule in rules for target in rule.targets})
        on_step(f"it is {device} now; the rules expected {', '.join(expected) or 'another class'}")
    return device
