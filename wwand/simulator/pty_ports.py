"""What stands for a kernel's character devices: pseudo terminals, a socket for QMI."""

import asyncio
import os
import pty
import socket
import termios
import tty
from pathlib import Path

from wwand.simulator.inotify import OpenCount
from wwand.simulator.terminal import Terminal
from wwand.simulator.wdm import WdmChannel

MARKER, HEAD = 0x01, 3
"""A QMUX message begins with its marker and the length of all that follows the marker."""

READ_SIZE = 65536


class PtyPort:
    """One AT port: a raw pseudo terminal under the name a kernel would give it."""

    def __init__(self, folder: Path, name: str, terminal: Terminal) -> None:
        self.name = name
        self.path = folder / name
        self._terminal = terminal
        # our own slave descriptor keeps the master usable while nobody has the port open
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        slave = Path(os.ttyname(self._slave))
        self.path.symlink_to(slave)
        self._holders = OpenCount(slave, self._opened, self._closed)
        self._unsent = bytearray()
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def close(self) -> None:
        """Vanish: whoever has the port open sees a hang-up."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        loop.remove_writer(self._master)
        self._holders.close()
        os.close(self._slave)
        os.close(self._master)
        self.path.unlink()

    def _opened(self) -> None:
        self._terminal.opened(self._send)

    def _closed(self) -> None:
        self._take()
        self._terminal.closed()
        self._unsent.clear()
        termios.tcflush(self._slave, termios.TCIOFLUSH)

    def _readable(self) -> None:
        self._holders.drain()  # the opening came before the bytes
        self._take()

    def _take(self) -> None:
        try:
            while data := os.read(self._master, 4096):
                self._terminal.feed(data)
        except BlockingIOError:
            return

    def _send(self, data: bytes) -> None:
        self._unsent += data
        self._flush()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._unsent:
                del self._unsent[: os.write(self._master, self._unsent)]
        except BlockingIOError:
            loop.add_writer(self._master, self._flush)
        else:
            loop.remove_writer(self._master)


class WdmSocket:
    """QMI's cdc-wdm port as a unix stream socket; what the modem says goes to all clients."""

    def __init__(self, folder: Path, name: str, channel: WdmChannel) -> None:
        self.name = name
        self.path = folder / name
        self._channel = channel
        self._clients: dict[socket.socket, bytearray] = {}
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self.path))
        self._server.listen()
        self._server.setblocking(False)
        channel.on_message = self._say
        asyncio.get_running_loop().add_reader(self._server, self._accept)

    def close(self) -> None:
        """Vanish: whoever has the port open sees its end."""
        asyncio.get_running_loop().remove_reader(self._server)
        self._server.close()
        for client in list(self._clients):
            self._drop(client)
        self.path.unlink()

    def _accept(self) -> None:
        client, _ = self._server.accept()
        client.setblocking(False)
        self._clients[client] = bytearray()
        asyncio.get_running_loop().add_reader(client, self._readable, client)

    def _readable(self, client: socket.socket) -> None:
        try:
            data = client.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        unread = self._clients[client]
        unread += data
        for message in _messages(unread):
            self._channel.written(message)

    def _say(self, message: bytes) -> None:
        for client in list(self._clients):
            try:
                client.send(message)
            except OSError:  # it is gone, or has not read for a long time
                self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        if self._clients.pop(client, None) is not None:
            asyncio.get_running_loop().remove_reader(client)
            client.close()
            self._channel.closed()


def _messages(unread: bytearray) -> list[bytes]:
    """Take the whole QMUX messages off the front; what is none, up to a marker, is thrown away."""
    messages = []
    while unread:
        begin = unread.find(MARKER)
        del unread[: len(unread) if begin < 0 else begin]
        length = 1 + int.from_bytes(unread[1:HEAD], "little")
        if len(unread) < max(HEAD, length):
            break
        messages.append(bytes(unread[:length]))
        del unread[:length]
    return messages
