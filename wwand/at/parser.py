"""Turn the bytes a modem sends into lines, final results and prompts.  Does no I/O.

Text is latin-1: one character per octet, so that who knows the modem's charset can still decode it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE = 8192
"""The longest answer is a scan (27.007 §7.3): 30 networks named in UCS2 hex make 6 KiB."""

FINAL = re.compile(
    r"(?:OK|ERROR|NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE|CONNECT(?: .*)?|MODEM ERROR:\s*\d+"
    r"|\+(?:CM[ES]|EXT) ERROR:.+|COMMAND NOT SUPPORT(?:ED)?|TOO MANY PARAMETERS|NA)\s*",
    re.IGNORECASE,
)
"""What ends a command: V.250 §5.7.1, 27.007 §9.2, 27.005 §3.2.5, and words seen in the field."""

TEXT = re.compile(r'\+CUSD\s*:[^"]*"(.*)', re.IGNORECASE | re.DOTALL)
"""A report whose string may hold line ends: a menu (27.007 §7.15)."""

TEXT_END = re.compile(r'"\s*(?:,\s*\d*\s*)?$')
"""The end of its string, and of the line."""

MAX_TEXT = 1000
"""More than any such string has (24.090 §4.4: 160 octets, UCS2 as four digits a character)."""

_NOISE = bytes(set(range(256)) - set(range(0x20, 0x7F)) - set(b"\t\r\n"))
_NOISE_MIN = 16
"""Fewer odd octets than this prove nothing: a modem that starts up sends some as well."""


@dataclass(frozen=True, slots=True)
class Line:
    """An information line or an unsolicited report; only the channel can tell which."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """The line that ends a command."""

    text: str

    @property
    def ok(self) -> bool:
        """Whether the command was carried out."""
        return self.text.upper() == "OK" or self.connected

    @property
    def connected(self) -> bool:
        """Whether the port carries data from now on."""
        return self.text.upper().startswith("CONNECT")

    @property
    def of_call(self) -> bool:
        """Whether this ends a call or begins one, and so may come without being asked for."""
        return self.connected or self.text.upper().startswith(("NO ", "BUSY"))


PROMPTED = Final(">")
"""Stands in for a result where the modem waits for a text that nobody has."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The `> ` after which the modem waits for a text (27.005 §3.5.1)."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A line that no modem says: mostly not text, or without an end."""

    length: int


Event = Line | Final | Prompt | Garbage


class AtParser:
    """Collects bytes until they make whole lines; holds at most `MAX_LINE` of them."""

    def __init__(self) -> None:
        self.expect_prompt = False
        """Whether `>` at the start of a line is a prompt."""
        self._buffer = bytearray()
        self._skipping = False
        self._echo = ""
        self._open = ""
        self._nothing_yet = False
        self._received = 0
        self._noise = 0

    @property
    def looks_like_garbage(self) -> bool:
        """Whether a quarter or more of what came in is nothing a modem would say."""
        return self._noise >= _NOISE_MIN and self._noise * 4 >= self._received

    @property
    def at_prompt(self) -> bool:
        """Whether the unfinished line is a prompt, or the beginning of a line with `>`."""
        return not self._open and self._buffer.strip(b"\0 ") == b">"

    def expect_echo(self, text: str) -> None:
        """Drop `text`, or the end of it, should the modem send it back before its answer."""
        self._echo = text
        self._nothing_yet = True

    def reset(self) -> None:
        """Forget the unfinished line."""
        self._buffer.clear()
        self._skipping = False
        self._echo = self._open = ""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take bytes in and yield what they complete."""
        self._received += len(data)
        self._noise += len(data) - len(data.translate(None, _NOISE))
        for piece in re.split(rb"([\r\n])", data):
            if piece in (b"\r", b"\n"):
                yield from self._end_of_line()
            elif not self._skipping:
                yield from self._collect(piece)

    def _collect(self, piece: bytes) -> Iterator[Event]:
        self._buffer += piece
        if self.expect_prompt and self._buffer.lstrip(b"\0 ").startswith(b">"):
            self.expect_prompt = False
            self._buffer = self._buffer.lstrip(b"\0 ")[1:]
            yield Prompt()
        if len(self._buffer) > MAX_LINE:
            self._buffer.clear()
            self._skipping = True
            self._noise += MAX_LINE
            yield Garbage(MAX_LINE)

    def _end_of_line(self) -> Iterator[Event]:
        line = bytes(self._buffer)
        self._buffer.clear()
        if self._skipping:
            self._skipping = False
            return
        # Half of a line may be odd: names in the GSM alphabet have letters below 0x20
        if len(line.translate(None, _NOISE)) * 2 < len(line):
            if line.strip(b"\0"):
                yield Garbage(len(line))
            return
        text = self._without_echo(line.replace(b"\0", b"").decode("latin-1"))
        if FINAL.fullmatch(text.lstrip()):
            self._echo = ""
            yield from self._cut_off()
            yield Final(text.strip())
        elif text.strip():
            yield from self._line(text.strip())

    def _line(self, text: str) -> Iterator[Event]:
        """Give a line, or keep it until the string that it begins is at its end."""
        whole = f"{self._open}\n{text}" if self._open else text
        string = TEXT.match(whole)
        self._open = whole if string and not TEXT_END.search(string[1]) else ""
        if not self._open or len(whole) > MAX_TEXT:
            self._open = ""
            yield Line(whole)

    def _cut_off(self) -> Iterator[Event]:
        """Give a string that never ended: a quote that is forgotten must not hang a command."""
        if self._open:
            yield Line(self._open)
            self._open = ""

    def _without_echo(self, text: str) -> str:
        """Take the command that was sent off the front of `text`.

        What is left of an echo that began before the port was read can only come first of all.
        """
        echo, stripped, first = self._echo, text.strip(), self._nothing_yet
        if not echo or not stripped:
            return text
        self._nothing_yet = False
        if stripped == echo or (first and stripped.startswith(echo)):
            self._echo = ""
            return stripped.removeprefix(echo)
        return "" if first and echo.endswith(stripped) else text
