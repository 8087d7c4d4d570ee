"""Give every place on the bus a life of its own, and know all of them."""

import asyncio
import itertools
from typing import Protocol

from wwand.device import Discovery, Place, Plugged, Unplugged, UsbDevice, UsbId
from wwand.errors import BadArgument, NotFound
from wwand.life import DeviceLife
from wwand.log import ObjectLog
from wwand.modem.base import Modem
from wwand.status import Observable
from wwand.world import World

PLAIN_CLASSES = frozenset({0x01, 0x03, 0x05, 0x06, 0x07, 0x09, 0x0B, 0x0E, 0xE0})
"""Audio, input, physical, image, printer, hub, smart card, video, wireless: never modems."""


class Simulator(Protocol):
    """What is asked of a simulation while the daemon runs."""

    @property
    def models(self) -> list[str]:
        """The virtual modems there are to plug in."""
        ...

    async def plug(self, model: str) -> str:
        """Plug one in; returns its place."""
        ...

    async def fault(self, place: str, fault: str, argument: str) -> None:
        """Make one misbehave, or pull it out."""
        ...


class Manager(Observable):
    """The devices and modems there are; `listeners` hear when one comes or goes."""

    def __init__(
        self, discovery: Discovery, world: World, simulator: Simulator | None = None
    ) -> None:
        super().__init__()
        self.simulator = simulator
        """Makes virtual modems; None where the devices are real."""
        self.world = world
        self.log = ObjectLog(__name__, "manager")
        self._discovery = discovery
        self._lives: dict[str, DeviceLife] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = itertools.count()
        self._inhibited: dict[str, str] = {}
        """uid, as the client named the device → its place, whatever is plugged in there now"""

    @property
    def devices(self) -> list[DeviceLife]:
        """The devices that may be of interest, oldest first."""
        return list(self._lives.values())

    @property
    def modems(self) -> list[Modem]:
        """The modems that are ready, failed or locked ones included."""
        return [life.modem for life in self._lives.values() if life.modem]

    @property
    def plugins(self) -> list[tuple[str, str]]:
        """Every plugin found, and why it was left out or an empty string."""
        return self.world.plugins.status

    @property
    def started(self) -> float:
        """When the daemon started, on the monotonic clock."""
        return self.world.started

    async def run(self) -> None:
        """Follow the bus until cancelled; every life has ended when this returns."""
        try:
            async for event in self._discovery.events():
                match event:
                    case Plugged(device):
                        self._plugged(device)
                    case Unplugged(key) if key in self._lives:
                        self._lives[key].place.update(None)
        finally:
            for task in self._running.values():
                task.cancel()
            if self._running:
                await asyncio.wait(self._running.values())

    def _plugged(self, device: UsbDevice) -> None:
        if life := self._lives.get(device.key):
            life.place.update(device)
        elif not is_plain(device):
            life = DeviceLife(next(self._numbers), Place(device), self.world, self.changed)
            if device.key in self._inhibited.values():
                life.inhibit()
            self._lives[device.key] = life
            self._running[device.key] = asyncio.create_task(self._live(life), name=device.key)
            self.changed()

    async def _live(self, life: DeviceLife) -> None:
        try:
            await life.run()
        finally:
            key = life.place.key
            del self._lives[key], self._running[key]
            self.log.info("%s is gone", life.device)
            self.changed()

    def rescan(self) -> None:
        """Look at the bus again, and try anew whatever is stuck."""
        self._discovery.rescan()
        for life in self.devices:
            if life.phase == "stuck":
                life.retry()

    def suspending(self) -> None:
        """Hear that the machine is about to sleep."""
        for life in self.devices:
            life.suspending()

    def resumed(self) -> None:
        """Look after every modem at once: the machine has slept."""
        for life in self.devices:
            life.resumed()

    def rules(self, usb_id: str) -> list[tuple[str, str, str]]:
        """Source, rule and actions for one USB id, or a summary of the sources for ""."""
        book = self.world.rules
        if not usb_id:
            return [(f"{s.name}: {s.where}", f"{s.count} rules", s.note) for s in book.describe()]
        try:
            wanted = UsbId.parse(usb_id)
        except ValueError as error:
            raise BadArgument(str(error)) from None
        return [
            (rule.source, rule.name, ", ".join(action.title for action in rule.actions))
            for rule in book.known_for(wanted)
        ]

    async def inhibit(self, uid: str) -> None:
        """Let go of the device whose sysfs path or place is `uid`, and of what comes back there.

        Firmware that is being written restarts into a boot loader and back.
        """
        life = self._by_uid(uid)
        self._inhibited[uid] = life.place.key
        life.inhibit()

    async def release(self, uid: str) -> None:
        """Take up again what is there, or will be."""
        key = self._inhibited.pop(uid, None)
        if key is None:
            raise NotFound(f"{uid} is not inhibited")
        if key in self._lives and key not in self._inhibited.values():
            self._lives[key].release()

    def _by_uid(self, uid: str) -> DeviceLife:
        for life in self.devices:
            if uid in (life.device.sysfs, life.place.key):
                return life
        raise NotFound(f"no device {uid}")


def is_plain(device: UsbDevice) -> bool:
    """Whether a device is of a kind that nobody would look for among modems."""
    classes = {i.cls for i in device.interfaces} or {device.device_class}
    return classes <= PLAIN_CLASSES and not device.ports
