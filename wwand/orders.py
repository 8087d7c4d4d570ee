"""What clients may order of a device: nothing unless it is a modem, and not banned.

A desktop's user may order without a password, and disks and network cards have lives, too.
"""

from dataclasses import replace
from typing import NamedTuple

from wwand.config import DeviceConfig
from wwand.device import UsbDevice
from wwand.errors import NotFound, WrongState
from wwand.world import World


class Ban(NamedTuple):
    """Why a device is left alone whatever it is, and what would end that."""

    reason: str
    way_out: str


def ban(device: UsbDevice, settings: DeviceConfig, inhibited: bool) -> Ban | None:
    """What has wwand leave this device alone; None when nothing does."""
    if inhibited:
        return Ban("inhibited by a client", "wait until that program lets go of it, or end it")
    if settings.ignore:
        return Ban("the configuration says so", "take `ignore` out of wwand.toml and restart wwand")
    if device.properties.get("ID_MM_DEVICE_IGNORE") == "1":
        return Ban("udev's ID_MM_DEVICE_IGNORE says so", "change the udev rule that sets it")
    return None


class Orders:
    """What may be done with one device as it is now; each method raises why it may not."""

    def __init__(
        self, world: World, device: UsbDevice, *, inhibited: bool, was_modem: bool = False
    ) -> None:
        """`was_modem`: since it was plugged in, it has been a modem with the id that it has."""
        self._world = world
        self._device = device
        self._was_modem = was_modem
        self._settings = world.config.for_device(device)
        self._ban = ban(device, self._settings, inhibited)

    def switch(self, phase: str) -> None:
        """Switch its mode."""
        if phase not in ("stuck", "ignored"):
            raise WrongState(f"{self._device} is {phase}: there is nothing to switch")
        self._check_ban()
        if not self._world.rules.rules_for(self._device):
            raise NotFound(
                f"no rule says how to switch {self._device.id}",
                "write one in /etc/wwand/switch.d (see wwand.toml(5))",
            )
        if self._claimed(self._device):
            raise WrongState(
                f"{self._device} is a modem already: there is nothing to switch",
                f"`wwanctl reset --device {self._device.key}` has it begin anew",
            )

    def configure(self, value: int) -> None:
        """Select that USB configuration."""
        self.touch()
        if value not in [c.value for c in self._device.configurations]:
            known = ", ".join(str(c.value) for c in self._device.configurations)
            raise NotFound(f"{self._device} has no configuration {value}; it has {known}")
        fixed = self._settings.configuration
        if fixed not in (0, value):
            raise WrongState(
                f"the configuration file says configuration = {fixed} for {self._device}",
                "change it there",
            )

    def touch(self) -> None:
        """Do anything to it at all."""
        self._check_ban()
        if not (self._was_modem or self._is_modem() or self._world.rules.knows(self._device)):
            raise WrongState(
                f"{self._device} is left alone: nothing shows that it is a modem",
                f'if it is one, write `modem = true` below [device."{self._device.id}"] in '
                "wwand.toml and restart wwand",
            )

    def _check_ban(self) -> None:
        if self._ban:
            raise WrongState(f"{self._device} is left alone: {self._ban.reason}", self._ban.way_out)

    def _is_modem(self) -> bool:
        """Whether a plugin knows it, in the configuration it is in or in another one."""
        others = (replace(self._device, active=c.value) for c in self._device.configurations)
        return any(self._claimed(each) for each in (self._device, *others))

    def _claimed(self, device: UsbDevice) -> bool:
        settings = self._settings
        match, _ = self._world.plugins.match(device, settings.plugin, settings.modem)
        return match is not None
