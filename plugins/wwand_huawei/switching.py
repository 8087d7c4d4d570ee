"""How Huawei's sticks are made to become modems.

Two vendor commands in SCSI wrappers: CDB 11 06 20 and 11 06 30. The newer one leads HiLink sticks
to their router; the alternative one leads many of them to AT ports and a dialled network card.
Where both are possible the router comes first: it works without an APN, and with any firmware.
Ids and results: users' reports, as facts.
"""

from wwand.device import UsbId
from wwand.switching.actions import HUAWEI_ALT, HUAWEI_NEW, STANDARD_EJECT, messages
from wwand.switching.rules import SwitchRule
from wwand_huawei.tables import HUAWEI

ALTERNATIVE = messages(
    "55534243123456780000000000000011063000000100010000000000000000",
    title="Huawei alternative command, second form",
)
"""What some firmwares of HiLink sticks take in its place."""


def _ids(*products: int) -> frozenset[UsbId]:
    return frozenset(UsbId(HUAWEI, product) for product in products)


RULES = (
    SwitchRule(
        UsbId(HUAWEI, 0x1446),
        (HUAWEI_NEW, STANDARD_EJECT),
        name="Huawei stick",
        targets=_ids(
            *(0x1001, 0x1404, 0x1406, 0x140B, 0x140C, 0x1412, 0x1417, 0x141B, 0x1429, 0x1432),
            *(0x1433, 0x1436, 0x14AC, 0x1506, 0x150C, 0x1511),
        ),
        source="plugin huawei",
    ),
    SwitchRule(
        UsbId(HUAWEI, 0x14FE),
        (HUAWEI_NEW, HUAWEI_ALT),
        name="Huawei stick (E3372 and others)",
        targets=_ids(0x1506, 0x150F, 0x151D, 0x1C1E),
        source="plugin huawei",
    ),
    SwitchRule(
        UsbId(HUAWEI, 0x1F01),
        (HUAWEI_NEW, HUAWEI_ALT, ALTERNATIVE),
        name="Huawei HiLink stick (E3372h and others)",
        targets=_ids(0x14DB, 0x14DC, 0x1442, 0x1506),
        source="plugin huawei",
    ),
)
