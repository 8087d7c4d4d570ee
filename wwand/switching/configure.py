"""Select a USB configuration of a device, and see that it is there."""

import asyncio

from wwand.device import Place, UsbAccess
from wwand.errors import DeviceGone, UsbError, WwandError

RECONFIGURED = 20.0
"""Seconds for the kernel to select a configuration and bind its drivers, on a slow machine."""


async def configure(place: Place, value: int, usb: UsbAccess) -> None:
    """Return when the device is in that configuration, or has left; WwandError when it is not."""
    device = place.device
    if device is None:
        raise DeviceGone(f"nothing is plugged in at {place.key} any more")
    try:
        await usb.configure(device, value)
        async with asyncio.timeout(RECONFIGURED):
            while (now := place.device) and now.active != value:
                await place.changed()
    except (UsbError, TimeoutError) as error:
        raise WwandError(
            f"{device} did not take configuration {value}: {str(error) or 'nothing happened'}",
            "unplug it and plug it in again",
        ) from error
