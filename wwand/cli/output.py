"""What is printed: aligned tables and sections, colours on a terminal, one document with --json."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TextIO

TONES = {"good": "32", "bad": "31", "busy": "33", "head": "1", "dim": "2"}
"""SGR parameters (ECMA-48 §8.3.117)."""

GAP = "  "
NARROWEST = 20
"""Columns below which a text is not squeezed: it runs on instead."""


class Cell(NamedTuple):
    """A text in a tone of TONES; an empty tone is the terminal's own."""

    text: str
    tone: str = ""


def columns(text: str) -> int:
    """How many columns a terminal needs for the text."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # a megabyte that most output never needs

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def squeezed(widths: list[int], room: int) -> list[int]:
    """Widths of columns made to fit, the widest first, none to less than can be read."""
    widths = list(widths)
    too_much = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while too_much > 0 and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
        too_much -= 1
    return widths


def _broken(text: str, room: int) -> list[str]:
    """The text in lines of at most so many columns."""
    if columns(text) <= room:
        return [text]
    from textwrap import wrap  # seldom needed

    return wrap(text, room) or [""]


class Output:
    """Where a command prints to."""

    def __init__(
        self, stream: TextIO | None = None, *, as_json: bool = False, colour: bool | None = None
    ) -> None:
        self.stream: TextIO = sys.stdout if stream is None else stream
        self.as_json = as_json
        self.terminal = self.stream.isatty()
        self._colour = self.terminal if colour is None else colour
        self._fancy = "utf" in (self.stream.encoding or "").lower()

    @property
    def width(self) -> int:
        """Columns of the terminal; 0 where lines may be of any length."""
        if not self.terminal:
            return 0
        return os.get_terminal_size(self.stream.fileno()).columns or 80

    def sign(self, fancy: str, plain: str) -> str:
        """The first where the stream can carry it."""
        return fancy if self._fancy else plain

    def paint(self, text: str, tone: str) -> str:
        """The text in its tone, where there are colours."""
        if not (self._colour and tone and text):
            return text
        return f"\x1b[{TONES[tone]}m{text}\x1b[0m"

    def raw(self, text: str) -> None:
        """Write as it is, at once."""
        self.stream.write(text if self._fancy else text.encode("ascii", "replace").decode())
        self.stream.flush()

    def line(self, text: str = "", tone: str = "") -> None:
        """Print a line; nothing where a document is asked for."""
        if not self.as_json:
            self.raw(f"{self.paint(text, tone)}\n")

    def document(self, data: Any, *, one_line: bool = False) -> None:
        """Print the document, where one is asked for."""
        if self.as_json:
            indent = None if one_line else 2
            self.raw(json.dumps(data, indent=indent, ensure_ascii=not self._fancy) + "\n")

    def wrapped(self, text: str, indent: int = 0, tone: str = "") -> None:
        """Print a paragraph, indented and broken at the terminal's width."""
        room = max(self.width - indent, NARROWEST)
        for part in _broken(text, room) if self.terminal else [text]:
            self.line(" " * indent + self.paint(part, tone))

    def table(
        self, rows: Iterable[Sequence[str | Cell]], head: Sequence[str] = (), indent: int = 0
    ) -> None:
        """Print aligned columns; on a terminal the widest are broken so that all of them fit."""
        cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
        if head:
            cells.insert(0, [Cell(word, "dim") for word in head])
        widths = [max(columns(cell.text) for cell in column) for column in zip(*cells, strict=True)]
        if self.terminal:
            widths = squeezed(widths, self.width - indent)
        broken = [
            [
                _broken(cell.text, width) if self.terminal else [cell.text]
                for cell, width in zip(row, widths, strict=True)
            ]
            for row in cells
        ]
        widths = [
            max(columns(line) for lines in column for line in lines)
            for column in zip(*broken, strict=True)
        ]
        for row, parts in zip(cells, broken, strict=True):
            for number in range(max(map(len, parts))):
                self.line(self._row(row, parts, widths, number, indent))

    def _row(
        self, row: list[Cell], parts: list[list[str]], widths: list[int], number: int, indent: int
    ) -> str:
        """One line of a row whose cells may have several."""
        line, gap = "", " " * indent
        for cell, lines, width in zip(row, parts, widths, strict=True):
            text = lines[number] if number < len(lines) else ""
            if text:
                line += gap + self.paint(text, cell.tone)
                gap = ""
            gap += " " * (width - columns(text)) + GAP
        return line

    def sections(self, document: Mapping[str, Any]) -> None:
        """Print a document of dictionaries as headed groups; what is empty is left out."""
        rows: list[tuple[str, list[tuple[str, str]]]] = []
        for title, group in document.items():
            shown = [(_label(key), _words(value)) for key, value in group.items()]
            rows.append((title, [(label, words) for label, words in shown if words]))
        width = max((columns(label) for _, group in rows for label, _ in group), default=0)
        for title, group in rows:
            if group:
                self.line()
                heading = _label(title)
                self.line(heading[0].upper() + heading[1:], "head")
                self.table(((label.ljust(width), words) for label, words in group), indent=2)


NAMES = {
    "imei": "IMEI",
    "imsi": "IMSI",
    "iccid": "ICCID",
    "eid": "EID",
    "sim": "SIM",
    "apn": "APN",
    "dns": "DNS",
    "mtu": "MTU",
    "ip": "IP",
    "usb_id": "USB id",
    "pin_at_start": "PIN at start",
    "network": "Network (3GPP)",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "gsm": "GSM",
    "umts": "UMTS",
    "lte": "LTE",
    "nr5g": "5G",
    "cdma": "CDMA",
    "evdo": "EV-DO",
    "rssi": "RSSI",
    "rscp": "RSCP",
    "ecio": "Ec/Io",
    "rsrp": "RSRP",
    "rsrq": "RSRQ",
    "snr": "SNR",
    "sinr": "SINR",
    "io": "Io",
}
"""Keys of documents that are not plain words."""


def _label(key: str) -> str:
    return NAMES.get(key) or key.replace("_", " ")


def _words(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(_words(item) for item in value)
        case dict():
            return ", ".join(f"{_label(key)} {_words(item)}" for key, item in value.items())
        case _:
            return str(value)
