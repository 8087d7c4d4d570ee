"""Packet data: 27.007 §10.1 (contexts, authentication, addresses, attachment)."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wwand.at.arguments import number, quoted
from wwand.at.command import AtCommand, action, query, query_rows, read
from wwand.at.fields import numbers
from wwand.errors import BadArgument, BadReply, Unsupported
from wwand.status import Auth, IpFamily

ATTACH_TIMEOUT = 180
"""Seconds: five attempts of 15 s each (24.008 §11.2.2, T3310), with pauses, before it fails."""

ACTIVATE_TIMEOUT = 150
"""Seconds: T3380 of 30 s, five times (24.008 §11.2.2)."""

PDP_TYPES = {IpFamily.IPV4: "IP", IpFamily.IPV6: "IPV6", IpFamily.IPV4V6: "IPV4V6"}
FAMILIES = {
    "IP": IpFamily.IPV4,
    "IPV4": IpFamily.IPV4,
    "IPV6": IpFamily.IPV6,
    "IPV4V6": IpFamily.IPV4V6,
    "NON-IP": IpFamily.NON_IP,
}
"""<PDP_type> of §10.1.1, and a spelling of some modems."""

AUTH_NUMBERS = {Auth.NONE: 0, Auth.PAP: 1, Auth.CHAP: 2}
"""<auth_prot> of §10.1.31."""

_NETWORK_SUFFIX = re.compile(r"\.mnc\d{3}\.mcc\d{3}\.gprs$", re.IGNORECASE)
"""What the network appends to an APN (23.003 §9.1.2)."""


@dataclass(frozen=True, slots=True)
class ContextFormat:
    """One kind of context the modem can define, and under which numbers."""

    min_cid: int
    max_cid: int
    family: IpFamily


@dataclass(frozen=True, slots=True)
class Context:
    """A PDP context, or the description of an EPS bearer."""

    cid: int
    family: IpFamily
    apn: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Under which number to connect, and what is there already."""

    cid: int
    reused: bool = False
    """A context for the same APN and family: nothing has to be defined."""
    overwritten: bool = False
    """Another context has to make room."""


@dataclass(frozen=True, slots=True)
class BearerParameters:
    """What the network gave a bearer; addresses as text, empty where there is none."""

    cid: int
    bearer_id: int | None
    apn: str
    address: str = ""
    subnet: str = ""
    gateway: str = ""
    dns1: str = ""
    dns2: str = ""


def _pdp_type(family: IpFamily) -> str:
    if family not in PDP_TYPES:
        raise BadArgument("family must be one of IPv4, IPv6 and IPv4v6")
    return PDP_TYPES[family]


def _cid(cid: int) -> int:
    return number("cid", cid, 0, 255)


# Contexts, §10.1.1


def _format(cids: str, pdp_type: str = "", *_rest: str) -> ContextFormat | None:
    """Only the first range counts: Cinterion's second one holds numbers for its own use."""
    family = FAMILIES.get(pdp_type.upper())
    span = numbers(cids.strip("()").split(",")[0])
    return ContextFormat(span[0], span[-1], family) if family and span else None


def _context(cid: int, pdp_type: str = "", apn: str = "", *_rest: str) -> Context | None:
    family = FAMILIES.get(pdp_type.upper())
    return Context(cid, family, apn) if family else None


def _formats(lines: Sequence[str]) -> tuple[ContextFormat, ...]:
    rows = (read(line, "+CGDCONT", _format) for line in lines)
    return tuple(row for row in rows if row)


def _contexts(lines: Sequence[str]) -> tuple[Context, ...]:
    rows = (read(line, "+CGDCONT", _context) for line in lines)
    return tuple(row for row in rows if row)


context_formats = AtCommand("AT+CGDCONT=?", _formats, ("+CGDCONT",), timeout=10)
"""The kinds of contexts that can be defined, as far as they are IP."""

contexts = AtCommand("AT+CGDCONT?", _contexts, ("+CGDCONT",), timeout=10)
"""The contexts that are defined, as far as they are IP."""


def define_context(cid: int, family: IpFamily, apn: str) -> AtCommand[None]:
    """Define or replace a context."""
    return action(f'AT+CGDCONT={_cid(cid)},"{_pdp_type(family)}",{quoted("apn", apn, 100)}')


def delete_context(cid: int) -> AtCommand[None]:
    """Undefine a context."""
    return action(f"AT+CGDCONT={_cid(cid)}")


def same_apn(existing: str | None, requested: str | None) -> bool:
    """Tell whether a context's APN is the one asked for, but for what the network appended."""
    have, want = (existing or "").casefold(), (requested or "").casefold()
    return have == want or (bool(want) and _NETWORK_SUFFIX.sub("", have) == want)


def choose_context(
    apn: str,
    family: IpFamily,
    formats: Sequence[ContextFormat],
    defined: Sequence[Context],
) -> Choice:
    """Choose a number: the same context, one without APN, a free number, the last number."""
    possible = [f for f in formats if f.family == family]
    if formats and not possible:
        raise Unsupported(
            f"the modem knows no {_pdp_type(family)} contexts",
            "Try another IP type: --ip-type ipv4",
        )
    least = possible[0].min_cid if possible else 1
    most = possible[0].max_cid if possible else 16  # as many as any modem of 27.007 R99 has
    alike = [c for c in defined if c.family == family and least <= c.cid <= most]
    for context in alike:
        if same_apn(context.apn, apn):
            return Choice(context.cid, reused=True)
    for context in alike:
        if not context.apn:
            return Choice(context.cid, overwritten=True)
    taken = {context.cid for context in defined}
    free = next((cid for cid in range(max(least, 1), most + 1) if cid not in taken), None)
    return Choice(most, overwritten=True) if free is None else Choice(free)


# Authentication, §10.1.31


def authenticate(cid: int, auth: Auth, user: str = "", password: str = "") -> AtCommand[None]:
    """Set user name and password of a context; `Auth.NONE` clears them."""
    if auth not in AUTH_NUMBERS:
        raise BadArgument("auth must be one of none, PAP and CHAP")
    if auth == Auth.NONE:
        return action(f"AT+CGAUTH={_cid(cid)},0")
    secrets = f"{quoted('user', user, 127)},{quoted('password', password, 127)}"
    return action(f"AT+CGAUTH={_cid(cid)},{AUTH_NUMBERS[auth]},{secrets}")


# Attachment and activation, §10.1.9 and §10.1.10


@query("AT+CGATT?", prefix="+CGATT", timeout=10)
def attached(state: bool) -> bool:
    """Whether the modem is attached to the packet domain."""
    return state


ATTACH = action("AT+CGATT=1", timeout=ATTACH_TIMEOUT)
DETACH = action("AT+CGATT=0", timeout=ATTACH_TIMEOUT)


@query_rows("AT+CGACT?", prefix="+CGACT", timeout=10)
def active_contexts(cid: int, state: bool) -> tuple[int, bool]:
    """Which contexts are active."""
    return cid, state


def activate(cid: int) -> AtCommand[None]:
    """Activate a context."""
    return action(f"AT+CGACT=1,{_cid(cid)}", timeout=ACTIVATE_TIMEOUT, call=True)


def deactivate(cid: int) -> AtCommand[None]:
    """Deactivate a context."""
    return action(f"AT+CGACT=0,{_cid(cid)}", timeout=ACTIVATE_TIMEOUT, call=True)


# Addresses, §10.1.14 and §10.1.23


def addresses(cid: int) -> AtCommand[tuple[str, ...]]:
    """The addresses of an active context, IPv4 and IPv6."""

    def build(_cid: int, *texts: str) -> tuple[str, ...]:
        found = (_address(text) for text in texts)
        return tuple(a for a in found if a and not ipaddress.ip_address(a).is_unspecified)

    return query(f"AT+CGPADDR={_cid(cid)}", prefix="+CGPADDR", timeout=10)(build)


def bearer_parameters(cid: int) -> AtCommand[tuple[BearerParameters, ...]]:
    """What the network gave a bearer; a line each for IPv4 and IPv6."""
    text = f"AT+CGCONTRDP={_cid(cid)}"
    return query_rows(text, prefix="+CGCONTRDP", timeout=10)(_bearer)


def _bearer(
    cid: int, bearer_id: int | None = None, apn: str = "", local: str = "", *rest: str
) -> BearerParameters:
    """Old releases give the mask a field of its own, later ones append it to the address."""
    others = [*rest, "", "", "", ""]
    address, mask = _address_and_mask(local)
    if not mask and _is_mask(others[0]) and ":" not in address:
        mask = others.pop(0)
    gateway, dns1, dns2 = (_address(text) for text in others[:3])
    return BearerParameters(cid, bearer_id, apn, address, mask, gateway, dns1, dns2)


def _address(text: str) -> str:
    """Read an address; IPv6 may be 16 decimal octets (§10.1.22 +CGPIAF); empty for none."""
    octets = text.split(".")
    try:
        if len(octets) == 16:
            return str(ipaddress.IPv6Address(bytes(int(octet) for octet in octets)))
        return str(ipaddress.ip_address(text.partition("/")[0])) if text else ""
    except ValueError:
        raise BadReply(f"not an address: {text!r}") from None


def _address_and_mask(text: str) -> tuple[str, str]:
    octets = text.split(".")
    half = len(octets) // 2
    if len(octets) in (8, 32):
        return _address(".".join(octets[:half])), _address(".".join(octets[half:]))
    address, _, mask = text.partition(" ")  # +CGPIAF lets IPv6 address and mask be written so
    return _address(address), _address(mask.strip())


def _is_mask(text: str) -> bool:
    try:
        bits = int(ipaddress.IPv4Address(text))
    except ValueError:
        return False
    inverse = bits ^ 0xFFFFFFFF
    return inverse & (inverse + 1) == 0
