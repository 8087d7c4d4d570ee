"""Reads the user's own rules: `/etc/wwand/switch.d/*.toml`, which hold tables such as this one.

[[rule]]
id = "1c9e:f000"
name = "Micromax MMX352G"
manufacturer = "USB Modem"     # a part is enough; also product, serial, scsi-vendor, -model, …
targets = ["1c9e:9605"]        # or target-class = 255
wait-before = 1.0              # seconds
actions = ["message 55534243…", "eject", "configuration 1"]
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wwand.device import ControlRequest, UsbId
from wwand.errors import ConfigError
from wwand.switching import actions
from wwand.switching.actions import Action, Control
from wwand.switching.rules import Match, SwitchRule

WORDS: Mapping[str, Action] = {
    "eject": actions.STANDARD_EJECT,
    "huawei": actions.HUAWEI,
    "huawei-new": actions.HUAWEI_NEW,
    "huawei-alt": actions.HUAWEI_ALT,
    "sierra": actions.SIERRA,
    "sony": actions.SONY,
    "qisda": actions.QISDA,
    "quanta": actions.QUANTA,
    "gct": actions.gct(),
    "kobil": actions.KOBIL,
    "sequans": actions.SEQUANS,
    "blackberry": actions.BLACKBERRY,
    "option": actions.OPTION,
    "reset": actions.Reset(),
    "wait": actions.JustWait(),
    "leave-alone": actions.LeaveAlone(),
}
STRINGS = ("manufacturer", "product", "serial", "scsi-vendor", "scsi-model", "scsi-revision")


def read(file: Path) -> list[SwitchRule]:
    """Return the rules of one file, or raise ConfigError naming file and key."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: {error}", f"correct {file}") from error
    for key in content:
        if key != "rule":
            raise _wrong(file, key, "is unknown; a file holds [[rule]] tables only")
    entries = content.get("rule", [])
    if not isinstance(entries, list):
        raise _wrong(file, "rule", "is to be written with two brackets: [[rule]]")
    return [_rule(file, number, entry) for number, entry in enumerate(entries, 1)]


def _rule(file: Path, number: int, entry: Any) -> SwitchRule:
    where = f"rule {number}"
    if not isinstance(entry, dict):
        raise _wrong(file, where, "is not a table")
    known = ("id", "name", "actions", "targets", "target-class", "wait-before", *STRINGS)
    for key in entry:
        if key not in known:
            raise _wrong(file, f"{where}: {key}", f"is unknown; known are {', '.join(known)}")

    def take(key: str, convert: Callable[[Any], Any], *default: Any) -> Any:
        if key not in entry:
            if default:
                return default[0]
            raise _wrong(file, f"{where}: {key}", "is missing")
        try:
            return convert(entry[key])
        except (TypeError, ValueError, AttributeError) as error:
            raise _wrong(file, f"{where}: {key}", str(error)) from error

    return SwitchRule(
        id=take("id", UsbId.parse),
        actions=take("actions", _actions),
        name=take("name", str, ""),
        match=Match(**{key.replace("-", "_"): take(key, _string, "") for key in STRINGS}),
        targets=take("targets", lambda ids: frozenset(map(UsbId.parse, ids)), frozenset()),
        target_class=take("target-class", int, None),
        wait_before=take("wait-before", float, 0.0),
        source=str(file),
    )


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("is to be a string")
    return value


def _actions(value: Any) -> tuple[Action, ...]:
    if not isinstance(value, list) or not value:
        raise TypeError('is to be a list such as ["eject"]')
    return tuple(action_of(_string(text)) for text in value)


def action_of(text: str) -> Action:
    """Read one action: a word of `WORDS`, or `message`, `configuration`, `pantech`, `control`."""
    word, *arguments = text.split()
    if word in WORDS and not arguments:
        return WORDS[word]
    if word == "message" and arguments:
        return actions.messages(*arguments)
    if word == "configuration" and len(arguments) == 1:
        return actions.SetConfiguration(int(arguments[0]))
    if word == "pantech" and len(arguments) == 1:
        return actions.pantech(int(arguments[0]))
    if word == "control" and len(arguments) in (4, 5):
        kind, request, number, index = (int(a, 0) for a in arguments[:4])
        tail = arguments[4] if len(arguments) == 5 else ""
        incoming = bool(kind & 0x80)  # bmRequestType bit 7, USB 2.0 §9.3.1
        data = b"" if incoming else bytes.fromhex(tail)
        length = int(tail or "0", 0) if incoming else 0
        return Control((ControlRequest(kind, request, number, index, data, length),), text)
    words = ", ".join(sorted((*WORDS, "message HEX…", "configuration N", "pantech N", "control …")))
    raise ValueError(f"{text!r} is no action; known are {words}")


def _wrong(file: Path, key: str, problem: str) -> ConfigError:
    return ConfigError(f"{file}: {key} {problem}", f"correct {file}")
