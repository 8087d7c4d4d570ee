"""A device being a modem in one layout: ports opened, the modem kept, until one of them ends."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Protocol

from wwand.bearers.base import counted
from wwand.config import DeviceConfig
from wwand.device import PortKind, UsbDevice
from wwand.errors import DeviceGone, ModemMute, PortGone, WwandError
from wwand.keeper import Keeper
from wwand.log import ObjectLog
from wwand.modem.base import Modem
from wwand.modem.sim import PinMemory
from wwand.plugin import Match
from wwand.recovery import Line, Watch
from wwand.switching.layouts import Layout, next_step

if TYPE_CHECKING:
    pass

PROMISED = 10.0
"""Seconds for drivers to make the ports which the descriptors promise; then go on with those there.

usb-serial binds within milliseconds; a module that udev has to load from slow flash takes seconds.
"""


class Host(Protocol):
    """What the life of a device gives to its modem."""

    device: UsbDevice
    log: ObjectLog

    @property
    def memory(self) -> PinMemory:
        """What earlier runs have learned."""
        ...

    def settings(self, imei: str = "") -> DeviceConfig:
        """The device's configuration."""
        ...

    def note_phase(self, phase: str, reason: str = "") -> None:
        """Tell how far it has come."""
        ...

    def note_port(self, name: str, note: str) -> None:
        """Tell what was learned of a port."""
        ...

    def make_modem(self, kind: type[Modem], match: Match) -> Modem:
        """Make the modem, with what is wanted of it."""
        ...

    def leave_layout(self, error: WwandError) -> bool:
        """Go on to the next layout, as this one failed; False when there is none."""
        ...

    def publish(self, modem: Modem, settings: DeviceConfig) -> None:
        """Put the modem on the bus."""
        ...

    def withdraw(self) -> None:
        """Take it off the bus again."""
        ...

    async def later(self) -> UsbDevice:
        """Wait for the next snapshot of this enumeration, and take it over."""
        ...


class Serving(ABC):
    """The time in which a device is one modem."""

    def __init__(self, host: Host, match: Match, layout: Layout | None) -> None:
        self._host = host
        self._match = match
        self._layout = layout
        self._modem: Modem | None = None
        self._news = asyncio.Event()
        """Set at every snapshot."""
        self._keeper: Keeper | None = None
        self._watch = Watch(self._lines, self._received)

    async def run(self) -> None:
        """Be a modem; returns when another layout is to be used, raises when a port is lost."""
        host = self._host
        host.note_phase("settling", f"{self._match.plugin}: {self._match.reason}")
        feeding: asyncio.Task[None] | None = None
        try:
            try:
                await self._settle()
                feeding = asyncio.create_task(self._feed())
                modem = await self._begin()
            except (PortGone, DeviceGone):
                raise
            except WwandError as error:
                if host.leave_layout(error):
                    return
                raise
            self._modem = modem
            settings = host.settings(modem.identity.imei)
            host.publish(modem, settings)
            async with Keeper(modem, partial(host.note_phase, "modem")) as self._keeper:
                await self._serve_until_mute(modem)
        finally:
            if feeding:
                feeding.cancel()
            host.withdraw()
            if self._modem:
                await self._modem.close()
            await self._end()

    def resumed(self) -> None:
        """Look after modem and connection at once: the machine has slept."""
        self._watch.look_now()
        if self._modem and self._keeper:
            self._modem.tasks.spawn("looking at it after a sleep", self._modem.resumed())
            self._keeper.hurry()

    async def _serve_until_mute(self, modem: Modem) -> None:
        """Serve the modem; ModemMute when it answers on none of its ports any more."""
        tasks = (
            asyncio.ensure_future(self._serve(modem)),
            asyncio.create_task(self._watch.until_mute()),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()
        if tasks[0].cancelled():
            await self._end()  # whatever still waits for an answer ends now
            raise ModemMute(f"{modem.name} hangs: it answers on none of its ports")

    def _lines(self) -> Collection[Line]:
        """The open ports on which the modem is spoken to."""
        return ()

    def _received(self) -> int:
        bearers = self._modem.connected_bearers if self._modem else ()
        return sum(counted(bearer.interface)[0] for bearer in bearers)

    @abstractmethod
    def _settled(self) -> bool:
        """Whether the ports without which nothing can begin are there."""

    @abstractmethod
    async def _begin(self) -> Modem:
        """Open the ports, and start the modem on them; sets `_modem` as soon as there is one."""

    @abstractmethod
    def _offer(self, device: UsbDevice) -> None:
        """Take over a later snapshot: ports may have come or gone."""

    async def _serve(self, modem: Modem) -> None:
        """Look after the ports until the ladder of layouts leaves this modem."""
        await self._left(modem)

    @abstractmethod
    async def _end(self) -> None:
        """Close what `_begin` opened."""

    async def _left(self, modem: Modem) -> None:
        """Return when the ladder says to use a layout that this modem cannot be used in."""
        ladder = modem.ladder
        if ladder is None:
            await asyncio.Event().wait()
            return
        while ladder.serves(modem.device.active, modem.speaks()):
            await ladder.moved()

    async def _settle(self) -> None:
        """Wait until the drivers have made the ports without which nothing can begin."""
        host = self._host
        try:
            async with asyncio.timeout(PROMISED):
                while not self._settled():
                    await host.later()
        except TimeoutError:
            if not host.device.ports:
                driver = self._layout.driver if self._layout else "option"
                raise WwandError(
                    f"no port of {host.device} appeared within {PROMISED:.0f} s: "
                    f"the kernel's driver {driver} made none",
                    next_step(driver),
                ) from None

    async def _feed(self) -> None:
        """Hand on the ports that come later."""
        while True:
            device = await self._host.later()
            self._news.set()
            if self._modem:
                self._modem.follow(device)
            self._offer(device)


def has_card(device: UsbDevice) -> bool:
    """Whether it has a network interface."""
    return any(port.kind is PortKind.NET for port in device.ports)
