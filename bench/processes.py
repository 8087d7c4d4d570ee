"""The stacks' processes: started, idle, measured, and what they leave behind ended."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench.stacks import Daemon
from bench.witness import Witness
from tests.system.vm.guest import Process

NAME_DEADLINE = 60.0
IDLE_WINDOW, IDLE_TICKS, IDLE_DEADLINE = 1.5, 3, 60.0
"""Idle: at most so many clock ticks of CPU time in a window of so many seconds."""


def cpu_ticks(pids: Iterable[int]) -> int:
    """User and system time of processes, children included (proc(5))."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total


def resident(pid: int) -> float:
    """VmRSS in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


async def until_idle(processes: dict[str, Process]) -> None:
    """Wait until start-up work is over."""
    pids = [each.process.pid for each in processes.values()]
    until = time.monotonic() + IDLE_DEADLINE
    before = cpu_ticks(pids)
    while True:
        await asyncio.sleep(IDLE_WINDOW)
        now = cpu_ticks(pids)
        if now - before <= IDLE_TICKS:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{', '.join(processes)} never idle")
        before = now


async def start(daemon: Daemon, witness: Witness, log: Path) -> Process:
    """Start a daemon and wait until it owns its name."""
    process = Process(daemon.command, log=log)
    until = time.monotonic() + NAME_DEADLINE
    while not await witness.call("NameHasOwner", daemon.bus_name):
        if process.process.poll() is not None or time.monotonic() > until:
            process.stop()
            raise RuntimeError(f"{daemon.name} did not start: see {log}")
        await asyncio.sleep(0.2)
    return process


def end_all(name: str) -> bool:
    """Ask every process of that name to end; whether there is none."""
    found = False
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # no process, or it has just ended
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == name:
                found = True
                os.kill(int(folder.name), signal.SIGTERM)
    return not found
