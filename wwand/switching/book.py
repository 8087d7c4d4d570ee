"""All rules there are, from the user's to usb_modeswitch's, and which of them are for a device."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wwand.device import MASS_STORAGE, UsbDevice, UsbId
from wwand.errors import ConfigError
from wwand.switching.actions import EJECT_MESSAGES, STANDARD_EJECT, Messages
from wwand.switching.readers import userfiles
from wwand.switching.readers.modeswitch import ModeswitchData
from wwand.switching.readers.usbmode import UsbmodeData
from wwand.switching.rules import SwitchRule, only_storage

log = logging.getLogger(__name__)

MODEM_VENDORS = frozenset(
    {
        0x0AF0,  # Option
        0x1199,  # Sierra Wireless
        0x12D1,  # Huawei
        0x1410,  # Novatel Wireless
        0x16D8,  # C-motech
        0x19D2,  # ZTE
        0x1A8D,  # BandRich
        0x1BBB,  # Alcatel
        0x1C9E,  # Longcheer
        0x1DA5,  # Qisda
        0x1E0E,  # SIMCom
        0x2020,  # BroadMobi
        0x230D,  # Linktop
        0x2C7C,  # Quectel
    }
)
"""Vendors whose CD-ROMs are modems (the USB-IF's list of vendors)."""

CD_ROM = "5"
"""SCSI peripheral device type (SPC-4 §6.4.2)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that rules come from, for `wwanctl rules`."""

    name: str
    where: str
    count: int
    note: str = ""


class RuleBook:
    """Looks up rules when a device asks; nothing is read before."""

    def __init__(
        self,
        builtin: Sequence[SwitchRule],
        user_dir: Path = Path("/etc/wwand/switch.d"),
        modeswitch: bool | ModeswitchData = True,
        usbmode: bool | UsbmodeData = True,
    ) -> None:
        """Take the plugins' rules; False leaves an installed data base out."""
        self._builtin = tuple(builtin)
        self._user_dir = user_dir
        self._modeswitch = ModeswitchData() if modeswitch is True else modeswitch or None
        self._usbmode = UsbmodeData() if usbmode is True else usbmode or None
        self._user: tuple[object, tuple[SwitchRule, ...], tuple[ConfigError, ...]] = (None, (), ())

    def rules_for(self, device: UsbDevice) -> list[SwitchRule]:
        """Return the rules that can switch this device as it is now, best first.

        Nothing when it needs no switching, or when the best rule says to leave it alone. The last
        rung, for the CD-ROM of a modem, is the eject every operating system knows.
        """
        about = [rule for rule in self.known_for(device.id) if rule.is_about(device)]
        if about and about[0].leaves_alone:
            return []
        due = [rule for rule in about if not rule.leaves_alone and rule.is_due(device)]
        if due or not about:
            due += self._last_resort(device, due)
        return due

    def knows(self, device: UsbDevice) -> bool:
        """Tell whether a rule makes this device a modem, even if nothing is left to switch now."""
        about = [rule for rule in self.known_for(device.id) if rule.is_about(device)]
        if about:
            return not about[0].leaves_alone
        return bool(self._last_resort(device, ()))

    def known_for(self, usb_id: UsbId) -> list[SwitchRule]:
        """Return every rule for an id, best first: with strings before without, then by source."""
        rules = [rule for rule in (*self._user_rules(), *self._builtin) if rule.id == usb_id]
        for data in (self._modeswitch, self._usbmode):
            if data:
                rules += data.rules(usb_id)
        return sorted(rules, key=lambda rule: not rule.match)

    def awaits_storage(self, device: UsbDevice) -> bool:
        """Tell whether a rule asks what the storage calls itself, and it has not said so yet."""
        return (
            not any(key.startswith("SCSI_") for key in device.properties)  # each one may be blank
            and "usb-storage" in device.drivers
            and any(rule.match.needs_scsi for rule in self.known_for(device.id))
        )

    def check(self) -> None:
        """Raise ConfigError for the first of the user's files that cannot be understood."""
        self._user_rules()
        if self._user[2]:
            raise self._user[2][0]

    def describe(self) -> list[Source]:
        """Return every source with the number of rules in it, in order of precedence."""
        user = self._user_rules()
        problems = "; ".join(str(error) for error in self._user[2])
        sources = [Source("user", str(self._user_dir), len(user), problems)]
        names = sorted({rule.source for rule in self._builtin})
        sources += [
            Source("wwand", name, sum(rule.source == name for rule in self._builtin))
            for name in names
        ]
        if self._modeswitch:
            note = "not used: DisableSwitching is set" if self._modeswitch.disabled() else ""
            sources += [
                Source("usb_modeswitch", where, count, note)
                for where, count in self._modeswitch.counts().items()
            ]
        if self._usbmode:
            sources.append(Source("usbmode", str(self._usbmode.file), self._usbmode.count()))
        return sources

    def _last_resort(self, device: UsbDevice, due: Sequence[SwitchRule]) -> list[SwitchRule]:
        if device.id.vendor not in MODEM_VENDORS or not device.interfaces:
            return []
        if device.interfaces[0].cls != MASS_STORAGE:
            return []
        if due:
            sent = [a.plan.messages for r in due for a in r.actions if isinstance(a, Messages)]
            if any(messages[: len(EJECT_MESSAGES)] == EJECT_MESSAGES for messages in sent):
                return []
        elif device.properties.get("SCSI_TYPE") != CD_ROM or not only_storage(device):
            return []
        return [
            SwitchRule(
                device.id,
                (STANDARD_EJECT,),
                name="CD-ROM of a maker of modems",
                source="wwand's last resort",
            )
        ]

    def _user_rules(self) -> tuple[SwitchRule, ...]:
        """Read the user's files when one of them has changed since."""
        try:
            files = sorted(f for f in self._user_dir.iterdir() if f.suffix == ".toml")
            stamp = tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files)
        except OSError:
            files, stamp = [], ()
        if stamp != self._user[0]:
            rules: list[SwitchRule] = []
            problems: list[ConfigError] = []
            for file in files:
                try:
                    rules += userfiles.read(file)
                except ConfigError as error:
                    log.error("%s; its rules are left out", error)
                    problems.append(error)
            self._user = stamp, tuple(rules), tuple(problems)
        return self._user[1]
