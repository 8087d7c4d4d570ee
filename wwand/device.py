"""A USB device as wwand sees it: one frozen snapshot, and the events that bring the next one.

Nothing here does I/O: `wwand.discovery` takes snapshots from udev, `wwand.simulator` makes them up.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol, Self


class UsbId(NamedTuple):
    """Vendor and product, as in `1c9e:9605`."""

    vendor: int
    product: int

    def __str__(self) -> str:
        return f"{self.vendor:04x}:{self.product:04x}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `vvvv:pppp`, both hexadecimal; raises ValueError."""
        vendor, _, product = text.partition(":")
        if len(vendor) != 4 or len(product) != 4:
            raise ValueError(f"not a USB id of the form 1c9e:9605: {text!r}")
        return cls(int(vendor, 16), int(product, 16))


class Transfer(Enum):
    """How an endpoint moves data (USB 2.0 §9.6.6, bmAttributes bits 1..0)."""

    CONTROL = 0
    ISOCHRONOUS = 1
    BULK = 2
    INTERRUPT = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of an interface."""

    address: int
    """bEndpointAddress: bit 7 set means IN."""
    transfer: Transfer
    max_packet: int = 512

    @property
    def is_in(self) -> bool:
        """Whether data flows from the device to the host."""
        return bool(self.address & 0x80)


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of one configuration, alternate setting 0."""

    number: int
    cls: int
    sub: int
    proto: int
    endpoints: tuple[Endpoint, ...] = ()
    driver: str = ""
    """Kernel driver bound to it; empty when none is, or in a configuration that is not active."""
    label: str = ""
    """The interface's string descriptor."""

    @property
    def triple(self) -> tuple[int, int, int]:
        """Class, subclass and protocol."""
        return self.cls, self.sub, self.proto


@dataclass(frozen=True, slots=True)
class Configuration:
    """One USB configuration with its interfaces, ordered by number."""

    value: int
    interfaces: tuple[Interface, ...]


class PortKind(Enum):
    """What kind of kernel device a port is."""

    TTY = "tty"
    NET = "net"
    CDC_WDM = "usbmisc"
    WWAN = "wwan"


@dataclass(frozen=True, slots=True)
class Port:
    """A kernel device that belongs to one interface of a USB device."""

    name: str
    """As the kernel calls it: `ttyUSB3`, `wwan0`, `cdc-wdm0`."""
    kind: PortKind
    interface: int
    driver: str = ""
    path: Path | None = None
    """What to open; None for network interfaces."""


MASS_STORAGE = 0x08
"""bInterfaceClass of mass storage (USB-IF class codes)."""

MODEM_DRIVERS = frozenset(
    {"option", "option1", "sierra", "qcserial", "qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "hso"}
)
"""Drivers that bind to nothing but cellular modems (linux drivers/usb/serial, drivers/net/usb)."""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """What is known of one device at one moment."""

    key: str
    """Its place on the bus, as the kernel names it (`1-1.4`); the same after a mode switch."""
    id: UsbId
    sysfs: str
    """`/sys/devices/…/1-1`: ModemManager's `Device` property."""
    busnum: int = 0
    devnum: int = 0
    """Changes with every enumeration, so it tells a replug from a late port."""
    release: int = 0
    """bcdDevice."""
    device_class: int = 0
    device_sub: int = 0
    device_proto: int = 0
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    configurations: tuple[Configuration, ...] = ()
    active: int = 0
    """bConfigurationValue; 0 while the device is not configured."""
    ports: tuple[Port, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    """udev properties of the device and of its ports, as far as wwand reads them (ID_MM_…)."""

    @property
    def configuration(self) -> Configuration | None:
        """The active configuration."""
        return next((c for c in self.configurations if c.value == self.active), None)

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces of the active configuration."""
        return self.configuration.interfaces if self.configuration else ()

    @property
    def drivers(self) -> tuple[str, ...]:
        """The kernel drivers bound to it, each once, sorted."""
        return tuple(sorted({i.driver for i in self.interfaces if i.driver}))

    def is_same(self, other: Self) -> bool:
        """Whether both show the same enumeration in the same configuration."""
        return (self.devnum, self.id, self.active) == (other.devnum, other.id, other.active)

    def modalias(self, interface: Interface) -> str:
        """What the kernel looks for a driver by (linux drivers/usb/core/sysfs.c, modalias_show)."""
        return (
            f"usb:v{self.id.vendor:04X}p{self.id.product:04X}d{self.release:04X}"
            f"dc{self.device_class:02X}dsc{self.device_sub:02X}dp{self.device_proto:02X}"
            f"ic{interface.cls:02X}isc{interface.sub:02X}ip{interface.proto:02X}"
            f"in{interface.number:02X}"
        )

    def port(self, name: str) -> Port | None:
        """The port of that name."""
        return next((p for p in self.ports if p.name == name), None)

    def __str__(self) -> str:
        return f"{self.id} at {self.key}"


@dataclass(frozen=True, slots=True)
class Plugged:
    """A device appeared, came back in another mode, or changed its ports or drivers."""

    device: UsbDevice


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The device at this place went away."""

    key: str


class Discovery(Protocol):
    """Where devices come from: udev, or a simulator."""

    def events(self) -> AsyncIterator[Plugged | Unplugged]:
        """Yield what is there, then every change, for ever."""
        ...

    def rescan(self) -> None:
        """Look again at everything that is there now."""
        ...


class UsbAccess(Protocol):
    """What wwand does to a USB device itself; all may raise `UsbError` or `DeviceGone`."""

    async def bulk(self, device: UsbDevice, transfers: "BulkPlan") -> None:
        """Unbind the drivers of the interface, claim it, and send the messages in order."""
        ...

    async def control(self, device: UsbDevice, request: "ControlRequest") -> bytes:
        """Do one control transfer on endpoint 0 and return what an IN transfer brought."""
        ...

    async def configure(self, device: UsbDevice, value: int) -> None:
        """Select the USB configuration with that bConfigurationValue."""
        ...

    async def reset(self, device: UsbDevice) -> None:
        """Reset the device's USB port."""
        ...

    async def keep(self, device: UsbDevice) -> None:
        """Have the kernel not reset the device by itself, which would undo a switch."""
        ...


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Messages for one mass-storage interface (USB Mass Storage Bulk-Only Transport §5)."""

    messages: tuple[bytes, ...]
    interface: int | None = None
    """Default: the first interface of the active configuration."""
    endpoint_out: int | None = None
    endpoint_in: int | None = None
    release_delay: float = 0.0
    """Seconds to wait before the interface is released."""


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """One control transfer (USB 2.0 §9.3); a non-zero `length` of an IN request is read."""

    request_type: int
    request: int
    value: int
    index: int = 0
    data: bytes = b""
    length: int = 0


class Place:
    """A place on the bus: the snapshot of what is there now, and waiting for the next one."""

    def __init__(self, device: UsbDevice) -> None:
        self.key = device.key
        self.device: UsbDevice | None = device
        self._changed: asyncio.Future[None] | None = None

    def update(self, device: UsbDevice | None) -> None:
        """Take over a new snapshot; None means that nothing is plugged in here any more."""
        self.device = device
        if self._changed and not self._changed.done():
            self._changed.set_result(None)

    async def changed(self) -> UsbDevice | None:
        """Wait for the next snapshot and return it."""
        if self._changed is None or self._changed.done():
            self._changed = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._changed)
        return self.device
