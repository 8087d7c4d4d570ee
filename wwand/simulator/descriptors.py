"""USB descriptors of a mode, as bytes (USB 2.0 §9.6)."""

import struct
from collections.abc import Sequence

from wwand.device import Endpoint, Transfer
from wwand.simulator.model import ConfigurationModel, InterfaceModel, Mode, Speaks

DEVICE, CONFIGURATION, STRING, INTERFACE, ENDPOINT = 1, 2, 3, 4, 5
CS_INTERFACE = 0x24
HEADER, UNION, ETHERNET, NCM = 0x00, 0x06, 0x0F, 0x1A
"""Functional descriptors (CDC 1.2 §5.2.3, CDC NCM 1.0 §5.2)."""

LARGEST_SEGMENT = 1514
"""An Ethernet frame of 1500 octets of payload."""

MANUFACTURER, PRODUCT, SERIAL, FIRST_LABEL = 3, 2, 4, 5
"""String indexes; 3, 2 and 4 are what Qualcomm-based sticks have."""

US_ENGLISH = b"\x04\x03\x09\x04"
BUS_POWERED_WITH_WAKEUP, MILLIAMPERES = 0xE0, 500
EP0_PACKET = 64


def device_descriptor(mode: Mode) -> bytes:
    """§9.6.1."""
    texts = (mode.manufacturer and MANUFACTURER, mode.product and PRODUCT, mode.serial and SERIAL)
    return struct.pack(
        "<BBHBBBBHHHBBBB",
        18, DEVICE, 0x0200, *mode.device_class, EP0_PACKET, mode.id.vendor, mode.id.product,
        mode.release, *(text or 0 for text in texts), len(mode.configurations),
    )  # fmt: skip


def configuration_descriptor(mode: Mode, configuration: ConfigurationModel) -> bytes:
    """§9.6.3, with everything below it."""
    labels = labelled(mode)
    body = b"".join(_interface(i, labels) for i in configuration.interfaces)
    return (
        struct.pack(
            "<BBHBBBBB",
            9, CONFIGURATION, 9 + len(body), len(configuration.interfaces), configuration.value, 0,
            BUS_POWERED_WITH_WAKEUP, MILLIAMPERES // 2,
        )
        + body
    )  # fmt: skip


def string_descriptor(mode: Mode, index: int) -> bytes | None:
    """§9.6.7; None for an index that is not used."""
    if index == 0:
        return US_ENGLISH
    texts = {MANUFACTURER: mode.manufacturer, PRODUCT: mode.product, SERIAL: mode.serial}
    texts |= {number: text for text, number in labelled(mode).items()}
    if not (text := texts.get(index, "")):
        return None
    words = text.encode("utf-16-le")
    return bytes((2 + len(words), STRING)) + words


def labelled(mode: Mode) -> dict[str, int]:
    """Number the interfaces' labels and Ethernet addresses."""
    texts = (t for c in mode.configurations for i in c.interfaces for t in (i.usb.label, i.mac))
    labels = dict.fromkeys(text for text in texts if text)
    return {label: FIRST_LABEL + n for n, label in enumerate(labels)}


def _interface(interface: InterfaceModel, labels: dict[str, int]) -> bytes:
    text = labels.get(interface.usb.label, 0)
    said = _setting(interface, 0, text, interface.usb.endpoints, interface.intervals)
    if interface.alternate:
        intervals = interface.alternate_intervals
        said += _setting(interface, 1, text, interface.alternate, intervals)
    head, rest = said[:9], said[9:]
    return head + _functional(interface, labels) + rest


def _setting(
    interface: InterfaceModel, setting: int, text: int, endpoints: Sequence[Endpoint],
    intervals: Sequence[int],
) -> bytes:  # fmt: skip
    """§9.6.5 and §9.6.6."""
    usb = interface.usb
    head = struct.pack(
        "<BBBBBBBBB", 9, INTERFACE, usb.number, setting, len(endpoints), *usb.triple, text
    )
    return head + b"".join(
        struct.pack("<BBBBHB", 7, ENDPOINT, e.address, e.transfer.value, e.max_packet, interval)
        for e, interval in zip(endpoints, intervals, strict=True)
        if e.transfer is not Transfer.CONTROL
    )


def _functional(interface: InterfaceModel, labels: dict[str, int]) -> bytes:
    """What CDC adds to the control interface of an Ethernet function; QMI's has nothing."""
    if not interface.mac or interface.data is None:
        return b""
    said = struct.pack("<BBBH", 5, CS_INTERFACE, HEADER, 0x0110)
    said += struct.pack("<BBBBB", 5, CS_INTERFACE, UNION, interface.usb.number, interface.data)
    said += struct.pack(
        "<BBBBIHHB",
        13, CS_INTERFACE, ETHERNET, labels[interface.mac], 0, LARGEST_SEGMENT, 0, 0,
    )  # fmt: skip
    if interface.speaks is not Speaks.ECM:
        said += struct.pack("<BBBHB", 6, CS_INTERFACE, NCM, 0x0100, 0)
    return said
