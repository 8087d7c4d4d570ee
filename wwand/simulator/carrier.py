"""A mobile network for data calls, in a network namespace of its own.

A call on a serial port has a pppd, one on a network interface a tap or tun device.
"""

import asyncio
import fcntl
import os
import pty
import shlex
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from wwand.errors import CallFailed, WwandError
from wwand.simulator.calls import CallFacts, Framing, Link
from wwand.simulator.tap import TapLink, addressing, open_tap

NAMESPACE = "wwand-carrier"
GATEWAY, NAME_SERVER = "10.64.64.64", "10.64.64.1"
FIRST_HOST, HOSTS = 65, 150
"""Addresses 10.64.64.65 and up are given to callers."""

START_SECONDS = 20.0
"""Longest wait for pppd's first byte; a loaded emulated machine needs a second or two."""


class PppLink:
    """One call's pppd."""

    def __init__(
        self, master: int, process: asyncio.subprocess.Process, deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> None:  # fmt: skip
        self._master = master
        self._process = process
        self._deliver, self._ended = deliver, ended
        self._unsent = bytearray()
        self.ready = asyncio.Event()
        """It has said something, so it has opened its terminal and is past flushing it."""
        asyncio.get_running_loop().add_reader(master, self._readable)

    def write(self, data: bytes) -> None:
        """Pass the caller's bytes on."""
        self._unsent += data
        self._flush()

    def close(self) -> None:
        """Hang up: pppd sees its terminal vanish and ends."""
        if self._master >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._master)
            loop.remove_writer(self._master)
            os.close(self._master)
            self._master = -1

    async def over(self) -> None:
        """Wait until pppd has ended."""
        await self._process.wait()
        self.ready.set()

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except BlockingIOError:
            return
        except OSError:  # EIO: pppd closed its end
            data = b""
        self.ready.set()
        if data:
            self._deliver(data)
        else:
            self.close()
            self._ended()

    def _flush(self) -> None:
        if self._master < 0:
            return
        loop = asyncio.get_running_loop()
        try:
            while self._unsent:
                del self._unsent[: os.write(self._master, self._unsent)]
        except BlockingIOError:
            loop.add_writer(self._master, self._flush)
        except OSError:
            self._unsent.clear()
        else:
            loop.remove_writer(self._master)


class NamespaceCarrier:
    """Takes calls with real programs; make it with `carrier_network`."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._count = 0
        self._taps = count()
        self._links: set[PppLink | TapLink] = set()
        self._waits: set[asyncio.Task[None]] = set()

    async def call(
        self, facts: CallFacts, deliver: Callable[[bytes], None], ended: Callable[[], None]
    ) -> Link:
        """Start a pppd and wait until it speaks; CONNECT may be sent then."""
        master, slave = pty.openpty()
        try:
            tty.setraw(slave)
            os.set_blocking(master, False)
            process = await asyncio.create_subprocess_exec(
                "ip", "netns", "exec", self._namespace, "pppd", os.ttyname(slave),
                *self._options(facts),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            link = PppLink(master, process, deliver, ended)
            self._keep(link)
            try:
                async with asyncio.timeout(START_SECONDS):
                    await link.ready.wait()
            except BaseException as error:
                link.close()
                process.kill()
                if isinstance(error, TimeoutError):
                    raise CallFailed("NoCarrier", "the carrier's pppd does not start") from error
                raise
        finally:
            os.close(slave)
        return link

    async def attach(
        self, facts: CallFacts, framing: Framing, deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> TapLink:  # fmt: skip
        """Make a tap or tun device; this network never ends a connection by itself."""
        number = next(self._taps)
        told = addressing(number, facts, NAME_SERVER)
        link = await open_tap(self._namespace, number, told, framing, deliver)
        self._keep(link)
        return link

    async def close(self) -> None:
        """End all calls."""
        for link in list(self._links):
            link.close()
        await asyncio.gather(*self._waits)

    def _keep(self, link: PppLink | TapLink) -> None:
        self._links.add(link)
        wait = asyncio.get_running_loop().create_task(self._reap(link))
        self._waits.add(wait)
        wait.add_done_callback(self._waits.discard)

    async def _reap(self, link: PppLink | TapLink) -> None:
        await link.over()
        self._links.discard(link)

    def _options(self, facts: CallFacts) -> list[str]:
        self._count += 1
        host = FIRST_HOST + (self._count - 1) % HOSTS
        options = (
            f"nodetach local noipdefault nodefaultroute lcp-echo-interval 0 name carrier "
            f"{GATEWAY}:10.64.64.{host} ms-dns {NAME_SERVER} +ipv6"
        )
        if facts.user:
            _write_secrets(self._namespace, facts.user, facts.password)
            return [*options.split(), "require-chap", "require-pap"]  # CHAP is asked for first
        return [*options.split(), "noauth"]


def _folder(namespace: str) -> Path:
    """What `ip netns exec` puts over /etc/ppp: options and scripts of this machine stay out."""
    return Path("/etc/netns") / namespace / "ppp"


def _write_secrets(namespace: str, user: str, password: str) -> None:
    for kind in ("chap", "pap"):
        file = _folder(namespace) / f"{kind}-secrets"
        file.touch(mode=0o600)
        file.write_text(f"{shlex.quote(user)} * {shlex.quote(password)} *\n")


def _claim() -> tuple[str, int]:
    """Choose a namespace no other simulator uses; the descriptor holds it."""
    for number in count(1):
        name = NAMESPACE if number == 1 else f"{NAMESPACE}-{number}"
        lock = os.open(f"/run/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return name, lock
    raise AssertionError("count() does not end")


@asynccontextmanager
async def carrier_network() -> AsyncIterator[NamespaceCarrier]:
    """Set a carrier's network up and take it down again; needs root, ip and pppd."""
    namespace, lock = _claim()
    folder = _folder(namespace)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "options").touch()
    if (Path("/run/netns") / namespace).exists():  # left by a simulator that was killed
        await _ip("netns", "del", namespace)
    await _ip("netns", "add", namespace)
    carrier = NamespaceCarrier(namespace)
    try:
        await _ip("-n", namespace, "link", "set", "lo", "up")
        await _ip("-n", namespace, "address", "add", f"{NAME_SERVER}/32", "dev", "lo")
        yield carrier
    finally:
        await carrier.close()
        await _ip("netns", "del", namespace)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.parent.rmdir()
        os.close(lock)


async def _ip(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "ip", *words, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    _, said = await process.communicate()
    if process.returncode:
        raise WwandError(f"ip {' '.join(words)}: {said.decode().strip()}")
