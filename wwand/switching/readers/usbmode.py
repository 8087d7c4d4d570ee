"""Reads OpenWrt's `/etc/usb-mode.json`, with the meaning its entries had where they came from.

usbmode itself ignores the strings, targets and waits that its converter writes; they are honoured
here (key names: convert-modeswitch.pl of OpenWrt's usbmode).
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wwand.device import BulkPlan, UsbId
from wwand.switching import actions
from wwand.switching.actions import Action, NotOffered
from wwand.switching.readers.modeswitch import match_of
from wwand.switching.rules import SwitchRule

log = logging.getLogger(__name__)

MODES: Mapping[str, Action] = {
    "Huawei": actions.HUAWEI,
    "HuaweiNew": actions.HUAWEI_NEW,
    "HuaweiAlt": actions.HUAWEI_ALT,
    "Sierra": actions.SIERRA,
    "Sony": actions.SONY,
    "Qisda": actions.QISDA,
    "GCT": actions.gct(),
    "Kobil": actions.KOBIL,
    "Sequans": actions.SEQUANS,
    "Option": actions.OPTION,
    "Quanta": actions.QUANTA,
    "Blackberry": actions.BLACKBERRY,
}

TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])')
"""Strings, which stay, and commas before a closing bracket: OpenWrt's parser lets them pass."""


@dataclass
class UsbmodeData:
    """One `usb-mode.json`, read when a device first asks and again when it has changed."""

    file: Path = Path("/etc/usb-mode.json")
    _read: tuple[int, dict[str, Any]] = field(default=(0, {}), repr=False)

    def rules(self, usb_id: UsbId) -> list[SwitchRule]:
        """Return the rules for that id; those with strings come first."""
        content = self._content()
        variants = content.get("devices", {}).get(str(usb_id), {})
        found = []
        for variant in sorted(variants, key=lambda key: (key == "*", key)):
            match = match_of("" if variant == "*" else variant)
            if match is None:
                continue
            try:
                rule = _rule(usb_id, variants[variant], content.get("messages", []))
            except (TypeError, ValueError, IndexError, AttributeError) as error:
                log.warning("%s: %s %s: %s; left out", self.file, usb_id, variant, error)
                continue
            found.append(replace(rule, match=match, source=str(self.file)))
        return found

    def count(self) -> int:
        """Return how many devices it has entries for."""
        return len(self._content().get("devices", {}))

    def _content(self) -> dict[str, Any]:
        try:
            stamp = self.file.stat().st_mtime_ns
            if stamp != self._read[0]:
                self._read = stamp, loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read: %s", self.file, error)
            return {}
        return self._read[1]


def loads(text: str) -> dict[str, Any]:
    """Read JSON in which a list may end with a comma; raises ValueError."""
    content = json.loads(TRAILING_COMMA.sub(lambda found: found[1] or "", text))
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the text is wrong, not a type
    return content


def _rule(usb_id: UsbId, entry: Mapping[str, Any], messages: list[str]) -> SwitchRule:
    vendor = int(entry.get("t_vendor", usb_id.vendor))
    return SwitchRule(
        id=usb_id,
        actions=_actions(entry, messages),
        targets=frozenset(UsbId(vendor, int(product)) for product in entry.get("t_product", [])),
        target_class=entry.get("t_class") or None,
        wait_before=float(entry.get("wait", 0)),
    )


def _actions(entry: Mapping[str, Any], messages: list[str]) -> tuple[Action, ...]:
    configuration = entry.get("config")
    if configuration == 0:
        return (actions.LeaveAlone(),)
    found: list[Action] = []
    mode = str(entry.get("mode", "Generic"))
    if mode in MODES:
        found.append(MODES[mode])
    elif mode == "Pantech":
        found.append(actions.pantech(int(entry.get("modeval", 1))))
    elif mode in ("Generic", "StandardEject"):
        contents = tuple(bytes.fromhex(messages[index]) for index in entry.get("msg", []))
        eject = mode == "StandardEject"
        if eject or contents:
            plan = BulkPlan(
                messages=(*(actions.EJECT_MESSAGES if eject else ()), *contents),
                interface=entry.get("interface"),
                endpoint_out=entry.get("msg_endpoint"),
                endpoint_in=entry.get("response_endpoint"),
                release_delay=int(entry.get("release_delay", 0)) / 1000,
            )
            title = "eject of the CD-ROM" if eject else "switching message"
            found.append(actions.Messages(plan, title))
    else:
        found.append(NotOffered(f"{mode}Mode"))
    if configuration:
        found.append(actions.SetConfiguration(int(configuration)))
    if entry.get("reset"):
        found.append(actions.Reset())
    return tuple(found) or (NotOffered("of an entry without any"),)
