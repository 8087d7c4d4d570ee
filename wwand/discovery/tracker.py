"""Turns uevents, in whatever order they come, into snapshots that differ from the last ones.

An event only says where to look; what is true is read from sysfs. So the order of the events of
one plug does not matter, and any number of them in one drain costs one snapshot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wwand.device import Plugged, Unplugged, UsbDevice
from wwand.discovery import sysfs
from wwand.discovery.sysfs import KINDS, Announced

SUBSYSTEMS = ("usb", *KINDS, "scsi")
"""What to listen to: devices, drivers and ports, and storage that says what it is."""


@dataclass(frozen=True, slots=True)
class Uevent:
    """One message of udev, or one device of an enumeration (as `add`)."""

    action: str
    path: str
    """DEVPATH: below the root of sysfs, with a leading slash."""
    subsystem: str
    devtype: str = ""
    node: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


class Tracker:
    """Knows what has been announced and what was said last about each place."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._devices: dict[str, tuple[int, Announced]] = {}
        self._ports: dict[str, tuple[int, Announced]] = {}
        self._said: dict[str, UsbDevice] = {}
        self._dirty: set[str] = set()

    def note(self, event: Uevent) -> None:
        """Take one event into account."""
        key = sysfs.device_of(event.path)
        if not key:
            return
        self._dirty.add(key)
        if event.devtype == "usb_device":
            self._file(self._devices, key, event)
        elif event.subsystem in KINDS:
            self._file(self._ports, event.path, event)

    def _file(self, where: dict[str, tuple[int, Announced]], name: str, event: Uevent) -> None:
        """Announcements count for the device that was there when they came, not for the next."""
        number = sysfs.devnum(self._root, sysfs.device_of(event.path))
        if event.action != "remove":
            where[name] = (
                number,
                Announced(event.path, event.subsystem, event.node, event.properties),
            )
        elif not number or where.get(name, (number,))[0] != number or not self._exists(event):
            where.pop(name, None)

    def _exists(self, event: Uevent) -> bool:
        return (self._root / event.path.lstrip("/")).exists()

    def restart(self, present: Iterable[Uevent]) -> None:
        """Forget what was announced and begin with what is there now."""
        self._devices.clear()
        self._ports.clear()
        self._dirty |= self._said.keys() | set(sysfs.devices(self._root))
        for event in present:
            self.note(event)

    def changes(self) -> list[Plugged | Unplugged]:
        """Look at every place something was said about, and return what is different now."""
        events: list[Plugged | Unplugged] = []
        for key in sorted(self._dirty):
            before, now = self._said.get(key), self._look(key)
            if before == now:
                continue
            if before and (now is None or now.devnum != before.devnum):
                events.append(Unplugged(key))
                del self._said[key]
            if now:
                events.append(Plugged(now))
                self._said[key] = now
        self._dirty.clear()
        return events

    def _look(self, key: str) -> UsbDevice | None:
        number, own = self._devices.get(key, (0, None))
        if own is None or number != sysfs.devnum(self._root, key):
            return None
        ports = [
            port
            for devnum, port in self._ports.values()
            if devnum == number and sysfs.device_of(port.path) == key
        ]
        return sysfs.snapshot(self._root, key, ports, own.properties)
