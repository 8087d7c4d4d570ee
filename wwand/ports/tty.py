"""ttys through pyserial-asyncio, with the habits that a modem's port needs.

What differs from pyserial: one flock before anything is touched; a raw mode in which "no data"
and "hung up" differ; no select(), which fails beyond 1,024 descriptors, and none of the four pipe
ends that serve it; and a transport that never drains: an unplugged or mute modem takes no octets.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import struct
import termios
from typing import Any

import serial
from serial_asyncio_fast import SerialTransport

from wwand.device import Port
from wwand.errors import PortGone
from wwand.ports.transport import close_without_waiting, flush, lock, make_raw, opening_error

NO_SUCH_LINE = (errno.ENOTTY, errno.EINVAL)
"""What a pty answers when it is asked about DTR."""


class Tty(serial.Serial):
    """An open tty, non-blocking; pyserial opens it and raises DTR and RTS."""

    def open(self) -> None:
        """Open, lock, and make raw."""
        super().open()
        for end in ("read_r", "read_w", "write_r", "write_w"):
            name = f"pipe_abort_{end}"
            os.close(getattr(self, name))
            setattr(self, name, None)

    def _reconfigure_port(self, force_update: bool = False) -> None:
        """Called by `open` with the fresh descriptor, and by pyserial's settings later."""
        if force_update:
            lock(self.fileno(), os.path.basename(str(self.port)))
            make_raw(self.fileno())
            flush(self.fileno())
            close_without_waiting(self.fileno())

    def fileno(self) -> int:
        """The file descriptor; raises PortGone when it is closed."""
        if self.fd is None:
            raise PortGone(f"{self.port} was closed")
        return int(self.fd)

    def read(self, size: int = 1) -> bytes:
        """Return what is there, at most `size` octets; raises SerialException on hang-up."""
        try:
            data = os.read(self.fileno(), size)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise serial.SerialException(error.errno, error.strerror) from error
        if not data:
            raise serial.SerialException(errno.EIO, "the device hung up")
        return data

    def write(self, data: Any) -> int:
        """Hand octets to the kernel and return how many it took."""
        try:
            return os.write(self.fileno(), data)
        except (BlockingIOError, InterruptedError):
            raise
        except OSError as error:
            raise serial.SerialException(error.errno, error.strerror) from error

    def close(self) -> None:
        """Close without waiting for octets that were not sent."""
        if self.is_open:
            self.is_open = False
            fd, self.fd = self.fileno(), None
            os.close(fd)


def open_tty(port: Port) -> Tty:
    """Open the port's tty; raises PortBusy, PortGone or Unauthorized.  May block: for a thread."""
    try:
        return Tty(str(port.path))
    except serial.SerialException as error:
        raise opening_error(port.name, error) from None
    except (OSError, termios.error) as error:
        raise PortGone(f"{port.name} cannot be opened: {error}") from None


class TtyTransport(SerialTransport):
    """A tty's transport: closes at once, and knows DTR and the lock."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.Protocol,
        tty: Tty,
        name: str,
    ) -> None:
        super().__init__(loop, protocol, tty)
        self._tty = tty
        self._name = name

    def fileno(self) -> int:
        """The file descriptor; raises PortGone when it is closed."""
        return self._tty.fileno()

    def close(self) -> None:
        """Close at once; what is not sent yet is dropped."""
        self.abort()

    def drop_dtr(self) -> bool:
        """Lower DTR; False when the port has no such line."""
        return self._set_dtr(termios.TIOCMBIC)

    def raise_dtr(self) -> bool:
        """Raise DTR; False when the port has no such line."""
        return self._set_dtr(termios.TIOCMBIS)

    def release_lock(self) -> None:
        """Let another program, such as pppd, have the port; it stays open."""
        fcntl.flock(self.fileno(), fcntl.LOCK_UN)

    def take_lock(self) -> None:
        """Lock the port again; raises PortBusy."""
        lock(self.fileno(), self._name)

    def resume_reading(self) -> None:
        """Read again, in raw mode whatever another program left; an unplug shows when reading."""
        if not self._closing:
            with contextlib.suppress(OSError, termios.error):
                make_raw(self.fileno())
        super().resume_reading()

    def _set_dtr(self, request: int) -> bool:
        try:
            fcntl.ioctl(self.fileno(), request, struct.pack("I", termios.TIOCM_DTR))
        except OSError as error:
            if error.errno in NO_SUCH_LINE:
                return False
            raise PortGone(f"{self._name} went away: {error.strerror}") from None
        return True

    def _close(self, exc: Exception | None = None) -> None:
        """What pyserial-asyncio calls when a read fails: there is nothing left to drain."""
        self._abort(exc)

    def _fatal_error(self, exc: BaseException, message: str = "") -> None:
        """What it calls when a write fails: an unplug is no error of the event loop's."""
        del message
        self._abort(exc)

    def _abort(self, exc: BaseException | None) -> None:
        if self._closing:  # the other direction may have failed as well
            return
        with contextlib.suppress(OSError, termios.error):  # gone, and so is what was to be flushed
            flush(self.fileno())
        super()._abort(exc)
