"""What is known of Huawei's products by USB id and by USB interface."""

from collections.abc import Mapping

from wwand.device import Interface, UsbDevice, UsbId
from wwand.plugin import is_network_card
from wwand.ports.roles import Role

HUAWEI = 0x12D1

VENDOR_SPECIFIC = 0xFF
"""bInterfaceClass (USB-IF class codes)."""

MU609 = UsbId(HUAWEI, 0x1573)
"""MU609 and ME909u; ^GETPORTMODE crashes its firmware."""

NDIS_ID = UsbId(HUAWEI, 0x1506)
"""Many kinds of sticks share this id; AT dials for the network interface of all of them."""

HILINK = frozenset(UsbId(HUAWEI, product) for product in (0x14DB, 0x14DC))
"""Sticks that are routers ("HiLink"): E353, E3131, E3372 and others, after their switch."""

ECM = (0x02, 0x06, 0x00)
NCM = (0x02, 0x0D, 0x00)
"""Interfaces which belong to a network card, and are dialled by AT where there is AT."""

_NUMBERED_FROM_1 = {0x01: Role.PRIMARY, 0x02: Role.SECONDARY, 0x03: Role.DIAG}
_NUMBERED_FROM_16 = {0x10: Role.PRIMARY, 0x12: Role.SECONDARY, 0x13: Role.DIAG}
"""The secondary one is the maker's "PCUI": commands and reports. The second row is that of LTE
sticks: E3372 has 10, 12 and, for its network card, 16."""

PROTOCOLS: dict[tuple[int, int], Role] = {
    **{(sub, proto): role for sub in (1, 2) for proto, role in _NUMBERED_FROM_1.items()},
    **{(sub, proto): role for sub in (1, 2, 3) for proto, role in _NUMBERED_FROM_16.items()},
    (0x01, 0x05): Role.GPS,  # MU609
    (0x01, 0x14): Role.GPS,  # MU909
    (0x06, 0x14): Role.GPS,  # ME906e
    (0x01, 0x06): Role.IGNORED,  # MU609's shell, which answers nothing
}
"""(subclass, protocol) of vendor specific interfaces → role."""

LABELS = (
    ("pcui", Role.SECONDARY),
    ("modem", Role.PRIMARY),
    ("diag", Role.DIAG),
    ("gps", Role.GPS),
)
"""Words in the interface's string descriptor, which the maker means for its Windows driver."""


def _role(interface: Interface) -> Role | None:
    label = interface.label.lower()
    for word, role in LABELS:
        if word in label:
            return role
    if interface.cls != VENDOR_SPECIFIC:
        return None
    return PROTOCOLS.get((interface.sub, interface.proto))


def roles(device: UsbDevice) -> Mapping[int, Role]:
    """USB interface number → role; all AT ports unknown means that the modem has to be asked."""
    found = {i.number: role for i in device.interfaces if (role := _role(i))}
    primary = [number for number, role in found.items() if role is Role.PRIMARY]
    control = [number for number, role in found.items() if role is Role.SECONDARY]
    for number in primary[1:]:  # a second "modem" is not the one that takes calls
        found[number] = Role.SECONDARY
    if control and not primary:
        found[control[0]] = Role.PRIMARY
    return found


def knows_ports(device: UsbDevice) -> bool:
    """Tell whether the interfaces say which port takes calls."""
    return Role.PRIMARY in roles(device).values()


def may_be_asked_for_ports(device: UsbDevice) -> bool:
    """Tell whether ^GETPORTMODE is of any use, and does no harm."""
    return device.id != MU609 and not knows_ports(device)


def dials_network(device: UsbDevice) -> bool:
    """Tell whether ^NDISDUP on any AT port puts data on the device's network interface.

    That is so for the standard classes of network cards, and for one id.
    """
    return device.id == NDIS_ID or any(i.triple in (ECM, NCM) for i in device.interfaces)


def is_router(device: UsbDevice) -> bool:
    """Tell whether the device is a stick that is a router, as its id and its interfaces show."""
    return device.id in HILINK and is_network_card(device)
