"""What is known of Longcheer's products by USB id."""

from collections.abc import Mapping

from wwand.device import UsbId
from wwand.ports.roles import Role

LONGCHEER = 0x1C9E
TAMOBILE = 0x1BBB
VENDORS = frozenset({LONGCHEER, TAMOBILE})

ALCATEL_X060 = UsbId(TAMOBILE, 0x0000)
"""Alcatel X060s; the X200, of another maker, has the same id."""


def ports(primary: int, *secondary: int) -> Mapping[int, Role]:
    """USB interface number → role."""
    return {primary: Role.PRIMARY} | dict.fromkeys(secondary, Role.SECONDARY)


# The maker's Windows driver names one data port (cmmdm.inf) and the auxiliary ports (cmser.inf) of
# each product; an auxiliary port may or may not answer AT, which the probe finds out.
_LONGCHEER_PORTS: dict[int, Mapping[int, Role]] = {
    0x3197: ports(0, 1),
    0x6000: ports(0, 2),
    0x6060: ports(0, 2),
    0x6061: ports(0, 2),
    0x7001: ports(2, 0, 3),
    0x7002: ports(2, 0, 3, 4),
    0x7101: ports(4, 0, 5),
    0x7102: ports(4, 0, 5, 6),
    0x8000: ports(5, 0, 2),
    0x8001: ports(4, 0, 2),
    0x8002: ports(4, 0, 2),
    0x9000: ports(3, 1),
    0x9001: ports(2, 0, 1),
    0x9002: ports(2, 0, 1),
    0x9003: ports(3, 0, 1, 2),
    0x9004: ports(1, 0),
    0x9005: ports(1, 0),
    0x9010: ports(3, 0, 1),
    0x9012: ports(2, 0, 1),
    0x9020: ports(3, 0, 1),
    0x9022: ports(2, 0, 1),
    0x9602: ports(0, 1, 2),
    0x9603: ports(2, 0, 1),
    0x9604: ports(3, 0, 1),
    0x9605: ports(3, 0, 1, 2),
    0x9606: ports(4, 0, 1, 2),
    0x9607: ports(4, 0, 1, 2, 3),
}

PORTS: dict[UsbId, Mapping[int, Role]] = {
    **{UsbId(LONGCHEER, product): table for product, table in _LONGCHEER_PORTS.items()},
    ALCATEL_X060: ports(3, 1),
}
