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
"""linux/if.h."""

IFA_F_NODAD = 0x02
"""linux/if_addr.h. The network gives each bearer a prefix of its own (23.401 §5.3.1.2.2), so nobody
else can have the address, and it is usable a second earlier."""

METRIC_TRIES = 64
"""Metrics tried upwards from the wanted one: two sticks with the same metric are both to work."""

SYSCTL = Path("/proc/sys/net/ipv6/conf")


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


Noted = Callable[[Changes], None]


class Link:
    """The changes made to one interface; every step is noted in `changes` once it is done."""

    def __init__(self, netlink: Netlink, changes: Changes, noted: Noted | None = None) -> None:
        self._netlink = netlink
        self._noted = noted
        self.changes = changes
        self.log = ObjectLog(__name__, changes.interface)

    def raise_up(self, mtu: int = 0) -> int:
        """Set the MTU, bring the link up, and return its flags as they are then."""
        flags, before = self._netlink.link(self.changes.index)
        if mtu and mtu != before:
            self._netlink.set_link(self.changes.index, mtu=mtu)
            self._note(mtu_before=before)
        if not flags & IFF_UP:
            self._netlink.set_link(self.changes.index, up=True)
            self._note(raised=True)
        return flags | IFF_UP

    def add_address(self, config: IpConfig) -> None:
        """Add the address of one family; one that is there already stays whoever's it is."""
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

    def add_default_route(self, config: IpConfig, metric: int, flags: int) -> None:
        """Add a default route at `metric`, or at the next one above that is free."""
        network = _network(config)
        family = socket.AF_INET if network.version == 4 else socket.AF_INET6
        gateway = "" if flags & (IFF_POINTOPOINT | IFF_NOARP) else config.gateway
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

    def remove(self) -> None:
        """Take everything back; what is gone already is fine, and calling it again is, too."""
        changes = self.changes
        self.changes = replace(changes, addresses=(), routes=(), raised=False, mtu_before=0)
        # Another interface may have got the name, and an index is not used twice (dev_new_index)
        if self._netlink.index(changes.interface) != changes.index:
            return
        for route in changes.routes:
            self._try(partial(self._route, False, route))
        for address in changes.addresses:
            ip, _, prefix = address.partition("/")
            self._try(partial(self._netlink.address, False, changes.index, ip, int(prefix)))
        if changes.raised:
            self._try(partial(self._netlink.set_link, changes.index, up=False))
        if changes.mtu_before:
            self._try(partial(self._netlink.set_link, changes.index, mtu=changes.mtu_before))

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

    def apply(
        self,
        interface: str,
        ip4: IpConfig | None,
        ip6: IpConfig | None,
        *,
        metric: int,
        default_route: bool = True,
        noted: Noted | None = None,
    ) -> Link:
        """Put what is given on the interface; raises with nothing left there.

        `noted` is called after every step with all that was done so far.
        Addresses are added for STATIC configurations only: pppd and DHCP clients add their own.
        """
        index = self._netlink.index(interface)
        if not index:
            raise DeviceGone(f"there is no network interface {interface}")
        link = Link(self._netlink, Changes(interface, index), noted)
        configs = [config for config in (ip4, ip6) if config and config.address]
        try:
            flags = link.raise_up(max((config.mtu for config in configs), default=0))
            for config in configs:
                if config.method is IpMethod.STATIC:
                    link.add_address(config)
            for config in configs:
                if default_route:
                    link.add_default_route(config, metric, flags)
        except BaseException:
            link.remove()
            raise
        return link

    def remove(self, changes: Changes) -> None:
        """Take back what another run of the daemon noted."""
        Link(self._netlink, changes).remove()

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()


def accept_router(interface: str) -> None:
    """Let the kernel take an IPv6 prefix from the network's router, also where it forwards itself.

    Cellular networks give the global address by router advertisement only (23.401 §5.3.1.2.2). The
    default route is wwand's own, for the kernel's has a metric that nobody chose (ip-sysctl).
    """
    for name, value in (("accept_ra", "2"), ("accept_ra_defrtr", "0"), ("autoconf", "1")):
        try:
            (SYSCTL / interface / name).write_text(value)
        except OSError as error:
            ObjectLog(__name__, interface).warning("cannot set %s: %s", name, error.strerror)
            return


def _network(config: IpConfig) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    try:
        return config.network
    except ValueError as error:
        raise BadArgument(f"the modem gave an address that is none: {error}") from None
