"""Ports that the kernel has taken away already, and of which udev has not told yet."""

import asyncio
import contextlib
from typing import Protocol

from wwand.device import UsbDevice

TOLD = 3.0
"""Seconds for udev to tell of it; its rules run programs, on slow machines."""


class Follower(Protocol):
    """Who follows a device from snapshot to snapshot."""

    device: UsbDevice

    async def later(self) -> UsbDevice:
        """Wait for the next snapshot, and take it over; for ever when the device has left."""
        ...


async def caught_up(follower: Follower) -> None:
    """Wait for the news of ports that are gone; most often the whole device is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TOLD):
            while any(port.path and not port.path.exists() for port in follower.device.ports):
                await follower.later()
