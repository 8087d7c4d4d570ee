"""What a vendor plugin may implement: pure functions that return values, called with facts.

A plugin is a module (or object) named by an entry point in the group `wwand.plugins`; it marks its
functions with `wwand.plugin.hookimpl`. All are optional. None may do I/O or wait: what has to be
asked of a modem is asked by the methods of the class that `wwand_match` names.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from wwand.device import UsbDevice
    from wwand.plugin import Match, Refusal
    from wwand.switching.rules import SwitchRule

PROJECT = "wwand"
ENTRY_POINTS = "wwand.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def wwand_match(device: "UsbDevice", sure: bool) -> "Match | Refusal | None":
    """Say whether this device is a modem that the plugin knows how to drive.

    `sure` is the user's word that it is a modem. The highest score drives it. A Refusal is shown
    to the user as the plugin's reason; None says nothing at all. Called again whenever the device
    comes back with other ids.
    """
    raise NotImplementedError


@hookspec
def wwand_switch_rules() -> "Sequence[SwitchRule]":
    """Return how this vendor's sticks are made to become modems; called once, at start."""
    raise NotImplementedError
