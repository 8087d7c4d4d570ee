"""Bearer settings as D-Bus dictionaries: the keys of ModemManager's bearer properties.

A password goes in and never comes out.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dbus_fast import Variant

from wwand.at.arguments import plain
from wwand.bearers.base import BearerSettings
from wwand.errors import BadArgument
from wwand.modem.desire import ConnectRequest
from wwand.status import Auth, IpConfig, IpFamily

APPLY_IP_TIMEOUT = 60.0
"""Seconds for Simple.Connect with IP: pppd's negotiation (10 tries of 3 s each) comes on top."""


class Key(NamedTuple):
    """One key of the dictionary."""

    signature: str
    field: str = ""
    """Of BearerSettings; empty: accepted, and of no effect here."""
    convert: Callable[[Any], Any] | None = None


def family(value: int) -> IpFamily:
    """ModemManager's "any" leaves the choice to wwand, as "none" does."""
    return IpFamily.NONE if value == IpFamily.ANY else IpFamily(value)


KEYS = {
    "apn": Key("s", "apn"),
    "ip-type": Key("u", "ip_type", family),
    "apn-type": Key("u", "apn_type"),
    "allowed-auth": Key("u", "allowed_auth", Auth),
    "user": Key("s", "user"),
    "password": Key("s", "password"),
    "access-type-preference": Key("u", "access_type_preference"),
    "roaming-allowance": Key("u", "roaming_allowance"),
    "allow-roaming": Key("b", "allow_roaming"),
    "profile-id": Key("i", "profile_id"),
    "profile-name": Key("s", "profile_name"),
    "profile-enabled": Key("b"),
    "profile-source": Key("u"),
    "rm-protocol": Key("u", "rm_protocol"),
    "multiplex": Key("u", "multiplex"),
    "force": Key("b"),
    "number": Key("s", "number"),
}
"""ModemManager 1.25.95, mm-bearer-properties and mm-3gpp-profile (names and types)."""

APPLY_IP = "wwand-apply-ip"
OWN_KEYS = {"pin": "s", "operator-id": "s", APPLY_IP: "b"}
"""What Simple.Connect takes besides."""


def bearer_settings(properties: Mapping[str, Variant]) -> BearerSettings:
    """Read the dictionary; BadArgument names a key that is unknown or has another type."""
    fields: dict[str, Any] = {}
    for name, variant in properties.items():
        if (key := KEYS.get(name)) is None:
            raise BadArgument(f'unknown key "{name}"; known are {", ".join(KEYS)}')
        value = _typed(name, variant, key.signature)
        if key.field:
            fields[key.field] = key.convert(value) if key.convert else value
    return BearerSettings(**fields)


def connect_request(properties: Mapping[str, Variant]) -> ConnectRequest:
    """Read what Simple.Connect was given."""
    own = {
        name: _typed(name, properties[name], signature)
        for name, signature in OWN_KEYS.items()
        if name in properties
    }
    settings = bearer_settings({n: v for n, v in properties.items() if n not in OWN_KEYS})
    request = ConnectRequest(settings, own.get("pin", ""), own.get("operator-id", ""))
    if own.get(APPLY_IP):
        return ConnectRequest(
            settings, request.pin, request.operator_id, apply_ip=True, timeout=APPLY_IP_TIMEOUT
        )
    return request


def split_apply_ip(properties: Mapping[str, Variant]) -> tuple[BearerSettings, bool]:
    """Read what CreateBearer was given: bearer settings, and whether wwand applies IP."""
    apply_ip = APPLY_IP in properties and _typed(APPLY_IP, properties[APPLY_IP], "b")
    settings = bearer_settings({n: v for n, v in properties.items() if n != APPLY_IP})
    return settings, bool(apply_ip)


def bearer_properties(settings: BearerSettings) -> dict[str, Variant]:
    """Write the dictionary: the APN, roaming, and whatever differs from the default."""
    default = BearerSettings()
    return {
        name: Variant(key.signature, getattr(settings, key.field))
        for name, key in KEYS.items()
        if key.field
        and key.field != "password"
        and (
            key.field in ("apn", "allow_roaming")
            or getattr(settings, key.field) != getattr(default, key.field)
        )
    }


def ip_config(config: IpConfig) -> dict[str, Variant]:
    """Write one family's configuration; the method is always there."""
    written = {"method": Variant("u", config.method)}
    if config.address:
        written["address"] = Variant("s", config.address)
        written["prefix"] = Variant("u", config.prefix)
    if config.gateway:
        written["gateway"] = Variant("s", config.gateway)
    for number, server in enumerate(config.dns[:3], start=1):
        written[f"dns{number}"] = Variant("s", server)
    if config.mtu:
        written["mtu"] = Variant("u", config.mtu)
    return written


def _typed(name: str, variant: Variant, signature: str) -> Any:
    if variant.signature != signature:
        raise BadArgument(f'"{name}" must be of type {signature}, not {variant.signature}')
    return plain(name, variant.value) if signature == "s" else variant.value
