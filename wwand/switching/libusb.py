"""`UsbAccess` with pyusb, whose calls block: all of them are made in one thread of their own."""

import asyncio
import errno
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from wwand.device import BulkPlan, ControlRequest, Interface, Transfer, UsbDevice
from wwand.errors import DeviceGone, UsbError

log = logging.getLogger(__name__)

Result = TypeVar("Result")

BULK_TIMEOUT = 3000
CONTROL_TIMEOUT = 1000
"""Milliseconds; usb_modeswitch's."""
STATUS_TIMEOUT = 500
"""Milliseconds for the answer to a storage command. A device that leaves ends the wait at once;
one that stays silent is not worth more."""

STATUS = b"USBS"
"""Begin of a command status wrapper (Bulk-Only Transport §5.2)."""

READ_SIZE = 1024
"""Bytes: a whole packet at every speed, so that no answer is longer than what is asked for."""

USBDEVFS_RESET = ord("U") << 8 | 20
"""_IO('U', 20) of linux/usbdevice_fs.h."""

RECIPIENT_INTERFACE = 1
"""bmRequestType bits 4..0 (USB 2.0 table 9-2)."""

GONE = (errno.ENODEV, errno.ENOENT, errno.ENXIO)


def find(busnum: int, devnum: int) -> Any:
    """Return pyusb's object for a device, or None."""
    import usb.core  # late: it loads libusb, which a daemon without a stick does not need

    return usb.core.find(custom_match=lambda d: d.bus == busnum and d.address == devnum)


def dispose(handle: Any) -> None:
    """Release what pyusb has claimed and close the device."""
    import usb.util  # late, as above

    usb.util.dispose_resources(handle)


class LibUsb:
    """Touches real devices; a transfer cannot last longer than its time-out."""

    def __init__(
        self,
        find: Callable[[int, int], Any] = find,
        dispose: Callable[[Any], None] = dispose,
        usbfs: Path = Path("/dev/bus/usb"),
    ) -> None:
        """Take other functions for tests only."""
        self._find = find
        self._dispose = dispose
        self._usbfs = usbfs
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wwand-usb")

    async def warm_up(self) -> None:
        """Load pyusb and libusb while nobody waits for them; a missing libusb is only logged."""
        try:
            await self._run(partial(self._find, 0, 0))
        except UsbError as error:
            log.warning("USB devices cannot be switched: %s", error)

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def bulk(self, device: UsbDevice, transfers: BulkPlan) -> None:
        """Unbind the drivers, claim the interface, and send the messages in order."""
        await self._run(partial(self._bulk, device, transfers))

    async def control(self, device: UsbDevice, request: ControlRequest) -> bytes:
        """Do one control transfer on endpoint 0."""
        return await self._run(partial(self._control, device, request))

    async def configure(self, device: UsbDevice, value: int) -> None:
        """Select a configuration: the kernel unbinds and binds the drivers."""
        await self._run(partial(self._configure, device, value))

    async def reset(self, device: UsbDevice) -> None:
        """Reset the device's port; it may come back as another device."""
        await self._run(partial(self._reset, device))

    async def keep(self, device: UsbDevice) -> None:
        """Set the kernel's avoid_reset_quirk (sysfs-bus-usb), as usb_modeswitch does too."""
        with suppress(OSError):  # read-only in a container, or the device has gone
            (Path(device.sysfs) / "avoid_reset_quirk").write_text("1\n")

    async def _run(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as error:  # pyusb's USBError is one
            number = error.errno or 0
            if number in GONE:
                raise DeviceGone(f"the device left the bus: {error.strerror or error}") from error
            raise UsbError(f"USB: {error.strerror or error}", number, _next_step(number)) from error
        except ValueError as error:  # pyusb's way to say "no such endpoint", "no backend"
            raise UsbError(f"USB: {error}", 0, "is libusb-1.0 installed?") from error

    @contextmanager
    def _opened(self, device: UsbDevice) -> Iterator[Any]:
        handle = self._find(device.busnum, device.devnum)
        if handle is None:
            raise DeviceGone(f"{device} is not on the bus any more")
        try:
            yield handle
        finally:
            with suppress(OSError):
                self._dispose(handle)

    def _bulk(self, device: UsbDevice, plan: BulkPlan) -> None:
        interface, out, into = _route(device, plan)
        with self._opened(device) as handle:
            for other in device.interfaces:
                _detach(handle, other.number)
            if not plan.messages:
                return
            try:
                _send_all(handle, plan, out, into)
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise
                # a halted endpoint: clear it and begin again, once
                log.debug("%s: interface %d stalled", device, interface.number)
                _clear(handle, out, into)
                _send_all(handle, plan, out, into)
            if plan.release_delay:
                # the firmware looks whether the interface stays claimed; this is the worker thread
                time.sleep(plan.release_delay)

    def _control(self, device: UsbDevice, request: ControlRequest) -> bytes:
        with self._opened(device) as handle:
            if request.request_type & 0x1F == RECIPIENT_INTERFACE:
                _detach(handle, request.index)
            answer = handle.ctrl_transfer(
                request.request_type,
                request.request,
                request.value,
                request.index,
                request.length if request.request_type & 0x80 else request.data,
                CONTROL_TIMEOUT,
            )
            return bytes(answer) if request.request_type & 0x80 else b""

    def _configure(self, device: UsbDevice, value: int) -> None:
        file = Path(device.sysfs) / "bConfigurationValue"
        try:
            with open(file, "w", encoding="ascii") as attribute:
                attribute.write(f"{value}\n")
        except (PermissionError, FileNotFoundError) as error:
            if not file.parent.exists():
                raise DeviceGone(f"{device} is not on the bus any more") from error
            with self._opened(device) as handle:  # a container with sysfs read-only
                for interface in device.interfaces:
                    _detach(handle, interface.number)
                handle.set_configuration(value)

    def _reset(self, device: UsbDevice) -> None:
        node = self._usbfs / f"{device.busnum:03}" / f"{device.devnum:03}"
        fd = os.open(node, os.O_WRONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, USBDEVFS_RESET, 0)
        finally:
            os.close(fd)


def _route(device: UsbDevice, plan: BulkPlan) -> tuple[Interface, int, int | None]:
    """Return the interface to use and its bulk endpoints, the first of each direction."""
    for interface in device.interfaces:
        if plan.interface in (None, interface.number):
            break
    else:
        raise UsbError(f"{device} has no interface {plan.interface or 0} in this mode")
    bulk = [e for e in interface.endpoints if e.transfer is Transfer.BULK]
    out = plan.endpoint_out or next((e.address for e in bulk if not e.is_in), None)
    into = plan.endpoint_in or next((e.address for e in bulk if e.is_in), None)
    if plan.messages and out is None:
        raise UsbError(f"interface {interface.number} of {device} has no bulk endpoint to write to")
    return interface, out or 0, into


def _detach(handle: Any, interface: int) -> None:
    # ENODATA and ENOENT: no driver is bound; NotImplementedError: not a Linux libusb
    try:
        if handle.is_kernel_driver_active(interface):
            handle.detach_kernel_driver(interface)
    except NotImplementedError:
        return
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOENT):
            raise


def _send_all(handle: Any, plan: BulkPlan, out: int, into: int | None) -> None:
    for message in plan.messages:
        log.debug("> %s", message.hex())
        handle.write(out, message, BULK_TIMEOUT)
        if into is None or not message.startswith(b"USBC"):
            continue
        _read_status(handle, into)


def _read_status(handle: Any, endpoint: int) -> None:
    """Take the answer to a command, which may bring data before its status.

    Whether the command worked is seen by what becomes of the device, not by its status.
    """
    for _ in range(2):
        try:
            answer = bytes(handle.read(endpoint, READ_SIZE, STATUS_TIMEOUT))
        except OSError as error:
            log.debug("no status: %s", error)
            if error.errno == errno.ETIMEDOUT:
                return
            if error.errno != errno.EPIPE:
                raise
            _clear(handle, endpoint)  # data refused, the status follows (§6.7.2)
            continue
        log.debug("< %s", answer.hex())
        if answer.startswith(STATUS):
            return


def _clear(handle: Any, *endpoints: int | None) -> None:
    for endpoint in endpoints:
        if endpoint:
            handle.clear_halt(endpoint)


def _next_step(number: int) -> str:
    if number in (errno.EACCES, errno.EPERM):
        return "wwand must run as root, or with write access to /dev/bus/usb"
    if number == errno.EBUSY:
        return "another program uses the device: is usb_modeswitch or a virtual machine at it?"
    return ""
