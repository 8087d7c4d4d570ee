"""pppd as a child, on a tty over which a modem's call is connected already."""

import asyncio
import fcntl
import os
import re
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wwand.errors import CallFailed, NoDriver, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.net.children import END_DEADLINE, ENVIRONMENT, find_program, marker
from wwand.net.machine import asking_machine
from wwand.net.ppp_options import PppRequest, families, options
from wwand.net.ppp_report import MODPROBE, PppLink, PppReport, explained, failure
from wwand.status import IpFamily

DEVICE = Path("/dev/ppp")

UP_DEADLINE = 60.0
"""Seconds until one family must be up: activating a context may take 30 s in a bad cell, twice."""

JOIN_DEADLINE = 3.0
"""Seconds IPv4 is waited for once IPv6 is up: a first request may be lost, then answered with NAKs.

The other way round there is nothing to wait for, as an IPv6 link carries nothing before the
network's router has given a prefix, and may join at any time."""

QUIET = 0.05
"""Seconds without a line after which pppd has said all about an address: it says it in one go."""

TIMESTAMP = re.compile(r"^\w{3} +\d+ [\d:]{8} ")

LinkListener = Callable[[PppLink], None]


class Pppd:
    """One run of pppd, from `start` until `ended`."""

    def __init__(self, run_dir: Path, name: str = "ppp") -> None:
        self.log = ObjectLog(__name__, name)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when pppd is gone, for whatever reason; the result says why, in words."""
        self.error: WwandError | None = None
        """What its end amounts to; None while it runs, and after `stop`."""
        self.on_interface: Callable[[str], None] | None = None
        """Called as soon as the interface is there, before it has any address."""
        self.on_change: LinkListener | None = None
        """Called whenever a family joins, leaves or changes its addresses."""
        self._run_dir = run_dir
        self._tty = Path()
        self._report = PppReport()
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._life: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None

    @property
    def link(self) -> PppLink:
        """What is up now."""
        return self._report.link

    async def start(self, tty: Path, request: PppRequest) -> PppLink:
        """Run pppd until an IP family is up; raises what made it fail, and leaves nothing then."""
        if self._process:
            raise WrongState("this pppd was started before")
        self._tty = tty
        with asking_machine(f"run pppd on {tty}"):
            self._process = process = await self._run(_program(), options(tty, request))
        self._life = asyncio.create_task(self._live(process), name=f"pppd on {tty}")
        try:
            await self._up(families(request.family))
        except BaseException:
            await self.stop()
            raise
        return self.link

    async def _run(self, program: str, words: str) -> asyncio.subprocess.Process:
        reader, writer = os.pipe()
        try:
            # Secrets go through a pipe: no command line, no file, and empty once pppd has read it.
            # It holds far more than these few hundred bytes (pipe(7)): the write does not block
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                pipe.write(words)
            return await asyncio.create_subprocess_exec(
                program,
                "file",
                f"/proc/self/fd/{reader}",
                "ipparam",
                marker(self._run_dir),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(reader,),
                env=ENVIRONMENT,
            )
        finally:
            os.close(reader)

    async def _up(self, wanted: IpFamily) -> None:
        try:
            async with asyncio.timeout(UP_DEADLINE):
                await self._until(lambda: bool(self.link.families))
        except TimeoutError:
            remark = f" ({self._report.remark})" if self._report.remark else ""
            raise CallFailed(
                "NoCarrier", f"no IP address over PPP within {UP_DEADLINE:g} s{remark}"
            ) from None
        if wanted & IpFamily.IPV4:
            with suppress(TimeoutError):
                async with asyncio.timeout(JOIN_DEADLINE):
                    await self._until(
                        lambda: bool(IpFamily.IPV4 & (self.link.families | self._report.refused))
                    )
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(QUIET):
                    await self._until_news()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            await self._until_news()

    async def _until_news(self) -> None:
        if self.ended.done():
            raise self.error or WwandError(self.ended.result())
        self._news.clear()
        await self._news.wait()

    async def _live(self, process: asyncio.subprocess.Process) -> None:
        """Read what pppd says until it is gone, then tell why."""
        assert process.stdout
        listening = asyncio.create_task(self._listen(process.stdout))
        status = await process.wait()
        # Scripts of the system that pppd started may hold the pipe open for longer
        await asyncio.wait([listening], timeout=QUIET)
        listening.cancel()
        reason = explained(status, self._report.remark)
        if not self._stopping:
            self.error = failure(status, self._report.remark)
            self.log.info("%s", reason)
        self.ended.set_result(reason)
        self._news.set()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        async for raw in stream:
            line = TIMESTAMP.sub("", raw.decode(errors="replace").rstrip())
            if not line:
                continue
            self.log.debug("%s", line)
            before, self._report = self._report, self._report.heard(line)
            if self.link.interface != before.link.interface and self.on_interface:
                self.on_interface(self.link.interface)
            if self.link != before.link and self.on_change:
                self.on_change(self.link)
            self._news.set()

    async def stop(self) -> None:
        """End pppd and wait until it is gone; does nothing when it is gone already."""
        if self._process is None:
            return
        if self._stopping is None:
            # A task of its own: whoever called may be cancelled, but the child must be reaped
            self._stopping = asyncio.create_task(self._end(self._process))
        await asyncio.shield(self._stopping)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        assert self._life
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait([self._life], timeout=END_DEADLINE)
        if not self._life.done():
            self.log.warning("pppd did not end when told to; killing it")
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.wait([self._life])
            _restore_line(self._tty)
        await self._life


def _program() -> str:
    """Return where pppd is; raises NoDriver when it, or the kernel's part of it, is missing."""
    program = find_program("pppd")
    if not program:
        raise NoDriver("pppd is not installed", "install the package `ppp` (Debian, OpenWrt: ppp)")
    if not DEVICE.exists():
        raise NoDriver(f"the kernel has no PPP: {DEVICE} is missing", MODPROBE)
    return program


def _restore_line(tty: Path) -> None:
    """Make a tty a terminal again: killed, pppd leaves it to PPP as long as anyone has it open."""
    with suppress(OSError):
        fd = os.open(tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            fcntl.ioctl(fd, termios.TIOCSETD, struct.pack("i", termios.N_TTY))  # tty_ioctl(4)
        finally:
            os.close(fd)
