"""What can be done to a device to make it change its mode, as data.

Bytes and requests: usb_modeswitch's documented modes (facts of its reference page); the CBW's
layout: USB Mass Storage Bulk-Only Transport §5.1.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from wwand.device import MASS_STORAGE, BulkPlan, ControlRequest, Place, UsbAccess, UsbDevice
from wwand.errors import DeviceGone, Unsupported, UsbError

CBW_SIGNATURE = b"USBC"


class Action(Protocol):
    """One way to make a device change; equal actions do the same on the wire."""

    @property
    def title(self) -> str:
        """What it is, in a few words for the user."""
        ...

    def fits(self, device: UsbDevice) -> bool:
        """Tell whether it makes sense for a device in this state."""
        ...

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Do it to the device at that place."""
        ...


def _at(place: Place) -> UsbDevice:
    if place.device is None:
        raise DeviceGone(f"nothing is plugged in at {place.key} any more")
    return place.device


@dataclass(frozen=True, slots=True)
class Messages:
    """Bulk messages to one interface; without any, its kernel driver is unbound and that is all."""

    plan: BulkPlan
    title: str = field(default="switching message", compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """A storage command is for a storage interface only: the first one, or the one named."""
        if not any(m.startswith(CBW_SIGNATURE) for m in self.plan.messages):
            return bool(device.interfaces)
        wanted = self.plan.interface
        for interface in device.interfaces:
            if wanted is None or interface.number == wanted:
                return interface.cls == MASS_STORAGE
        return False

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Send them."""
        await usb.bulk(_at(place), self.plan)


@dataclass(frozen=True, slots=True)
class Control:
    """Control transfers, one after the other."""

    requests: tuple[ControlRequest, ...]
    title: str = field(compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """Endpoint 0 is always there."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Do them."""
        for request in self.requests:
            await usb.control(_at(place), request)


SONY_REQUEST = ControlRequest(0xC0, 0x11, 2, length=3)


@dataclass(frozen=True, slots=True)
class Sony:
    """One request, a new enumeration, and the same request again (SonyMode)."""

    patience: float = 30.0
    """Seconds for the enumeration between the two; usb_modeswitch looks that long."""
    title: str = field(default="Sony request", compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """Endpoint 0 is always there."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Ask, wait for the device to come back, and ask again."""
        before = _at(place).devnum
        await usb.control(_at(place), SONY_REQUEST)
        try:
            async with asyncio.timeout(self.patience):
                while place.device is None or place.device.devnum == before:
                    await place.changed()
        except TimeoutError:
            raise UsbError("it did not enumerate again after the first of two requests") from None
        await usb.control(_at(place), SONY_REQUEST)


@dataclass(frozen=True, slots=True)
class SetConfiguration:
    """Select another USB configuration."""

    value: int

    @property
    def title(self) -> str:
        """Which."""
        return f"configuration {self.value}"

    def fits(self, device: UsbDevice) -> bool:
        """It must exist and not be the active one."""
        return device.active != self.value and any(
            c.value == self.value for c in device.configurations
        )

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Select it."""
        await usb.configure(_at(place), self.value)


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the device's port."""

    title: str = field(default="USB reset", compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """Every device can be reset."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Reset it."""
        await usb.reset(_at(place))


@dataclass(frozen=True, slots=True)
class JustWait:
    """Do nothing: the device changes by itself, and only needs the time (PantechMode 1 and 3)."""

    title: str = field(default="wait for it to change by itself", compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """Waiting is always possible."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """The rule says that this device is right as it is (`Configuration=0`)."""

    title: str = field(default="leave it as it is", compare=False)

    def fits(self, device: UsbDevice) -> bool:
        """It says something about every state."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A method that the rule names and wwand does not know."""

    method: str

    @property
    def title(self) -> str:
        """Which."""
        return f"{self.method} (unknown to wwand)"

    def fits(self, device: UsbDevice) -> bool:
        """It is kept, so that the user is told."""
        return True

    async def run(self, usb: UsbAccess, place: Place) -> None:
        """Say that it cannot be done."""
        raise Unsupported(f"wwand does not know the switching method {self.method}")


def messages(*hexadecimal: str, title: str = "switching message") -> Messages:
    """Return the action that sends these messages, each given as hexadecimal digits."""
    return Messages(BulkPlan(tuple(bytes.fromhex(text) for text in hexadecimal)), title)


def cbw(cdb: str, *, length: int = 0, data_in: bool = False, lun: int = 0, tag: int = 0) -> bytes:
    """Return a command block wrapper of 31 bytes around a SCSI command given in hexadecimal."""
    command = bytes.fromhex(cdb)
    flags = 0x80 if data_in else 0
    return (
        CBW_SIGNATURE
        + (tag or 0x78563412).to_bytes(4, "little")  # any: the device echoes it
        + length.to_bytes(4, "little")
        + bytes((flags, lun, len(command)))
        + command.ljust(16, b"\0")
    )


ALLOW_REMOVAL = "1e0000000000"
EJECT = "1b0000000200"
"""SPC PREVENT ALLOW MEDIUM REMOVAL and SBC START STOP UNIT with LoEj."""

EJECT_MESSAGES = tuple(cbw(cdb, lun=lun) for lun in (0, 1) for cdb in (ALLOW_REMOVAL, EJECT))


def _control(title: str, *requests: ControlRequest) -> Control:
    return Control(requests, title)


STANDARD_EJECT = Messages(BulkPlan(EJECT_MESSAGES), "eject of the CD-ROM")
# bCBWCBLength is 17 here, though a CBW holds 16: that is what these firmwares know
HUAWEI_NEW = messages(
    "55534243123456780000000000000011062000000101000100000000000000", title="Huawei command"
)
HUAWEI_ALT = messages(
    "55534243123456780000000000000011063000000000010000000000000000",
    title="Huawei alternative command",
)
OPTION = messages(
    "55534243123456780000000000000601000000000000000000000000000000", title="Option command"
)
HUAWEI = _control("Huawei request", ControlRequest(0x00, 0x03, 1))
SIERRA = _control("Sierra request", ControlRequest(0x40, 0x0B, 1))
SEQUANS = _control("Sequans request", ControlRequest(0x40, 0x0B, 2))
QISDA = _control(
    "Qisda request",
    ControlRequest(0x40, 0x04, 0, data=bytes.fromhex("058c0408a0ee20005c01040898cdeabf")),
)
QUANTA = _control("Quanta request", ControlRequest(0xC0, 0xFF, 0))
KOBIL = _control("Kobil request", ControlRequest(0xC0, 0x88, 0, length=8))
BLACKBERRY = _control(
    "Blackberry requests",
    ControlRequest(0xC0, 0xB1, 0, length=8),
    ControlRequest(0xC0, 0xA9, 0x0E, length=2),
)
SONY = Sony()


def gct(interface: int = 0) -> Control:
    """Two class requests to the interface (GCTMode)."""
    return _control(
        "GCT requests",
        ControlRequest(0xA1, 0xA0, 0, interface, length=1),
        ControlRequest(0xA1, 0xFE, 0, interface, length=1),
    )


def pantech(mode: int) -> Action:
    """Ask for a mode (2 RNDIS, 4 QMI); 1 and 3 mean that the device changes by itself."""
    if mode in (1, 3):
        return JustWait()
    return _control("Pantech request", ControlRequest(0x40, 0x70, mode))
