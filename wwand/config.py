"""`/etc/wwand/wwand.toml`, read once at start into frozen values; anything unknown is an error.

A device's settings come from the `[device."…"]` tables that fit it, over `[connection]` and
`[sim]`: its place on the bus counts most, then its IMEI, then its USB id.
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from wwand.at.arguments import digits, plain
from wwand.device import UsbDevice, UsbId
from wwand.errors import BadArgument, ConfigError
from wwand.log import redacted
from wwand.ports.roles import Role
from wwand.status import Auth, IpFamily, LayoutKind

DEFAULT_FILE = Path("/etc/wwand/wwand.toml")

LOG_LEVELS = {name: name for name in ("debug", "info", "warning", "error")}
IP_TYPES = {"ipv4": IpFamily.IPV4, "ipv6": IpFamily.IPV6, "ipv4v6": IpFamily.IPV4V6}
AUTHS = {
    "none": Auth.NONE,
    "pap": Auth.PAP,
    "chap": Auth.CHAP,
    "mschap": Auth.MSCHAP,
    "mschapv2": Auth.MSCHAPV2,
    "eap": Auth.EAP,
}
ROLES = {role.value: role for role in Role}
LAYOUTS = {
    kind.value: kind for kind in (LayoutKind.QMI, LayoutKind.NCM, LayoutKind.ECM, LayoutKind.PPP)
}
"""MBIM is recognised, but not spoken yet."""

PLACE = re.compile(r"\d+-\d+(\.\d+)*")
"""A USB device's name in sysfs: bus, then the port of each hub on the way."""


@dataclass(frozen=True, slots=True)
class DaemonConfig:
    """How the daemon itself runs."""

    log_level: str = "info"
    state_dir: Path = Path("/var/lib/wwand")
    run_dir: Path = Path("/run/wwand")


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """What a connection is to be like."""

    auto: bool = False
    """Connect, and stay connected, without being asked."""
    apn: str = ""
    """Empty leaves the choice to wwand."""
    user: str = ""
    password: str = field(default="", repr=False)
    auth: Auth = Auth.UNKNOWN
    """Ways that may be used; UNKNOWN leaves the choice to wwand."""
    ip_type: IpFamily = IpFamily.NONE
    """NONE leaves the choice to wwand."""
    allow_roaming: bool = True
    metric: int = 700
    """Of the default routes: above Ethernet (100) and Wi-Fi (600) as NetworkManager counts."""
    default_route: bool = True
    dns: bool | tuple[str, ...] = True
    """Whether to use the network's name servers, or which ones to use instead."""
    watchdog: bool | tuple[str, ...] = False
    """Whether to connect anew when name servers no longer answer, or which hosts are pinged."""


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """The settings of one device, all tables merged."""

    connection: ConnectionConfig = ConnectionConfig()
    pin: str = field(default="", repr=False)
    ignore: bool = False
    """Leave it alone, whatever else is known of it."""
    modem: bool = False
    """The user says it is a modem, so its ports may be opened."""
    plugin: str = ""
    """The plugin to use; empty lets the plugins decide."""
    roles: Mapping[int, Role] = field(default_factory=dict)
    """What the ports are for, by USB interface number."""
    layout: LayoutKind | None = None
    """The way to carry data that is tried first; None leaves the choice to wwand."""
    configuration: int = 0
    """The only USB configuration to be used; 0 leaves the choice to wwand."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file."""

    daemon: DaemonConfig = DaemonConfig()
    disabled_plugins: frozenset[str] = frozenset()
    defaults: DeviceConfig = DeviceConfig()
    """`[connection]` and `[sim]`."""
    devices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """The values given in each `[device."…"]` table, by that name."""

    def for_device(self, device: UsbDevice, imei: str = "") -> DeviceConfig:
        """Merge what is said about this device; `imei` as far as it is known by then."""
        merged = self.defaults
        for name in (str(device.id), f"imei:{imei}", device.key):
            merged = _merge(merged, self.devices.get(name, {}))
        return merged


def load(file: Path | None = None) -> Config:
    """Read the configuration; raises ConfigError. Only the default file may be absent."""
    path = file or DEFAULT_FILE
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except FileNotFoundError:
        if file is None:
            return Config()
        raise ConfigError(f"{path} does not exist") from None
    except PermissionError:
        raise ConfigError(f"{path} is not for this user to read", "run wwand as root") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}", "write it anew") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    config = _Reader(path).config(tables)
    if mode & 0o077 and _holds_secret(tables):
        raise ConfigError(
            f"{path} holds a PIN or password, but not only root can read it",
            f"run `chmod 600 {path}`",
        )
    return config


def _holds_secret(table: Mapping[str, Any]) -> bool:
    return any(
        _holds_secret(value) if isinstance(value, dict) else key in ("pin", "password")
        for key, value in table.items()
    )


def _merge(config: DeviceConfig, given: Mapping[str, Any]) -> DeviceConfig:
    own = {key: value for key, value in given.items() if key in DEVICE}
    connection = {key: value for key, value in given.items() if key in CONNECTION}
    if "roles" in own:
        own["roles"] = {**config.roles, **own["roles"]}
    return replace(config, **own, connection=replace(config.connection, **connection))


class _Refused(Exception):
    """A value is not what its key needs; the message follows the key's name."""


Convert = Callable[[Any], Any]
"""Turns a TOML value into ours; raises _Refused."""


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused("must be true or false")
    return value


def _text(longest: int = 255) -> Convert:
    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise _Refused("must be a text in quotes")
        try:
            return plain("it", value, longest)
        except BadArgument as error:
            raise _Refused(f"cannot be sent to a modem: {error}") from None

    return convert


def _pin(value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused('must be a text in quotes, such as "0000"')
    try:
        return digits("it", value, 4, 8)  # 27.007 §8.3; 31.101 §9.5.1
    except BadArgument:
        raise _Refused("must be 4 to 8 digits") from None


def _metric(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise _Refused("must be a number from 0 to 4294967295")
    return value


def _configuration(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 255:  # USB 2.0 §9.6.3
        raise _Refused("must be the number of a USB configuration, 1 to 255")
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not value.startswith("/"):
        raise _Refused("must be an absolute path in quotes")
    return Path(value)


def _one_of(choices: Mapping[str, Any]) -> Convert:
    def convert(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise _Refused("must be one of " + ", ".join(f'"{name}"' for name in choices))
        return choices[value]

    return convert


def _list_of(convert: Convert) -> Convert:
    def convert_list(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _Refused('must be a list, such as ["…"]')
        return tuple(convert(item) for item in value)

    return convert_list


def _auth(value: Any) -> Auth:
    merged = Auth.UNKNOWN
    for auth in _list_of(_one_of(AUTHS))(value):
        merged |= auth
    return merged


def _address(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        raise _Refused("must be true, false or a list of IP addresses") from None


def _addresses(value: Any) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else _list_of(_address)(value)


def _roles(value: Any) -> dict[int, Role]:
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        raise _Refused('must be roles by interface number, such as {3 = "primary"}')
    return {int(number): _one_of(ROLES)(role) for number, role in value.items()}


DAEMON: dict[str, Convert] = {
    "log_level": _one_of(LOG_LEVELS),
    "state_dir": _path,
    "run_dir": _path,
}
CONNECTION: dict[str, Convert] = {
    "auto": _flag,
    "apn": _text(100),  # 23.003 §9.1
    "user": _text(),
    "password": _text(),
    "auth": _auth,
    "ip_type": _one_of(IP_TYPES),
    "allow_roaming": _flag,
    "metric": _metric,
    "default_route": _flag,
    "dns": _addresses,
    "watchdog": _addresses,
}
SIM: dict[str, Convert] = {"pin": _pin}
DEVICE: dict[str, Convert] = {
    "pin": _pin,
    "ignore": _flag,
    "modem": _flag,
    "plugin": _text(),
    "roles": _roles,
    "layout": _one_of(LAYOUTS),
    "configuration": _configuration,
}
PLUGINS: dict[str, Convert] = {"disabled": _list_of(_text())}
"""The keys of each table as Python names: in the file they have `-` in place of `_`."""

TABLES = ("daemon", "connection", "sim", "device", "plugins")


class _Reader:
    """Converts tables, and words what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def config(self, tables: Mapping[str, Any]) -> Config:
        for name, table in tables.items():
            if name not in TABLES:
                self._unknown(f"[{name}]", name, TABLES)
            if not isinstance(table, dict):
                self._refuse(name, f"must be a table: write [{name}]")
        connection = self._table("connection", tables.get("connection", {}), CONNECTION)
        sim = self._table("sim", tables.get("sim", {}), SIM)
        plugins = self._table("plugins", tables.get("plugins", {}), PLUGINS)
        return Config(
            daemon=DaemonConfig(**self._table("daemon", tables.get("daemon", {}), DAEMON)),
            disabled_plugins=frozenset(plugins.get("disabled", ())),
            defaults=DeviceConfig(connection=ConnectionConfig(**connection), **sim),
            devices={
                self._device_name(name): self._table(f'device."{name}"', table, DEVICE | CONNECTION)
                for name, table in tables.get("device", {}).items()
            },
        )

    def _device_name(self, name: str) -> str:
        if PLACE.fullmatch(name) or re.fullmatch(r"imei:\d{14,16}", name):
            return name
        try:
            return str(UsbId.parse(name))
        except ValueError:
            self._refuse(
                f'device."{name}"',
                'must be a USB id ("1c9e:9605"), a place on the bus ("1-1.4") or "imei:…"',
            )

    def _table(self, where: str, table: Any, keys: Mapping[str, Convert]) -> dict[str, Any]:
        if not isinstance(table, dict):
            self._refuse(where, f"must be a table: write [{where}]")
        given: dict[str, Any] = {}
        for key, value in table.items():
            name = key.replace("-", "_")
            if name not in keys or "_" in key:
                known = [known.replace("_", "-") for known in keys]
                self._unknown(f"{key} in [{where}]", key.replace("_", "-"), known)
            try:
                given[name] = keys[name](value)
            except _Refused as error:
                self._refuse(f"{key} in [{where}]", str(error))
        return given

    def _unknown(self, what: str, name: str, known: tuple[str, ...] | list[str]) -> NoReturn:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.65)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise ConfigError(f"{self._path}: {redacted(what)} is unknown", hint)

    def _refuse(self, what: str, words: str) -> NoReturn:
        raise ConfigError(f"{self._path}: {redacted(what)} {words}")
