"""A data connection of a modem: what was asked for, whether it is up, and its IP configuration."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from wwand.errors import Cancelled, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.status import Auth, BearerStats, BearerType, IpConfig, IpFamily, LayoutKind, Observable
from wwand.tasks import through

FAMILIES = (IpFamily.IPV4, IpFamily.IPV6, IpFamily.IPV4V6)
"""What a bearer can carry."""


@dataclass(frozen=True, slots=True)
class BearerSettings:
    """What a caller asks for; the keys of ModemManager's bearer properties."""

    apn: str = ""
    """Empty means the subscription's default."""
    ip_type: IpFamily = IpFamily.NONE
    """NONE leaves the choice to wwand."""
    user: str = ""
    password: str = ""
    allowed_auth: Auth = Auth.UNKNOWN
    allow_roaming: bool = True
    apn_type: int = 0
    access_type_preference: int = 0
    roaming_allowance: int = 0
    rm_protocol: int = 0
    multiplex: int = 0
    profile_id: int = -1
    """-1: none given."""
    profile_name: str = ""
    number: str = ""
    """Ignored, as ModemManager does for 3GPP modems."""

    def __repr__(self) -> str:
        return f"BearerSettings(apn={self.apn!r}, ip_type={self.ip_type!r}, …)"


class Applied(Protocol):
    """An IP configuration that wwand itself put in place (`wwand.net`)."""

    interface: str
    ip4: IpConfig | None
    ip6: IpConfig | None
    ended: asyncio.Future[str]
    """Done when the link went down by itself; the result says why, in words."""
    error: WwandError | None
    """What that end amounts to."""
    on_change: Callable[[], None] | None
    """Called when a family joined or left later on."""

    async def take_down(self) -> None:
        """Take back everything that was put in place."""
        ...


Applier = Callable[["Bearer"], Awaitable[Applied]]
"""Puts a connected bearer's IP configuration on this machine."""


class Bearer(Observable, ABC):
    """Base of all bearers; a kind implements `start` and `stop`."""

    kind: LayoutKind
    ip_timeout = 20
    """Seconds a client should give the IP configuration to come up."""

    def __init__(
        self, number: int, settings: BearerSettings, applier: Applier | None = None
    ) -> None:
        super().__init__()
        self.number = number
        self.settings = settings
        self.log = ObjectLog(__name__, f"bearer{number}")
        self.interface = ""
        """What carries the data: a network interface, or for PPP a tty."""
        self.connected = False
        self.connection_error: WwandError | None = None
        self.suspended = False
        self.multiplexed = False
        self.ip4 = IpConfig()
        self.ip6 = IpConfig()
        self._stats = BearerStats()
        self.type = BearerType.DEFAULT
        self.profile_id = settings.profile_id
        self._applier = applier
        self._applied: Applied | None = None
        self._watch: asyncio.Task[None] | None = None
        self._connected_at = 0.0
        self._rising: asyncio.Task[None] | None = None
        self._alone = asyncio.Lock()

    @property
    def applies_ip(self) -> bool:
        """Whether wwand itself puts the IP configuration on this machine."""
        return self._applier is not None

    @property
    def busy(self) -> bool:
        """Whether it carries data, or is about to, or is being taken down."""
        return self.connected or self._alone.locked()

    @property
    def stats(self) -> BearerStats:
        """The counters as they are now; octets only where wwand itself applied the IP."""
        if not self.connected:
            return self._stats
        duration = round(time.monotonic() - self._connected_at)
        rx, tx = counted(self.interface) if self._applied else (0, 0)
        past = self._stats
        return replace(
            past,
            duration=duration,
            rx_bytes=rx,
            tx_bytes=tx,
            total_duration=past.total_duration + duration,
            total_rx_bytes=past.total_rx_bytes + rx,
            total_tx_bytes=past.total_tx_bytes + tx,
        )

    @property
    def tty(self) -> Path | None:
        """The port over which PPP is spoken; None for a bearer with a network interface."""
        return None

    @property
    def family(self) -> IpFamily:
        """What the bearer carries; IPv4 unless more was asked for."""
        wanted = self.settings.ip_type
        return wanted if wanted in FAMILIES else IpFamily.IPV4

    @abstractmethod
    async def start(self) -> None:
        """Make the modem carry data; sets `interface`, `ip4` and `ip6`.

        A family that the bearer does not carry keeps method UNKNOWN. Method DHCP without an address
        means a DHCP client for IPv4, and router advertisements for IPv6.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Make the modem stop carrying data; called also when `start` failed half-way."""

    async def connect(self) -> None:
        """Bring the bearer up, with its IP configuration when wwand is to apply that.

        Cancelled when it is disconnected meanwhile.
        """
        async with self._alone:
            if self.connected:
                return
            self._rising = rising = asyncio.create_task(self._rise())
            try:
                await asyncio.wait([rising])
            except asyncio.CancelledError:
                rising.cancel()
                await through(asyncio.wait([rising]))
                await self._lower()
                raise
            finally:
                self._rising = None
                rising.cancelled() or rising.exception()  # seen, whoever has caused it
            if rising.cancelled():
                raise Cancelled(f"bearer{self.number} was disconnected before it was connected")
            rising.result()

    async def _rise(self) -> None:
        self.connection_error = None
        self._stats.attempts += 1
        try:
            await self.start()
            if self._applier:
                self._applied = await self._applier(self)
                self._watch = asyncio.create_task(self._watch_applied(self._applied))
        except BaseException as error:
            self._stats.failed_attempts += 1
            if isinstance(error, WwandError):
                self.connection_error = error
            await self._clean_up()
            raise
        if self._applied:
            self._applied.on_change = self._applied_changed
            self._applied_changed()
        self.connected = True
        self._connected_at = time.monotonic()
        self._stats.start_date = int(time.time())
        self.log.info("connected on %s", self.interface)
        self.changed()

    async def disconnect(self) -> None:
        """Take the bearer down, or call off its connecting; returns when nothing of it is left."""
        if self._rising:
            self._rising.cancel()
        async with self._alone:
            await self._lower()

    async def _lower(self) -> None:
        if self.connected:
            await self._down(None)

    async def gone_down(self) -> None:
        """Return when it is not being taken down, by whomever."""
        if self._rising is None:
            async with self._alone:
                return

    async def drop(self, reason: str, error: WwandError | None = None) -> None:
        """Note that the network or the modem ended the connection."""
        async with self._alone:
            if self.connected:
                self.log.warning("connection lost: %s", reason)
                await self._down(error or WwandError(f"connection lost: {reason}"))

    async def check(self) -> None:
        """Find out whether the connection is still there, where nothing may report its end."""

    async def _down(self, error: WwandError | None) -> None:
        self._stats = self.stats
        try:
            await self._clean_up()
        finally:
            self.connection_error = error
            self.connected = False
            self.interface = ""
            self.ip4 = self.ip6 = IpConfig()
            self._stats.start_date = 0
            self.log.info("disconnected")
            self.changed()

    async def _clean_up(self) -> None:
        """Take back the IP configuration, then the call; both always, whatever fails."""
        if self._watch and self._watch is not asyncio.current_task():
            self._watch.cancel()
        self._watch = None
        await through(self._take_back())

    async def _take_back(self) -> None:
        applied, self._applied = self._applied, None
        try:
            if applied:
                await applied.take_down()
        finally:
            await self.stop()

    async def _watch_applied(self, applied: Applied) -> None:
        reason = await asyncio.shield(applied.ended)
        await self.drop(reason, applied.error)

    def _applied_changed(self) -> None:
        if applied := self._applied:
            self.interface = applied.interface
            self.ip4 = applied.ip4 or IpConfig()
            self.ip6 = applied.ip6 or IpConfig()
            self.changed()

    def require_connected(self) -> None:
        """Raise WrongState unless the bearer is up."""
        if not self.connected:
            raise WrongState(f"bearer{self.number} is not connected")


def counted(interface: str) -> tuple[int, int]:
    """Octets received and sent by a network interface (sysfs-class-net-statistics); 0 if gone."""
    folder = Path("/sys/class/net") / interface / "statistics"
    try:
        return int((folder / "rx_bytes").read_text()), int((folder / "tx_bytes").read_text())
    except (OSError, ValueError):
        return 0, 0
