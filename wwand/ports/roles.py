"""What a port is for, as far as tables and descriptors tell before anything is sent to it."""

from collections.abc import Mapping
from enum import Enum

from wwand.device import Interface, Port, PortKind, Transfer, UsbDevice
from wwand.status import PortType


class Role(Enum):
    """What a port is used for; the value is what people read."""

    PRIMARY = "primary"
    """AT commands, and PPP data where nothing else carries them."""
    SECONDARY = "secondary"
    """AT commands beside a call."""
    GPS = "gps"
    DIAG = "diag"
    NET = "net"
    QMI = "qmi"
    MBIM = "mbim"
    UNKNOWN = "unknown"
    """Nothing tells: one short probe will."""
    IGNORED = "ignored"

    @property
    def speaks_at(self) -> bool:
        """Whether it is worth asking for AT there."""
        return self in (Role.PRIMARY, Role.SECONDARY, Role.UNKNOWN)

    @property
    def type(self) -> PortType:
        """ModemManager's type of such a port."""
        return _TYPES[self]


_TYPES = {
    Role.PRIMARY: PortType.AT,
    Role.SECONDARY: PortType.AT,
    Role.GPS: PortType.GPS,
    Role.DIAG: PortType.QCDM,
    Role.NET: PortType.NET,
    Role.QMI: PortType.QMI,
    Role.MBIM: PortType.MBIM,
    Role.UNKNOWN: PortType.UNKNOWN,
    Role.IGNORED: PortType.IGNORED,
}

_LABELS = (
    ("nmea", Role.GPS),
    ("gps", Role.GPS),
    ("diag", Role.DIAG),
    ("pcui", Role.PRIMARY),
    ("at interface", Role.SECONDARY),
    ("at port", Role.SECONDARY),
    ("modem", Role.PRIMARY),
)
"""Words that makers put in the interface's string descriptor, the telling ones first."""

_CHARACTER_DEVICES = {"qmi_wwan": Role.QMI, "cdc_mbim": Role.MBIM}


def role_of(port: Port, device: UsbDevice, table: Mapping[int, Role]) -> Role:
    """What `port` is for; `table` is the plugin's (or user's) word, by USB interface number."""
    if port.kind is PortKind.NET:
        return Role.NET
    if port.kind is PortKind.CDC_WDM:
        return _CHARACTER_DEVICES.get(port.driver, Role.UNKNOWN)
    if port.interface in table:
        return table[port.interface]
    interface = interface_of(port, device)
    label = interface.label.lower() if interface else ""
    return next((role for word, role in _LABELS if word in label), Role.UNKNOWN)


def interface_of(port: Port, device: UsbDevice) -> Interface | None:
    """The USB interface a port belongs to."""
    return next((i for i in device.interfaces if i.number == port.interface), None)


def preference(port: Port, device: UsbDevice) -> tuple[bool, int]:
    """Sort key among ports that answer and that nothing tells apart: the likeliest modem first.

    A notification endpoint is what a port needs to report its carrier (CDC PSTN120 §3.5), so the
    port that takes calls is the one which has it.
    """
    interface = interface_of(port, device)
    notifies = interface is not None and any(
        e.transfer is Transfer.INTERRUPT for e in interface.endpoints
    )
    return not notifies, port.interface
