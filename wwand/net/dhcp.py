"""A DHCP client as a child: it gets the lease, and wwand puts on the machine what it says.

The client runs `dhcp-report` at each event, which writes to a FIFO in the run directory. (Not a
pipe that it inherits: dhcpcd closes what it does not know.)
"""

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wwand.errors import NoAddress, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.net import dhcp_clients, dhcp_report
from wwand.net.children import END_DEADLINE, ENVIRONMENT, MARK, marker, run_tool
from wwand.net.dhcp_report import Event
from wwand.net.machine import asking_machine
from wwand.status import IpConfig

LEASE_DEADLINE = 30.0
"""Seconds until the first lease: the server is in the modem, and answers within one; but a stick
that is a router has just been switched on, and starts it when it has started itself."""

REGAIN_DEADLINE = 10.0
"""Seconds to get another lease after the server refused or forgot the old one.

A modem that has dialled anew refuses to renew (RFC 2131 §4.3.2), and has a new address to give."""

TROUBLE = re.compile(r"denied|error|fail|cannot|can't|no such|unable|invalid", re.IGNORECASE)
"""What a client's line has that may be the reason of its end."""

LeaseListener = Callable[[IpConfig], None]


class Dhcp:
    """One run of a DHCP client, from `start` until `ended`."""

    def __init__(self, run_dir: Path, name: str, interface: str) -> None:
        self.log = ObjectLog(__name__, name)
        self.lease: IpConfig | None = None
        """What is leased now."""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when there is no lease any more, for whatever reason; says why, in words."""
        self.error: WwandError | None = None
        """What that end amounts to; None after `stop`."""
        self.on_change: LeaseListener | None = None
        """Called with each lease that differs from the one before."""
        self.on_start: Callable[[tuple[str, ...]], None] | None = None
        """Called before the client runs, with the command that ends it if wwand cannot any more."""
        self._interface = interface
        self._run_dir = run_dir
        self._folder = folder(run_dir) / name
        self._client = dhcp_clients.Client("", ())
        self._fifo = -1
        self._unread = b""
        self._remark = ""
        self._news = asyncio.Event()
        self._regain: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._life: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def start(self) -> IpConfig:
        """Run a client until there is a lease; raises why there is none, and leaves nothing then.

        The interface has to be up.
        """
        if self._process:
            raise WrongState("this DHCP client was started before")
        try:
            with asking_machine(f"run a DHCP client on {self._interface}"):
                await self._run()
            return await self._first()
        except BaseException:
            await self.stop()
            raise

    async def _run(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o755, parents=True)
        self._client = client = await dhcp_clients.find(self._interface, self._folder)
        report = dhcp_clients.report_file(self._folder)
        os.mkfifo(report, 0o600)
        # Open for writing, too: otherwise it is at its end whenever no script has it open
        self._fifo = os.open(report, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._fifo, self._readable)
        if self.on_start:
            self.on_start(client.farewell)
        self.log.debug("running %s", " ".join(client.command))
        self._process = await asyncio.create_subprocess_exec(
            *client.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**ENVIRONMENT, MARK: marker(self._run_dir), dhcp_clients.REPORT: str(report)},
        )
        self._life = asyncio.create_task(self._live(self._process), name=f"{client.name}")

    async def _first(self) -> IpConfig:
        try:
            async with asyncio.timeout(LEASE_DEADLINE):
                while not self.lease:
                    self._news.clear()
                    await self._news.wait()
                    if self.ended.done():
                        raise self.error or WwandError(self.ended.result())
        except TimeoutError:
            remark = f" ({self._client.name}: {self._remark})" if self._remark else ""
            raise NoAddress(
                f"no DHCP server answered on {self._interface} within {LEASE_DEADLINE:g} s{remark}",
                "the modem says that it is connected, but gives no address: connect again, then "
                "plug it out and in again",
            ) from None
        return self.lease

    # --- what the script tells -----------------------------------------------------------------

    def _readable(self) -> None:
        with suppress(BlockingIOError):
            self._unread += os.read(self._fifo, 65536)
        *reports, self._unread = self._unread.split(b"\n\n")
        for report in reports:
            self._heard(report.decode(errors="replace").splitlines())

    def _heard(self, lines: list[str]) -> None:
        report = dhcp_report.read(lines)
        if report is None or self._stopping:
            return
        self.log.debug("%s", "; ".join(lines))
        if report.event is Event.LOST:
            if self.lease and not self._regain:
                loop = asyncio.get_running_loop()
                self._regain = loop.call_later(REGAIN_DEADLINE, self._lost)
            return
        if self._regain:
            self._regain.cancel()
            self._regain = None
        before, self.lease = self.lease, report.lease
        self._news.set()
        if before and self.lease and self.lease != before:
            self.log.info("the lease has changed: %s is %s now", before.address, self.lease.address)
            if self.on_change:
                self.on_change(self.lease)

    def _lost(self) -> None:
        reason = f"the DHCP lease on {self._interface} was lost, and no server gives another"
        self._end(reason, NoAddress(reason, "the modem has lost its connection, or restarted"))

    def _end(self, reason: str, error: WwandError | None) -> None:
        self.lease = None
        if not self.ended.done():
            self.error = error
            self.ended.set_result(reason)
        self._news.set()

    # --- the child -----------------------------------------------------------------------------

    async def _live(self, process: asyncio.subprocess.Process) -> None:
        """Read what the client says until it is gone, then tell why."""
        assert process.stdout
        async for raw in process.stdout:
            line = raw.decode(errors="replace").strip()
            if line:
                self.log.debug("%s", line)
            if TROUBLE.search(line):
                self._remark = line
        status = await process.wait()
        reason = f"{self._client.name} ended with status {status}"
        if self._remark:
            reason += f" ({self._remark})"
        self._end(reason, None if self._stopping else NoAddress(reason))

    async def stop(self) -> None:
        """Give the lease back and end the client; does nothing when it is gone already."""
        if self._stopping is None:
            # A task of its own: whoever called may be cancelled, but the child must be reaped
            self._stopping = asyncio.create_task(self._stop())
        await asyncio.shield(self._stopping)

    async def _stop(self) -> None:
        if self._regain:
            self._regain.cancel()
        try:
            if self._process and self._life:
                await self._end_client(self._process, self._life)
        finally:
            if self._fifo >= 0:
                asyncio.get_running_loop().remove_reader(self._fifo)
                os.close(self._fifo)
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _end_client(
        self, process: asyncio.subprocess.Process, life: asyncio.Task[None]
    ) -> None:
        if process.returncode is None:
            if self._client.farewell:
                await _bid_farewell(self._client.farewell)
            else:
                with suppress(ProcessLookupError):
                    process.terminate()
            await asyncio.wait([life], timeout=END_DEADLINE)
        if not life.done():
            self.log.warning("%s did not end when told to; killing it", self._client.name)
            with suppress(ProcessLookupError):
                process.kill()
        await life


def folder(run_dir: Path) -> Path:
    """Where the files of all clients are."""
    return run_dir / "dhcp"


async def clean_up(run_dir: Path, farewells: list[tuple[str, ...]]) -> None:
    """End the clients of a daemon that was killed, those that SIGTERM does not reach."""
    for farewell in farewells:
        await _bid_farewell(farewell)
    shutil.rmtree(folder(run_dir), ignore_errors=True)


async def _bid_farewell(command: tuple[str, ...]) -> None:
    """Tell a client to end; one that cannot be told may still be killed."""
    try:
        await run_tool(*command, deadline=END_DEADLINE)
    except OSError as error:
        ObjectLog(__name__, "dhcp").warning("cannot run %s: %s", command[0], error)
