"""Open a port and keep it: an asyncio transport that is locked, raw, and gone at once when pulled.

ttys go through pyserial (`wwand.ports.tty`), the message devices of cdc-wdm and of the kernel's
wwan subsystem, and the simulator's sockets, through `CharTransport` below.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
import stat
import struct
import termios
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from wwand.device import Port, PortKind
from wwand.errors import PortBusy, PortGone, Unauthorized, Unsupported, WwandError

T = TypeVar("T")

READ_SIZE = 65536
"""A read of cdc-wdm gives one message; QMI's are 64 KiB at most (its length field is 16 bits)."""

CLOSING_WAIT_NONE = 65535
"""ASYNC_CLOSING_WAIT_NONE of linux/serial.h: close does not wait for unsent octets."""

_SERIAL_STRUCT_SIZE = 72
_CLOSING_WAIT_OFFSET = 40
"""struct serial_struct (linux/serial.h): eight ints, a short, two chars and an int come before."""


class PortTransport(Protocol):
    """What `open_port` returns: asyncio's transport and what only a port has."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets, in the background if need be."""
        ...

    def close(self) -> None:
        """Close at once; what is not sent yet is dropped."""
        ...

    def abort(self) -> None:
        """Close at once; what is not sent yet is dropped."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        ...

    def pause_reading(self) -> None:
        """Leave what comes in to another program."""
        ...

    def resume_reading(self) -> None:
        """Read again; a tty is made raw again for that."""
        ...

    def fileno(self) -> int:
        """The file descriptor."""
        ...

    def drop_dtr(self) -> bool:
        """Lower DTR; False when the port has no such line."""
        ...

    def raise_dtr(self) -> bool:
        """Raise DTR; False when the port has no such line."""
        ...

    def release_lock(self) -> None:
        """Let another program, such as pppd, have the port; it stays open."""
        ...

    def take_lock(self) -> None:
        """Lock the port again; raises PortBusy."""
        ...


async def open_port(port: Port, protocol: asyncio.Protocol) -> PortTransport:
    """Open `port` for `protocol`; raises PortBusy, PortGone or Unauthorized.

    The lock is taken before anything is changed on the port.
    """
    if port.path is None:
        raise Unsupported(f"{port.name} is a network interface, which cannot be opened")
    loop = asyncio.get_running_loop()
    if port.kind is PortKind.TTY:
        from wwand.ports.tty import Tty, TtyTransport, open_tty  # pyserial is needed for ttys only

        tty = await _opened(open_tty, Tty.close, port)
        transport: PortTransport = TtyTransport(loop, protocol, tty, port.name)
    else:
        fd = await _opened(_open_device, os.close, port)
        transport = CharTransport(loop, protocol, fd, port.name)
    try:
        await asyncio.sleep(0)  # the loop calls connection_made, so that the caller can write
    except asyncio.CancelledError:
        transport.abort()
        raise
    return transport


_unwanted: dict[Path, asyncio.Future[None]] = {}
"""Openings whose caller was cancelled, by path: each may still take the lock for a moment."""


async def _opened(opens: Callable[[Port], T], closes: Callable[[T], None], port: Port) -> T:
    """Open in a thread, for a mute modem holds open(2) up; who is cancelled leaves nothing open.

    A device that was reset comes back under the same names, while those opened for what it was
    before may still be in their threads: such a one is waited for.
    """
    assert port.path
    path = port.path
    while late := _unwanted.get(path):
        await asyncio.wait((late,))
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(None, opens, port)

    def close_unused(opening: asyncio.Future[T]) -> None:
        if opening.exception() is None:
            closes(opening.result())
        _unwanted.pop(path).set_result(None)

    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        _unwanted[path] = loop.create_future()
        opening.add_done_callback(close_unused)
        raise


def lock(fd: int, name: str) -> None:
    """Lock the device behind `fd` against programs that do the same; raises PortBusy."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = lock_holder(fd)
        by = f" by process {holder}" if holder else ""
        raise PortBusy(
            f"{name} is in use{by}",
            f"Stop it: kill {holder}" if holder else "Stop the program that uses it",
        ) from None


def lock_holder(fd: int, locks: Path = Path("/proc/locks")) -> int | None:
    """Return the process that holds the lock on the file behind `fd` (proc(5)), if it shows."""
    status = os.fstat(fd)
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    with contextlib.suppress(OSError):
        for line in locks.read_text().splitlines():
            words = line.split()
            if len(words) >= 6 and words[1] == "FLOCK" and words[5] == device:
                return int(words[4]) if int(words[4]) > 0 else None
    return None


def make_raw(fd: int) -> None:
    """Make a tty pass every octet as it is, without echo, whatever another program left it like.

    A pppd that was killed leaves its line discipline as well.
    """
    fcntl.ioctl(fd, termios.TIOCSETD, struct.pack("i", termios.N_TTY))
    iflag, oflag, cflag, lflag, _, _, cc = termios.tcgetattr(fd)
    iflag = oflag = lflag = 0
    cflag &= ~(termios.CSIZE | termios.PARENB | termios.CSTOPB | termios.CRTSCTS)
    cflag |= termios.CS8 | termios.CREAD | termios.CLOCAL | termios.HUPCL
    cc[termios.VMIN], cc[termios.VTIME] = 1, 0  # with 0, no data would look like a hang-up
    speed = termios.B115200
    termios.tcsetattr(fd, termios.TCSANOW, [iflag, oflag, cflag, lflag, speed, speed, cc])


def flush(fd: int) -> None:
    """Forget what a tty has buffered.

    A fresh tty holds what the modem said before, and would echo it back.
    """
    termios.tcflush(fd, termios.TCIOFLUSH)


def close_without_waiting(fd: int) -> None:
    """Set a tty's close not to wait for octets that a mute modem never takes (30 s otherwise)."""
    settings = bytearray(_SERIAL_STRUCT_SIZE)
    with contextlib.suppress(OSError):  # not every driver has these settings, a pty never
        fcntl.ioctl(fd, termios.TIOCGSERIAL, settings)
        struct.pack_into("H", settings, _CLOSING_WAIT_OFFSET, CLOSING_WAIT_NONE)
        fcntl.ioctl(fd, termios.TIOCSSERIAL, settings)


def opening_error(name: str, error: OSError) -> WwandError:
    """Return the error that says why a port could not be opened."""
    match error.errno:
        case errno.EBUSY:
            return PortBusy(f"{name} is in use", "Stop the program that uses it")
        case errno.EACCES | errno.EPERM:
            return Unauthorized(f"{name} may not be opened", "Run wwand as root")
        case _:
            return PortGone(f"{name} cannot be opened: {error.strerror or error}")


def _open_device(port: Port) -> int:
    assert port.path is not None
    try:
        if stat.S_ISSOCK(port.path.stat().st_mode):
            return _connect(port.path)
        fd = os.open(port.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise opening_error(port.name, error) from None
    try:
        lock(fd, port.name)
        if os.isatty(fd):
            make_raw(fd)
            flush(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _connect(path: Path) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.connect(str(path))
        peer.setblocking(False)
        return peer.detach()


class CharTransport(asyncio.Transport):
    """A message device: each `write` is one message to the kernel, each read brings one."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, fd: int, name: str
    ) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._fd = fd
        self._name = name
        self._unsent: deque[bytes] = deque()
        self._closing = False
        self._reading = False
        loop.call_soon(protocol.connection_made, self)
        loop.call_soon(self.resume_reading)

    def fileno(self) -> int:
        """The file descriptor."""
        return self._fd

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing

    def pause_reading(self) -> None:
        """Leave what comes in to another program."""
        if self._reading:
            self._loop.remove_reader(self._fd)
            self._reading = False

    def resume_reading(self) -> None:
        """Read again."""
        if not self._reading and not self._closing:
            self._loop.add_reader(self._fd, self._read)
            self._reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send one message, after those that wait already."""
        if self._closing:
            return
        self._unsent.append(bytes(data))
        if len(self._unsent) == 1:
            self._send()

    def close(self) -> None:
        """Close at once; what is not sent yet is dropped."""
        self._lose(None)

    def abort(self) -> None:
        """Close at once; what is not sent yet is dropped."""
        self._lose(None)

    def drop_dtr(self) -> bool:
        """There is no DTR here."""
        return False

    def raise_dtr(self) -> bool:
        """There is no DTR here."""
        return False

    def release_lock(self) -> None:
        """Let another program have the port."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def take_lock(self) -> None:
        """Lock the port again; raises PortBusy."""
        lock(self._fd, self._name)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._lose(OSError(errno.ENODEV, os.strerror(errno.ENODEV)))

    def _send(self) -> None:
        try:
            while self._unsent:
                sent = os.write(self._fd, self._unsent[0])
                if sent < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][sent:]
                else:
                    self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            self._loop.add_writer(self._fd, self._send)
            return
        except OSError as error:
            self._lose(error)
            return
        self._loop.remove_writer(self._fd)

    def _lose(self, error: OSError | None) -> None:
        if self._closing:
            return
        self._closing = True
        self.pause_reading()
        self._loop.remove_writer(self._fd)
        self._unsent.clear()
        self._loop.run_in_executor(None, _close, self._fd).add_done_callback(
            lambda _closed: self._protocol.connection_lost(error)
        )


def _close(fd: int) -> None:
    """Close; after an unplug cdc-wdm's flush says ENODEV, and it is closed all the same."""
    with contextlib.suppress(OSError):
        os.close(fd)
