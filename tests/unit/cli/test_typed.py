"""What people type."""

import io
import sys

import pytest
from dbus_fast import Variant

from wwand.cli import typed
from wwand.cli.failures import Failure


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes, errors: str = "strict") -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8", errors))


def test_a_text_is_read_by_lines_or_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, "größer\nals\n".encode())
    assert typed.line() == "größer\n"
    assert typed.text() == "als\n"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_bytes_that_are_no_text_are_a_failure(errors: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for read in (typed.text, typed.line):
        stdin(monkeypatch, b"gr\xf6\xdfer\n", errors)
        with pytest.raises(Failure, match="standard input is not UTF-8"):
            read()


def test_words_that_the_bus_cannot_carry_are_a_failure() -> None:
    typed.check(("größer", 1, b"\xff", {"text": Variant("as", ["größer"])}))
    for value in ("\udcff", ["\udcff"], {"text": Variant("as", ["\udcff"])}, {"\udcff": 1}):
        with pytest.raises(Failure, match="what was typed is not UTF-8"):
            typed.check((value,))
