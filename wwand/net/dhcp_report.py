"""What `dhcp-report` tells of a DHCP client's doings, as facts; pure."""

import ipaddress
from dataclasses import dataclass
from enum import Enum

from wwand.status import IpConfig, IpMethod

LEAST_MTU = 576
"""Octets every host takes (RFC 791 §3.1); an MTU below that is a server's mistake."""


class Event(Enum):
    """What an event means for the lease."""

    GIVEN = "given"
    """There is one: new, renewed or changed."""
    LOST = "lost"
    """There is none any more; the client goes on asking."""


EVENTS = {
    "bound": Event.GIVEN,
    "renew": Event.GIVEN,
    "rebind": Event.GIVEN,
    "reboot": Event.GIVEN,
    "deconfig": Event.LOST,
    "nak": Event.LOST,
    "expire": Event.LOST,
    "fail": Event.LOST,
    "stop": Event.LOST,
}
"""Of busybox's networking/udhcp/dhcpc.c, dhclient-script(8) and dhcpcd-run-hooks(8)."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event of a client; `lease` where it was given one."""

    event: Event
    lease: IpConfig | None = None


def read(lines: list[str]) -> Report | None:
    """Read one report; None for an event that says nothing about the lease."""
    told = dict(line.split(" ", 1) for line in lines if " " in line)
    event = EVENTS.get(told.get("event", "").lower())
    if event is not Event.GIVEN:
        return Report(event) if event else None
    address = _address(told.get("address", ""))
    if not address:
        return None
    mtu = told.get("mtu", "")
    routers = _addresses(told.get("routers", ""))
    lease = IpConfig(
        IpMethod.DHCP,
        address,
        _prefix(told.get("mask", "")),
        routers[0] if routers else "",
        _addresses(told.get("dns", "")),
        int(mtu) if mtu.isdecimal() and int(mtu) >= LEAST_MTU else 0,
    )
    return Report(event, lease)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(found for word in text.split() if (found := _address(word)))


def _address(text: str) -> str:
    try:
        found = ipaddress.IPv4Address(text)
    except ValueError:
        return ""
    return "" if found.is_unspecified else str(found)


def _prefix(mask: str) -> int:
    """Length of the prefix; 32 without a usable mask, for the router is reached in any case."""
    try:
        return ipaddress.IPv4Network(f"0.0.0.0/{mask}").prefixlen if mask else 32
    except ValueError:
        return 32
