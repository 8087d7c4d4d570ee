"""The command line itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from wwand.cli import app
from wwand.cli.failures import Failure
from wwand.cli.secret import first_line, lines_of

LINES = [
    "devices --all",
    "rescan",
    "list",
    "show 0 --private",
    "connect modem0 --apn a --user u --password-file f --ip-type ipv4v6 --no-roaming --no-ip",
    "connect --wait 5",
    "disconnect",
    "enable",
    "disable 0",
    "reset --device 1-1",
    "explain 1-1",
    "monitor --all",
    "scan",
    "register 26201 -m 0",
    "modes 2g|3g 3g",
    "sim 0 pin --pin-file f",
    "at 0 AT+CSQ",
    "switch 1-1",
    "config 1-1 2",
    "rules 1c9e:f000",
    "simulate --fault 1-1 mute 3",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_understood_with_general_options_on_either_side(line: str) -> None:
    for argv in (["--json", *line.split()], [*line.split(), "--json"]):
        args = app.parse(argv)
        assert args.json
        assert callable(args.handler)
    assert not app.parse(line.split()).json


@pytest.mark.parametrize(
    "line", ["", "frob", "config 1-1", "config 1-1 x", "connect --ip-type x", "list --timeout 0"]
)
def test_wrong_usage_has_status_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.parse(line.split())
    assert ended.value.code == 2
    assert "usage: wwanctl" in capsys.readouterr().err


def test_no_secret_but_the_warned_of_password_can_be_an_argument() -> None:
    parser = app.make_parser()
    commands = next(a for a in parser._actions if hasattr(a, "choices") and a.choices)
    assert isinstance(commands.choices, dict)
    options = {
        option
        for command in commands.choices.values()
        for action in command._actions
        for option in action.option_strings
    }
    secret = {o for o in options if any(w in o for w in ("pin", "puk", "password"))}
    assert secret == {"--pin-file", "--password-file", "--password"}


def test_the_bus_comes_from_the_option_the_environment_or_is_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WWAND_BUS", raising=False)
    assert app.parse(["list"]).bus == "system"
    monkeypatch.setenv("WWAND_BUS", "unix:path=/x")
    assert app.parse(["list"]).bus == "unix:path=/x"
    assert app.parse(["list", "--bus", "session"]).bus == "session"


def test_wwanctl_imports_nothing_of_the_daemon() -> None:
    code = "import sys, wwand.cli.app; print(*(m for m in sys.modules if m.startswith('wwand')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {m for m in done.stdout.split() if not m.startswith("wwand.cli")}
    assert others == {"wwand", "wwand.status", "wwand.sms", "wwand.sms.facts"}


def test_a_secret_is_not_read_from_a_file_that_others_can_read(tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_text("1234\n5678\n")
    file.chmod(0o644)
    with pytest.raises(Failure, match="others can read"):
        lines_of(str(file))
    file.chmod(0o600)
    assert lines_of(str(file)) == ["1234", "5678"]
    assert first_line(str(file)) == "1234"


def test_a_secret_file_that_is_absent_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="No such file"):
        lines_of(str(tmp_path / "none"))
    empty = tmp_path / "empty"
    empty.touch(0o600)
    with pytest.raises(Failure, match="is empty"):
        first_line(str(empty))
