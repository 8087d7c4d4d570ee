"""Longcheer sticks (sold as Micromax, Alcatel, Olicard …): port table, modes, radio technology."""

from wwand.device import MASS_STORAGE, UsbDevice
from wwand.plugin import KNOWN_ID, KNOWN_VENDOR, Match, Refusal, hookimpl, modem_evidence
from wwand.switching.rules import SwitchRule
from wwand_longcheer.modem import LongcheerModem
from wwand_longcheer.switching import RULES
from wwand_longcheer.tables import LONGCHEER, PORTS, VENDORS

NAME = "longcheer"
"""ModemManager's name of this plugin, which clients show."""


@hookimpl
def wwand_match(device: UsbDevice) -> Match | Refusal | None:
    """Claim what the port table knows, and other products once a modem driver is bound to them."""
    if device.id.vendor not in VENDORS:
        return None
    if all(i.cls == MASS_STORAGE for i in device.interfaces):
        return Refusal("it knows the maker, but so far this is a disk")
    if table := PORTS.get(device.id):
        return Match(KNOWN_ID, "its port table has this id", LongcheerModem, NAME, table)
    if device.id.vendor == LONGCHEER and (evidence := modem_evidence(device)):
        return Match(KNOWN_VENDOR, f"it knows the maker, and {evidence}", LongcheerModem, NAME)
    return Refusal("it knows the maker, but nothing shows that this product is a modem")


@hookimpl
def wwand_switch_rules() -> list[SwitchRule]:
    """Return how the sticks that begin as a CD-ROM are switched."""
    return list(RULES)
