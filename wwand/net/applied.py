"""Bring up what a connected bearer needs on this machine, and take all of it down again."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from wwand.errors import BadArgument, CallFailed, Unsupported, WwandError
from wwand.log import ObjectLog
from wwand.net.children import end_left_behind
from wwand.net.journal import Journal
from wwand.net.link import Link, Links, accept_router
from wwand.net.ppp_options import PppRequest
from wwand.net.pppd import Pppd
from wwand.net.resolver import DnsEntry, Resolver
from wwand.net.router_watch import RouterWatch
from wwand.status import IpConfig, IpMethod
from wwand.tasks import Tasks

DEFAULT_METRIC = 700
"""Above Ethernet (100) and Wi-Fi (600) as NetworkManager counts, so these win while they are up."""

PREFIX_DEADLINE = 15.0
"""Seconds for a router advertisement: three solicitations, 4 s apart (RFC 4861 §10), and some."""


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
    """What the modem said; PPP takes the name servers from there that the peer does not tell."""
    metric: int = DEFAULT_METRIC
    default_route: bool = True
    dns: bool | tuple[str, ...] = True
    """Whether to use the network's name servers, or which ones to use instead."""


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
        self._router: RouterWatch | None = None
        self._global6: IpConfig | None = None
        self._tasks = Tasks(self.log)
        self._changing = asyncio.Lock()
        self._down: asyncio.Task[None] | None = None

    async def bring_up(self) -> None:
        """Do what the plan says; what was done before a step failed is left to `take_down`."""
        plan = self._plan
        methods = {config.method for config in (plan.ip4, plan.ip6) if config}
        if plan.tty:
            await self._start_ppp(plan.tty)
        elif IpMethod.DHCP in methods:
            raise Unsupported(
                "wwand cannot run a DHCP client yet",
                f"run one yourself, for instance `udhcpc -i {plan.interface}`",
            )
        elif plan.interface:
            await self._settle(plan.ip4, plan.ip6)
        else:
            raise BadArgument("neither a tty nor a network interface to put the addresses on")

    async def _start_ppp(self, tty: Path) -> None:
        self._pppd = pppd = Pppd(self._network.run_dir, self._plan.name)
        pppd.on_interface = self._interface_appeared
        link = await pppd.start(tty, self._plan.ppp)
        self.interface = link.interface
        if not link.ip4:
            await self._wait_for_use(pppd)
        pppd.on_change = lambda _: self._follow()
        await self._follow_ppp()
        pppd.ended.add_done_callback(self._ppp_ended)
        if link.ip6 and not self._global6:
            self._tasks.spawn("waiting for the network's IPv6 prefix", self._await_prefix())

    def _interface_appeared(self, interface: str) -> None:
        accept_router(interface)
        if self._router is None:
            try:
                self._router = RouterWatch(interface)
            except OSError as error:
                self.log.warning("cannot watch %s for IPv6: %s", interface, error)

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
            raise CallFailed(
                "NoCarrier",
                f"the network gave no IPv6 prefix within {PREFIX_DEADLINE:g} s",
                "try ip-type ipv4 or ipv4v6",
            )

    async def _await_prefix(self) -> None:
        if self._router:
            self._global6 = await self._router.address()
            self._follow()

    def _follow(self) -> None:
        if self._pppd and self._pppd.on_change:
            self._tasks.spawn("following a change of the link", self._follow_ppp())

    async def _follow_ppp(self) -> None:
        """Put on this machine what the PPP link and the router have told up to now."""
        assert self._pppd
        async with self._changing:
            ip4, ip6 = self._pppd.link.ip4, self._pppd.link.ip6 and self._global6
            plan, servers = self._plan, self._router.servers if self._router else ()
            if ip4 and plan.ip4 and not ip4.dns:
                ip4 = replace(ip4, dns=plan.ip4.dns)
            if ip6:
                ip6 = replace(ip6, dns=servers or (plan.ip6.dns if plan.ip6 else ()))
            if self._down or (ip4, ip6) == (self.ip4, self.ip6):
                return
            first = self._link is None
            await self._settle(ip4, ip6)
        if self.on_change and not first:
            self.on_change()

    async def _settle(self, ip4: IpConfig | None, ip6: IpConfig | None) -> None:
        """Replace what is on the interface, its routes and name servers by these."""
        plan, page, network = self._plan, self._page, self._network
        if self._link:
            self._link.remove()
        self._link = network.links.apply(
            self.interface,
            ip4,
            ip6,
            metric=plan.metric,
            default_route=plan.default_route,
            noted=page.note_link,
        )
        self.ip4, self.ip6 = ip4, ip6
        if self._dns:
            await network.resolver.remove(self._dns)
        self._dns = await network.resolver.add(self.interface, self._servers(), plan.metric)
        page.note_dns(self._dns)

    def _servers(self) -> tuple[str, ...]:
        if isinstance(self._plan.dns, tuple):
            return self._plan.dns
        told = [server for config in (self.ip4, self.ip6) if config for server in config.dns]
        return tuple(dict.fromkeys(told)) if self._plan.dns else ()

    def _ppp_ended(self, ended: asyncio.Future[str]) -> None:
        if self._down is None and not self.ended.done():
            self.error = self._pppd.error if self._pppd else None
            self.ended.set_result(ended.result())

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
            if self._dns:
                await self._network.resolver.remove(self._dns)
            if self._link:
                self._link.remove()
        finally:
            if self._pppd:
                await self._pppd.stop()
        self._page.delete()


class Network:
    """All that wwand puts on this machine; one for the life of the daemon."""

    def __init__(
        self, run_dir: Path, links: Links | None = None, resolver: Resolver | None = None
    ) -> None:
        self.run_dir = run_dir
        self.links = links or Links()
        self.resolver = resolver or Resolver(run_dir)
        self.journal = Journal(run_dir)

    async def bring_up(self, plan: IpPlan) -> Applied:
        """Put a bearer's IP configuration in place; raises with nothing of it left."""
        applied = Applied(self, plan)
        try:
            await applied.bring_up()
        except BaseException:
            await applied.take_down()
            raise
        return applied

    async def clean_up_after_crash(self) -> None:
        """Take back what a daemon that was killed left: call it once, before any `bring_up`."""
        await end_left_behind(self.run_dir)
        for page in self.journal.pages():
            if page.dns:
                await self.resolver.remove(page.dns)
            if page.link:
                self.links.remove(page.link)
            page.delete()

    def close(self) -> None:
        """Close the netlink socket."""
        self.links.close()
