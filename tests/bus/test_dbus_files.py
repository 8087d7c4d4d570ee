"""The files in dbus/ agree with ModemManager's, with the views, and with one another."""

import importlib
import inspect
import pkgutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from wwand import service
from wwand.service import spec
from wwand.service.view import OPEN, View

DBUS = Path(__file__).parents[2] / "dbus"
THEIRS = Path("/usr/share/dbus-1/interfaces")
MM = "org.freedesktop.ModemManager1"

FILES = sorted(DBUS.glob("*.xml"))
SPECS = {file.stem: spec.read(file) for file in FILES}

SINCE_1_20: dict[str, dict[str, object]] = {
    f"{MM}.Modem": {"Physdev": "s", "IgnoredPorts": "a(su)"},
    f"{MM}.Modem.Modem3gpp": {"SetCarrierLock": ("ay", ""), "NetworkRejection": "a{sv}"},
    f"{MM}.Bearer": {"DisconnectRequest": "b"},
    f"{MM}.Modem.Messaging": {"SetDefaultStorage": ("u", "")},
    f"{MM}.Call": {"DtmfToneDuration": "u"},
}
"""Members of ModemManager 1.25.95 that 1.20.4 does not have."""

ROOT_ONLY = {
    (MM, "InhibitDevice"),
    (MM, "ReportKernelEvent"),
    (f"{MM}.Modem", "GetCellInfo"),
    (f"{MM}.Modem.Modem3gpp", "SetNr5gRegistrationSettings"),
    (f"{MM}.Modem.Modem3gpp", "SetPacketServiceState"),
    (f"{MM}.Modem.Signal", "SetupThresholds"),
    (f"{MM}.Modem.Sar", "Enable"),
    (f"{MM}.Modem.Sar", "SetPowerLevel"),
    (f"{MM}.Modem.Messaging", "SetDefaultStorage"),
    (f"{MM}.Sim", "SetPreferredNetworks"),
    ("org.wwand1.Manager", "Simulate"),
    ("org.wwand1.Manager", "SimulateFault"),
}
"""Methods that the bus policy leaves to root: ModemManager's choice, and virtual modems."""

UNGUARDED = {
    (f"{MM}.Modem", "ListBearers"),
    (f"{MM}.Modem.Simple", "GetStatus"),
    (f"{MM}.Modem.Messaging", "List"),
    (f"{MM}.Modem.Voice", "ListCalls"),
    (f"{MM}.Modem.CellBroadcast", "List"),
    ("org.wwand1.Manager", "ListRules"),
}
"""Methods that only read, and ask nobody."""


def views() -> dict[str, type[View]]:
    """Every view class of the service, by the interface it shows."""
    found = {}
    for module in pkgutil.iter_modules(service.__path__):
        for _, cls in inspect.getmembers(
            importlib.import_module(f"wwand.service.{module.name}"), inspect.isclass
        ):
            if issubclass(cls, View) and cls is not View:
                found[cls.spec.name] = cls
    return found


VIEWS = views()


def members(interface: spec.InterfaceSpec) -> dict[str, object]:
    return {**interface.methods, **interface.properties, **interface.signals}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_file_is_named_after_its_interface(file: Path) -> None:
    assert spec.read(file).name == file.stem


@pytest.mark.parametrize("name", [n for n in SPECS if n.startswith(MM)])
def test_every_member_is_modemmanagers_with_its_signature(name: str) -> None:
    theirs = THEIRS / f"{name}.xml"
    if not THEIRS.joinpath(f"{MM}.xml").is_file():
        pytest.skip("ModemManager's XML is not installed (Debian: modemmanager-dev)")
    if not theirs.is_file():
        pytest.skip(f"the installed modemmanager-dev is older than {name}")
    wanted = members(spec.read(theirs))
    ours = members(SPECS[name])
    assert {k: ours.get(k) for k in wanted} == wanted
    assert {k: v for k, v in ours.items() if k not in wanted} == {
        k: v for k, v in SINCE_1_20.get(name, {}).items() if k not in wanted
    }


@pytest.mark.parametrize("name", [n for n in SPECS if n.startswith(MM)])
def test_arguments_have_modemmanagers_names(name: str) -> None:
    theirs = THEIRS / f"{name}.xml"
    if not theirs.is_file():
        pytest.skip("ModemManager's XML is not installed (Debian: modemmanager-dev)")

    def names(file: Path) -> dict[str, list[str | None]]:
        return {
            m.attrib["name"]: [a.get("name") for a in m.iter("arg")]
            for tag in ("method", "signal")
            for m in ET.parse(file).getroot().iter(tag)
        }

    ours = names(DBUS / f"{name}.xml")
    wanted = names(theirs)
    assert {m: ours[m] for m in wanted} == wanted


def test_every_interface_has_a_view_and_every_view_a_file() -> None:
    assert sorted(VIEWS) == sorted(SPECS)


def test_the_service_reads_these_very_files() -> None:
    assert spec.FILES.resolve() == DBUS


def policy_members() -> set[tuple[str, str]]:
    allowed = ET.parse(DBUS / "org.wwand1.conf").getroot().iter("allow")
    return {
        (a.attrib["send_interface"], a.attrib["send_member"])
        for a in allowed
        if "send_member" in a.attrib
    }


def test_every_method_is_let_through_the_bus_or_roots_on_purpose() -> None:
    methods = {(name, method) for name, s in SPECS.items() for method in s.methods}
    allowed = policy_members()
    assert allowed - methods == set()
    assert allowed & ROOT_ONLY == set()
    assert methods - allowed == methods & ROOT_ONLY


def test_every_method_has_a_guard_or_is_open_on_purpose() -> None:
    unguarded = {
        (name, method)
        for name, view in VIEWS.items()
        for method, action in view.guards.items()
        if action == OPEN
    }
    assert unguarded == {m for m in UNGUARDED if m[0] in VIEWS}


def test_every_guard_is_a_polkit_action() -> None:
    defined = {
        action.attrib["id"]
        for file in DBUS.glob("*.policy")
        for action in ET.parse(file).getroot().iter("action")
    }
    used = {action for view in VIEWS.values() for action in view.guards.values()} - {OPEN}
    assert used <= defined


@pytest.mark.parametrize("file", sorted(DBUS.glob("*.policy")), ids=lambda f: f.name)
def test_nobody_who_is_not_at_the_machine_gets_anything(file: Path) -> None:
    for action in ET.parse(file).getroot().iter("action"):
        assert action.findtext("defaults/allow_any") == "no"
        assert action.findtext("defaults/allow_inactive") == "no"
        assert action.findtext("defaults/allow_active") in ("yes", "auth_admin", "auth_admin_keep")
        assert action.findtext("message")


@pytest.mark.parametrize("file", sorted(DBUS.glob("*.service")), ids=lambda f: f.stem)
def test_an_activation_file_is_named_after_its_name(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert f"Name={file.stem}" in lines
    assert any(line.startswith("SystemdService=") for line in lines)
