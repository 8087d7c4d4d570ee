"""End a call by the DTR line, on ports that have one."""

import asyncio
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from wwand.at.reports import Listener

DTR_LOW = 0.5
"""Seconds DTR is held low at most; modems look at it every 0.05 s or so (S25), pppd takes 1 s."""


@runtime_checkable
class ControlLines(Protocol):
    """A transport whose port may have a DTR line."""

    def drop_dtr(self) -> bool:
        """Lower DTR; False when the port has no such line."""
        ...

    def raise_dtr(self) -> bool:
        """Raise DTR again."""
        ...


async def pulse(
    transport: asyncio.Transport, on: Callable[[str, Listener], Callable[[], None]]
) -> None:
    """Drop DTR until NO CARRIER comes, for `DTR_LOW` seconds at most (V.250 §6.2.8).

    `on` subscribes to a report, and returns what ends that.
    """
    if not isinstance(transport, ControlLines) or not transport.drop_dtr():
        return
    hung_up = asyncio.Event()
    unsubscribe = on("NO CARRIER", lambda _text: hung_up.set())
    try:
        async with asyncio.timeout(DTR_LOW):
            await hung_up.wait()
    except TimeoutError:
        pass
    finally:
        unsubscribe()
        if not transport.is_closing():
            transport.raise_dtr()
