"""Reads model files: TOML, every key checked, an error names file and key."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from wwand.device import Endpoint, Interface, Transfer, UsbId
from wwand.errors import ConfigError, NotFound
from wwand.simulator.calls import Framing
from wwand.simulator.commands.dialects import DIALECTS
from wwand.simulator.model import (
    CODES,
    Answer,
    AtFacts,
    ConfigurationModel,
    Disk,
    Identity,
    InterfaceModel,
    Mode,
    Model,
    NetworkFacts,
    Operator,
    Page,
    QmiFacts,
    Setting,
    SimFacts,
    Speaks,
    Switch,
)

Table = dict[str, Any]
T = TypeVar("T")

BULK_PACKET = {Transfer.BULK: 512, Transfer.INTERRUPT: 64}
"""wMaxPacketSize at high speed where a model does not say (USB 2.0 §5.8.3)."""

DRIVERS = {
    Speaks.AT: ("option", "option1"),
    Speaks.MUTE: ("option", "option1"),
    Speaks.NOISE: ("option", "option1"),
    Speaks.STORAGE: ("usb-storage", ""),
    Speaks.RECORDER: ("cp210x", "cp210x"),
    Speaks.QMI: ("qmi_wwan", ""),
    Speaks.ECM: ("cdc_ether", ""),
    Speaks.NCM: ("cdc_ncm", ""),
    Speaks.HUAWEI_NCM: ("huawei_cdc_ncm", ""),
    Speaks.NOTHING: ("", ""),
}
"""USB driver and usb-serial driver that Linux binds, where a model does not say."""

DATA_INTERFACE = {Speaks.QMI: 0, Speaks.HUAWEI_NCM: 0, Speaks.ECM: 1, Speaks.NCM: 1}
"""How far after the control interface the data interface is, where a model does not say."""

ANNOUNCES_MAC = (Speaks.ECM, Speaks.NCM, Speaks.HUAWEI_NCM)
MAC = re.compile("[0-9A-F]{12}")
"""iMACAddress (CDC ECM 1.2 §5.4)."""


def model_names() -> list[str]:
    """Return the names of the models that come with wwand."""
    folder = resources.files("wwand.simulator") / "models"
    return sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
    )


def load_model(name: str) -> Model:
    """Load a model by name, or from a path that ends in `.toml`."""
    if name.endswith(".toml"):
        source = Path(name)
        if not source.is_file():
            raise NotFound(f"there is no model file {name}")
        return read_model(source.stem, source.read_text())
    if name not in model_names():
        raise NotFound(
            f"there is no virtual modem named {name}", f"Known: {', '.join(model_names())}"
        )
    packaged = resources.files("wwand.simulator") / "models" / f"{name}.toml"
    return read_model(name, packaged.read_text())


def read_model(name: str, text: str) -> Model:
    """Read the text of a model file; raises ConfigError."""
    try:
        table = tomllib.loads(text)
        return _model(name, table)
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise ConfigError(f"virtual modem {name}: {error}") from error


def _model(name: str, table: Table) -> Model:
    modes = {key: _mode(key, value) for key, value in table.pop("modes").items()}
    starts_as = table.pop("starts_as", next(iter(modes)))
    targets = {starts_as} | {s.becomes for m in modes.values() for s in m.switches}
    if unknown := targets - modes.keys():
        raise ValueError(f"no mode is named {', '.join(sorted(unknown))}")
    model = Model(
        name=name,
        summary=table.pop("summary"),
        modes=modes,
        starts_as=starts_as,
        return_seconds=float(table.pop("return_seconds", 0.1)),
        identity=_plain(Identity, table.pop("identity", {})),
        sim=_plain(SimFacts, table.pop("sim", {})),
        network=_network(table.pop("network", {})),
        at=_at(table.pop("at", {})),
        qmi=_qmi(table.pop("qmi", {})),
    )
    _nothing_left(table)
    return model


def _mode(name: str, table: Table) -> Mode:
    if "configurations" in table:
        listed = [(c["value"], c["interfaces"]) for c in table.pop("configurations")]
    else:
        listed = [(1, table.pop("interfaces"))]
    configurations = tuple(_configuration(value, rows) for value, rows in listed)
    mode = Mode(
        name=name,
        id=UsbId.parse(table.pop("id")),
        configurations=configurations,
        release=int(table.pop("release", "0"), 16),
        device_class=_triple(table.pop("class", "00/00/00")),
        manufacturer=table.pop("manufacturer", ""),
        product=table.pop("product", ""),
        serial=table.pop("serial", ""),
        switches=tuple(_switch(s) for s in table.pop("switches", [])),
    )
    _nothing_left(table)
    return mode


def _configuration(value: int, rows: list[Table]) -> ConfigurationModel:
    interfaces = {i.usb.number: i for i in (_interface(n, row) for n, row in enumerate(rows))}
    if len(interfaces) < len(rows):
        raise ValueError(f"two interfaces of configuration {value} have the same number")
    for control in [i for i in interfaces.values() if i.data is not None]:
        assert control.data is not None
        if (data := interfaces.get(control.data)) is None:
            raise ValueError(f"interface {control.usb.number} has no data interface")
        if data is not control:  # the same driver holds both
            usb = replace(data.usb, driver=control.usb.driver)
            interfaces[control.data] = replace(data, usb=usb)
    return ConfigurationModel(value, tuple(interfaces.values()))


def _interface(position: int, table: Table) -> InterfaceModel:
    speaks = Speaks(table.pop("speaks"))
    driver, port_driver = DRIVERS[speaks]
    endpoints, intervals = _endpoints(table.pop("endpoints", []))
    alternate, alternate_intervals = _endpoints(table.pop("alternate", []))
    number = table.pop("number", position)
    cls, sub, proto = _triple(table.pop("class"))
    interface = InterfaceModel(
        usb=Interface(
            number=number,
            cls=cls,
            sub=sub,
            proto=proto,
            endpoints=endpoints,
            driver=table.pop("driver", driver),
            label=table.pop("label", ""),
        ),
        speaks=speaks,
        intervals=intervals,
        alternate=alternate,
        alternate_intervals=alternate_intervals,
        data=table.pop("data", number + DATA_INTERFACE[speaks] if speaks.is_network else None),
        mac=table.pop("mac", ""),
        router=table.pop("router", False),
        dials=table.pop("dials", False),
        noise=bytes.fromhex(table.pop("noise", "")),
        disk=_plain(Disk, table.pop("disk")) if "disk" in table else None,
        port_driver=table.pop("port_driver", port_driver),
        port_prefix=table.pop("port_prefix", "ttyUSB"),
    )
    if speaks is Speaks.STORAGE and interface.disk is None:
        raise ValueError(f"interface {interface.usb.number} is storage without a disk")
    if speaks in ANNOUNCES_MAC and not MAC.fullmatch(interface.mac):
        raise ValueError(f"interface {interface.usb.number} needs a mac of twelve digits")
    _nothing_left(table)
    return interface


def _endpoints(words: list[str]) -> tuple[tuple[Endpoint, ...], tuple[int, ...]]:
    """Read `81 bulk` or `84 interrupt 64 5`: address, transfer, packet size, bInterval."""
    endpoints, intervals = [], []
    for text in words:
        address, transfer, *rest = text.split()
        kind = Transfer[transfer.upper()]
        packet = int(rest[0]) if rest else BULK_PACKET[kind]
        endpoints.append(Endpoint(int(address, 16), kind, packet))
        intervals.append(int(rest[1]) if len(rest) > 1 else 0)
    return tuple(endpoints), tuple(intervals)


def _switch(table: Table) -> Switch:
    switch = Switch(
        becomes=table.pop("becomes"),
        message=bytes.fromhex(table.pop("message", "")),
        control=bytes.fromhex(table.pop("control", "")),
        eject=table.pop("eject", False),
    )
    if [bool(switch.message), bool(switch.control), switch.eject].count(True) != 1:
        raise ValueError("a switch has exactly one of message, control and eject")
    _nothing_left(table)
    return switch


def _network(table: Table) -> NetworkFacts:
    operators = [_plain(Operator, row) for row in table.pop("operators", [])]
    for key in ("area", "cell"):
        if isinstance(table.get(key), str):
            table[key] = int(table[key], 16)
    if operators:
        table["operators"] = operators
    own = {code: _page(said) for code, said in table.get("ussd", {}).items()}
    return _plain(NetworkFacts, table | {"ussd": CODES | own})


def _page(value: str | Table) -> Page:
    """Read what is answered to a code: a text, or one with a menu."""
    if isinstance(value, str):
        return Page(value)
    menu = {answer: _page(said) for answer, said in value.get("menu", {}).items()}
    return _plain(Page, value | {"menu": menu})


def _at(table: Table) -> AtFacts:
    def each(key: str, read: Callable[[Any], T]) -> Mapping[str, T]:
        return {name.upper(): read(value) for name, value in table.pop(key, {}).items()}

    if (dialect := table.get("dialect", "")) not in ("", *DIALECTS):
        raise ValueError(f"no dialect is named {dialect}: there is {', '.join(DIALECTS)}")
    facts = AtFacts(
        refuses=frozenset(name.upper() for name in table.pop("refuses", [])),
        replies=each("replies", _answer),
        settings=each("settings", lambda row: _plain(Setting, row)),
        latency=each("latency", float),
        dialect=table.pop("dialect", ""),
        crashes=frozenset(name.upper() for name in table.pop("crashes", [])),
        activation_connects=table.pop("activation_connects", False),
    )
    _nothing_left(table)
    return facts


def _qmi(table: Table) -> QmiFacts:
    for key in ("refuses", "unsupported"):
        table[key] = frozenset(name.lower() for name in table.get(key, []))
    table["latency"] = {name.lower(): float(s) for name, s in table.get("latency", {}).items()}
    for version in table.get("services", {}).values():
        _major, _minor = (int(part) for part in version.split("."))
    Framing(table.get("link_layer", Framing.ETHERNET.value))
    return _plain(QmiFacts, table)


def _answer(value: str | list[str] | Table) -> Answer:
    if isinstance(value, str):
        return Answer((value,) if value else ())
    if isinstance(value, list):
        return Answer(tuple(value))
    return _plain(Answer, value)


def _plain(cls: type[T], table: Table) -> T:
    """Fill a dataclass; lists become tuples; an unknown key is an error that names it."""
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    if unknown := table.keys() - known:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})


def _triple(text: str) -> tuple[int, int, int]:
    cls, sub, proto = (int(part, 16) for part in text.split("/"))
    return cls, sub, proto


def _nothing_left(table: Table) -> None:
    if table:
        raise ValueError(f"unknown key {', '.join(sorted(table))}")
