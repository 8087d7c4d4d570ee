"""Virtual devices without any privilege: ports are pseudo terminals, the device tree is made up."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from wwand.device import (
    BulkPlan,
    ControlRequest,
    Plugged,
    Port,
    PortKind,
    Unplugged,
    UsbDevice,
)
from wwand.errors import DeviceGone
from wwand.simulator.calls import Carrier, Swallow
from wwand.simulator.control import Control
from wwand.simulator.engine import speaks_at
from wwand.simulator.journal import Journal
from wwand.simulator.library import load_model
from wwand.simulator.model import InterfaceModel, Model, Speaks
from wwand.simulator.pty_ports import PtyPort, WdmSocket
from wwand.simulator.stick import Stick

SYSFS = "/sys/devices/platform/wwand-simulator/usb1"

CONTROL_SETUP = 8
"""Length of a control transfer's set-up packet (USB 2.0 §9.3)."""


Promise = tuple[InterfaceModel, PortKind]
"""A port that is still to come."""


class Simulation:
    """A made-up USB bus with virtual devices on it: a `Discovery` and a `UsbAccess` in one.

    An asynchronous context manager; devices are plugged in on entering unless `plugged=False`.
    """

    def __init__(
        self,
        models: Sequence[str | Model],
        *,
        latency: float = 0.0,
        carrier: Carrier | None = None,
        plugged: bool = True,
    ) -> None:
        self.journal = Journal()
        self._sticks: dict[str, Stick] = {}
        self._carrier = carrier or Swallow()
        self._latency = latency
        for model in models:
            self.add(model)
        self.controls = Control(self, self._sticks, self.journal)
        self._plug_at_start = plugged
        self._devices: dict[str, UsbDevice] = {}
        self._ports: dict[str, list[PtyPort | WdmSocket]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._subscribers: list[asyncio.Queue[Plugged | Unplugged]] = []
        self._devnum = 1
        self.folder = Path()

    async def __aenter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="wwand-simulator-"))
        if self._plug_at_start:
            for key in self._sticks:
                self.plug(key)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for key in self._sticks:
            self.unplug(key)
        shutil.rmtree(self.folder)

    # Discovery

    async def events(self) -> AsyncIterator[Plugged | Unplugged]:
        """Yield what is there, then every change, for ever."""
        queue: asyncio.Queue[Plugged | Unplugged] = asyncio.Queue()
        for device in self._devices.values():
            queue.put_nowait(Plugged(device))
        self._subscribers.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._subscribers.remove(queue)

    def rescan(self) -> None:
        """Announce everything that is there once more."""
        for device in self._devices.values():
            self._announce(Plugged(device))

    # UsbAccess

    async def bulk(self, device: UsbDevice, transfers: BulkPlan) -> None:
        """Send messages to a storage interface; the right one makes the device go and come back."""
        stick = self._present(device)
        await self._turn()
        for message in transfers.messages:
            if target := stick.message(message):
                self._switch(stick, target)
                return

    async def control(self, device: UsbDevice, request: ControlRequest) -> bytes:
        """Do a control transfer: nothing but a switch has an effect."""
        stick = self._present(device)
        await self._turn()
        setup = bytes((request.request_type, request.request))
        for number in (request.value, request.index, request.length or len(request.data)):
            setup += number.to_bytes(2, "little")
        if target := stick.control(setup + request.data):
            self._switch(stick, target)
        return bytes(request.length)

    async def configure(self, device: UsbDevice, value: int) -> None:
        """Select a configuration: all ports go and those of the new one come."""
        stick = self._present(device)
        await self._turn()
        self._drop_ports(stick.key)
        self._configure(stick, value)

    async def keep(self, device: UsbDevice) -> None:
        """Nothing resets a made-up device."""

    def candidates(self, modalias: str) -> tuple[str, ...]:
        """The driver that a model gives to an interface with that modalias."""
        return tuple(
            interface.driver
            for key, device in self._devices.items()
            if (mode := self._sticks[key].mode)
            for configuration in mode.configurations
            for interface in configuration.usb.interfaces
            if device.modalias(interface) == modalias and interface.driver
        )

    def unavailable(self, driver: str) -> str:
        """A made-up kernel has every driver."""
        return ""

    async def reset(self, device: UsbDevice) -> None:
        """Reset the port: the device enumerates again in the mode it is in."""
        stick = self._present(device)
        await self._turn()
        assert stick.mode
        self._switch(stick, stick.mode.name)

    # Hub

    def add(self, model: str | Model) -> str:
        """Make one more device, not plugged in yet; returns its place."""
        loaded = load_model(model) if isinstance(model, str) else model
        key = f"1-{len(self._sticks) + 1}"
        self._sticks[key] = Stick(loaded, key, self.journal, self._carrier)
        self._sticks[key].knobs.latency = self._latency
        return key

    def plug(self, key: str) -> None:
        """Plug a device in, in the mode its model starts as."""
        stick = self._sticks[key]
        if stick.mode is None:
            self._cancel(key)
            self._arrive(stick, stick.model.starts_as)

    def unplug(self, key: str) -> None:
        """Pull a device out."""
        self._cancel(key)
        self._leave(self._sticks[key])

    def _present(self, device: UsbDevice) -> Stick:
        now = self._devices.get(device.key)
        if now is None or now.devnum != device.devnum:
            raise DeviceGone(f"{device} is not there any more")
        return self._sticks[device.key]

    async def _turn(self) -> None:
        """Let others run, as a transfer on a real bus does."""
        await asyncio.sleep(0)

    def _switch(self, stick: Stick, mode: str) -> None:
        self._leave(stick)
        if stick.knobs.never_return:
            return
        delay = stick.knobs.return_seconds
        if delay is None:
            delay = stick.model.return_seconds
        loop = asyncio.get_running_loop()
        self._timers[stick.key] = loop.call_later(delay, self._arrive, stick, mode)

    def _arrive(self, stick: Stick, mode: str) -> None:
        entered = stick.enter(mode)
        self._devnum += 1
        self._devices[stick.key] = UsbDevice(
            key=stick.key,
            id=entered.id,
            sysfs=f"{SYSFS}/{stick.key}",
            busnum=1,
            devnum=self._devnum,
            release=entered.release,
            device_class=entered.device_class[0],
            device_sub=entered.device_class[1],
            device_proto=entered.device_class[2],
            manufacturer=entered.manufacturer,
            product=entered.product,
            serial=entered.serial,
            configurations=tuple(c.usb for c in entered.configurations),
        )
        stick.restart = lambda: self._switch(stick, mode)
        self._configure(stick, entered.first.value)

    def _configure(self, stick: Stick, value: int) -> None:
        configuration = stick.configure(value)
        device = self._devices[stick.key]
        without_drivers = (
            replace(c, interfaces=tuple(replace(i, driver="") for i in c.interfaces))
            if c.value != value
            else c
            for c in (m.usb for m in stick.mode.configurations)  # type: ignore[union-attr]
        )
        self._update(
            replace(
                device,
                configurations=tuple(without_drivers),
                active=configuration.value if configuration else 0,
                ports=(),
            )
        )
        interfaces = configuration.interfaces if configuration else ()
        self._next_port(stick, [(i, kind) for i in interfaces for kind in _kinds(i)])

    def _next_port(self, stick: Stick, waiting: list[Promise]) -> None:
        """Let the ports appear one after the other, each in an event of its own."""
        if not waiting:
            return
        loop = asyncio.get_running_loop()
        self._timers[stick.key] = loop.call_later(
            stick.knobs.port_seconds, self._add_port, stick, waiting
        )

    def _add_port(self, stick: Stick, waiting: list[Promise]) -> None:
        (interface, kind), *rest = waiting
        number = interface.usb.number
        if kind is PortKind.NET:
            name = self._free_name("wwan")
            if interface.speaks is Speaks.ECM:
                name = f"enx{interface.mac.lower()}"
            known = Port(name, kind, number, interface.usb.driver)
        else:
            port = self._open_port(stick, interface, kind)
            self._ports.setdefault(stick.key, []).append(port)
            driver = interface.port_driver if kind is PortKind.TTY else interface.usb.driver
            known = Port(port.name, kind, number, driver, port.path)
        device = self._devices[stick.key]
        self._update(replace(device, ports=(*device.ports, known)))
        self._next_port(stick, rest)

    def _open_port(
        self, stick: Stick, interface: InterfaceModel, kind: PortKind
    ) -> PtyPort | WdmSocket:
        assert stick.modem
        prefix = interface.port_prefix if kind is PortKind.TTY else "cdc-wdm"
        name, number = self._free_name(prefix), interface.usb.number
        if terminal := stick.modem.terminals.get(number):
            return PtyPort(self.folder, name, terminal)
        return WdmSocket(self.folder, name, stick.modem.channels[number])

    def _free_name(self, prefix: str) -> str:
        """Return the first free name, as the kernel chooses minors."""
        taken = {p.name for device in self._devices.values() for p in device.ports}
        number = 0
        while f"{prefix}{number}" in taken:
            number += 1
        return f"{prefix}{number}"

    def _leave(self, stick: Stick) -> None:
        if stick.mode is None:
            return
        self._cancel(stick.key)
        stick.leave()
        self._drop_ports(stick.key)
        del self._devices[stick.key]
        self._announce(Unplugged(stick.key))

    def _drop_ports(self, key: str) -> None:
        self._cancel(key)
        for port in self._ports.pop(key, []):
            port.close()

    def _cancel(self, key: str) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()

    def _update(self, device: UsbDevice) -> None:
        self._devices[device.key] = device
        self._announce(Plugged(device))

    def _announce(self, event: Plugged | Unplugged) -> None:
        for queue in self._subscribers:
            queue.put_nowait(event)


def _kinds(interface: InterfaceModel) -> list[PortKind]:
    """Tell which ports a kernel makes of an interface."""
    kinds = [PortKind.TTY] if speaks_at(interface) else []
    if interface.speaks.is_network:
        kinds.append(PortKind.NET)
    if interface.speaks.has_channel:
        kinds.append(PortKind.CDC_WDM)
    return kinds
