"""Huawei sticks and modules: ports by descriptors, ^NDISDUP, modes and bands, HiLink routers."""

from wwand.device import MASS_STORAGE, UsbDevice
from wwand.modem.router import RouterModem
from wwand.plugin import KNOWN_ID, KNOWN_VENDOR, Match, Refusal, hookimpl, modem_evidence
from wwand.switching.rules import SwitchRule
from wwand_huawei.modem import HuaweiModem
from wwand_huawei.switching import RULES
from wwand_huawei.tables import HUAWEI, is_router, knows_ports, roles

NAME = "huawei"
"""ModemManager's name of this plugin, which clients show."""


@hookimpl
def wwand_match(device: UsbDevice) -> Match | Refusal | None:
    """Claim router sticks by id, modems by their interfaces, others by a modem driver."""
    if device.id.vendor != HUAWEI:
        return None
    if all(i.cls == MASS_STORAGE for i in device.interfaces):
        return Refusal("it knows the maker, but so far this is a disk")
    if is_router(device):
        why = "this id is a router stick, and it has a network card and no AT port"
        return Match(KNOWN_ID, why, RouterModem, NAME)
    evidence = modem_evidence(device)
    if knows_ports(device):
        why = "its interfaces are those of the maker's modems"
        return Match(KNOWN_ID, why, HuaweiModem, NAME, roles(device))
    if evidence:
        why = f"it knows the maker, and {evidence}"
        return Match(KNOWN_VENDOR, why, HuaweiModem, NAME, roles(device))
    return Refusal("it knows the maker, but nothing shows that this product is a modem")


@hookimpl
def wwand_switch_rules() -> list[SwitchRule]:
    """Return how the sticks that begin as a CD-ROM are switched."""
    return list(RULES)
