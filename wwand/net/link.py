"""Addresses, MTU, link state and routes of an interface: put there, and taken back exactly."""

import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from wwand.errors import BadArgument, DeviceGone, WwandError
from wwand.log import ObjectLog
from wwand.net.netlink import Netlink, NetlinkFailed
from wwand.status import IpConfig, IpMethod

IFF_UP = 1 << 0
IFF_POINTOPOINT = 1 << 4
IFF_NOARP = 1 << 7
IFF_LOWER_UP = 1 << 16
"""linux/if.h."""

IFA_F_NODAD = 0x02
"""linux/if_addr.h. The network gives each bearer a prefix of its own (23.401 §5.3.1.2.2), so nobody
else can have the address, and it is usable a second earlier."""

METRIC_TRIES = 64
"""Metrics tried upwards from the wanted one: two sticks with the same metric are both to work."""

SYSCTL = Path("/proc/sys/net/ipv6/conf")
ROUTER_HANDLING = ("accept_ra", "accept_ra_defrtr", "autoconf")
"""What decides on router advertisements (linux Documentation/networking/ip-sysctl.rst)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One default route; `gateway` is empty where the link itself is the way."""

    family: int
    gateway: str
    metric: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What was done to an interface: enough to undo it, also by another run of the daemon."""

    interface: str
    index: int
    addresses: tuple[str, ...] = ()
    """As `address/prefix`."""
    routes: tuple[Route, ...] = ()
    raised: bool = False
    """Whether the link was down before."""
    mtu_before: int = 0
    """0: the MTU was not changed."""
    router_before: tuple[str, ...] = ()
    """What the settings in ROUTER_HANDLING were; empty where they were not changed."""


Noted = Callable[[Changes], None]


class Link:
    """The changes made to one interface; every step is noted in `changes` once it is done."""

    def __init__(self, netlink: Netlink, changes: Changes, noted: Noted | None = None) -> None:
        self._netlink = netlink
        self._noted = noted
        self.changes = changes
        self.log = ObjectLog(__name__, changes.interface)

    @property
    def has_carrier(self) -> bool:
        """Whether its driver says that frames get through."""
        return bool(self._flags() & IFF_LOWER_UP)

    def raise_up(self) -> None:
        """Bring the link up."""
        if not self._flags() & IFF_UP:
            self._netlink.set_link(self.changes.index, up=True)
            self._note(raised=True)

    def accept_router(self) -> None:
        """Let the kernel take an IPv6 prefix from the network's router; call it before `raise_up`.

        Only a link that comes up asks for the router (RFC 4861 §6.3.7): on one that is up already
        IPv6 begins anew.
        """
        self._note(router_before=accept_router(self.changes.interface))
        if self.changes.router_before and self._flags() & IFF_UP:
            for value in ("1", "0"):
                _set(self.changes.interface, "disable_ipv6", value)

    def configure(
        self,
        ip4: IpConfig | None,
        ip6: IpConfig | None,
        *,
        metric: int,
        default_route: bool = True,
    ) -> None:
        """Put what is given on the interface, in place of what was put there before.

        What stays the same is not touched: connections live on. pppd adds its addresses itself; one
        that is there already stays whoever's it is.
        """
        configs = [config for config in (ip4, ip6) if config and config.address]
        self._set_mtu(max((config.mtu for config in configs), default=0))
        wanted = {str(_network(config)) for config in configs}
        for address in self.changes.addresses:
            if address not in wanted:
                self._take_family(address)
        for config in configs:
            own = config.method is not IpMethod.PPP
            if own and str(_network(config)) not in self.changes.addresses:
                self._add_address(config)
        flags = self._flags()
        ways = [_way(config, flags) for config in configs if default_route]
        for route in self.changes.routes:
            if (route.family, route.gateway) not in ways:
                self._take_route(route)
        there = [(route.family, route.gateway) for route in self.changes.routes]
        for family, gateway in ways:
            if (family, gateway) not in there:
                self._add_default_route(family, gateway, metric)

    def _flags(self) -> int:
        return self._netlink.link(self.changes.index)[0]

    def _set_mtu(self, wanted: int) -> None:
        """Set the MTU; without one that is wanted, the one that was there before anything."""
        _, now = self._netlink.link(self.changes.index)
        before = self.changes.mtu_before
        if (wanted := wanted or before) and wanted != now:
            self._netlink.set_link(self.changes.index, mtu=wanted)
            self._note(mtu_before=before or now)

    def _add_address(self, config: IpConfig) -> None:
        network = _network(config)
        flags = IFA_F_NODAD if network.version == 6 else 0
        prefix = network.network.prefixlen
        try:
            self._netlink.address(True, self.changes.index, str(network.ip), prefix, flags)
        except NetlinkFailed as error:
            if error.code != errno.EEXIST:
                raise
            return
        self._note(addresses=(*self.changes.addresses, str(network)))

    def _take_address(self, address: str) -> None:
        ip, _, prefix = address.partition("/")
        self._try(partial(self._netlink.address, False, self.changes.index, ip, int(prefix)))
        self._note(addresses=tuple(a for a in self.changes.addresses if a != address))

    def _take_family(self, address: str) -> None:
        """Take an address away, and the routes that go with it.

        The kernel drops those itself with a link's last IPv4 address (fib_disable_ip), and with the
        first one all others of its prefix (ip-sysctl: promote_secondaries).
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for route in self.changes.routes:
            if route.family == family:
                self._take_route(route)
        self._take_address(address)

    def _add_default_route(self, family: int, gateway: str, metric: int) -> None:
        """Add a default route at `metric`, or at the next one above that is free."""
        for wanted in range(metric, metric + METRIC_TRIES):
            route = Route(family, gateway, wanted)
            try:
                self._route(True, route)
            except NetlinkFailed as error:
                if error.code != errno.EEXIST:
                    raise
                continue
            self._note(routes=(*self.changes.routes, route))
            return
        raise WwandError(f"no free metric for a default route from {metric} on")

    def _take_route(self, route: Route) -> None:
        self._try(partial(self._route, False, route))
        self._note(routes=tuple(other for other in self.changes.routes if other != route))

    def remove(self) -> None:
        """Take everything back; what is gone already is fine, and calling it again is, too."""
        changes, self._noted = self.changes, None
        # Another interface may have got the name, and an index is not used twice (dev_new_index)
        if self._netlink.index(changes.interface) == changes.index:
            for route in changes.routes:
                self._take_route(route)
            for address in changes.addresses:
                self._take_address(address)
            if changes.raised:
                self._try(partial(self._netlink.set_link, changes.index, up=False))
            if changes.mtu_before:
                self._try(partial(self._netlink.set_link, changes.index, mtu=changes.mtu_before))
            if changes.router_before:
                _handle_routers(changes.interface, changes.router_before)
        self.changes = Changes(changes.interface, changes.index)

    def _route(self, add: bool, route: Route) -> None:
        index = self.changes.index
        self._netlink.default_route(add, index, route.family, route.metric, route.gateway)

    def _note(self, **done: Any) -> None:
        self.changes = replace(self.changes, **done)
        if self._noted:
            self._noted(self.changes)

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except NetlinkFailed as error:
            gone = (errno.ESRCH, errno.ENODEV, errno.EADDRNOTAVAIL, errno.ENXIO)
            if error.code not in gone:
                self.log.warning("cannot take back: %s", error)


class Links:
    """Puts IP configurations on interfaces through one netlink socket."""

    def __init__(self, netlink: Netlink | None = None) -> None:
        self._netlink = netlink or Netlink()

    def open(self, interface: str, noted: Noted | None = None) -> Link:
        """Begin to change an interface; what is done to it is to be taken back by `remove`.

        `noted` is called after every step with all that was done so far.
        """
        index = self._netlink.index(interface)
        if not index:
            raise DeviceGone(f"there is no network interface {interface}")
        return Link(self._netlink, Changes(interface, index), noted)

    def remove(self, changes: Changes) -> None:
        """Take back what another run of the daemon noted."""
        Link(self._netlink, changes).remove()

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()


def accept_router(interface: str) -> tuple[str, ...]:
    """Let the kernel take an IPv6 prefix from the network's router, also where it forwards itself.

    Cellular networks give the global address by router advertisement only (23.401 §5.3.1.2.2). The
    default route is wwand's own, for the kernel's has a metric that nobody chose (ip-sysctl).
    Returns what ROUTER_HANDLING was before.
    """
    try:
        before = tuple((SYSCTL / interface / name).read_text().strip() for name in ROUTER_HANDLING)
    except OSError as error:
        ObjectLog(__name__, interface).warning("IPv6 is switched off: %s", error)
        return ()
    _handle_routers(interface, ("2", "0", "1"))
    return before


def _handle_routers(interface: str, values: tuple[str, ...]) -> None:
    for name, value in zip(ROUTER_HANDLING, values, strict=True):
        _set(interface, name, value)


def _set(interface: str, name: str, value: str) -> None:
    try:
        (SYSCTL / interface / name).write_text(value)
    except OSError as error:
        ObjectLog(__name__, interface).warning("cannot set %s: %s", name, error.strerror)


def _way(config: IpConfig, flags: int) -> tuple[int, str]:
    """The family, and the gateway where one is needed, of a configuration's default route."""
    family = socket.AF_INET if _network(config).version == 4 else socket.AF_INET6
    return int(family), "" if flags & (IFF_POINTOPOINT | IFF_NOARP) else config.gateway


def _network(config: IpConfig) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    try:
        return config.network
    except ValueError as error:
        raise BadArgument(f"the modem gave an address that is none: {error}") from None
