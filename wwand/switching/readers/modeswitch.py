"""Reads usb_modeswitch's data where it is installed: one small file per device.

Form and order: usb_modeswitch 2.6.1's reference page and its dispatcher. A file's name is
`vvvv:pppp[:attr=string…]`; it holds `key = value` lines.
"""

import logging
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wwand.device import BulkPlan, UsbId
from wwand.switching import actions
from wwand.switching.actions import Action, NotOffered
from wwand.switching.rules import Match, SwitchRule

log = logging.getLogger(__name__)

ATTRIBUTES = {
    "uMa": "manufacturer",
    "uPr": "product",
    "uSe": "serial",
    "sVe": "scsi_vendor",
    "sMo": "scsi_model",
    "sRe": "scsi_revision",
}
MAX_LINES = 50
"""Its parser reads no more of a file."""

MODES: Mapping[str, Action] = {
    "HuaweiMode": actions.HUAWEI,
    "HuaweiNewMode": actions.HUAWEI_NEW,
    "HuaweiAltMode": actions.HUAWEI_ALT,
    "SierraMode": actions.SIERRA,
    "SonyMode": actions.SONY,
    "QisdaMode": actions.QISDA,
    "QuantaMode": actions.QUANTA,
    "GCTMode": actions.gct(),
    "KobilMode": actions.KOBIL,
    "SequansMode": actions.SEQUANS,
    "MobileActionMode": NotOffered("MobileActionMode"),
    "CiscoMode": NotOffered("CiscoMode"),
    "BlackberryMode": actions.BLACKBERRY,
    "OptionMode": actions.OPTION,
}
PANTECH_RNDIS = {UsbId(0x10A9, 0x6080)}
"""Devices for which its dispatcher makes 2 of the automatic PantechMode 1."""

SETTINGS = tuple(
    Path(folder) / name
    for folder, name in (
        ("/etc", "usb_modeswitch.conf"),
        ("/etc/sysconfig", "usb_modeswitch"),
        ("/etc/default", "usb_modeswitch"),
    )
)
"""Its global file; the first that exists counts."""


@dataclass
class ModeswitchData:
    """The files of one installation, looked up by id when a device asks."""

    etc: Path = Path("/etc/usb_modeswitch.d")
    share: Path = Path("/usr/share/usb_modeswitch")
    settings: tuple[Path, ...] = SETTINGS
    _pack: tuple[int, dict[str, bytes]] = field(default=(0, {}), repr=False)

    def rules(self, usb_id: UsbId) -> list[SwitchRule]:
        """Return the rules for that id, in the order in which usb_modeswitch tests them."""
        settings = self._settings()
        if _true(settings.get("DisableSwitching", "")):
            return []
        alternative = _true(settings.get("HuaweiAltModeGlobal", ""))
        found: dict[str, SwitchRule] = {}
        for name, text, source in self._candidates(usb_id):
            if name not in found:  # a file in /etc stands in for the one that was delivered
                rule = rule_of(usb_id, name, text, source, alternative_huawei=alternative)
                if rule:
                    found[name] = rule
        return list(found.values())

    def disabled(self) -> bool:
        """Tell whether the user switched usb_modeswitch off in its global file."""
        return _true(self._settings().get("DisableSwitching", ""))

    def counts(self) -> dict[str, int]:
        """Return how many device files there are in each place."""
        found = {str(d): sum(map(_is_rule, _names(d))) for d in (self.etc, self.share)}
        found[str(self._archive)] = sum(map(_is_rule, self._packed()))
        return found

    @property
    def _archive(self) -> Path:
        return self.share / "configPack.tar.gz"

    def _candidates(self, usb_id: UsbId) -> Iterator[tuple[str, str, str]]:
        prefix = str(usb_id)
        for folder in (self.etc, self.share):
            own = (n for n in _names(folder) if n == prefix or n.startswith(f"{prefix}:"))
            # descending: what has a string comes before what fits all
            for name in (*sorted(own, reverse=True), f"{usb_id.vendor:04x}:#linux"):
                try:
                    text = (folder / name).read_text(encoding="utf-8", errors="replace")
                except FileNotFoundError:
                    continue
                except OSError as error:
                    log.warning("%s: %s", folder / name, error)
                    continue
                yield name, text, str(folder / name)
        packed = self._packed()
        for name in sorted(packed, reverse=True):
            if name == prefix or name.startswith(f"{prefix}:"):
                text = packed[name].decode("utf-8", errors="replace")
                yield name, text, f"{self._archive} ({name})"

    def _packed(self) -> dict[str, bytes]:
        """Return the archive's members; it is unpacked once, when the first device asks."""
        try:
            stamp = self._archive.stat().st_mtime_ns
            if stamp != self._pack[0]:
                with tarfile.open(self._archive) as archive:
                    members = {
                        member.name.removeprefix("./"): file.read()
                        for member in archive
                        if member.isfile() and (file := archive.extractfile(member))
                    }
                self._pack = stamp, members
        except FileNotFoundError:
            return {}
        except (OSError, tarfile.TarError, EOFError) as error:
            log.warning("%s cannot be read: %s", self._archive, error)
            return {}
        return self._pack[1]

    def _settings(self) -> dict[str, str]:
        for file in self.settings:
            try:
                return parse(file.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
        return {}


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _is_rule(name: str) -> bool:
    return ":" in name


def parse(text: str) -> dict[str, str]:
    """Read `key = value` lines; `;`, `#` and `!` begin comments, values may be in quotes."""
    values: dict[str, str] = {}
    for line in text.splitlines()[:MAX_LINES]:
        if line.lstrip()[:1] in (";", "#", "!"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            continue
        value = value.strip()
        if value.startswith('"'):
            value = value[1:].partition('"')[0]
        values[key.strip()] = value
    return values


def match_of(attributes: str) -> Match | None:
    """Read `uMa=USB_Modem[:uPr=…]`; None for what can never fit."""
    wanted: dict[str, str] = {}
    for part in filter(None, attributes.split(":")):
        attribute, equals, string = part.partition("=")
        if not equals or attribute not in ATTRIBUTES:
            return None
        wanted[ATTRIBUTES[attribute]] = string
    return Match(**wanted)


def rule_of(
    usb_id: UsbId, name: str, text: str, source: str, *, alternative_huawei: bool = False
) -> SwitchRule | None:
    """Read one device file; None when its name names a string that wwand does not know."""
    match = match_of(name[9:]) if not name.endswith(":#linux") else Match()
    if match is None:
        log.info("%s: the name asks for something unknown; left out", source)
        return None
    values = parse(text)
    comment = next((line for line in text.splitlines() if line.strip()), "")
    try:
        found = actions_of(usb_id, values, alternative_huawei=alternative_huawei)
        targets = _targets(usb_id, values)
        target_class = _hex(values, "TargetClass")
        wait = float(values.get("WaitBefore") or 0)
    except ValueError as error:
        log.warning("%s: %s; left out", source, error)
        return None
    return SwitchRule(
        id=usb_id,
        actions=found,
        name=comment.lstrip("#;! ").strip() if comment.startswith(("#", ";", "!")) else "",
        match=match,
        targets=targets,
        target_class=target_class,
        wait_before=wait,
        source=source,
    )


def _targets(usb_id: UsbId, values: Mapping[str, str]) -> frozenset[UsbId]:
    listed = values.get("TargetProductList") or values.get("TargetProduct", "")
    vendor = _hex(values, "TargetVendor") or usb_id.vendor
    return frozenset(UsbId(vendor, int(product, 16)) for product in listed.split(",") if product)


def actions_of(
    usb_id: UsbId, values: Mapping[str, str], *, alternative_huawei: bool = False
) -> tuple[Action, ...]:
    """Return what the file says is to be done; a special mode shuts out messages."""
    if _hex(values, "Configuration") == 0:
        return (actions.LeaveAlone(),)
    found: list[Action] = []
    modes = [key for key in MODES if _true(values.get(key, ""))]
    if pantech := int(values.get("PantechMode") or 0):
        modes.append("PantechMode")
    if len(modes) > 1:
        found.append(NotOffered(" with ".join(modes)))
    elif pantech:
        automatic = pantech == 1 and usb_id in PANTECH_RNDIS
        found.append(actions.pantech(2 if automatic else pantech))
    elif modes:
        newer = modes[0] == "HuaweiNewMode" and alternative_huawei
        found.append(actions.HUAWEI_ALT if newer else _mode(modes[0], values))
    elif plan := _plan(values):
        found.append(plan)
    if configuration := _hex(values, "Configuration"):
        found.append(actions.SetConfiguration(configuration))
    if _true(values.get("ResetUSB", "")):
        found.append(actions.Reset())
    return tuple(found) or (NotOffered("of a file without any"),)


def _mode(key: str, values: Mapping[str, str]) -> Action:
    if key == "GCTMode":
        return actions.gct(_hex(values, "Interface") or 0)
    return MODES[key]


def _plan(values: Mapping[str, str]) -> Action | None:
    keys = ("MessageContent", "MessageContent2", "MessageContent3")
    contents = tuple(bytes.fromhex(values[key]) for key in keys if values.get(key))
    eject = _true(values.get("StandardEject", ""))
    if not eject and not contents and not _true(values.get("DetachStorageOnly", "")):
        return None
    titles = ["eject of the CD-ROM"] * eject + ["switching message"] * bool(contents)
    plan = BulkPlan(
        messages=(*(actions.EJECT_MESSAGES if eject else ()), *contents),
        interface=_hex(values, "Interface"),
        endpoint_out=_hex(values, "MessageEndpoint"),
        endpoint_in=_hex(values, "ResponseEndpoint"),
        release_delay=int(values.get("ReleaseDelay") or 0) / 1000,
    )
    return actions.Messages(plan, " and ".join(titles) or "unbinding of the storage driver")


def _hex(values: Mapping[str, str], key: str) -> int | None:
    """Read a number, hexadecimal with or without 0x; None where there is none."""
    text = values.get(key, "")
    return int(text, 16) if text else None


def _true(text: str) -> bool:
    return text[:1].lower() in ("1", "y", "t")
