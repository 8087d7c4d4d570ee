"""What the documents say is so: their code runs, and what they name exists."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wwand import config, errors, hookspecs
from wwand.modem.states import ALLOWED
from wwand.service import spec
from wwand.status import ModemState, PacketService
from wwand.switching.readers import userfiles

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(ROOT / folder / "README.md" for folder in ("dbus", "packaging", "plugins", "tests")),
        ROOT / "wwand/simulator/README.md",
    ]
)
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A fenced block: the file it is, where a line before says so; its language; its text."""

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT))
)


def blocks(document: Path, language: str) -> list[tuple[str, str]]:
    """The file name (or "") and the text of each block in a language."""
    found = BLOCK.findall(document.read_text())
    return [(name, text) for name, its, text in found if its == language]


# --- code ---------------------------------------------------------------------------------------


@each_document
def test_python_blocks_run(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, Any] = {"__name__": "document"}
    before = set(sys.modules)
    try:
        for name, text in blocks(document, "python"):
            if name:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_text(text)
            else:
                exec(compile(text, document, "exec"), names)
        for name, thing in names.items():
            if name.startswith("test_"):
                thing()
    finally:
        for module in set(sys.modules) - before:
            if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
                del sys.modules[module]


def test_the_configuration_in_the_document_is_valid(tmp_path: Path) -> None:
    read = 0
    for _, text in blocks(ROOT / "docs/configuration.md", "toml"):
        file = tmp_path / "some.toml"
        file.write_text(text)
        file.chmod(0o600)
        read += bool(userfiles.read(file) if "[[rule]]" in text else config.load(file).devices)
    assert read == 2


# --- names --------------------------------------------------------------------------------------


def sections(document: str) -> dict[str, set[str]]:
    """Heading → the names in the first column of the tables below it."""
    text = (ROOT / document).read_text()
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    return {
        title: {
            name
            for row in re.findall(r"^\| (`.*?) \|", body, re.MULTILINE)
            for name in re.findall(r"`([^`]+)`", row)
        }
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("[daemon]", config.DAEMON),
        ("[connection]", config.CONNECTION),
        ("[sim]", config.SIM),
        ('[device."…"]', config.DEVICE),
        ("[plugins]", config.PLUGINS),
    ],
)
def test_every_key_of_the_configuration_is_documented(section: str, keys: dict[str, Any]) -> None:
    assert sections("docs/configuration.md")[section] == {key.replace("_", "-") for key in keys}


def test_every_key_and_action_of_a_rule_is_documented() -> None:
    documented = sections("docs/configuration.md")["Rules for mode switching"]
    own = {"id", "name", "actions", "targets", "target-class", "wait-before"}
    assert documented == own | set(userfiles.STRINGS)
    text = (ROOT / "docs/configuration.md").read_text()
    assert [word for word in userfiles.WORDS if f"`{word}`" not in text] == []


def subclasses(of: type[Exception]) -> Iterator[type[Exception]]:
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_error_name_of_wwand_is_documented() -> None:
    names = {getattr(one, "dbus_name", "") for one in subclasses(errors.WwandError)}
    own = {name for name in names if isinstance(name, str) and name.startswith("org.wwand1.")}
    assert sections("docs/api.md")["Errors"] == own


def test_the_members_named_in_the_api_document_exist() -> None:
    text = (ROOT / "docs/api.md").read_text()
    device = spec.load("org.wwand1.Device")
    for name in ("Switch", "SelectConfiguration", "Reset"):
        assert f"`{name}`" in text
        assert name in device.methods
    for name in ("Modem", "Reason", "Phase", "NextStep", "History", "Ports", "Layouts", "Verdicts"):
        assert name in device.properties


def test_every_hook_is_explained_where_the_plugin_is_written() -> None:
    text = (ROOT / "plugins/README.md").read_text()
    assert [n for n in vars(hookspecs) if n.startswith("wwand_") and n not in text] == []


def words_of_the_code() -> str:
    """Every string constant of wwand, the parts of f-strings included."""
    return "\n".join(
        node.value
        for file in (ROOT / "wwand").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_the_messages_quoted_for_troubleshooting_are_those_of_the_code() -> None:
    said = words_of_the_code()
    text = (ROOT / "docs/troubleshooting.md").read_text()
    cells = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    quoted = [words for cell in cells for words in re.findall(r'"(.+?)"', cell)]
    parts = [part.strip() for words in quoted for part in words.split("…")]
    assert quoted
    assert [part for part in parts if part not in said] == []


# --- commands and files -------------------------------------------------------------------------


def commands_of_wwanctl() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "wwand.cli", "--help"], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"^    (\w+) +\w", done.stdout, re.MULTILINE))


def test_the_commands_in_the_documents_exist() -> None:
    known = commands_of_wwanctl()
    assert known
    for document in DOCUMENTS:
        used = re.findall(r"(?:`|^|&& )wwanctl (?:--json )?([a-z]+)", document.read_text(), re.M)
        assert set(used) <= known, document


def test_the_options_of_the_daemon_in_the_documents_exist() -> None:
    words = words_of_the_code()
    for document in DOCUMENTS:
        for line in re.findall(r"^wwand (.*)$|`wwand (--.*?)`", document.read_text(), re.MULTILINE):
            for option in re.findall(r"--[a-z-]+", "".join(line)):
                assert option in words, f"{document}: {option}"


def test_the_targets_of_make_in_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for document in DOCUMENTS:
        for line in re.findall(r"(?:^|`|sudo )make ([a-z ]+)", document.read_text(), re.MULTILINE):
            assert set(line.split()) <= targets, document


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


@each_document
def test_files_that_are_named_exist(document: Path) -> None:
    named = re.findall(
        r"`((?:wwand|plugins|tests|packaging|dbus|docs|\.ci)/[\w./*-]+)`", document.read_text()
    )
    missing = [name for name in named if not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []


# --- the diagram --------------------------------------------------------------------------------


def state_diagram() -> str:
    """The table of states for Mermaid, without the ways to FAILED that every state has."""
    lines = ["stateDiagram-v2", f"    [*] --> {ModemState.UNKNOWN.name}"]
    lines += [
        f"    {before.name} --> {after.name}"
        for before, following in ALLOWED.items()
        for after in sorted(following)
        if after is not ModemState.FAILED
    ]
    return "\n".join(lines) + "\n"


def test_the_state_diagram_shows_the_table_of_states() -> None:
    assert blocks(ROOT / "docs/architecture.md", "mermaid") == [("", state_diagram())]


@each_document
def test_a_document_is_short(document: Path) -> None:
    if document.name != "CHANGELOG.md":
        assert len(document.read_text().splitlines()) <= 150


def test_the_numbers_of_the_packet_service_are_those_that_are_sent() -> None:
    text = (ROOT / "dbus/org.freedesktop.ModemManager1.Modem.Modem3gpp.xml").read_text()
    named = ", ".join(f"{state.value} {state.name.lower()}" for state in PacketService)
    assert f'<!-- {named} -->\n    <property name="PacketServiceState"' in text
    numbers = PacketService.DETACHED, PacketService.ATTACHED
    assert "detach from the packet domain ({:d}) or attach to it ({:d})".format(*numbers) in text
