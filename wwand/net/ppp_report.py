"""What pppd says: its log lines folded into facts, and its exit status in words.

The log is the one channel that every pppd has: scripts for IPv6 cannot be chosen before 2.5.0, /run
may be mounted noexec, and a plugin is tied to one version. The lines read here (ipcp.c, ipv6cp.c,
lcp.c, chap-new.c, upap.c) are the same in 2.4.5 to 2.5.2; each arrives in one write.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from wwand.errors import (
    AuthenticationFailed,
    CallFailed,
    NoDriver,
    PortBusy,
    PortGone,
    WwandError,
)
from wwand.status import IpConfig, IpFamily, IpMethod

BOGUS_DNS = frozenset({"10.11.12.13", "10.11.12.14"})
"""What Qualcomm firmware answers while it has no name servers yet (seen with many vendors)."""

MODPROBE = "run `modprobe ppp_async` (OpenWrt: install kmod-ppp)"


@dataclass(frozen=True, slots=True)
class PppLink:
    """A PPP interface and what the peer gave for each family; None where that family is not up."""

    interface: str = ""
    ip4: IpConfig | None = None
    ip6: IpConfig | None = None

    @property
    def families(self) -> IpFamily:
        """The families that are up."""
        up = IpFamily.NONE
        if self.ip4 and self.ip4.gateway:
            up |= IpFamily.IPV4
        if self.ip6 and self.ip6.gateway:
            up |= IpFamily.IPV6
        return up


@dataclass(frozen=True, slots=True)
class PppReport:
    """All that pppd has said so far."""

    link: PppLink = PppLink()
    refused: IpFamily = IpFamily.NONE
    """Families that will not come up, as far as the peer's answers tell."""
    remark: str = ""
    """The last line that says why something went wrong."""

    def heard(self, line: str) -> "PppReport":
        """The report with one more line taken in."""
        for pattern, fold in LINES:
            if found := pattern.match(line):
                return fold(self, *found.groups())
        return self


def _interface(report: PppReport, name: str) -> PppReport:
    return replace(report, link=replace(report.link, interface=name))


def _local4(report: PppReport, address: str) -> PppReport:
    config = IpConfig(method=IpMethod.PPP, address=address, prefix=32)
    return replace(report, link=replace(report.link, ip4=config))


def _remote4(report: PppReport, address: str) -> PppReport:
    config = replace(report.link.ip4 or IpConfig(method=IpMethod.PPP), gateway=address)
    return replace(report, link=replace(report.link, ip4=config))


def _dns(report: PppReport, address: str) -> PppReport:
    config = report.link.ip4
    if config is None or address in BOGUS_DNS or address in config.dns:
        return report
    config = replace(config, dns=(*config.dns, address))
    return replace(report, link=replace(report.link, ip4=config))


def _local6(report: PppReport, address: str) -> PppReport:
    config = IpConfig(method=IpMethod.PPP, address=address, prefix=128)
    return replace(report, link=replace(report.link, ip6=config))


def _remote6(report: PppReport, address: str) -> PppReport:
    config = replace(report.link.ip6 or IpConfig(method=IpMethod.PPP), gateway=address)
    return replace(report, link=replace(report.link, ip6=config))


def _no_ip4(report: PppReport, *_: str) -> PppReport:
    link = replace(report.link, ip4=None)
    return replace(report, link=link, refused=report.refused | IpFamily.IPV4)


def _no_ip6(report: PppReport, *_: str) -> PppReport:
    link = replace(report.link, ip6=None)
    return replace(report, link=link, refused=report.refused | IpFamily.IPV6)


def _remark(report: PppReport, line: str) -> PppReport:
    return replace(report, remark=line)


LINES: tuple[tuple[re.Pattern[str], Callable[..., PppReport]], ...] = tuple(
    (re.compile(pattern), fold)
    for pattern, fold in (
        (r"Using interface (\S+)", _interface),
        (r"Connect: (\S+) <-->", _interface),
        (r"local  IP address (\S+)", _local4),
        (r"remote IP address (\S+)", _remote4),
        (r"(?:primary  |secondary) DNS address (\S+)", _dns),
        (r"local  LL address (\S+)", _local6),
        (r"remote LL address (\S+)", _remote6),
        (r"IPCP: timeout sending Config-Requests|IPCP terminated by peer", _no_ip4),
        (r"Protocol-Reject for (?:'[^']*' \()?0x8021\)? received", _no_ip4),
        (r"IPV6CP: timeout sending Config-Requests|IPV6CP terminated by peer", _no_ip6),
        (r"Protocol-Reject for (?:'[^']*' \()?0x8057\)? received", _no_ip6),
        (r"(LCP: timeout sending Config-Requests)", _remark),
        (r"(LCP terminated by peer.*)", _remark),
        (r"((?:\S+ )?authentication failed.*)", _remark),
        (r"(No response to .*)", _remark),
        (r"(Serial line is looped back.*)", _remark),
        (r"(Could not determine .*|Couldn't .*)", _remark),
        (r"((?:Failed|Can't|Unable) .*)", _remark),
        (r"(?:pppd: )?(.*(?:unrecognized option|not supported by kernel).*)", _remark),
    )
)
"""Protocol numbers: 0x8021 IPCP (RFC 1332), 0x8057 IPV6CP (RFC 5072)."""

STATUSES = {
    0: "the network ended the connection",
    1: "pppd met a fatal error",
    2: "pppd does not understand its options",
    3: "pppd may only be run by root",
    4: "the kernel does not support PPP",
    5: "pppd was told to stop",
    6: "pppd could not lock the serial port",
    7: "pppd could not open the serial port",
    8: "the connect script failed",
    9: "the command of pppd's pty option could not be run",
    10: "the modem answered the call but agreed on no PPP link",
    11: "the peer would not authenticate itself",
    12: "the link was idle too long",
    13: "the connect time is used up",
    14: "the peer wants to call back",
    15: "the modem no longer answers on the data port",
    16: "the modem hung up",
    17: "the modem echoes what it is sent: the call has ended",
    18: "the init script failed",
    19: "the network refused the user name or password",
    20: "the traffic limit is reached",
    21: "the network refused the calling number",
}
"""Exit statuses (pppd(8), EXIT STATUS; 20 and 21: pppd.h)."""


HANGUP = 16

CAUSES = (
    ("authentication failed", 19),
    ("No response to ", 15),
    ("LCP terminated by peer", 0),
    ("Serial line is looped", 17),
)
"""Remarks that tell more than a hang-up, which pppd 2.4.9 was seen to report after each of them."""


def _cause(status: int, remark: str) -> int:
    if status != HANGUP:
        return status
    return next((cause for words, cause in CAUSES if words in remark), status)


def explained(status: int, remark: str = "") -> str:
    """Say in words why pppd ended; negative numbers are signals, as in subprocess."""
    if status < 0:
        return f"pppd was ended by signal {-status}"
    words = STATUSES.get(_cause(status, remark), f"pppd ended with status {status}")
    return f"{words} ({remark})" if remark else words


def failure(status: int, remark: str = "") -> WwandError:
    """The error that an end before or after the link was up amounts to."""
    reason = explained(status, remark)
    match _cause(status, remark):
        case 4:
            return NoDriver(reason, MODPROBE)
        case 6:
            return PortBusy(reason)
        case 7:
            return PortGone(reason)
        case 11 | 19 | 21:
            return AuthenticationFailed(reason, "check user, password and auth for this APN")
        case 0 | 10 | 15 | 16 | 17:
            return CallFailed("NoCarrier", reason)
        case _:
            return WwandError(reason, "pppd's own words are in the log at level debug")
