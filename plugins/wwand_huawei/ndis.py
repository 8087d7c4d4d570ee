"""Data on Huawei's network interfaces: ^NDISDUP, ^NDISSTATQRY, ^NDISSTAT and ^DHCP.  Pure.

The same commands serve NDIS (the makers' own protocols), NCM and ECM interfaces.
"""

import ipaddress
import re
from collections.abc import Sequence

from wwand.at.command import AtCommand, Report, action, query, quoted, strip_prefix
from wwand.at.fields import split
from wwand.bearers.base import BearerSettings
from wwand.bearers.ndis import NetDialling, NetStatus
from wwand.errors import BadReply, Unsupported
from wwand.status import Auth, IpConfig, IpMethod

CID = 1
"""The context of NDIS calls, whatever number is asked for."""

DIAL_TIMEOUT = 60
"""Seconds: most firmware answers at once, some when the network has answered."""

AUTH_NUMBERS = {Auth.CHAP: 2, Auth.PAP: 1, Auth.MSCHAPV2: 3}
"""The last parameter of ^NDISDUP, the ways to be tried first in front."""

STATUS_NAMES = ("^NDISSTATQRY", "^NDISSTAT")
"""How an answer to ^NDISSTATQRY? begins; some firmware gives it the name of the report."""


def dial(settings: BearerSettings) -> AtCommand[None]:
    """Connect; APN, user and password are left out from the end on where they are empty."""
    text = f"AT^NDISDUP={CID},1"
    if settings.user or settings.password:
        secrets = (
            f"{quoted('user', settings.user, 127)},{quoted('password', settings.password, 127)}"
        )
        text += f",{quoted('apn', settings.apn, 100)},{secrets},{_auth(settings.allowed_auth)}"
    elif settings.apn:
        text += f",{quoted('apn', settings.apn, 100)}"
    return action(text, timeout=DIAL_TIMEOUT)


def _auth(allowed: Auth) -> int:
    """CHAP unless only others are allowed; "none" with a user name can only be a mistake."""
    if allowed in (Auth.UNKNOWN, Auth.NONE):
        return AUTH_NUMBERS[Auth.CHAP]
    for auth, number in AUTH_NUMBERS.items():
        if allowed & auth:
            return number
    raise Unsupported("this modem knows PAP, CHAP and MSCHAPv2 only", "allow one of them")


HANG_UP = action(f"AT^NDISDUP={CID},0", timeout=DIAL_TIMEOUT)


def read_status(lines: Sequence[str]) -> NetStatus:
    """Read `1,,,IPV4`, `1,,,"IPV4",0,,,"IPV6"`, one line for each, or a bare 1, which is IPv4."""
    status = NetStatus()
    for line in lines:
        for each in _families(line):
            status = each.over(status)
    if status.ipv4 is None and status.ipv6 is None:
        raise BadReply("no state of the connection in ^NDISSTAT")
    return status


def _families(line: str) -> list[NetStatus]:
    tails = (strip_prefix(line, name) for name in STATUS_NAMES)
    fields = split(next((tail for tail in tails if tail is not None), line))
    found = []
    for start in range(0, len(fields), 4):
        state, cause, _, family = (*fields[start : start + 4], "", "", "")[:4]
        if state not in ("0", "1", "2", "3"):  # 2 and 3: on the way up, on the way down
            raise BadReply(f"no state of the connection: {line!r}")
        number = int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 4 else 0
        up = state == "1"
        match family.upper():
            case "" | "IPV4" | "IP":
                found.append(NetStatus(ipv4=up, cause=number))
            case "IPV6":
                found.append(NetStatus(ipv6=up, cause=number))
            case "IPV4V6":
                found.append(NetStatus(up, up, number))
            case _:
                raise BadReply(f"no IP family: {line!r}")
    return found


STATUS = AtCommand("AT^NDISSTATQRY?", read_status, STATUS_NAMES)
REPORT = Report("^NDISSTAT", lambda line: read_status([line]))


_ADDRESS = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,8})")


def _address(text: str) -> ipaddress.IPv4Address:
    """Read hex of which the last octet comes first; leading zeros may be missing."""
    match = _ADDRESS.fullmatch(text.strip())
    if not match:
        raise ValueError("no address")
    return ipaddress.IPv4Address(int(match[1], 16).to_bytes(4, "little"))


def _prefix(mask: ipaddress.IPv4Address) -> int:
    ones = int(mask)
    if not ones or (~ones & 0xFFFFFFFF) & ((~ones & 0xFFFFFFFF) + 1):
        raise ValueError(f"{mask} is no mask")
    return ones.bit_count()


@query("AT^DHCP?", prefix="^DHCP")
def addresses(
    address: str, mask: str, gateway: str, server: str, dns1: str = "0", dns2: str = "0", *_: str
) -> IpConfig:
    """What the network gave; 0 stands for nothing. The DHCP server is the gateway's business."""
    del server
    own, router = _address(address), _address(gateway)
    if own.is_unspecified:
        raise ValueError("no address yet")
    servers = (_address(text or "0") for text in (dns1, dns2))
    return IpConfig(
        IpMethod.STATIC,
        str(own),
        _prefix(_address(mask)),
        "" if router.is_unspecified else str(router),
        tuple(dict.fromkeys(str(server) for server in servers if not server.is_unspecified)),
    )


NDIS = NetDialling(dial, HANG_UP, STATUS, REPORT, addresses, CID)
