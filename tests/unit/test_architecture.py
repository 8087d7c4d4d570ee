"""Who may import whom, and how large a module may be: what keeps the house in order."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = (
    "errors log status",
    "device gsm tasks",
    "gsm7",
    "at qmi sms",
    "ports discovery switching",
    "bearers net",
    "modem",
    "plugin hookspecs",
    "config memory",
    "keeper",
    "experience",
    "plan",
    "recovery",
    "serving world",
    "orders",
    "life",
    "manager",
    "service doctor",
    "daemon",
    "__main__",
)
"""A module may import from lower rows and from its own package, not from its neighbours."""

NEIGHBOURS = {("hookspecs", "plugin"), ("plugin", "hookspecs")}
"""Pairs on one row of which the first may import the second."""

ASIDE = {
    "cli": {"cli", "status", "sms"},
    "simulator": {"simulator", "device", "errors", "status", "log", "qmi", "sms", "gsm", "gsm7"},
}
"""Packages beside the rows, and all that they may import."""

PUBLIC = {
    *("plugin", "modem", "bearers", "at", "qmi", "sms", "status", "device", "errors"),
    *("gsm", "gsm7"),
    *("ports.roles", "switching.rules", "switching.actions"),
}
"""What plugins may import, by package or by module."""

SHELLS = {"at.channel", "at.dtr", "at.exchange", "at.prompt", "qmi.client", "qmi.channel"}
"""The modules of the protocols that do the I/O."""

CODECS = (
    *("at", "qmi", "sms", "status", "errors", "log", "config", "plugin", "hookspecs"),
    *("ports.roles", "switching.rules", "switching.readers", "discovery.descriptors"),
    *("net.ppp_options", "net.ppp_report", "net.dhcp_report", "modem.states", "modem.registration"),
    *("bearers.apn", "bearers.blame", "bearers.providers"),
)
"""What only turns values into other values, and so cannot wait."""

LONGEST = 400
LONGEST_TABLE = 600


def module_name(file: Path) -> str:
    """`wwand.at.sim` for wwand/at/sim.py, and `wwand.at` for its __init__.py."""
    base = ROOT / "plugins" if file.is_relative_to(ROOT / "plugins") else ROOT
    parts = file.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(folder: str) -> dict[str, Path]:
    return {module_name(file): file for file in sorted((ROOT / folder).rglob("*.py"))}


WWAND = modules("wwand")
PLUGINS = modules("plugins")


@cache
def imports(file: Path) -> frozenset[str]:
    """The full names of all modules that a file imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}: relative imports hide where a thing lives"
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (below & set(WWAND)) or {node.module}
    return frozenset(found)


def own(file: Path) -> set[str]:
    """What a file imports of wwand, without that first word."""
    return {name.removeprefix("wwand.") for name in imports(file) if name.startswith("wwand.")}


def package(name: str) -> str:
    return name.split(".")[0]


def rank(name: str) -> int:
    return next(n for n, row in enumerate(LAYERS) if name in row.split())


def may_import(importer: str, imported: str) -> bool:
    """The rule, for two packages."""
    if importer == imported:
        return True
    if importer in ASIDE:
        return imported in ASIDE[importer]
    if imported in ASIDE:
        return (importer, imported) == ("daemon", "simulator")
    return (importer, imported) in NEIGHBOURS or rank(imported) < rank(importer)


def is_any_of(name: str, wanted: set[str] | tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in wanted)


def test_every_module_has_its_row() -> None:
    known = {*" ".join(LAYERS).split(), *ASIDE}
    packages = {package(name.removeprefix("wwand.")) for name in WWAND if name != "wwand"}
    assert packages <= known


@pytest.mark.parametrize("name", [name for name in WWAND if name != "wwand"])
def test_a_module_imports_only_what_is_below_it(name: str) -> None:
    importer = package(name.removeprefix("wwand."))
    wrong = {other for other in own(WWAND[name]) if not may_import(importer, package(other))}
    assert not wrong


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_imports_only_public_pages(name: str) -> None:
    assert {other for other in own(PLUGINS[name]) if not is_any_of(other, PUBLIC)} == set()
    others = {package(other) for other in PLUGINS} - {package(name)}
    assert not {package(imported) for imported in imports(PLUGINS[name])} & others


def test_what_only_converts_values_cannot_wait() -> None:
    waiting = {
        name
        for name, file in WWAND.items()
        if is_any_of(short := name.removeprefix("wwand."), CODECS)
        and short not in SHELLS
        and imports(file) & {"asyncio", "threading", "time", "socket"}
    }
    assert waiting == set()


@pytest.mark.parametrize("name", [*WWAND, *PLUGINS])
def test_a_module_fits_into_one_head(name: str) -> None:
    file = (WWAND | PLUGINS)[name]
    limit = LONGEST_TABLE if file.stem.endswith("tables") else LONGEST
    assert len(file.read_text().splitlines()) <= limit


def test_the_daemon_loads_what_is_heavy_only_when_it_is_needed() -> None:
    heavy = ["pyudev", "usb", "serial", "wwand.simulator", "wwand.cli"]
    loaded = f"import sys, wwand.daemon; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
