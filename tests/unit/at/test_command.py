import ast
from enum import IntEnum
from pathlib import Path

import pytest

import wwand.at
from wwand.at.command import (
    AtCommand,
    HexInt,
    action,
    query,
    query_lines,
    query_rows,
    query_text,
    report,
    strip_prefix,
)
from wwand.errors import BadArgument, BadReply

PARTS_OF_CHANNEL = ("channel", "dtr", "exchange", "prompt")


class Colour(IntEnum):
    RED = 0
    BLUE = 1


def test_fields_become_what_the_parameters_say() -> None:
    @query("AT+X", prefix="+X")
    def command(
        number: int, colour: Colour, text: str, cell: HexInt, on: bool
    ) -> tuple[object, ...]:
        return number, colour, text, cell, on

    found = command.parse(['+X: 007, 1 ,"a,b",00FF,1'])
    assert found == (7, Colour.BLUE, "a,b", 255, True)
    assert found[1] is Colour.BLUE


def test_a_field_with_a_default_may_be_missing_or_empty() -> None:
    @query("AT+X", prefix="+X")
    def command(a: int, b: int = 5, c: str = "none") -> tuple[object, ...]:
        return a, b, c

    assert command.parse(["+X: 1"]) == (1, 5, "none")
    assert command.parse(["+X: 1,,"]) == (1, 5, "none")
    assert command.parse(["+X: 1,2,x"]) == (1, 2, "x")


def test_an_optional_field_is_none_when_empty() -> None:
    @query("AT+X", prefix="+X")
    def command(a: int | None, b: HexInt | None) -> tuple[object, ...]:
        return a, b

    assert command.parse(["+X: ,"]) == (None, None)
    assert command.parse(["+X: 1,A"]) == (1, 10)


def test_the_rest_of_the_fields_can_be_taken_whole() -> None:
    @query("AT+X", prefix="+X")
    def command(a: int, b: int = 2, *rest: str) -> tuple[object, ...]:
        return a, b, rest

    assert command.parse(["+X: 1"]) == (1, 2, ())
    assert command.parse(["+X: 1,3,x,y"]) == (1, 3, ("x", "y"))


def test_more_fields_than_declared_are_passed_over() -> None:
    @query("AT+X", prefix="+X")
    def command(a: int) -> int:
        return a

    assert command.parse(["+X: 1,2,3"]) == 1


@pytest.mark.parametrize(
    "lines", [[], ["+X: 1"], ["+X: 1,red"], ["+X: 1,7"], ["+Y: 1,1"], ["+X: 1,1", "+X: 1,1"]]
)
def test_what_does_not_fit_is_a_bad_reply(lines: list[str]) -> None:
    @query("AT+X", prefix="+X")
    def command(a: int, colour: Colour) -> int:
        return a

    with pytest.raises(BadReply):
        command.parse(lines)


def test_a_bad_reply_does_not_tell_secrets() -> None:
    @query("AT+X", prefix="+X")
    def command(a: int, b: int) -> int:
        return a

    with pytest.raises(BadReply) as caught:
        command.parse(["+X: 1,490154203237518x"])
    assert "490154203237518" not in str(caught.value)


def test_a_command_can_be_built_from_arguments() -> None:
    def build(value: int) -> int:
        return value

    def state(item: int) -> AtCommand[int]:
        return query(f"AT+X={item}", prefix="+X")(build)

    assert state(3).text == "AT+X=3"
    assert state(3).parse(["+X: 4"]) == 4


def test_rows_and_lines_and_text() -> None:
    @query_rows("AT+R", prefix="+R")
    def rows(a: int) -> int:
        return a

    @query_text("AT+T", prefix="+T")
    def text(whole: str) -> str:
        return whole

    raw = query_lines("AT+L")(list)
    assert rows.parse(["+R: 1", "+R: 2"]) == (1, 2)
    assert text.parse(["+T: (1,2),3"]) == "(1,2),3"
    assert text.parse(["(1,2),3"]) == "(1,2),3"
    assert raw.parse(["a", "b"]) == ["a", "b"]
    assert raw.free


def test_a_report_is_read_like_an_answer() -> None:
    @report("^RSSI")
    def rssi(level: int) -> int:
        return level

    assert rssi.prefix == "^RSSI"
    assert rssi.read("^RSSI:12") == 12
    with pytest.raises(BadReply):
        rssi.read("^RSSI:")


@pytest.mark.parametrize(
    ("line", "prefix", "tail"),
    [
        ("+CREG: 1", "+CREG", "1"),
        ("+CREG:1", "+CREG", "1"),
        ("+CREG : 1", "+CREG", "1"),
        ("+creg 1", "+CREG", "1"),
        ("^NDISSTATQry:1", "^NDISSTATQRY", "1"),
        ("RING", "RING", ""),
        ("^CSQLVL:1", "^CSQ", None),
        ("+CGREG: 1", "+CREG", None),
        ("", "+CREG", None),
    ],
)
def test_prefixes_are_whole_names(line: str, prefix: str, tail: str | None) -> None:
    assert strip_prefix(line, prefix) == tail


@pytest.mark.parametrize(
    "text", ["AT\rATD112;", "AT\nX", "AT\x1a", "AT\x1b", "AT\0", "ATé", "AT\x7f"]
)
def test_a_command_is_one_line_of_printable_ascii(text: str) -> None:
    with pytest.raises(BadArgument):
        action(text)


def test_a_command_shows_itself_without_its_secret() -> None:
    assert "4711" not in str(action('AT+CPIN="4711"'))


def test_only_the_channel_knows_of_asyncio() -> None:
    for module in Path(wwand.at.__file__).parent.glob("*.py"):
        imported = {
            alias.name
            for node in ast.walk(ast.parse(module.read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert ("asyncio" in imported) == (module.stem in PARTS_OF_CHANNEL), module.name
