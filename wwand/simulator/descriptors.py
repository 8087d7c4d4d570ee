"""USB descriptors of a mode, as bytes (USB 2.0 §9.6)."""

import struct

from wwand.device import Transfer
from wwand.simulator.model import ConfigurationModel, InterfaceModel, Mode

DEVICE, CONFIGURATION, STRING, INTERFACE, ENDPOINT = 1, 2, 3, 4, 5
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
    """Number the interfaces' labels."""
    labels = {i.usb.label: 0 for c in mode.configurations for i in c.interfaces if i.usb.label}
    return {label: FIRST_LABEL + n for n, label in enumerate(labels)}


def _interface(interface: InterfaceModel, labels: dict[str, int]) -> bytes:
    usb = interface.usb
    text = labels.get(usb.label, 0)
    head = struct.pack(
        "<BBBBBBBBB", 9, INTERFACE, usb.number, 0, len(usb.endpoints), *usb.triple, text
    )
    return head + b"".join(
        struct.pack("<BBBBHB", 7, ENDPOINT, e.address, e.transfer.value, e.max_packet, interval)
        for e, interval in zip(usb.endpoints, interface.intervals, strict=True)
        if e.transfer is not Transfer.CONTROL
    )
