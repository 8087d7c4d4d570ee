"""The life of one place on the USB bus: from plug through switch, ports and modem to unplug.

found → switching → settling → probing → modem, or → stuck or ignored with the reason in words.
What goes wrong ends in `stuck`, never in another device's life.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from wwand.at.channel import AtChannel
from wwand.bearers.base import Applier
from wwand.config import Config, DeviceConfig
from wwand.device import Place, Port, UsbAccess, UsbDevice
from wwand.errors import DeviceGone, NotFound, PortGone, WrongState, WwandError
from wwand.keeper import Keeper
from wwand.log import ObjectLog
from wwand.memory import Memory
from wwand.modem.at import AtModem
from wwand.modem.base import Modem, Numbers
from wwand.plugin import Match, Plugins, Verdict, modem_evidence, why_no_modem
from wwand.ports.probe import Prober
from wwand.ports.roles import Role
from wwand.status import Observable
from wwand.switching.book import RuleBook
from wwand.switching.guard import LoopGuard
from wwand.switching.ladder import switch
from wwand.switching.rules import SwitchRule

PROMISED = 10.0
"""Seconds for drivers to make the ports which the descriptors promise; then go on with those there.

usb-serial binds within milliseconds; a module that udev has to load from slow flash takes seconds.
"""

RESTARTS = 3
"""Times a modem's command port may be lost in a row while the device stays plugged in."""

STEADY = 60.0
"""Seconds after which a loss is not in a row with the one before."""


@dataclass
class World:
    """What all lives share."""

    config: Config
    plugins: Plugins
    rules: RuleBook
    usb: UsbAccess
    memory: Memory
    make_applier: Callable[[DeviceConfig], Applier]
    numbers: Numbers = field(default_factory=Numbers)
    guard: LoopGuard = field(default_factory=LoopGuard)
    started: float = field(default_factory=time.monotonic)


class DeviceLife(Observable):
    """What is plugged in at one place, how far it has come, and why it is not further."""

    def __init__(
        self,
        number: int,
        place: Place,
        world: World,
        announce: Callable[[], None],
    ) -> None:
        super().__init__()
        assert place.device is not None
        self.number = number
        self.place = place
        self.device: UsbDevice = place.device
        self.phase = "found"
        self.reason = ""
        self.next_step = ""
        self.history: list[tuple[float, str, str]] = []
        self.port_notes: dict[str, str] = {}
        self.plugin = ""
        self.verdicts: list[Verdict] = []
        self.modem: Modem | None = None
        self.log = ObjectLog(__name__, place.key)
        self._world = world
        self._announce = announce
        self._inhibited = False
        self._forced = False
        self._again = asyncio.Event()
        self._note_phase("found", f"{self.device.id} {self.device.product}".strip())

    # --- the straight line -------------------------------------------------------------------

    async def run(self) -> None:
        """Live until the place is empty; an unplug ends it from any phase."""
        while (device := self.place.device) is not None:
            self._take(device)
            try:
                await self._stage(device)
            except DeviceGone as error:
                self.log.info("%s", error)
                return
            except WwandError as error:
                self._stuck(str(error), error.next_step)
                await self._rest(self.device)
            except Exception as error:
                self.log.exception("%s: a bug", device)
                self._stuck(f"wwand failed: {error!r}", "please report this with the log")
                await self._rest(self.device)

    async def _stage(self, device: UsbDevice) -> None:
        """Do what this device needs; returns when it is another one or nobody's business."""
        if why := self._why_ignored(device):
            self._note_phase("ignored", why)
            return await self._rest(device)
        if match := self._match(device):
            return await self._until_left(device, self._serve(match))
        if self._world.rules.awaits_storage(device):
            self._note_phase("settling", "waiting for the storage to say what it is")
            await self.place.changed()
            return None
        rules = self._world.rules.rules_for(device)
        if rules or self._forced:
            return await self._switch(rules)
        self._note_phase("ignored", why_no_modem(device))
        return await self._rest(device)

    async def _switch(self, rules: list[SwitchRule]) -> None:
        self._forced = False
        self._note_phase("switching", f"by {rules[0].name}" if rules else "")
        self._world.guard.admit(self.place.key)
        device = await switch(self.place, rules, self._world.usb, on_step=self._note_step)
        self._take(device)
        self._note_step(f"came back as {device.id}")

    async def _serve(self, match: Match) -> None:
        """Be a modem; returns or raises when it can be one no longer."""
        loop = asyncio.get_running_loop()
        lost = 0
        while True:
            began = loop.time()
            try:
                await self._serve_once(match)
            except PortGone as error:
                lost = lost + 1 if loop.time() - began < STEADY else 1
                if lost > RESTARTS:
                    raise
                self.log.warning("%s: beginning anew", error)

    async def _serve_once(self, match: Match) -> None:
        settings = self._settings()
        table = {**match.roles, **settings.roles}
        self._note_phase("settling", f"{match.plugin}: {match.reason}")
        await self._settle(table)
        self._note_phase("probing", "asking the ports what they speak")
        prober = Prober(self.device, table, self._note_port)
        feeding = asyncio.create_task(self._feed(prober))
        modem: Modem | None = None
        try:
            prober.offer(self.device)
            port = await prober.primary()
            channel = prober.answering[port]
            modem = match.modem(self.device, match.name, self._world.numbers)
            assert isinstance(modem, AtModem)
            self._join(modem, prober, port)
            await modem.start(settings.pin, self._world.memory)
            settings = self._settings(modem.identity.imei)
            modem.applier = self._world.make_applier(settings)
            self._publish(modem)
            async with Keeper(modem, settings):
                while True:
                    await channel.closed.wait()
                    channel = await prober.reopen(port)
                    modem.replace_primary(channel)
        finally:
            feeding.cancel()
            self._withdraw()
            if modem:
                await modem.close()
            await prober.close()

    def _join(self, modem: AtModem, prober: Prober, primary: Port) -> None:
        """Give the modem its primary port, and the others as they answer."""
        modem.add_port(primary, prober.answering[primary], primary=True)

        def also(port: Port, channel: AtChannel) -> None:
            if port != primary:
                modem.add_port(port, channel)

        for port, channel in tuple(prober.answering.items()):
            also(port, channel)
        prober.on_answer.append(also)

    async def _settle(self, table: Mapping[int, Role]) -> None:
        """Wait until the drivers have made the ports without which nothing can begin."""
        try:
            async with asyncio.timeout(PROMISED):
                while not self._settled(table):
                    self._take(await self._later())
        except TimeoutError:
            if not self.device.ports:
                raise WwandError(
                    f"no port of {self.device} appeared within {PROMISED:.0f} s",
                    "load the kernel module `option` (OpenWrt: kmod-usb-serial-option)",
                ) from None

    def _settled(self, table: Mapping[int, Role]) -> bool:
        """Whether the port that will be used first is there; others join later."""
        there = {p.interface for p in self.device.ports if p.path}
        primary = {number for number, role in table.items() if role is Role.PRIMARY}
        if primary:
            return bool(primary & there)
        serial = {i.number for i in self.device.interfaces if i.driver in ("option", "option1")}
        return bool(there) and serial <= there

    async def _feed(self, prober: Prober) -> None:
        """Hand ports that come later to the prober."""
        while True:
            self.device = await self._later()
            if isinstance(self.modem, AtModem):
                self.modem.follow(self.device)
            prober.offer(self.device)
            self.changed()

    async def _later(self) -> UsbDevice:
        """The next snapshot of this enumeration; `_until_left` ends the waiting for one in vain."""
        while (now := self.place.device) is self.device or not (now and now.is_same(self.device)):
            await self.place.changed()
        return now

    async def _until_left(self, device: UsbDevice, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it ends or the device leaves its place, which cancels it."""
        working = asyncio.ensure_future(work)
        leaving = asyncio.create_task(self._left(device))
        try:
            await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not working.done() or (leaving.done() and isinstance(working.exception(), PortGone)):
                self._note_phase("found", "unplugged" if self.place.device is None else "")
                return
            working.result()
        finally:
            for task in (working, leaving):
                task.cancel()
            await asyncio.wait((working, leaving))

    async def _left(self, device: UsbDevice) -> None:
        """Return when the place is empty, or holds another enumeration or is wanted otherwise."""
        while (now := self.place.device) and now.is_same(device) and not self._inhibited:
            await self.place.changed()

    async def _rest(self, device: UsbDevice) -> None:
        """Do nothing until the device leaves, changes its drivers, or somebody asks for more."""
        self._again.clear()
        leaving = asyncio.create_task(self._otherwise(device))
        asking = asyncio.create_task(self._again.wait())
        try:
            await asyncio.wait((leaving, asking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            asking.cancel()

    async def _otherwise(self, device: UsbDevice) -> None:
        while (now := self.place.device) and now.is_same(device):
            if now is not self.device:
                self.device = now
                self.changed()
            if self.phase == "ignored" and modem_evidence(now) and not self._why_ignored(now):
                return  # a modem's driver was bound in the meantime
            if self.phase == "stuck" and set(now.ports) - set(device.ports):
                return  # a driver was loaded in the meantime
            await self.place.changed()

    # --- what is decided about a device ------------------------------------------------------

    def _settings(self, imei: str = "") -> DeviceConfig:
        return self._world.config.for_device(self.device, imei)

    def _why_ignored(self, device: UsbDevice) -> str:
        if self._inhibited:
            return "inhibited by a client"
        if self._settings().ignore:
            return "the configuration says so"
        if device.properties.get("ID_MM_DEVICE_IGNORE") == "1":
            return "udev's ID_MM_DEVICE_IGNORE says so"
        return ""

    def _match(self, device: UsbDevice) -> Match | None:
        """The plugin that drives the device, if anything shows that it is a modem."""
        settings = self._settings()
        match, self.verdicts = self._world.plugins.match(device, settings.plugin, settings.modem)
        self.plugin = match.plugin if match else ""
        return match

    # --- what clients order ------------------------------------------------------------------

    async def switch(self) -> None:
        """Try the mode switch now; returns when the device is back."""
        if self.phase not in ("stuck", "ignored"):
            raise WrongState(f"{self.device} is {self.phase}: there is nothing to switch")
        if not self._world.rules.rules_for(self.device):
            raise NotFound(
                f"no rule says how to switch {self.device.id}",
                "write one in /etc/wwand/switch.d (see wwand.toml(5))",
            )
        before = self.device
        self._forced = True
        self._again.set()
        await self._turned_out(before)

    async def select_configuration(self, value: int) -> None:
        """Select another USB configuration."""
        if value not in [c.value for c in self.device.configurations]:
            known = ", ".join(str(c.value) for c in self.device.configurations)
            raise NotFound(f"{self.device} has no configuration {value}; it has {known}")
        await self._world.usb.configure(self.device, value)

    async def reset(self) -> None:
        """Reset the device on the bus."""
        await self._world.usb.reset(self.device)
        self._again.set()

    def inhibit(self) -> None:
        """Let go of the device until `release`."""
        self._inhibited = True
        self.place.update(self.place.device)
        self._again.set()

    def release(self) -> None:
        """Take the device up again."""
        self._inhibited = False
        self._again.set()

    def retry(self) -> None:
        """Try again what went wrong."""
        self._again.set()

    async def _turned_out(self, before: UsbDevice) -> None:
        news = asyncio.Event()
        self.listeners.append(news.set)
        try:
            while self.device.is_same(before):
                news.clear()
                await news.wait()
                if self.phase == "stuck":
                    raise WwandError(self.reason, self.next_step)
        finally:
            self.listeners.remove(news.set)

    # --- what the world is told --------------------------------------------------------------

    def _take(self, device: UsbDevice) -> None:
        if not device.is_same(self.device):
            self.port_notes = {}
        self.device = device
        self.changed()

    def _publish(self, modem: Modem) -> None:
        self.modem = modem
        self._note_phase("modem", f"{modem.name} is ready")
        self._announce()

    def _withdraw(self) -> None:
        if self.modem:
            self.modem = None
            self._announce()
            self.changed()

    def _note_phase(self, phase: str, reason: str = "") -> None:
        self.phase, self.reason, self.next_step = phase, reason, ""
        self._note(phase, reason)
        self.log.info("%s%s", phase, f": {reason}" if reason else "")

    def _note_step(self, step: str) -> None:
        self.reason = step
        self._note(self.phase, step)
        self.log.info("%s: %s", self.phase, step)

    def _stuck(self, reason: str, next_step: str) -> None:
        self._note_phase("stuck", reason)
        self.next_step = next_step
        self.changed()

    def _note(self, phase: str, reason: str) -> None:
        self.history = [
            *self.history[-99:],
            (time.monotonic() - self._world.started, phase, reason),
        ]
        self.changed()

    def _note_port(self, name: str, note: str) -> None:
        self.port_notes[name] = note
        if self.modem:
            self.modem.changed()
        self.changed()
