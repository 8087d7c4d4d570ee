"""Programs that wwand runs for a link: find them, end them, and find those a killed daemon left.

A child carries its daemon's run directory in its own command line or environment, so it is known
for what it is without any record that could be lost, torn or stale. (dhcpcd writes its state over
both: `journal.Page.farewell` knows it.)
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wwand.log import ObjectLog

PROGRAMS = frozenset({"pppd", "udhcpc", "busybox", "dhclient", "dhcpcd"})
"""What may be ended; a user's editor may well have a run file's name in its arguments."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where distributions put programs for root; a user's PATH often lacks the sbin ones."""

ENVIRONMENT = {"PATH": SYSTEM_PATH, "LC_ALL": "C"}
"""All that a child gets; its words must be English, for wwand reads them."""

MARK = "WWAND_CHILD"
"""Variable that holds the mark of a child whose command line has no room for it."""

PROC = Path("/proc")

END_DEADLINE = 3.0
"""Seconds a child has for its farewell: pppd needs 2 for two unanswered Terminate-Requests."""

log = ObjectLog(__name__, "net")


def find_program(name: str) -> str:
    """Return where a program is; empty when it is not installed."""
    return shutil.which(name, path=SYSTEM_PATH) or ""


def marker(run_dir: Path) -> str:
    """The word that marks children of the daemon that uses this run directory."""
    return f"wwand:{run_dir}"


def left_behind(run_dir: Path) -> Iterator[int]:
    """Yield the processes that carry the mark, other than zombies."""
    marks = {marker(run_dir).encode(), f"{MARK}={marker(run_dir)}".encode()}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # gone meanwhile, a kernel thread, or another user's
            words = set((entry / "cmdline").read_bytes().split(b"\0"))
            if not marks & words:
                words = set((entry / "environ").read_bytes().split(b"\0"))
            if marks & words and Path(os.readlink(entry / "exe")).name in PROGRAMS:
                yield int(entry.name)


async def end_left_behind(run_dir: Path) -> None:
    """End what an earlier daemon left: politely, then for certain."""
    await asyncio.gather(*(end_process(pid) for pid in tuple(left_behind(run_dir))))


async def end_process(pid: int, deadline: float = END_DEADLINE) -> None:
    """End a process that is nobody's child here; returns when it is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        log.info("ending process %d, left by an earlier daemon", pid)
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(handle, gone.set)
        try:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(deadline):
                    await gone.wait()
                    return
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            await gone.wait()
        finally:
            loop.remove_reader(handle)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


async def run_tool(*arguments: str, stdin: str = "", deadline: float = 5.0) -> tuple[int, str]:
    """Run a short-lived tool and return its exit status and its words; 124 if it took too long."""
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=ENVIRONMENT,
    )
    try:
        async with asyncio.timeout(deadline):
            said, _ = await process.communicate(stdin.encode())
    except TimeoutError:
        return 124, f"{arguments[0]} did not end within {deadline:g} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace").strip()
