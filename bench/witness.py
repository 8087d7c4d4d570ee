"""Watches from outside what a stack does: the bus, udev, and whether the network answers.

The same for every stack, and asleep unless something happens: two slow processors are shared.
"""

import asyncio
import contextlib
import re
import socket
import struct
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyudev
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from bench.models import Model

MODEM_INTERFACE = "org.freedesktop.ModemManager1.Modem"
REGISTERED, CONNECTED = 8, 11
"""MM_MODEM_STATE_REGISTERED, MM_MODEM_STATE_CONNECTED."""

MATCHES = (
    "type='signal',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded'",
    f"type='signal',interface='{MODEM_INTERFACE}',member='StateChanged'",
)

RTMGRP_IPV4_IFADDR = 0x10
RTM_NEWADDR = 20
NLMSG_HEADER, IFADDRMSG = struct.Struct("=LHHLL"), struct.Struct("=BBBBL")
"""linux/netlink.h struct nlmsghdr; linux/if_addr.h struct ifaddrmsg."""

ECHO_REQUEST, ECHO_REPLY = 8, 0
PING_AGAIN = 0.05
"""Seconds until the next ping while none was answered."""


class Witness:
    """Notes the first time of each step, on the clock that the simulator's journal has."""

    def __init__(self, model: Model) -> None:
        self.times: dict[str, float] = {}
        self.modem = ""
        """The modem's object path."""
        self.interface = ""
        """The modem's network interface, once it has an address."""
        self._model = model
        self._awaited = "ping"
        """The step that a ping's answer is; empty when none is waited for."""
        self._bus = MessageBus(bus_type=BusType.SYSTEM)
        self._ttys: set[str] = set()
        self._monitor: Any = None
        self._addresses = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._echo: socket.socket | None = None
        self._again: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._bus.connect()
        self._bus.add_message_handler(self._signal)
        for rule in MATCHES:
            await self.call("AddMatch", rule)
        loop = asyncio.get_running_loop()
        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context())
        for subsystem in ("tty", "net"):
            self._monitor.filter_by(subsystem)
        self._monitor.start()
        loop.add_reader(self._monitor.fileno(), self._udev)
        self._addresses.bind((0, RTMGRP_IPV4_IFADDR))
        self._addresses.setblocking(False)
        loop.add_reader(self._addresses, self._address)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._monitor.fileno())
        loop.remove_reader(self._addresses)
        self._addresses.close()
        self._hang_up()
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    async def call(self, member: str, word: str) -> Any:
        """Ask the bus itself."""
        reply = await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member=member,
                signature="s",
                body=[word],
            )
        )
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return reply.body[0] if reply.body else None

    def forget(self) -> None:
        """Begin anew: nothing has been seen yet."""
        self._hang_up()
        self.times.clear()
        self._ttys.clear()
        self.modem = self.interface = ""
        self._awaited = "ping"

    def await_ping(self, step: str) -> None:
        """Ping again from now on; the answer is that step."""
        self._hang_up()
        self._awaited = step
        self._ping()

    async def until(self, step: str, deadline: float) -> float:
        """Wait for a step, and return its time."""
        try:
            async with asyncio.timeout(deadline):
                while step not in self.times:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"no {step} within {deadline:g} s; seen: {self.times}") from None
        return self.times[step]

    def _note(self, step: str) -> None:
        if step not in self.times:
            self.times[step] = time.monotonic()
            self._news.set()

    def _signal(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "InterfacesAdded" and MODEM_INTERFACE in message.body[1]:
            self.modem = message.body[0]
            self._note("object")
        elif message.member == "StateChanged" and message.body[1] >= REGISTERED:
            self._note("registered")
            if message.body[1] >= CONNECTED:
                self._note("up")

    def _udev(self) -> None:
        while device := self._monitor.poll(0):
            if device.action != "add":
                continue
            if device.subsystem == "net" and is_mobile(device.sys_name):
                self._note("card")
            elif re.fullmatch(r"ttyUSB\d+", device.sys_name):
                self._ttys.add(device.sys_name)
                if len(self._ttys) == self._model.ttys:
                    self._note("ttys")

    def _address(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                for name in new_addresses(self._addresses.recv(65536)):
                    if is_mobile(name):
                        self.interface = name
                        self._note("address")
                        self._hang_up()
                        self._ping()

    def _ping(self) -> None:
        if not self._awaited or (self._echo is None and not self._open()):
            return
        assert self._echo
        with contextlib.suppress(OSError):  # the interface has no route yet
            self._echo.sendto(echo_request(), (self._model.answers, 0))
        self._again = asyncio.get_running_loop().call_later(PING_AGAIN, self._ping)

    def _open(self) -> bool:
        echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        echo.setblocking(False)
        try:
            echo.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.interface.encode())
        except OSError:  # gone; another address will follow
            echo.close()
            return False
        self._echo = echo
        asyncio.get_running_loop().add_reader(echo, self._answered)
        return True

    def _answered(self) -> None:
        assert self._echo
        data, (sender, _) = self._echo.recvfrom(1024)
        if sender == self._model.answers and data[20] == ECHO_REPLY:
            self._note(self._awaited)
            self._awaited = ""
            self._hang_up()

    def _hang_up(self) -> None:
        if self._again:
            self._again.cancel()
        if self._echo:
            asyncio.get_running_loop().remove_reader(self._echo)
            self._echo.close()
        self._again = self._echo = None


def new_addresses(data: bytes) -> list[str]:
    """The interfaces that got an address, out of one read of a netlink socket."""
    found = []
    while len(data) >= NLMSG_HEADER.size:
        length, kind, *_ = NLMSG_HEADER.unpack_from(data)
        if kind == RTM_NEWADDR:
            *_, index = IFADDRMSG.unpack_from(data, NLMSG_HEADER.size)
            with contextlib.suppress(OSError):  # gone again
                found.append(socket.if_indextoname(index))
        data = data[(length + 3) & ~3 :]
    return found


def is_mobile(name: str) -> bool:
    """Whether an interface is a modem's: PPP, or a USB device's (the guest has no others)."""
    return name.startswith("ppp") or (Path("/sys/class/net") / name / "device").exists()


def echo_request() -> bytes:
    """Return an ICMP echo request without data (RFC 792)."""
    head = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 0x7777, 1)
    total = sum(struct.unpack("!4H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, ~total & 0xFFFF, 0x7777, 1)
