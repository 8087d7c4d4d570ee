"""The life of one place on the USB bus: from plug through switch, ports and modem to unplug.

found → switching → configuring → settling → probing → modem, or → stuck or ignored with the reason.
What goes wrong ends in `stuck`, never in another device's life.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from wwand.bearers.ladder import Preference
from wwand.config import DeviceConfig
from wwand.device import Place, UsbDevice
from wwand.errors import DeviceGone, ModemMute, PortGone, WwandError
from wwand.experience import Experience
from wwand.keeper import wanted_request
from wwand.log import ObjectLog
from wwand.modem.base import Modem
from wwand.modem.desire import Desire
from wwand.modem.sim import PinMemory
from wwand.orders import Ban, Orders, ban
from wwand.plan import Plan
from wwand.plugin import Match, Verdict, modem_evidence, why_no_modem
from wwand.ports.gone import caught_up
from wwand.recovery import Patient
from wwand.serving import serving
from wwand.serving.base import Serving
from wwand.status import LayoutKind, Observable
from wwand.switching.configure import configure
from wwand.switching.ladder import switch
from wwand.switching.layouts import Layout
from wwand.switching.rules import SwitchRule
from wwand.world import World

RESTARTS = 3
"""Times a modem's command port may be lost in a row while the device stays plugged in."""

STEADY = 60.0
"""Seconds after which a loss is not in a row with the one before."""

STORAGE = 10.0
"""Seconds for a storage to say what it is; usb-storage asks one second after the plug."""


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
        self.plan: Plan | None = None
        self.memory: PinMemory = world.memory
        self.log = ObjectLog(__name__, place.key)
        self._world = world
        self._announce = announce
        self._experience = Experience(world.memory, self.device)
        self._desire: Desire | None = None
        self._serving: Serving | None = None
        self._since = time.monotonic()
        self._selected = 0
        """The USB configuration that was selected last."""
        self._inhibited = False
        self._again = asyncio.Event()
        self.note_phase("found", f"{self.device.id} {self.device.product}".strip())

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
        if banned := self._ban(device):
            self.note_phase("ignored", banned.reason)
            return await self._rest(device)
        if match := self._match(device):
            layout = self._make_plan(device, match).ladder.current
            if layout and layout.configuration != device.active:
                return await self._configure(layout)
            await self._world.usb.keep(device)
            return await self._until_left(device, self._serve(match, layout))
        left = self._since + STORAGE - time.monotonic()
        if left > 0 and self._world.rules.awaits_storage(device):
            self.note_phase("settling", "waiting for the storage to say what it is")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.place.changed(), left)
            return None
        if rules := self._world.rules.rules_for(device):
            return await self._switch(rules)
        self.note_phase("ignored", why_no_modem(device))
        return await self._rest(device)

    async def _switch(self, rules: list[SwitchRule]) -> None:
        self.note_phase("switching", f"by {rules[0].name}")
        self._world.guard.admit(self.place.key)
        device = await switch(self.place, rules, self._world.usb, on_step=self._note_step)
        self._take(device)
        self._note_step(f"came back as {device.id}")

    async def _configure(self, layout: Layout) -> None:
        """Select the USB configuration of a layout, and wait until it is there."""
        wanted = layout.configuration
        self.note_phase("configuring", f"selecting {layout}")
        if wanted == self._selected:  # something has undone it
            self._world.guard.admit(self.place.key)
        self._selected = wanted
        before = self.device
        try:
            await configure(self.place, wanted, self._world.usb)
        except DeviceGone:
            raise
        except WwandError as error:
            self._take(self.place.device or before)  # its firmware may have restarted over it
            if not self.leave_layout(error) and self.device.id == before.id:
                raise

    async def _serve(self, match: Match, layout: Layout | None) -> None:
        """Be a modem; returns or raises when it can be one no longer."""
        lost = 0
        while True:
            began = time.monotonic()
            try:
                self._serving = serving(self, match, layout)
                return await self._serving.run()
            except ModemMute as error:
                if not self._world.recoveries.of(self.device).expected:
                    raise
                await self._recover(error, match)
            except PortGone as error:
                lost = lost + 1 if time.monotonic() - began < STEADY else 1
                if lost > RESTARTS:
                    raise
                await caught_up(self)
                self.log.warning("%s: beginning anew", error)
            if self.place.device is not self.device:
                await self.later()

    async def _recover(self, mute: ModemMute, match: Match) -> None:
        """Take the next step to bring a modem back that hangs; WwandError when none is left."""
        roles, usb = {**match.roles, **self.settings().roles}, self._world.usb
        patient = Patient(self.device, match.modem, roles, usb, self.place.changed)
        await self._world.recoveries.of(self.device).climb(
            mute, patient, partial(self.note_phase, "recovering")
        )

    async def later(self) -> UsbDevice:
        """The next snapshot of this enumeration; `_until_left` ends the waiting for one in vain."""
        while (now := self.place.device) is self.device or not (now and now.is_same(self.device)):
            await self.place.changed()
        self._take(now)
        return now

    async def _until_left(self, device: UsbDevice, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it ends or the device leaves its place, which cancels it."""
        working = asyncio.ensure_future(work)
        leaving = asyncio.create_task(self._left(device))
        try:
            await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not working.done() or (leaving.done() and isinstance(working.exception(), PortGone)):
                self.note_phase("found", "unplugged" if self.place.device is None else "")
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
            if self.phase == "ignored" and self._concerns(now, device) and not self._ban(now):
                return
            if self.phase == "stuck" and set(now.ports) - set(device.ports):
                return  # a driver was loaded in the meantime
            await self.place.changed()

    # --- what is decided about a device ------------------------------------------------------

    def _concerns(self, now: UsbDevice, before: UsbDevice) -> bool:
        """Whether a modem's driver was bound by now, or the storage has told that it is one's."""
        rules = self._world.rules
        return bool(modem_evidence(now) or (rules.rules_for(now) and not rules.rules_for(before)))

    def _make_plan(self, device: UsbDevice, match: Match) -> Plan:
        """The plan for the device's layouts, as far as it has come already."""
        # by the ids it has as a modem: a daemon that is started later finds it switched already
        self._experience = Experience(self._world.memory, device)
        settings = self.settings()
        ordered = settings.configuration or self._experience.configuration
        preference = Preference(settings.layout, ordered)
        spoken = match.modem.speaks() | {LayoutKind.QMI}
        if self.plan is None or self.plan.basis != (device.id, spoken, preference):
            kernel, experience = self._world.kernel, self._experience
            self.plan = Plan(device, spoken, preference, kernel, experience)
            self.plan.on_failure(self._note_step)
        return self.plan

    def settings(self, imei: str = "") -> DeviceConfig:
        return self._world.config.for_device(self.device, imei)

    def _ban(self, device: UsbDevice) -> Ban | None:
        return ban(device, self.settings(), self._inhibited)

    def _match(self, device: UsbDevice) -> Match | None:
        """The plugin that drives the device, if anything shows that it is a modem."""
        settings = self.settings()
        match, self.verdicts = self._world.plugins.match(device, settings.plugin, settings.modem)
        self.plugin = match.plugin if match else ""
        return match

    @property
    def layouts(self) -> list[tuple[Layout, str]]:
        """The ways to carry data, and what is to be said of each."""
        return [(each, self.plan.story(each)) for each in self.plan.offered] if self.plan else []

    # --- what clients order ------------------------------------------------------------------

    async def switch(self) -> None:
        """Try the mode switch now; returns when the device is back."""
        self._orders.switch(self.phase)
        before = self.device
        self._again.set()
        await self._turned_out(before)

    async def select_configuration(self, value: int) -> None:
        """Select another USB configuration, now and at every plug from now on."""
        self._orders.configure(value)
        self._experience.configuration = value
        await self._world.usb.configure(self.device, value)

    async def reset(self) -> None:
        """Reset the device on the bus."""
        self._orders.touch()
        await self._world.usb.reset(self.device)
        self._again.set()

    @property
    def _orders(self) -> Orders:
        """What clients may order of the device as it is now."""
        was_modem = self.plan is not None and self.plan.basis[0] == self.device.id
        return Orders(self._world, self.device, inhibited=self._inhibited, was_modem=was_modem)

    def suspending(self) -> None:
        """Note that the machine goes to sleep; what is up may still be up afterwards."""
        if self.modem:
            self._note_step("the machine goes to sleep")

    def resumed(self) -> None:
        """Look after the modem at once, as the machine has slept."""
        if self.modem and self._serving:
            self._note_step("the machine is awake again: asking the modem")
            self._serving.resumed()

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
        """Return when the device has become another; raise why when it rests again as it was."""
        news = asyncio.Event()
        resting = self.history[-1]
        self.listeners.append(news.set)
        try:
            while self.device.is_same(before):
                if self.phase in ("stuck", "ignored") and self.history[-1] is not resting:
                    raise WwandError(self.reason, self.next_step)
                news.clear()
                await news.wait()
        finally:
            self.listeners.remove(news.set)

    # --- what the world is told --------------------------------------------------------------

    def _take(self, device: UsbDevice) -> None:
        if not device.is_same(self.device):
            self.port_notes, self._since = {}, time.monotonic()
        self.device = device
        self.changed()

    def make_modem(self, kind: type[Modem], match: Match) -> Modem:
        """Make the modem, with what is wanted of it."""
        modem = kind(self.device, match.name, self._world.numbers)
        modem.ladder = self.plan.ladder if self.plan else None
        modem.desire = self._desire or modem.desire
        return modem

    def leave_layout(self, error: WwandError) -> bool:
        """Go on to the next layout, as this one failed; False when there is none."""
        if isinstance(error, ModemMute) and self._world.recoveries.of(self.device).expected:
            return False  # it is not the layout that failed
        return self.plan is not None and self.plan.ladder.fail(str(error))

    def publish(self, modem: Modem, settings: DeviceConfig) -> None:
        """Put the modem on the bus."""
        if self.plan and modem.sim:
            self.plan.meet(modem.sim.facts.iccid)
        modem.applier = self._world.make_applier(settings)
        modem.profiles = self._world.memory
        self.modem = modem
        if self._desire is None:
            wanted = wanted_request(settings) or self._experience.connection
            modem.desire = self._desire = Desire(wanted, self._experience.note_connection)
        self.note_phase("modem", f"{modem.name} is ready")
        self._world.recoveries.of(self.device).answered()
        self._announce()

    def withdraw(self) -> None:
        if self.modem:
            self.modem = None
            self._announce()
            self.changed()

    def note_phase(self, phase: str, reason: str = "") -> None:
        self.phase, self.reason, self.next_step = phase, reason, ""
        self._note(phase, reason)
        self.log.info("%s%s", phase, f": {reason}" if reason else "")

    def _note_step(self, step: str) -> None:
        self.reason = step
        self._note(self.phase, step)
        self.log.info("%s: %s", self.phase, step)

    def _stuck(self, reason: str, next_step: str) -> None:
        self.note_phase("stuck", reason)
        self.next_step = next_step
        self.changed()

    def _note(self, phase: str, reason: str) -> None:
        seconds = time.monotonic() - self._world.started
        self.history = [*self.history[:1], *self.history[1:][-98:], (seconds, phase, reason)]
        self.changed()

    def note_port(self, name: str, note: str) -> None:
        self.port_notes[name] = note
        if self.modem:
            self.modem.changed()
        self.changed()
