"""What was learned and ordered about one device, and is to be true again at its next plug."""

import hashlib
from dataclasses import asdict
from typing import Any

from wwand.bearers.base import BearerSettings
from wwand.bearers.ladder import Preference
from wwand.device import UsbDevice
from wwand.keeper import PATIENCE
from wwand.memory import Memory
from wwand.modem.desire import ConnectRequest
from wwand.status import Auth, IpFamily
from wwand.switching.layouts import Layout

LAYOUT, CONFIGURATION, CONNECTION = "layouts", "configurations", "connections"
"""The sorts of facts in the memory."""


class Experience:
    """One device's facts: known again by its ids and serial number, else by its place."""

    def __init__(self, memory: Memory, device: UsbDevice) -> None:
        self.memory = memory
        self._device = f"{device.id}\0{device.serial or device.key}"
        self._name = _mark(self._device)

    @property
    def configuration(self) -> int:
        """The USB configuration that was ordered; 0 for none."""
        return int(self.memory.recall(CONFIGURATION, self._name) or 0)

    @configuration.setter
    def configuration(self, value: int) -> None:
        self.memory.note(CONFIGURATION, self._name, value or None)

    def layout(
        self, offered: tuple[Layout, ...], preference: Preference, card: str = ""
    ) -> Layout | None:
        """The layout that worked last under the same preference, if it is still offered.

        With a SIM's ICCID: that which worked with this SIM.
        """
        known = self.memory.recall(LAYOUT, self._with(card))
        return next((each for each in offered if _worked(each, preference) == known), None)

    def note_layout(self, layout: Layout, preference: Preference, card: str) -> None:
        """Remember that a layout has carried data, with that SIM and at all."""
        for name in {self._name, self._with(card)}:
            self.memory.note(LAYOUT, name, _worked(layout, preference))

    def _with(self, card: str) -> str:
        return _mark(f"{self._device}\0{card}") if card else self._name

    @property
    def connection(self) -> ConnectRequest | None:
        """The connection that somebody has asked wwand to keep up."""
        known = self.memory.recall(CONNECTION, self._name)
        if not isinstance(known, dict):
            return None
        try:
            given = known["settings"]
            settings = BearerSettings(
                **given
                | {
                    "ip_type": IpFamily(given["ip_type"]),
                    "allowed_auth": Auth(given["allowed_auth"]),
                }
            )
            return ConnectRequest(
                settings, operator_id=known["operator"], apply_ip=True, timeout=PATIENCE
            )
        except (KeyError, TypeError, ValueError):
            return None  # written by another version

    def note_connection(self, request: ConnectRequest | None) -> None:
        """Remember what somebody has asked for, or that nobody wants a connection any more."""
        fact = request and {"settings": asdict(request.settings), "operator": request.operator_id}
        self.memory.note(CONNECTION, self._name, fact)


def _mark(name: str) -> str:
    """A name from which no number is read: a device's serial number may be an IMEI."""
    return hashlib.sha256(name.encode()).hexdigest()


def _worked(layout: Layout, preference: Preference) -> list[Any]:
    wanted = preference.kind.value if preference.kind else ""
    return [layout.configuration, layout.kind.value, wanted, preference.configuration]
