"""Vendor plugins: what one says about a device, and how the daemon finds and asks them.

The functions a plugin may implement are in `wwand.hookspecs`.
"""

import inspect
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

import pluggy

from wwand import hookspecs
from wwand.device import MASS_STORAGE, MODEM_DRIVERS, UsbDevice
from wwand.errors import PluginError
from wwand.hookspecs import hookimpl as hookimpl
from wwand.modem.base import Modem
from wwand.ports.roles import Role
from wwand.switching.rules import SwitchRule

logger = logging.getLogger(__name__)

KNOWN_ID = 100
"""Score of a plugin whose table has the USB id."""
KNOWN_VENDOR = 50
"""Score of a plugin that knows the maker, and nothing of this product."""
ANY_MODEM = 10
"""Score of a plugin that drives whatever is a modem at all."""

SERIAL_CLASSES = frozenset({0x02, 0x0A, 0xFF})
"""Communications, CDC data, vendor specific (USB-IF class codes): what may get a serial port."""


@dataclass(frozen=True, slots=True)
class Match:
    """A plugin's claim to a device."""

    score: int
    reason: str
    """Why, in words that follow "because"."""
    modem: type[Modem]
    name: str
    """ModemManager's name of the plugin, which clients show."""
    roles: Mapping[int, Role] = field(default_factory=dict)
    """USB interface number → what its port is for; the rest is found out."""
    plugin: str = ""
    """The entry point's name; filled in by `Plugins`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plugin that might be thought to know a device does not claim it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one plugin said of one device; a score of 0 is a refusal."""

    plugin: str
    score: int
    reason: str


class Plugins:
    """Every installed plugin; one that breaks the contract is reported and left out."""

    def __init__(
        self, disabled: Iterable[str] = (), found: Iterable[EntryPoint] | None = None
    ) -> None:
        self.status: list[tuple[str, str]] = []
        """(plugin, empty or why it was left out)"""
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        disabled = set(disabled)
        entries = entry_points(group=hookspecs.ENTRY_POINTS) if found is None else found
        for entry in sorted(entries, key=lambda e: e.name):
            why = "disabled by the configuration" if entry.name in disabled else self._load(entry)
            self.status.append((entry.name, why))

    def _load(self, entry: EntryPoint) -> str:
        try:
            self._check(entry, plugin := entry.load())
            self._manager.register(plugin, entry.name)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's module does at import
            logger.error("plugin %s (%s) is left out: %s", entry.name, entry.value, error)
            return str(error) or type(error).__name__
        return ""

    @staticmethod
    def _check(entry: EntryPoint, plugin: object) -> None:
        """Refuse a hook that wwand does not have, a spelling mistake that pluggy would let pass."""
        known = {name for name in vars(hookspecs) if name.startswith("wwand_")}
        functions = inspect.getmembers(plugin, callable)  # not its modules: wwand_somevendor.tables
        named = {name for name, _ in functions if name.startswith("wwand_")}
        if unknown := named - known:
            raise PluginError(f"plugin {entry.name} has no such hook to offer: {min(unknown)}")

    @property
    def names(self) -> list[str]:
        """The plugins in use."""
        return [name for name, why in self.status if not why]

    def switch_rules(self) -> list[SwitchRule]:
        """The rules of all plugins."""
        rules: list[SwitchRule] = []
        for name in self.names:
            match self._ask(name, "wwand_switch_rules"):
                case None:
                    pass
                case list() | tuple() as said if all(isinstance(r, SwitchRule) for r in said):
                    rules += said
                case other:
                    logger.error("plugin %s: wwand_switch_rules returned %r", name, other)
        return rules

    def match(
        self, device: UsbDevice, only: str = "", sure: bool = False
    ) -> tuple[Match | None, list[Verdict]]:
        """Ask all plugins, or `only` one; returns the best match and what each said.

        `sure` is the user's word that the device is a modem, where nothing else shows it.
        """
        best: Match | None = None
        verdicts: list[Verdict] = []
        for name in self.names:
            if only and name != only:
                continue
            match self._ask(name, "wwand_match", device=device, sure=sure):
                case Match() as claim:
                    verdicts.append(Verdict(name, claim.score, claim.reason))
                    if best is None or claim.score > best.score:
                        best = Match(
                            claim.score, claim.reason, claim.modem, claim.name, claim.roles, name
                        )
                case Refusal(reason):
                    verdicts.append(Verdict(name, 0, reason))
                case None:
                    pass
                case other:
                    logger.error("plugin %s: wwand_match returned %r", name, other)
        return best, verdicts

    def _ask(self, name: str, hook: str, **facts: object) -> object:
        """Call one hook of one plugin; a failing one is reported and counts as silent."""
        plugin = self._manager.get_plugin(name)
        others = [p for n, p in self._manager.list_name_plugin() if n != name]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            said = caller(**facts)
        except Exception:
            logger.exception("plugin %s: %s failed", name, hook)
            return None
        assert plugin is not None
        return said[0] if said else None


NETWORK_CARDS = frozenset({(0x02, 0x06), (0x02, 0x0D), (0xE0, 0x01), (0xEF, 0x04)})
"""(class, subclass) of a network card's control interface: ECM, NCM (USB-IF CDC 1.2, table 4), and
RNDIS in two of its spellings (linux drivers/net/usb/rndis_host.c)."""

BESIDE_NETWORK_CARD = frozenset({0x03, 0x08, 0x0A})
"""Classes that say nothing against a mere network card: HID, mass storage, CDC data."""


def is_network_card(device: UsbDevice) -> bool:
    """Tell whether a device is a network card and nothing that could speak AT, QMI or MBIM."""
    others = {i.cls for i in device.interfaces if (i.cls, i.sub) not in NETWORK_CARDS}
    has_card = any((i.cls, i.sub) in NETWORK_CARDS for i in device.interfaces)
    return has_card and others <= BESIDE_NETWORK_CARD


def modem_evidence(device: UsbDevice) -> str:
    """What shows that a device is a modem; empty when nothing does, and then no port is opened."""
    drivers = sorted(MODEM_DRIVERS & set(device.drivers))
    return f"the kernel's {drivers[0]} driver is bound to it" if drivers else ""


def why_no_modem(device: UsbDevice) -> str:
    """Say why nobody claims a device, as its user would put it."""
    if device.interfaces and all(i.cls == MASS_STORAGE for i in device.interfaces):
        return "a plain disk: no rule turns it into a modem"
    if device.ports or any(i.cls in SERIAL_CLASSES for i in device.interfaces):
        return "nothing shows that this is a modem, so its ports are left alone"
    return "no modem"
