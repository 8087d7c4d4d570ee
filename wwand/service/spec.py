"""What the XML files in dbus/ say, as values: the one description of the API.

`wwand/service/xml` is a link to the top-level `dbus/`; a wheel holds copies of the files there.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).parent / "xml"

EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"


@dataclass(frozen=True, slots=True)
class InterfaceSpec:
    """One interface: member name → D-Bus signature."""

    name: str
    methods: Mapping[str, tuple[str, str]]
    """name → (signature of the arguments, signature of the reply)"""
    properties: Mapping[str, str]
    silent: frozenset[str]
    """Properties whose changes are not signalled."""
    signals: Mapping[str, str]
    xml: str
    """The interface element, for Introspect."""


def load(interface: str) -> InterfaceSpec:
    """Read the description of one interface."""
    return read(FILES / f"{interface}.xml")


def read(file: Path) -> InterfaceSpec:
    """Read one file; it holds exactly one interface."""
    (element,) = ET.parse(file).getroot().iter("interface")
    return InterfaceSpec(
        name=element.attrib["name"],
        methods={
            m.attrib["name"]: (_types(m, "in"), _types(m, "out")) for m in element.iter("method")
        },
        properties={p.attrib["name"]: p.attrib["type"] for p in element.iter("property")},
        silent=frozenset(p.attrib["name"] for p in element.iter("property") if _is_silent(p)),
        signals={s.attrib["name"]: _types(s, None) for s in element.iter("signal")},
        xml=ET.tostring(element, encoding="unicode").strip(),
    )


def _types(member: ET.Element, direction: str | None) -> str:
    """Join the argument types of one direction; an argument without a direction is an input."""
    return "".join(
        a.attrib["type"]
        for a in member.iter("arg")
        if direction is None or a.get("direction", "in") == direction
    )


def _is_silent(member: ET.Element) -> bool:
    return any(a.get("name") == EMITS and a.get("value") == "false" for a in member)
