"""A private bus with a real dbus-daemon for every test."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast.aio import MessageBus

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
            daemon.kill()
        await daemon.wait()


@pytest.fixture
async def bus_address(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a bus where everybody may do everything."""
    async with dbus_daemon(tmp_path) as address:
        yield address


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[MessageBus]:
    """Give a connection to a bus, and close it."""
    bus = await MessageBus(bus_address=address).connect()
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
