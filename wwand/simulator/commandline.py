"""Takes an AT command line apart as ITU-T V.250 §5.3 and §5.4 have it. No I/O."""

import re
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """What is asked of a command (V.250 §5.4)."""

    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line; the name is in capitals."""

    name: str
    form: Form = Form.EXECUTE
    args: str = ""

    @property
    def key(self) -> str:
        """Name and form, as model files write it: `+COPS=?`."""
        return self.name + self.form.value

    @property
    def values(self) -> list[str]:
        """The arguments, split at commas outside quotes, quotes removed."""
        if not self.args:
            return []
        parts = re.findall(r'(?:"[^"]*"|[^,"])*(?:,|$)', self.args)
        # the pattern also matches the empty string behind a last value
        parts = parts if self.args.endswith(",") else parts[:-1] or parts
        return [part.removesuffix(",").strip().replace('"', "") for part in parts]

    def value(self, index: int, default: str = "") -> str:
        """Return one argument; `default` where it is left out."""
        values = self.values
        return values[index] if index < len(values) and values[index] else default

    def number(self, index: int, default: int = 0) -> int:
        """Return one argument as a number; raises ValueError when it is none."""
        return int(self.value(index, str(default)))

    def __str__(self) -> str:
        return self.key + self.args


_EXTENDED = re.compile(r"([+^$%*#!@\\_][A-Z0-9!%./:_\\-]*)(=\?|\?|=)?", re.IGNORECASE)
_REGISTER = re.compile(r"S(\d+)(=\?|\?|=(\d*))", re.IGNORECASE)
_BASIC = re.compile(r"(&?[A-Z])(\d*)", re.IGNORECASE)


class NotAT(ValueError):
    """The rest of the line is no command."""


def split(body: str) -> list[Command]:
    """Return the commands of a line whose `AT` has been taken off; raises NotAT."""
    commands: list[Command] = []
    rest = _without_blanks(body)
    while rest:
        command, rest = _first(rest)
        commands.append(command)
        rest = rest.removeprefix(";")
    return commands


def _first(rest: str) -> tuple[Command, str]:
    if rest[0] in "dD":
        return Command("D", Form.SET, rest[1:]), ""
    if found := _REGISTER.match(rest):
        form = {"?": Form.READ, "=?": Form.TEST}.get(found[2], Form.SET)
        return Command(f"S{found[1]}", form, found[3] or ""), rest[found.end() :]
    if found := _EXTENDED.match(rest):
        form = Form(found[2] or "")
        end = _end(rest, found.end())
        return Command(found[1].upper(), form, rest[found.end() : end]), rest[end:]
    if found := _BASIC.match(rest):
        return Command(found[1].upper(), Form.EXECUTE, found[2]), rest[found.end() :]
    raise NotAT(f"not a command: {rest!r}")


def _end(text: str, start: int) -> int:
    """Find the semicolon that ends an extended command, outside quotes."""
    quoted = False
    for position in range(start, len(text)):
        if text[position] == '"':
            quoted = not quoted
        elif text[position] == ";" and not quoted:
            return position
    return len(text)


def _without_blanks(text: str) -> str:
    """Drop blanks outside quotes: they separate nothing (V.250 §5.2.1)."""
    parts = text.split('"')
    parts[::2] = ["".join(part.split()) for part in parts[::2]]
    return '"'.join(parts)
