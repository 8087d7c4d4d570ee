"""Tables, sections, colours and documents."""

import io
import json
from collections.abc import Callable

import pytest

from wwand.cli.output import Cell, Output, columns, squeezed


class Terminal(io.StringIO):
    """A stream that says what it is told to say."""

    encoding = "utf-8"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.wide = width

    def isatty(self) -> bool:
        return self.wide > 0


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Output, Terminal]]:
    """Make an output of a width (0: a pipe)."""

    def made(width: int = 0, **options: bool | None) -> tuple[Output, Terminal]:
        stream = Terminal(width)
        monkeypatch.setattr(Output, "width", width)
        return Output(stream, **options), stream  # type: ignore[arg-type]

    return made


Make = Callable[..., tuple[Output, Terminal]]


def test_a_table_is_aligned_and_has_no_trailing_blanks(make: Make) -> None:
    out, stream = make()
    out.table([("1-1", "stuck", "no port"), ("1-1.4", "modem", "")], head=("PLACE", "PHASE", "WHY"))
    assert stream.getvalue() == (
        "PLACE  PHASE  WHY\n"
        "1-1    stuck  no port\n"
        "1-1.4  modem\n"
    )  # fmt: skip


def test_the_last_column_is_broken_at_the_width_of_a_terminal(make: Make) -> None:
    out, stream = make(40, colour=False)
    out.table([("1-1", "no rule turns it into a modem, so it is left alone")])
    assert stream.getvalue() == (
        "1-1  no rule turns it into a modem, so\n"
        "     it is left alone\n"
    )  # fmt: skip
    assert all(columns(line) <= 40 for line in stream.getvalue().splitlines())


def test_the_widest_columns_are_broken_where_a_table_does_not_fit(make: Make) -> None:
    out, stream = make(50, colour=False)
    out.table([("a plugin with a very long name", "a rule that is of a good length", "eject")])
    assert stream.getvalue() == (
        "a plugin with a very  a rule that is of a  eject\n"
        "long name             good length\n"
    )  # fmt: skip


def test_columns_are_not_squeezed_beyond_reading() -> None:
    assert squeezed([10, 40, 8], 20) == [10, 20, 8]
    assert squeezed([10, 40, 8], 80) == [10, 40, 8]


def test_a_line_of_any_length_stays_one_line_in_a_pipe(make: Make) -> None:
    out, stream = make(0)
    out.table([("1-1", "word " * 60)])
    assert stream.getvalue().count("\n") == 1


def test_wide_characters_count_twice(make: Make) -> None:
    out, stream = make()
    out.table([("中国移动", "a"), ("Vodafone", "b")])
    assert stream.getvalue() == "中国移动  a\nVodafone  b\n"


def test_colours_are_for_terminals_only(make: Make) -> None:
    out, stream = make(80)
    out.table([(Cell("good", "good"), "x")])
    assert stream.getvalue() == "\x1b[32mgood\x1b[0m  x\n"
    out, stream = make(0)
    out.table([(Cell("good", "good"), "x")])
    assert stream.getvalue() == "good  x\n"


def test_a_terminal_without_colours_gets_none(make: Make) -> None:
    out, stream = make(80, colour=False)
    out.line("text", "bad")
    assert stream.getvalue() == "text\n"


def test_sections_leave_out_what_is_empty(make: Make) -> None:
    out, stream = make()
    out.sections(
        {
            "hardware": {"imei": "***", "firmware": "", "drivers": ["option", "qmi_wwan"]},
            "sim": {"iccid": ""},
            "status": {"tries_left": {"SIM PIN": 3}, "roaming": False, "signal": None},
        }
    )
    assert stream.getvalue() == (
        "\n"
        "Hardware\n"
        "  IMEI        ***\n"
        "  drivers     option, qmi_wwan\n"
        "\n"
        "Status\n"
        "  tries left  SIM PIN 3\n"
        "  roaming     no\n"
    )


def test_with_json_there_is_the_document_and_nothing_else(make: Make) -> None:
    out, stream = make(as_json=True)
    out.line("text")
    out.table([("a", "b")])
    out.sections({"a": {"b": "c"}})
    out.document({"operator": "Møbil"})
    assert json.loads(stream.getvalue()) == {"operator": "Møbil"}


def test_without_json_there_is_no_document(make: Make) -> None:
    out, stream = make()
    out.document({"a": 1})
    assert stream.getvalue() == ""


def test_a_stream_that_knows_ascii_only_gets_ascii(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    out, stream = make()
    out.line(f"{out.sign('✓', '+')} Møbil")
    assert stream.getvalue() == "+ M?bil\n"
