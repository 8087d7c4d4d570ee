"""A private bus with a real dbus-daemon for every test."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from tests.bus.domain import FakeManager
from wwand.service.root import BusService

PROPERTIES = "org.freedesktop.DBus.Properties"

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    {rules}
  </policy>
  {more}
</busconfig>
"""

ANYTHING = """<allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>"""
LIKE_THE_SYSTEM_BUS = """
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
"""
"""What dbus-daemon's system.conf sets before a service's own file is read."""


@asynccontextmanager
async def dbus_daemon(directory: Path, rules: str = ANYTHING, more: str = "") -> AsyncIterator[str]:
    """Run a dbus-daemon; gives its address."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed (Debian: dbus-daemon)")
    config = directory / "bus.conf"
    config.write_text(CONFIG.format(rules=rules, more=more))
    daemon = await asyncio.create_subprocess_exec(
        "dbus-daemon",
        f"--config-file={config}",
        "--nofork",
        "--print-address",
        stdout=asyncio.subprocess.PIPE,
    )
    assert daemon.stdout
    try:
        async with asyncio.timeout(10):
            address = (await daemon.stdout.readline()).decode().strip()
        assert address, "dbus-daemon did not start"
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            daemon.terminate()  # and takes its socket away, as it does not when it is killed
        await daemon.wait()


@pytest.fixture
async def bus_address(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a bus where everybody may do everything."""
    async with dbus_daemon(tmp_path) as address:
        yield address


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[MessageBus]:
    """Give a connection to a bus, and close it."""
    bus = await MessageBus(bus_address=address, negotiate_unix_fd=True).connect()
    try:
        yield bus
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()


@pytest.fixture
async def bus(bus_address: str) -> AsyncIterator[MessageBus]:
    """The service's connection."""
    async with connected(bus_address) as connection:
        yield connection


class Refused(Exception):
    """An error reply."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


class Client:
    """Calls the service by raw messages, and hears every signal of the bus."""

    def __init__(self, bus: MessageBus) -> None:
        self.bus = bus
        self.heard: list[Message] = []
        self._news = asyncio.Event()
        bus.add_message_handler(self._hear)

    def _hear(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.path != "/org/freedesktop/DBus":
            self.heard.append(message)
            self._news.set()

    async def call(
        self,
        path: str,
        interface: str | None,
        member: str,
        signature: str = "",
        *body: Any,
        to: str = "org.freedesktop.ModemManager1",
        flags: MessageFlag = MessageFlag.NONE,
    ) -> Any:
        """Call a method; returns its result, or None, and raises Refused for an error."""
        message = Message(
            destination=to,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=flags,
        )
        async with asyncio.timeout(10):
            reply = await self.bus.call(message)
        if reply.message_type is MessageType.ERROR:
            raise Refused(reply.error_name or "", reply.body[0])
        return reply.body[0] if reply.body else None

    async def get(self, path: str, interface: str, name: str) -> Any:
        """Read one property."""
        variant = await self.call(path, PROPERTIES, "Get", "ss", interface, name)
        return variant.value

    async def ping(self) -> None:
        """Return when everything that the service has sent so far has been heard."""
        await self.call("/", "org.freedesktop.DBus.Peer", "Ping")

    async def signal(self, member: str) -> Message:
        """Return the first signal of that name, heard already or still to come."""
        async with asyncio.timeout(10):
            while True:
                for message in self.heard:
                    if message.member == member:
                        return message
                self._news.clear()
                await self._news.wait()

    def changes(self, path: str, interface: str) -> list[dict[str, Any]]:
        """Tell what each PropertiesChanged of one interface brought."""
        return [
            {name: variant.value for name, variant in message.body[1].items()}
            for message in self.heard
            if message.member == "PropertiesChanged"
            and message.path == path
            and message.body[0] == interface
        ]


@pytest.fixture
async def client(bus_address: str) -> AsyncIterator[Client]:
    """Somebody else on the bus."""
    async with connected(bus_address) as connection:
        one = Client(connection)
        await one.call(
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "AddMatch",
            "s",
            "type='signal'",
            to="org.freedesktop.DBus",
        )
        yield one


@pytest.fixture
async def manager(bus: MessageBus) -> AsyncIterator[FakeManager]:
    """A manager without devices yet, served on the bus; its own user is trusted."""
    domain = FakeManager()
    async with BusService(bus, domain, private=True):
        yield domain


async def run(*command: str, address: str, user: int | None = None) -> tuple[int, str]:
    """Run a client program on the bus; returns its exit status and all that it printed."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "LC_ALL": "C.UTF-8"},
        user=user,
    )
    try:
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return process.returncode, output.decode()
