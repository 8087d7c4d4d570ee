"""Every installed plugin keeps the contract; one that does not is reported and left out."""

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from wwand.device import Configuration, Endpoint, Interface, Transfer, UsbDevice, UsbId
from wwand.hookspecs import ENTRY_POINTS
from wwand.plugin import KNOWN_VENDOR, Plugins
from wwand.ports.roles import Role
from wwand.switching.rules import SwitchRule

INSTALLED = sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
PLUGINS = Plugins()
RULES = [pytest.param(rule, id=f"{rule.id}-{n}") for n, rule in enumerate(PLUGINS.switch_rules())]


def port_table(entry: EntryPoint) -> Mapping[UsbId, Mapping[int, Role]]:
    """`PORTS` of a plugin's module `tables`, where it has one."""
    try:
        tables = importlib.import_module(f"{entry.module}.tables")
    except ModuleNotFoundError:
        return {}
    return getattr(tables, "PORTS", {})


TABLES = [
    pytest.param(usb_id, table, id=str(usb_id))
    for entry in INSTALLED
    for usb_id, table in port_table(entry).items()
]


def disk(usb_id: UsbId) -> UsbDevice:
    """A stick before its switch: one storage interface."""
    bulk = (Endpoint(0x81, Transfer.BULK), Endpoint(0x01, Transfer.BULK))
    storage = Interface(0, 0x08, 0x06, 0x50, bulk, driver="usb-storage")
    return UsbDevice(
        key="1-1",
        id=usb_id,
        sysfs="/sys/devices/1-1",
        active=1,
        configurations=(Configuration(1, (storage,)),),
    )


def modem(usb_id: UsbId) -> UsbDevice:
    """A modem to which the kernel's driver is bound."""
    serial = tuple(Interface(n, 0xFF, 0xFF, 0xFF, driver="option") for n in range(3))
    return replace(disk(usb_id), configurations=(Configuration(1, serial),))


def test_there_are_plugins_and_all_of_them_load() -> None:
    assert PLUGINS.status == [(entry.name, "") for entry in INSTALLED]
    assert INSTALLED


@pytest.mark.parametrize(("usb_id", "table"), TABLES)
def test_a_port_table_has_one_primary_port(usb_id: UsbId, table: Mapping[int, Role]) -> None:
    assert Counter(table.values())[Role.PRIMARY] == 1


@pytest.mark.parametrize(("usb_id", "table"), TABLES)
def test_one_plugin_claims_an_id_more_than_any_other(
    usb_id: UsbId, table: Mapping[int, Role]
) -> None:
    match, verdicts = PLUGINS.match(modem(usb_id))
    scores = sorted(verdict.score for verdict in verdicts)
    assert match
    assert match.roles == table
    assert scores[-1:] != scores[-2:-1]


@pytest.mark.parametrize("rule", RULES)
def test_what_is_to_be_switched_is_no_modem_yet(rule: SwitchRule) -> None:
    match, _ = PLUGINS.match(disk(rule.id))
    assert match is None


@pytest.mark.parametrize("rule", RULES)
def test_what_comes_out_of_a_switch_is_a_modem_of_the_same_plugin(rule: SwitchRule) -> None:
    assert rule.source.startswith("plugin ")
    assert rule.targets, "without targets the ladder cannot tell whether it worked"
    for target in rule.targets:
        match, _ = PLUGINS.match(modem(target))
        assert match
        assert match.score >= KNOWN_VENDOR
        assert rule.source == f"plugin {match.plugin}"
        assert not rule.is_due(modem(target))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_named_and_can_act_on_its_device(rule: SwitchRule) -> None:
    strings = {name: getattr(rule.match, name) for name in ("manufacturer", "product", "serial")}
    device = replace(disk(rule.id), **strings)
    assert rule.name
    assert rule.is_about(device)
    assert rule.is_due(device)


def test_no_two_rules_of_the_plugins_are_about_the_same_device() -> None:
    about = Counter((rule.id, rule.match) for rule in PLUGINS.switch_rules())
    assert [key for key, count in about.items() if count > 1] == []


# --- plugins that break the contract -----------------------------------------------------------


Load = Callable[[str], Plugins]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads a plugin called "broken" with the given source, beside the generic one."""
    monkeypatch.syspath_prepend(tmp_path)
    generic = next(entry for entry in INSTALLED if entry.name == "generic")

    def load(source: str) -> Plugins:
        monkeypatch.delitem(sys.modules, "wwand_broken", raising=False)
        (tmp_path / "wwand_broken.py").write_text(f"from wwand.plugin import *\n{source}\n")
        return Plugins(found=[EntryPoint("broken", "wwand_broken", ENTRY_POINTS), generic])

    return load


ANYTHING = modem(UsbId(0x1234, 0x5678))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import no_such_module", "no_such_module"),
        ("raise RuntimeError('not today')", "not today"),
        ("this is no python", "syntax"),
        ("@hookimpl\ndef wwand_mach(device): ...", "wwand_mach"),
        ("@hookimpl\ndef wwand_match(device, colour): ...", "colour"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_left_out_with_the_reason(
    load: Load, source: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = load(source)
    assert broken.names == ["generic"]
    status = dict(broken.status)
    assert why in status["broken"]
    match, _ = broken.match(ANYTHING)
    assert match
    assert match.plugin == "generic"
    assert any("broken" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "source",
    [
        "@hookimpl\ndef wwand_match(device): return 'yes'",
        "@hookimpl\ndef wwand_match(device): return 1 / 0",
        "@hookimpl\ndef wwand_match(device, sure): return {'score': 1000}",
    ],
)
def test_a_wrong_answer_is_reported_and_the_others_are_asked(
    load: Load, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = load(source)
    match, verdicts = broken.match(ANYTHING)
    assert match
    assert [verdict.plugin for verdict in verdicts] == ["generic"]
    assert any("plugin broken: wwand_match" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "source",
    [
        "@hookimpl\ndef wwand_switch_rules(): return 'eject'",
        "@hookimpl\ndef wwand_switch_rules(): return ['eject']",
        "@hookimpl\ndef wwand_switch_rules(): return [1 / 0]",
    ],
)
def test_wrong_rules_are_reported_and_left_out(
    load: Load, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(source).switch_rules() == []
    assert any("plugin broken: wwand_switch_rules" in r.getMessage() for r in caplog.records)


def test_a_plugin_may_import_modules_of_its_own(load: Load, tmp_path: Path) -> None:
    (tmp_path / "wwand_part.py").write_text("")
    assert load("import wwand_part").names == ["broken", "generic"]


def test_a_plugin_can_be_disabled() -> None:
    plugins = Plugins(disabled=["generic"])
    assert "generic" not in plugins.names
    assert dict(plugins.status)["generic"] == "disabled by the configuration"
    assert plugins.match(ANYTHING)[0] is None


def test_without_evidence_nobody_claims_a_serial_device() -> None:
    plain = tuple(Interface(n, 0xFF, 0xFF, 0xFF, driver="ftdi_sio") for n in range(2))
    arduino = replace(ANYTHING, configurations=(Configuration(1, plain),))
    assert PLUGINS.match(arduino)[0] is None
    claimed, _ = PLUGINS.match(arduino, sure=True)
    assert claimed
    assert claimed.plugin == "generic"
