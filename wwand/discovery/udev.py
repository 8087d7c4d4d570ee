"""Discovery by udev: listens first, then looks at what is there, and yields what is different."""

import asyncio
import errno
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from wwand.device import Plugged, Unplugged
from wwand.discovery.tracker import SUBSYSTEMS, Tracker, Uevent

log = logging.getLogger(__name__)

INTERFACE = "usb_interface"
"""DEVTYPE of the most frequent events; reading properties costs more than all else of an event."""

RECEIVE_BUFFER = 4 << 20
"""Bytes; a hub full of sticks sends a few thousand uevents of up to 8 KiB at once."""


class Source(Protocol):
    """Where uevents come from."""

    def open(self) -> int:
        """Begin to listen and return the file descriptor to watch."""
        ...

    def present(self) -> Iterable[Uevent]:
        """Return what is there now, as if it had just been added."""
        ...

    def receive(self) -> Uevent | None:
        """Return the next event that waits, or None; OSError with ENOBUFS when some were lost."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class UdevDiscovery:
    """`wwand.device.Discovery` on a real system."""

    def __init__(self, sysfs: Path = Path("/sys"), source: Source | None = None) -> None:
        self._sysfs = sysfs
        self._source = source
        self._queue: asyncio.Queue[Plugged | Unplugged] | None = None
        self._tracker = Tracker(sysfs)

    async def events(self) -> AsyncGenerator[Plugged | Unplugged]:
        """Yield a `Plugged` for each device there is, then every change, until closed."""
        source = self._source = self._source or _pyudev_source()
        loop = asyncio.get_running_loop()
        self._tracker = Tracker(self._sysfs)
        self._queue = queue = asyncio.Queue[Plugged | Unplugged]()
        fd = source.open()  # before looking around: nothing falls between the two
        loop.add_reader(fd, self._drain)
        try:
            self.rescan()
            while True:
                yield await queue.get()
        finally:
            loop.remove_reader(fd)
            self._queue = None
            source.close()

    def rescan(self) -> None:
        """Look at everything again; what is as it was is not yielded again."""
        if self._queue is not None and self._source is not None:
            self._tracker.restart(self._source.present())
            self._publish()

    def _drain(self) -> None:
        """Take every event that waits, then look once at each device they were about."""
        assert self._source
        lost = False
        while True:
            try:
                event = self._source.receive()
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            if event is None:
                break
            self._tracker.note(event)
        if lost:
            log.warning("the kernel dropped uevents: looking at all devices again")
            self.rescan()
        else:
            self._publish()

    def _publish(self) -> None:
        assert self._queue is not None
        for change in self._tracker.changes():
            self._queue.put_nowait(change)


def _pyudev_source() -> Source:
    return PyudevSource()


class PyudevSource:
    """udev's own messages: they come when udev is done, so nodes and properties are there."""

    def __init__(self, control: Path = Path("/run/udev/control")) -> None:
        self._control = control
        self._context: Any = None
        self._monitor: Any = None
        self._settled = True

    def open(self) -> int:
        """Begin to listen; without udevd to the kernel itself."""
        import pyudev  # here and not above: it loads libudev, and the simulator needs neither

        self._settled = self._control.exists()
        self._context = pyudev.Context()
        self._monitor = pyudev.Monitor.from_netlink(
            self._context, source="udev" if self._settled else "kernel"
        )
        for subsystem in SUBSYSTEMS:
            self._monitor.filter_by(subsystem)
        with suppress(OSError):  # only with CAP_NET_ADMIN beyond net.core.rmem_max
            self._monitor.set_receive_buffer_size(RECEIVE_BUFFER)
        self._monitor.start()
        return int(self._monitor.fileno())

    def present(self) -> Iterable[Uevent]:
        """Enumerate; what udev is not done with is left out, its event is yet to come."""
        for subsystem in SUBSYSTEMS:
            for device in self._context.list_devices(subsystem=subsystem):
                if self._settled and not device.is_initialized:
                    continue
                with suppress(OSError, LookupError):  # it went while we looked
                    yield _uevent(device, "add")

    def receive(self) -> Uevent | None:
        """Return the next message that waits."""
        device = self._monitor.poll(0)
        return None if device is None else _uevent(device, device.action)

    def close(self) -> None:
        """Let go of the socket: pyudev closes it with the object."""
        self._monitor = self._context = None


def _uevent(device: Any, action: str) -> Uevent:
    return Uevent(
        action=action,
        path=device.device_path,
        subsystem=device.subsystem or "",
        devtype=device.device_type or "",
        node=device.device_node or "",
        properties=dict(device.properties) if device.device_type != INTERFACE else {},
    )
