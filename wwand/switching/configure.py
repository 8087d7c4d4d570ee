"""Select a USB configuration of a device, and see that it is there."""

import asyncio

from wwand.device import Place, UsbAccess
from wwand.errors import DeviceGone, UsbError, WwandError

RECONFIGURED = 20.0
"""Seconds for the kernel to select a configuration and bind its drivers, on a slow machine; and for
firmware that restarts over it to be back."""

SECOND_THOUGHTS = 3.0
"""Seconds for a device to leave, or to be in the configuration after all, after an error."""


async def configure(place: Place, value: int, usb: UsbAccess) -> None:
    """Return when the device is in that configuration, WwandError when it is not.

    Firmware may restart over it, and is waited for; DeviceGone when it does not come back.
    """
    device = place.device
    if device is None:
        raise DeviceGone(f"nothing is plugged in at {place.key} any more")
    trouble: WwandError | None = None
    try:
        await usb.configure(device, value)
    except (DeviceGone, UsbError) as error:
        trouble = error
    patience = SECOND_THOUGHTS if isinstance(trouble, UsbError) else RECONFIGURED
    left = False
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience) as limit:
            while (now := place.device) is None or (
                now.active != value and (now.is_same(device) or not now.active)
            ):
                if now is None and not left:
                    left = True
                    limit.reschedule(loop.time() + RECONFIGURED)
                await place.changed()
    except TimeoutError:
        if place.device is None:
            raise DeviceGone(f"{device} went away and did not come back") from None
        why = str(trouble or "nothing happened")
    else:
        if (now.id, now.active) == (device.id, value):
            return
        why = f"it came back as {now.id} in configuration {now.active}"
    raise WwandError(
        f"{device} did not take configuration {value}: {why}", "unplug it and plug it in again"
    ) from trouble
