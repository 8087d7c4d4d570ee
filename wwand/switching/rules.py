"""What a switching rule is, and when it is about a device."""

from collections.abc import Mapping
from dataclasses import dataclass

from wwand.device import MASS_STORAGE, UsbDevice, UsbId
from wwand.switching.actions import Action, LeaveAlone, SetConfiguration


@dataclass(frozen=True, slots=True)
class Match:
    """Strings that a device must have; each is a part of the whole, an empty one fits all.

    `_` fits a blank, too: usb_modeswitch's file names cannot hold one.
    """

    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    scsi_vendor: str = ""
    scsi_model: str = ""
    scsi_revision: str = ""

    def __bool__(self) -> bool:
        return any((self.manufacturer, self.product, self.serial, *(s for s, _ in self._scsi({}))))

    def fits(self, device: UsbDevice) -> bool:
        """Tell whether every string is in its place."""
        return all(
            wanted in found or wanted.replace("_", " ") in found
            for wanted, found in (
                (self.manufacturer, device.manufacturer),
                (self.product, device.product),
                (self.serial, device.serial),
                *self._scsi(device.properties),
            )
        )

    @property
    def needs_scsi(self) -> bool:
        """Whether the storage must have told what it is before this can be decided."""
        return any(wanted for wanted, _ in self._scsi({}))

    def _scsi(self, properties: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return (
            (self.scsi_vendor, properties.get("SCSI_VENDOR", "")),
            (self.scsi_model, properties.get("SCSI_MODEL", "")),
            (self.scsi_revision, properties.get("SCSI_REV", "")),
        )


@dataclass(frozen=True, slots=True)
class SwitchRule:
    """How the devices of one id are switched: a ladder of actions, and what they become."""

    id: UsbId
    actions: tuple[Action, ...]
    """Tried in this order until one works."""
    name: str = ""
    """The device, for people."""
    match: Match = Match()
    targets: frozenset[UsbId] = frozenset()
    """What it may become; empty means anything else."""
    target_class: int | None = None
    """Class of the first interface afterwards, for devices that keep their id."""
    wait_before: float = 0.0
    """Seconds that the firmware needs before it listens."""
    source: str = "built in"
    """Where the rule stands: a file, or the plugin it comes with."""

    @property
    def leaves_alone(self) -> bool:
        """Whether it only says that nothing is to be done."""
        return all(isinstance(action, LeaveAlone) for action in self.actions)

    def is_about(self, device: UsbDevice) -> bool:
        """Tell whether id and strings fit."""
        return device.id == self.id and self.match.fits(device)

    def is_due(self, device: UsbDevice) -> bool:
        """Tell whether the device is still what it is switched from, and an action is possible."""
        if not device.interfaces:
            return False
        if self.target_class is not None:
            if device.interfaces[0].cls == self.target_class:
                return False
        elif device.id in self.targets:
            return False
        configurations = [a.value for a in self.actions if isinstance(a, SetConfiguration)]
        if device.active in configurations:
            return False  # its last step is done
        return any(action.fits(device) for action in self.actions)

    def reached_by(self, device: UsbDevice) -> bool:
        """Tell whether this is what the rule promises."""
        if self.target_class is not None:
            return bool(device.interfaces) and device.interfaces[0].cls == self.target_class
        return not self.targets or device.id in self.targets


def only_storage(device: UsbDevice) -> bool:
    """Tell whether a device offers storage and nothing else."""
    return bool(device.interfaces) and all(i.cls == MASS_STORAGE for i in device.interfaces)
