"""Openings and closings of a file as events: Linux inotify(7), of which Python has no binding."""

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

CLOSE_WRITE, CLOSE_NOWRITE, OPEN = 0x08, 0x10, 0x20
IN_NONBLOCK, IN_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
EVENT = struct.Struct("iIII")
"""struct inotify_event: watch, mask, cookie, length of the name that follows."""


class OpenCount:
    """Tells when somebody first opens a file and when everybody has closed it again."""

    def __init__(self, path: Path, opened: Callable[[], None], closed: Callable[[], None]) -> None:
        self._opened, self._closed = opened, closed
        self._holders = 0
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
        mask = OPEN | CLOSE_WRITE | CLOSE_NOWRITE
        if self._fd < 0 or libc.inotify_add_watch(self._fd, os.fsencode(path), mask) < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(path))
        asyncio.get_running_loop().add_reader(self._fd, self.drain)

    def drain(self) -> None:
        """Take over what happened so far."""
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        while data:
            _, mask, _, length = EVENT.unpack_from(data)
            data = data[EVENT.size + length :]
            if mask & OPEN:
                self._holders += 1
                if self._holders == 1:
                    self._opened()
            elif mask & (CLOSE_WRITE | CLOSE_NOWRITE):
                self._holders -= 1
                if self._holders == 0:
                    self._closed()

    def close(self) -> None:
        """Stop watching."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
