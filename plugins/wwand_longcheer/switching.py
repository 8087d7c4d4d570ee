"""How Longcheer's sticks are made to become modems.

The firmware answers to a vendor command in a SCSI wrapper, CDB 06 F5 04 02 52 70; the sticks called
"USB Modem" want it as a command that reads 128 octets. Sources: makers' Windows tools as recorded
by users; for the Micromax MMX352G the thread of a user who found out by himself.
"""

from wwand.device import UsbId
from wwand.switching.actions import cbw, messages
from wwand.switching.rules import Match, SwitchRule
from wwand_longcheer.tables import LONGCHEER

CDB = "06f504025270"
READING = messages(cbw(CDB, length=128, data_in=True).hex(), title="Longcheer message (reading)")
PLAIN = messages(cbw(CDB).hex(), title="Longcheer message")
STOCK = messages(cbw("ff").hex(), title="message FF")


def _ids(*products: int) -> frozenset[UsbId]:
    return frozenset(UsbId(LONGCHEER, product) for product in products)


def _becomes(product: int, *targets: int) -> SwitchRule:
    return SwitchRule(
        UsbId(LONGCHEER, product),
        (PLAIN,),
        name="Longcheer stick",
        targets=_ids(*targets),
        source="plugin longcheer",
    )


RULES = (
    SwitchRule(
        UsbId(LONGCHEER, 0xF000),
        (READING,),
        name='Longcheer "USB Modem" (Micromax MMX352G and others)',
        match=Match(manufacturer="USB Modem"),
        targets=_ids(0x9000, 0x9063, 0x9603, 0x9605, 0x9607, 0x9900, 0x9A00),
        source="plugin longcheer",
    ),
    SwitchRule(
        UsbId(LONGCHEER, 0xF000),
        (STOCK, READING),
        name="Longcheer stick",
        targets=_ids(0x9000, 0x9603, 0x9605, 0x9607, 0x9900),
        source="plugin longcheer",
    ),
    _becomes(0x1001, 0x6060, 0x6061),
    _becomes(0x98FF, 0x6801, 0x9801, 0x9803),
    _becomes(0x9101, 0x9104),
    _becomes(0x9200, 0x9202),
    _becomes(0x9401, 0x9404),
    _becomes(0x9BFE, 0x9B01),
    _becomes(0xF010, 0xF101),
    _becomes(0xF030, 0xF101),
)
