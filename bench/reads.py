"""Times property reads over one connection; the client does next to nothing itself."""

import os
import socket
import statistics
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from dbus_fast import Message

SYSTEM_BUS = Path("/run/dbus/system_bus_socket")
NAME = "org.freedesktop.ModemManager1"
MODEM = f"{NAME}.Modem"
PROPERTIES = "org.freedesktop.DBus.Properties"
FIXED = 16
"""Octets of a message up to and with the length of its header's fields (D-Bus specification)."""
METHOD_RETURN = 2


class Client:
    """A blocking connection that sends ready-made messages; without a filter nothing else comes."""

    def __init__(self, address: Path = SYSTEM_BUS) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(address))
        self._serial = 0
        uid = str(os.getuid()).encode().hex()
        self._socket.sendall(b"\0AUTH EXTERNAL " + uid.encode() + b"\r\n")
        assert self._socket.recv(256).startswith(b"OK ")
        self._socket.sendall(b"BEGIN\r\n")
        self._ask(_call("org.freedesktop.DBus", "/org/freedesktop/DBus", "Hello"))
        self._message()  # NameAcquired

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def median(self, message: Message, count: int) -> float:
        """Seconds from a call to its reply, median of `count` calls one after the other."""
        self._ask(message)
        taken = []
        for _ in range(count):
            data = self._marshalled(message)
            began = time.perf_counter()
            self._socket.sendall(data)
            answer = self._message()
            taken.append(time.perf_counter() - began)
            assert answer == METHOD_RETURN
        return statistics.median(taken)

    def _ask(self, message: Message) -> None:
        self._socket.sendall(self._marshalled(message))
        assert self._message() == METHOD_RETURN

    def _marshalled(self, message: Message) -> bytes:
        self._serial += 1
        message.serial = self._serial
        return bytes(message._marshall(False))  # noqa: SLF001 - the codec without its connection

    def _message(self) -> int:
        """Read one message and return its type."""
        head = self._exactly(FIXED)
        body, fields = int.from_bytes(head[4:8], "little"), int.from_bytes(head[12:16], "little")
        self._exactly((fields + 7) // 8 * 8 + body)
        return head[1]

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self._socket.recv(count - len(data))
        return data


def _call(destination: str, path: str, member: str, interface: str = "", *body: str) -> Message:
    return Message(
        destination=destination,
        path=path,
        interface=interface or destination,
        member=member,
        signature="s" * len(body),
        body=list(body),
    )


def get_all(path: str) -> Message:
    """The call for all properties of a modem's main interface."""
    return _call(NAME, path, "GetAll", PROPERTIES, MODEM)


def read_modem(path: str, count: int) -> dict[str, float]:
    """Time `Get` of a modem's State and `GetAll` of its main interface."""
    with Client() as client:
        return {
            "Get": client.median(_call(NAME, path, "Get", PROPERTIES, MODEM, "State"), count),
            "GetAll": client.median(get_all(path), count),
        }
