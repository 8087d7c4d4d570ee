"""How much CPU time wwand takes until it owns its names, on this machine and a bus of its own."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

NAMES = ("org.freedesktop.ModemManager1", "org.wwand1")
DEADLINE = 30.0

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""


async def start_seconds(rounds: int) -> list[float]:
    """Start wwand so often; user and system time of each until the last name is its own."""
    with tempfile.TemporaryDirectory(prefix="wwand-bench-") as name:
        folder = Path(name)
        config = folder / "bus.conf"
        config.write_text(BUS_CONFIG.format(socket=folder / "bus"))
        with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as daemon:
            try:
                assert daemon.stdout
                address = daemon.stdout.readline().strip()
                await _once(address, folder)  # brings the files into memory
                return [await _once(address, folder) for _ in range(rounds)]
            finally:
                daemon.terminate()


async def _once(address: str, folder: Path) -> float:
    bus = await MessageBus(bus_address=address).connect()
    owned: set[str] = set()
    done = asyncio.get_running_loop().create_future()
    (folder / "config.toml").touch()

    def heard(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if owner:
                owned.add(name)
            if owned.issuperset(NAMES) and not done.done():
                done.set_result(cpu_seconds(child.pid))

    bus.add_message_handler(heard)
    await bus.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=["type='signal',member='NameOwnerChanged'"],
        )
    )
    command = (
        *(sys.executable, "-m", "wwand", "--bus", address),
        *("--config", str(folder / "config.toml"), "--run-dir", str(folder / "run")),
        *("--state-dir", str(folder / "state")),
    )
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 - as above
    try:
        async with asyncio.timeout(DEADLINE):
            return float(await done)
    finally:
        child.terminate()
        child.wait()
        bus.disconnect()
        await bus.wait_for_disconnect()


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads, to the nanosecond (linux Documentation/scheduler/sched-stats)."""
    tasks = Path(f"/proc/{pid}/task")
    return (
        sum(int((tasks / t / "schedstat").read_text().split()[0]) for t in os.listdir(tasks)) / 1e9
    )
