"""Have a QMI modem restart that hangs, over a port that is opened for this alone."""

import asyncio
import contextlib
from collections.abc import Sequence

from wwand.device import Port
from wwand.errors import ModemTimeout
from wwand.ports.transport import open_port
from wwand.qmi import ctl, dms
from wwand.qmi.channel import QmiChannel
from wwand.qmi.dms import OperatingMode

GUESSES = range(1, 17)
"""Numbers that a modem may have given to the client, tried where it does not say.

Firmware counts from 1 (0 is CTL's), some from the number that it gave out last.
"""


async def restart(port: Port, seconds: float) -> bool:
    """Order a restart, with so many seconds for each answer; whether the modem said that it will.

    Firmware that cannot answer may still listen, so silence ends nothing. Raises what `open_port`
    does, PortGone when the modem leaves the bus, and what a refusal amounts to.
    """
    channel = QmiChannel(port.name)
    await open_port(port, channel)
    async with channel:
        clients = await _clients(channel, seconds)
        # most firmware restarts from Offline only; where it is that already, it refuses the first
        await _order(channel, clients, OperatingMode.OFFLINE, seconds)
        return await _order(channel, clients, OperatingMode.RESET, seconds)


async def _clients(channel: QmiChannel, seconds: float) -> Sequence[int]:
    """Become a client of DMS, after those of the past were forgotten; guesses when it is silent."""
    with contextlib.suppress(ModemTimeout):
        await channel.ask(ctl.Sync(), timeout=seconds)
    with contextlib.suppress(ModemTimeout, TimeoutError):
        async with asyncio.timeout(seconds):
            return ((await channel.client(dms.DMS)).cid,)
    return GUESSES


async def _order(
    channel: QmiChannel, clients: Sequence[int], mode: OperatingMode, seconds: float
) -> bool:
    order = dms.SetOperatingMode(mode)
    answers = await asyncio.gather(
        *(channel.exchange(order, client, timeout=seconds) for client in clients),
        return_exceptions=True,
    )
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, ModemTimeout):
            raise answer
    return any(not isinstance(answer, BaseException) and answer.result.ok for answer in answers)
