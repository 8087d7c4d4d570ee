"""A device being a modem in one layout: its ports opened, the modem kept, until one of them ends.

`AtServing` is for modems that are spoken to over serial ports, `QmiServing` for those that speak
QMI, `CardServing` for those of which a network card is all there is.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from wwand.at.channel import AtChannel
from wwand.bearers.base import counted
from wwand.config import DeviceConfig
from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import DeviceGone, ModemMute, NoDriver, PortGone, WwandError
from wwand.keeper import Keeper
from wwand.log import ObjectLog
from wwand.modem.at import AtModem
from wwand.modem.at_data import DIALLED
from wwand.modem.base import Modem
from wwand.modem.sim import PinMemory
from wwand.plugin import Match
from wwand.ports.probe import Prober
from wwand.ports.roles import Role
from wwand.recovery import Line, Watch
from wwand.status import LayoutKind
from wwand.switching.layouts import Layout, next_step

if TYPE_CHECKING:
    from wwand.qmi.channel import QmiChannel

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


class AtServing(Serving):
    """A modem with serial ports, of which those that answer are used."""

    def __init__(self, host: Host, match: Match, layout: Layout | None) -> None:
        super().__init__(host, match, layout)
        self._table: Mapping[int, Role] = {**match.roles, **host.settings().roles}
        self._prober = Prober(host.device, self._table, host.note_port)

    def _settled(self) -> bool:
        """Whether the port that will be used first is there; others join later."""
        device = self._host.device
        there = {p.interface for p in device.ports if p.path}
        primary = {number for number, role in self._table.items() if role is Role.PRIMARY}
        if primary:
            return bool(primary & there)
        serial = {i.number for i in device.interfaces if i.driver in ("option", "option1")}
        return bool(there) and serial <= there

    async def _begin(self) -> Modem:
        host, prober = self._host, self._prober
        host.note_phase("probing", "asking the ports what they speak")
        prober.offer(host.device)
        port = await prober.primary()
        self._modem = modem = host.make_modem(self._match.modem, self._match)
        assert isinstance(modem, AtModem)
        self._join(modem, port)
        await modem.start(host.settings().pin, host.memory)
        if self._layout and self._layout.kind in DIALLED:
            await self._until_card()
        return modem

    async def _until_card(self) -> None:
        """Wait for the network interface, which may come after the ports, or never: PPP is left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROMISED):
                while not _has_card(self._host.device):
                    self._news.clear()
                    await self._news.wait()

    def _join(self, modem: AtModem, primary: Port) -> None:
        """Give the modem its primary port, and the others as they answer."""
        answering = self._prober.answering
        modem.add_port(primary, answering[primary], primary=True)

        def also(port: Port, channel: AtChannel) -> None:
            if port != primary:
                modem.add_port(port, channel)

        for port, channel in tuple(answering.items()):
            also(port, channel)
        self._prober.on_answer.append(also)

    def _lines(self) -> Collection[Line]:
        return self._prober.answering.values()

    def _offer(self, device: UsbDevice) -> None:
        self._prober.offer(device)

    async def _serve(self, modem: Modem) -> None:
        """Open the primary port again whenever the modem hangs up."""
        assert isinstance(modem, AtModem)
        port = modem.primary_port  # it may know better than the probe which one takes calls
        assert port
        leaving = asyncio.create_task(self._left(modem))
        try:
            channel = self._prober.answering[port]
            while True:
                closed = asyncio.create_task(channel.closed.wait())
                await asyncio.wait((closed, leaving), return_when=asyncio.FIRST_COMPLETED)
                closed.cancel()
                if leaving.done():
                    return
                channel = await self._prober.reopen(port)
                modem.replace_primary(channel)
        finally:
            leaving.cancel()

    async def _end(self) -> None:
        await self._prober.close()


class QmiServing(Serving):
    """A modem with a QMI port and a network interface."""

    def __init__(self, host: Host, match: Match, layout: Layout) -> None:
        super().__init__(host, match, layout)
        self._interface = layout.interface
        self._channel: QmiChannel | None = None

    def _port(self, kind: PortKind) -> Port | None:
        ports = self._host.device.ports
        return next((p for p in ports if (p.kind, p.interface) == (kind, self._interface)), None)

    async def _settle(self) -> None:
        """Load what speaks QMI while udev is busy with the ports, then wait for those."""
        for module in ("wwand.modem.qmi", "wwand.ports.qmi"):
            await asyncio.to_thread(import_module, module)
        await super()._settle()

    def _settled(self) -> bool:
        return all(self._port(kind) for kind in (PortKind.CDC_WDM, PortKind.NET))

    async def _begin(self) -> Modem:
        host = self._host
        port = self._port(PortKind.CDC_WDM)
        if port is None:
            raise NoDriver(
                f"qmi_wwan made no port for interface {self._interface} of {host.device}",
                next_step("qmi_wwan"),
            )
        host.note_phase("probing", f"asking {port.name} for QMI")
        self._offer(host.device)
        from wwand.modem.qmi import QmiModem  # three MiB, only for those that have such a modem
        from wwand.ports.qmi import open_qmi

        self._channel = await open_qmi(port)
        host.note_port(port.name, "qmi")
        self._modem = modem = host.make_modem(QmiModem, self._match)
        assert isinstance(modem, QmiModem)
        modem.use(port, self._channel)
        await modem.start(host.settings().pin, host.memory)
        return modem

    def _lines(self) -> Collection[Line]:
        return (self._channel,) if self._channel else ()

    def _offer(self, device: UsbDevice) -> None:
        for port in device.ports:
            if port.interface != self._interface:
                self._host.note_port(port.name, "not used beside QMI")
            elif port.kind is PortKind.NET:
                self._host.note_port(port.name, "net")

    async def _serve(self, modem: Modem) -> None:
        """Return when the layout is left; PortGone when the port is."""
        assert self._channel
        leaving = asyncio.create_task(self._left(modem))
        closed = asyncio.create_task(self._channel.closed.wait())
        try:
            await asyncio.wait((leaving, closed), return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                raise PortGone(self._channel.close_reason)
        finally:
            leaving.cancel()
            closed.cancel()

    async def _end(self) -> None:
        if self._channel:
            await self._channel.close()


class CardServing(Serving):
    """A stick of which the network card is all there is."""

    def _settled(self) -> bool:
        return _has_card(self._host.device)

    async def _begin(self) -> Modem:
        self._modem = modem = self._host.make_modem(self._match.modem, self._match)
        await modem.start()
        return modem

    def _offer(self, device: UsbDevice) -> None:
        for port in device.ports:
            self._host.note_port(port.name, port.kind.value)

    async def _end(self) -> None:
        """Nothing was opened."""


def _has_card(device: UsbDevice) -> bool:
    return any(port.kind is PortKind.NET for port in device.ports)


def serving(host: Host, match: Match, layout: Layout | None) -> Serving:
    """The way to serve a modem of that plugin in that layout."""
    if layout and layout.kind is LayoutKind.QMI:
        return QmiServing(host, match, layout)
    if issubclass(match.modem, AtModem):
        return AtServing(host, match, layout)
    return CardServing(host, match, layout)
