"""Bring up what a connected bearer needs on this machine, and take all of it down again."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from wwand.errors import BadArgument, CallFailed, NoAddress, NoCarrier, WwandError
from wwand.log import ObjectLog
from wwand.net import dhcp
from wwand.net.carrier import has_carrier
from wwand.net.children import end_left_behind
from wwand.net.dhcp import Dhcp
from wwand.net.journal import Journal
from wwand.net.link import Link, Links, accept_router
from wwand.net.machine import asking_machine
from wwand.net.ppp_options import PppRequest
from wwand.net.ppp_report import PppLink
from wwand.net.pppd import Pppd
from wwand.net.resolver import DnsEntry, Resolver
from wwand.net.router_watch import RouterWatch
from wwand.net.watchdog import REST, Watchdog
from wwand.status import IpConfig, IpMethod
from wwand.tasks import Tasks

DEFAULT_METRIC = 700
"""Above Ethernet (100) and Wi-Fi (600) as NetworkManager counts, so these win while they are up."""

PREFIX_DEADLINE = 15.0
"""Seconds for a router advertisement: three solicitations, 4 s apart (RFC 4861 §10), and some."""

CARRIER_DEADLINE = 5.0
"""Seconds for the modem's card to tell its driver what the modem has told already; an interrupt
endpoint is asked at least every 4.1 s (USB 2.0 §9.6.6: bInterval 16)."""

NO_PREFIX = (
    f"the network gave no IPv6 prefix within {PREFIX_DEADLINE:g} s",
    "try ip-type ipv4 or ipv4v6",
)

log = ObjectLog(__name__, "net")


@dataclass(frozen=True, slots=True)
class IpPlan:
    """What is to be put on this machine for one bearer."""

    name: str
    """Names the bearer in the log and the journal; unique while it is up, and a file's name."""
    interface: str = ""
    """The network interface; empty for PPP, which makes its own."""
    tty: Path | None = None
    """The port on which the call is connected; PPP only."""
    ppp: PppRequest = field(default_factory=PppRequest)
    ip4: IpConfig | None = None
    ip6: IpConfig | None = None
    """What the modem said. Name servers are taken from there where the peer tells none.

    Method DHCP means for IPv4 a DHCP client, for IPv6 the network's router."""
    metric: int = DEFAULT_METRIC
    default_route: bool = True
    dns: bool | tuple[str, ...] = True
    """Whether to use the network's name servers, or which ones to use instead."""
    watchdog: bool | tuple[str, ...] = False
    """Whether the link ends when name servers no longer answer, or which hosts are pinged."""


class Applied:
    """A bearer's IP configuration in place; `Network.bring_up` makes it."""

    def __init__(self, network: "Network", plan: IpPlan) -> None:
        self.interface = plan.interface
        self.ip4: IpConfig | None = None
        self.ip6: IpConfig | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when the link went down by itself; the result says why, in words."""
        self.error: WwandError | None = None
        """What that end amounts to."""
        self.on_change: Callable[[], None] | None = None
        """Called when a family joined or left later on, or its addresses changed."""
        self.log = ObjectLog(__name__, plan.name)
        self._network = network
        self._plan = plan
        self._page = network.journal.page(plan.name)
        self._link: Link | None = None
        self._dns: DnsEntry | None = None
        self._pppd: Pppd | None = None
        self._dhcp: Dhcp | None = None
        self._up = False
        """From here on changes are followed as they come."""
        self._router: RouterWatch | None = None
        self._global6: IpConfig | None = None
        self._prefix: asyncio.Task[None] | None = None
        """Waits for it on a PPP link, from when IPv6 is up there."""
        self._tasks = Tasks(self.log)
        self._changing = asyncio.Lock()
        self._down: asyncio.Task[None] | None = None

    async def bring_up(self) -> None:
        """Do what the plan says; what was done before a step failed is left to `take_down`."""
        if self._plan.tty:
            await self._start_ppp(self._plan.tty)
        elif self._plan.interface:
            await self._start_interface()
        else:
            raise BadArgument("neither a tty nor a network interface to put the addresses on")
        if self._plan.watchdog:
            self._tasks.spawn("watching the connection", self._watch())

    # --- a network interface -------------------------------------------------------------------

    async def _start_interface(self) -> None:
        """Get what the modem did not tell itself: IPv4 by DHCP, IPv6 from the router."""
        plan = self._plan
        if not any(
            ip and (ip.address or ip.method is IpMethod.DHCP) for ip in (plan.ip4, plan.ip6)
        ):
            raise NoAddress(
                f"the modem told no address for {plan.interface}", "disconnect, and connect again"
            )
        self._link = link = self._network.links.open(self.interface, self._page.note_link)
        prefix: asyncio.Task[None] | None = None
        if plan.ip6 and plan.ip6.method is IpMethod.DHCP:
            link.accept_router()
            self._watch_router()
            prefix = self._tasks.spawn("waiting for the IPv6 prefix", self._await_prefix())
        link.raise_up()
        if not await has_carrier(link, CARRIER_DEADLINE):
            raise NoCarrier(
                f"the modem says that it is connected, but {self.interface} has no carrier",
                "if it stays so: the firmware does not tell the driver, try another layout",
            )
        if plan.ip4 and plan.ip4.method is IpMethod.DHCP:
            await self._lease()
        elif prefix and not (plan.ip4 and plan.ip4.address):
            await asyncio.wait([prefix], timeout=PREFIX_DEADLINE)
            if not self._global6:
                raise NoAddress(*NO_PREFIX)
        self._up = True
        await self._follow()

    async def _lease(self) -> None:
        """Wait for the first lease; without one the link is up if IPv6 is."""
        client = Dhcp(self._network.run_dir, self._plan.name, self.interface)
        client.on_start = self._page.note_farewell
        self._dhcp = client
        try:
            await client.start()
        except NoAddress as error:
            if not self._global6:
                raise
            self.log.warning("only IPv6: %s", error)
            self._dhcp = None
            return
        client.on_change = lambda _: self._changed()
        client.ended.add_done_callback(lambda ended: self._end(ended.result(), client.error))

    # --- PPP -----------------------------------------------------------------------------------

    async def _start_ppp(self, tty: Path) -> None:
        self._pppd = pppd = Pppd(self._network.run_dir, self._plan.name)
        pppd.on_interface = self._interface_appeared
        link = await pppd.start(tty, self._plan.ppp)
        self.interface = link.interface
        if not link.ip4:
            await self._wait_for_use(pppd)
        pppd.on_change = self._ppp_changed
        self._up = True
        await self._follow()
        pppd.ended.add_done_callback(lambda ended: self._end(ended.result(), pppd.error))
        self._seek_prefix(pppd.link)

    def _interface_appeared(self, interface: str) -> None:
        accept_router(interface)
        self.interface = interface
        if self._router is None:
            self._watch_router()

    async def _wait_for_use(self, pppd: Pppd) -> None:
        """Wait for a global address: with a link-local one alone the link carries nothing."""
        useful = asyncio.Event()
        pppd.on_change = lambda link: useful.set() if link.ip4 else None
        pppd.ended.add_done_callback(lambda _: useful.set())
        prefix = asyncio.create_task(self._await_prefix())
        prefix.add_done_callback(lambda _: useful.set())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PREFIX_DEADLINE):
                    await useful.wait()
        finally:
            prefix.cancel()
            pppd.on_change = None
        if pppd.ended.done():
            raise pppd.error or WwandError(pppd.ended.result())
        if not self._global6 and not pppd.link.ip4:
            raise CallFailed("NoCarrier", *NO_PREFIX)

    def _ppp_changed(self, link: PppLink) -> None:
        self._seek_prefix(link)
        self._changed()

    def _seek_prefix(self, link: PppLink) -> None:
        """Wait for the prefix while IPv6 is up without one; IPv6 that leaves takes it along."""
        waits = self._prefix is not None and not self._prefix.done()
        if not link.ip6:
            if self._prefix:
                self._prefix.cancel()
            self._prefix = self._global6 = None
        elif not (self._global6 or waits or self._down):  # pppd talks while it is stopped, too
            self._prefix = self._tasks.spawn(
                "waiting for the network's IPv6 prefix", self._await_prefix()
            )

    # --- following -----------------------------------------------------------------------------

    def _watch_router(self) -> None:
        try:
            self._router = RouterWatch(self.interface)
        except OSError as error:
            self.log.warning("cannot watch %s for IPv6: %s", self.interface, error)

    async def _await_prefix(self) -> None:
        if self._router:
            self._global6 = await self._router.address()
            self._changed()

    def _changed(self) -> None:
        if self._up:
            self._tasks.spawn("following a change of the link", self._follow())

    def _told(self) -> tuple[IpConfig | None, IpConfig | None]:
        """All that network and modem have told up to now."""
        plan = self._plan
        servers, gateway = (
            (self._router.servers, self._router.gateway) if self._router else ((), "")
        )
        ip4, ip6 = plan.ip4, plan.ip6
        if self._pppd:
            ip4, ip6 = self._pppd.link.ip4, self._pppd.link.ip6 and self._global6
        elif ip4 and ip4.method is IpMethod.DHCP:
            ip4 = self._dhcp.lease if self._dhcp else None
        if ip6 and ip6.method is IpMethod.DHCP:
            ip6 = self._global6 and replace(
                self._global6, method=IpMethod.DHCP, gateway=gateway, mtu=ip6.mtu
            )
        if ip4 and plan.ip4:
            ip4 = replace(ip4, dns=ip4.dns or plan.ip4.dns, mtu=ip4.mtu or plan.ip4.mtu)
        if ip6:
            ip6 = replace(ip6, dns=servers or (plan.ip6.dns if plan.ip6 else ()))
        return ip4, ip6

    async def _follow(self) -> None:
        """Put on this machine what is told now, in place of what was told before."""
        async with self._changing:
            ip4, ip6 = self._told()
            if self._down or (ip4, ip6) == (self.ip4, self.ip6):
                return
            await self._settle(ip4, ip6)
        if self.on_change:
            self.on_change()

    async def _settle(self, ip4: IpConfig | None, ip6: IpConfig | None) -> None:
        """Replace what is on the interface, its routes and name servers by these."""
        plan, page, network = self._plan, self._page, self._network
        if self._link is None:
            self._link = network.links.open(self.interface, page.note_link)
            self._link.raise_up()
        self._link.configure(ip4, ip6, metric=plan.metric, default_route=plan.default_route)
        self.ip4, self.ip6 = ip4, ip6
        if self._dns:
            await network.resolver.remove(self._dns)
        await network.resolver.add(self.interface, self._servers(), plan.metric, self._note_dns)

    def _note_dns(self, entry: DnsEntry | None) -> None:
        self._dns = entry
        self._page.note_dns(entry)

    def _servers(self) -> tuple[str, ...]:
        if isinstance(self._plan.dns, tuple):
            return self._plan.dns
        return self._told_servers() if self._plan.dns else ()

    def _told_servers(self) -> tuple[str, ...]:
        told = [server for config in (self.ip4, self.ip6) if config for server in config.dns]
        return tuple(dict.fromkeys(told))

    async def _watch(self) -> None:
        """End the link when nobody answers over it any more."""
        loop, ends = asyncio.get_running_loop(), self._network.ends
        hosts = self._plan.watchdog if isinstance(self._plan.watchdog, tuple) else ()
        not_before = ends.get(self.interface, -REST) + REST
        watchdog = Watchdog(self.interface, self._told_servers, hosts, not_before=not_before)
        reason = await watchdog.run()
        ends[self.interface] = loop.time()
        self._end(reason, WwandError(reason))

    # --- the end -------------------------------------------------------------------------------

    def _end(self, reason: str, error: WwandError | None) -> None:
        if self._down is None and not self.ended.done():
            self.error = error
            self.ended.set_result(reason)

    async def take_down(self) -> None:
        """Take back everything; also after the link ended by itself, and again without harm."""
        if self._down is None:
            # A task of its own: whoever called may be cancelled, but nothing may be left behind
            self._down = asyncio.create_task(self._take_down())
        await asyncio.shield(self._down)

    async def _take_down(self) -> None:
        await self._tasks.close()
        if self._router:
            self._router.close()
        try:
            async with AsyncExitStack() as steps:  # the last one first, all of them always
                if self._pppd:
                    steps.push_async_callback(self._pppd.stop)
                if self._link:
                    steps.callback(self._link.remove)
                if self._dhcp:  # before the address goes, from which the lease is given back
                    steps.push_async_callback(self._dhcp.stop)
                if self._dns:
                    steps.push_async_callback(self._network.resolver.remove, self._dns)
            self._page.delete()
        except (WwandError, OSError) as error:
            self.log.warning("%s; the next start of wwand tries again", error)


class Network:
    """All that wwand puts on this machine; one for the life of the daemon."""

    def __init__(
        self, run_dir: Path, links: Links | None = None, resolver: Resolver | None = None
    ) -> None:
        self.run_dir = run_dir
        self.links = links or Links()
        self.resolver = resolver or Resolver(run_dir)
        self.journal = Journal(run_dir)
        self.ends: dict[str, float] = {}
        """When the watchdog has last ended a link, by interface and on the loop's clock."""

    async def bring_up(self, plan: IpPlan) -> Applied:
        """Put a bearer's IP configuration in place; raises with nothing of it left."""
        applied = Applied(self, plan)
        try:
            with asking_machine(f"put the addresses of {plan.name} in place"):
                await applied.bring_up()
        except BaseException:
            await applied.take_down()
            raise
        return applied

    async def clean_up_after_crash(self) -> None:
        """Take back what a daemon that was killed left: call it once, before any `bring_up`."""
        await end_left_behind(self.run_dir)
        pages = list(self.journal.pages())
        await dhcp.clean_up(self.run_dir, [page.farewell for page in pages if page.farewell])
        for page in pages:
            try:
                if page.link:
                    self.links.remove(page.link)
                if page.dns:
                    await self.resolver.remove(page.dns)
                page.delete()
            except (WwandError, OSError) as error:
                log.warning("%s; the next start of wwand tries again", error)

    def close(self) -> None:
        """Close the netlink socket."""
        self.links.close()
