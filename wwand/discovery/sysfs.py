"""Takes the snapshot of one USB device from sysfs, at one moment, whatever is missing.

A plug brings dozens of events, and this is done for each: paths are plain strings here, as pathlib
would cost more than all the rest.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from wwand.device import MASS_STORAGE, Configuration, Interface, Port, PortKind, UsbDevice
from wwand.discovery.descriptors import DescriptorError, Descriptors, parse

log = logging.getLogger(__name__)

DEVICE_NAME = re.compile(r"\d+-\d+(?:\.\d+)*")
"""`1-1.4`: bus and chain of ports; root hubs are `usb1`, interfaces `1-1.4:1.0`."""

INTERFACE_NAME = re.compile(rf"({DEVICE_NAME.pattern}):(\d+)\.(\d+)")

KINDS = {kind.value: kind for kind in PortKind}

HUB = 0x09
"""bDeviceClass of hubs (USB-IF class codes)."""

KEPT_PROPERTIES = ("ID_MM_", "ID_WWAND_", "ID_USB_MODESWITCH")
SCSI_ATTRIBUTES = ("vendor", "model", "rev", "type")

ATTRIBUTE = 4096
"""Octets of a sysfs attribute at most, in one read (Documentation/filesystems/sysfs.rst)."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A kernel device that udev has told us about, hence with its node and its permissions."""

    path: str
    """`/devices/…/1-1:1.3/ttyUSB3/tty/ttyUSB3`: below the root of sysfs."""
    subsystem: str
    node: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def device_of(path: str) -> str:
    """Return the name of the USB device a sysfs path belongs to (`1-1.4`), or an empty string."""
    return next((p for p in reversed(path.split("/")) if DEVICE_NAME.fullmatch(p)), "")


def devices(root: Path) -> list[str]:
    """Return the names of the USB devices that are there now, root hubs left out."""
    try:
        names = [entry.name for entry in (root / "bus/usb/devices").iterdir()]
    except OSError:
        return []
    return sorted(name for name in names if DEVICE_NAME.fullmatch(name))


def devnum(root: Path, key: str) -> int:
    """Return the number of the device at that place; 0 where there is none."""
    return _number(f"{root}/bus/usb/devices/{key}/devnum")


def snapshot(
    root: Path,
    key: str,
    ports: Iterable[Announced] = (),
    properties: Mapping[str, str] | None = None,
) -> UsbDevice | None:
    """Read the device at that place; None when there is none, it is a hub, or it just went.

    A device that is exchanged for another while it is read is read again.
    """
    announced = list(ports)
    for _ in range(3):
        number = devnum(root, key)
        if not number:
            _lasting.cache_clear()  # numbers are used again in the end
            return None
        device = _read(root, key, number, announced, properties or {})
        if devnum(root, key) == number:
            return device
    return None


@dataclass(frozen=True, slots=True)
class Lasting:
    """What does not change as long as a device stays plugged in."""

    path: str
    """Its directory, not a link to it."""
    found: Descriptors
    manufacturer: str
    product: str
    serial: str


@lru_cache(maxsize=64)
def _lasting(link: str, number: int) -> Lasting:
    """Read it once for each enumeration."""
    path = os.path.realpath(link, strict=True)
    found = parse(Path(path, "descriptors").read_bytes())
    if found.complaint:
        log.warning("%s at %s: descriptors: %s", found.id, path, found.complaint)
    texts = (_text(f"{path}/{name}") for name in ("manufacturer", "product", "serial"))
    return Lasting(path, found, *texts)


def _read(
    root: Path, key: str, number: int, announced: list[Announced], own: Mapping[str, str]
) -> UsbDevice | None:
    try:
        lasting = _lasting(f"{root}/bus/usb/devices/{key}", number)
    except OSError:
        return None
    except DescriptorError as error:
        log.warning("%s: %s", key, error)
        return None
    path, found = lasting.path, lasting.found
    if found.device_class == HUB:
        return None
    active = _number(f"{path}/bConfigurationValue")
    configurations = tuple(
        _bound(path, key, c) if c.value == active else c for c in found.configurations
    )
    listed = sorted(_ports(root, path, key, announced), key=_port_order)
    kept = {k: v for k, v in own.items() if k.startswith(KEPT_PROPERTIES)}
    for port, tags in listed:
        kept |= {f"{port.name}.{k}": v for k, v in tags.items()}
        kept |= {k: v for k, v in tags.items() if k.startswith("ID_MM_DEVICE_")}
    bound = next((c for c in configurations if c.value == active), None)
    return UsbDevice(
        key=key,
        id=found.id,
        sysfs=path,
        busnum=_number(f"{path}/busnum"),
        devnum=number,
        release=found.release,
        device_class=found.device_class,
        device_sub=found.device_sub,
        device_proto=found.device_proto,
        manufacturer=lasting.manufacturer,
        product=lasting.product,
        serial=lasting.serial,
        configurations=configurations,
        active=active,
        ports=tuple(port for port, _ in listed),
        properties=kept | _scsi(path, key, bound),
    )


def _bound(path: str, key: str, configuration: Configuration) -> Configuration:
    """Return the active configuration with the drivers and labels of its interfaces."""

    def filled(interface: Interface) -> Interface:
        where = f"{path}/{key}:{configuration.value}.{interface.number}"
        return replace(interface, driver=_driver(where), label=_text(f"{where}/interface"))

    return replace(configuration, interfaces=tuple(map(filled, configuration.interfaces)))


def _ports(
    root: Path, path: str, key: str, announced: list[Announced]
) -> Iterable[tuple[Port, dict[str, str]]]:
    for item in announced:
        kind = KINDS.get(item.subsystem)
        match = next(filter(None, map(INTERFACE_NAME.fullmatch, item.path.split("/"))), None)
        if kind is None or match is None or match[1] != key:
            continue
        name = item.path.rpartition("/")[2]
        if kind is not PortKind.NET and not item.node:
            continue  # `wwan0` itself is no port, its children with a node are
        if kind is PortKind.CDC_WDM and not name.startswith("cdc-wdm"):
            continue  # hiddev and lp are usbmisc, too
        where = f"{root}{item.path}"
        if not os.path.isdir(where):
            continue  # gone, renamed, or of a configuration that is not active any more
        tags = {k: v for k, v in item.properties.items() if k.startswith(KEPT_PROPERTIES)}
        node = Path(item.node) if item.node else None
        yield Port(name, kind, int(match[3]), _nearest_driver(where, path), node), tags


def _port_order(item: tuple[Port, dict[str, str]]) -> tuple[int, str, int, str]:
    port = item[0]
    digits = re.search(r"\d+$", port.name)
    return port.interface, port.kind.value, int(digits[0]) if digits else 0, port.name


def _nearest_driver(where: str, device: str) -> str:
    """Return the driver of the port or of what it hangs from: `option1` of ttyUSB3."""
    while where and where != device:
        if driver := _driver(where):
            return driver
        where = where.rpartition("/")[0]
    return ""


def _scsi(path: str, key: str, configuration: Configuration | None) -> dict[str, str]:
    """Return what the storage behind a mass-storage interface says, as SCSI_VENDOR and so on.

    usb-storage asks for it a second or more after it is bound, so it may come late.
    """
    for interface in configuration.interfaces if configuration else ():
        if interface.cls != MASS_STORAGE or not configuration:
            continue
        where = Path(path, f"{key}:{configuration.value}.{interface.number}")
        for unit in sorted(where.glob("host*/target*/*:*:*:*")):
            found = {f"SCSI_{a.upper()}": _text(f"{unit}/{a}") for a in SCSI_ATTRIBUTES}
            return {k: v for k, v in found.items() if v}
    return {}


def _driver(where: str) -> str:
    with suppress(OSError):
        return os.readlink(f"{where}/driver").rpartition("/")[2]
    return ""


def _text(file: str) -> str:
    with suppress(OSError):
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(fd, ATTRIBUTE).decode("utf-8", "replace").strip()
        finally:
            os.close(fd)
    return ""


def _number(file: str) -> int:
    text = _text(file)
    return int(text) if text.isdecimal() else 0
