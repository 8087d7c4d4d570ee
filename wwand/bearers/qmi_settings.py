"""What the network gave to a session, as QMI tells it.  Pure."""

import ipaddress

from wwand.qmi.wds import GetCurrentSettingsResponse
from wwand.qmi.wds_values import WdsIpFamily
from wwand.status import IpConfig, IpMethod

DHCP = IpConfig(IpMethod.DHCP)


def ip_config(told: GetCurrentSettingsResponse, family: WdsIpFamily) -> IpConfig:
    """The configuration of one family; DHCP where the modem does not tell it."""
    if not told.result.ok:
        return DHCP
    return _ipv6(told) if family is WdsIpFamily.IPV6 else _ipv4(told)


def _ipv4(told: GetCurrentSettingsResponse) -> IpConfig:
    if not told.ipv4_address:
        return DHCP
    servers = (told.primary_ipv4_dns_address, told.secondary_ipv4_dns_address)
    return IpConfig(
        IpMethod.STATIC,
        str(ipaddress.IPv4Address(told.ipv4_address)),
        prefix_of(told.ipv4_gateway_subnet_mask),
        _ipv4_text(told.ipv4_gateway_address),
        tuple(_ipv4_text(server) for server in servers if server),
        told.mtu or 0,
    )


def _ipv4_text(number: int | None) -> str:
    return str(ipaddress.IPv4Address(number)) if number else ""


def prefix_of(mask: int | None) -> int:
    """The length of the prefix; 32 where there is no mask, or one that is none."""
    if not mask:
        return 32
    length = f"{mask:032b}".rstrip("0")
    return len(length) if "0" not in length else 32


def _ipv6(told: GetCurrentSettingsResponse) -> IpConfig:
    if told.ipv6_address is None or not any(told.ipv6_address.address):
        return DHCP
    gateway = told.ipv6_gateway_address
    servers = (told.ipv6_primary_dns_address, told.ipv6_secondary_dns_address)
    return IpConfig(
        IpMethod.STATIC,
        str(ipaddress.IPv6Address(told.ipv6_address.address)),
        told.ipv6_address.prefix_length or 64,
        str(ipaddress.IPv6Address(gateway.address)) if gateway and any(gateway.address) else "",
        tuple(str(ipaddress.IPv6Address(server)) for server in servers if server and any(server)),
        told.mtu or 0,
    )
