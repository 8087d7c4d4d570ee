"""The manual pages and the completion say what the programs understand."""

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from wwand import config, daemon
from wwand.cli import app
from wwand.cli.commands import sim, sms
from wwand.switching.readers import userfiles

PACKAGING = Path(__file__).parents[3] / "packaging"
COMPLETION = PACKAGING / "completions" / "wwanctl.bash"
PAGES = sorted((PACKAGING / "man").iterdir())


def page(name: str) -> str:
    """Read a page as people do: without fonts and escapes."""
    text = (PACKAGING / "man" / name).read_text()
    return re.sub(r"\\f[BIR]", "", text).replace("\\-", "-").replace("\\(dq", '"')


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = [
        action.choices
        for action in app.make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return dict(found)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def options_of_all() -> set[str]:
    every = options(app.make_parser())
    return every.union(*(options(parser) for parser in commands().values()))


def complete(line: str) -> list[str]:
    """Have bash complete the last word of a line; programs it would ask are not there."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"wwanctl() {{ return 1; }}; source '{COMPLETION}'; COMP_WORDS=({quoted}); "
        f"COMP_CWORD={len(words) - 1}; _wwanctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_the_page_of_wwanctl_has_every_command() -> None:
    text = page("wwanctl.1")
    for name in commands():
        assert re.search(rf"^(\.B )?{name}\b", text, re.MULTILINE), name


def test_the_page_of_wwanctl_has_every_option_and_no_other() -> None:
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", page("wwanctl.1")))
    understood = options_of_all()
    assert understood - told <= {"--modem"}  # told as -m
    assert told - understood <= {"--simulate"}  # the daemon's


def test_the_page_of_the_daemon_has_every_option() -> None:
    text = page("wwand.8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", lambda self, _: options(self))
        every = daemon.parse([])
    assert isinstance(every, set)
    assert {option for option in every if option not in text} == set()


def keys() -> Iterator[str]:
    for table in (config.DAEMON, config.CONNECTION, config.SIM, config.DEVICE, config.PLUGINS):
        yield from (key.replace("_", "-") for key in table)


def test_the_page_of_the_configuration_has_every_key_and_table() -> None:
    text = page("wwand.toml.5")
    assert [key for key in keys() if not re.search(rf"^\.BR? .*\b{key}\b", text, re.M)] == []
    assert [table for table in config.TABLES if f"[{table}" not in text] == []


def test_the_page_of_the_configuration_has_every_key_of_a_rule() -> None:
    text = page("wwand.toml.5").split("RULES FOR MODE SWITCHING")[1]
    known = set(re.findall(r'"([a-z][a-z-]+)"', Path(userfiles.__file__).read_text()))
    told = set(re.findall(r"^\.BR? ([a-z-]+)", text, re.M)) - {"wwand", "wwanctl"}
    assert told <= known
    assert {"id", "actions", "targets"} <= told


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_a_page_has_no_mistakes_in_its_markup(file: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_bash_completes_every_command() -> None:
    assert set(complete("wwanctl ")) == set(commands())
    assert complete("wwanctl mon") == ["monitor"]
    assert complete("wwanctl --json li") == ["list"]


@pytest.mark.parametrize("name", sorted(commands()))
def test_bash_completes_every_option(name: str) -> None:
    short = {"-h", "-m", "--no-color"}
    assert set(complete(f"wwanctl {name} -")) == options(commands()[name]) - short


def test_bash_completes_what_an_option_takes() -> None:
    assert complete("wwanctl connect --ip-type ipv4") == ["ipv4", "ipv4v6"]
    assert complete("wwanctl connect --password ") == []
    assert set(complete("wwanctl sim ")) == {"show", *sim.ACTIONS}
    assert set(complete("wwanctl sms ")) == set(sms.ACTIONS)
