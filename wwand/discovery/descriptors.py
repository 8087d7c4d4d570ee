"""Reads a device's `descriptors` file of sysfs: every configuration, not only the active one.

The file holds the device descriptor and then each configuration's descriptors, wTotalLength bytes
each, as the device sent them (linux Documentation/ABI/stable/sysfs-bus-usb; USB 2.0 §9.6).
"""

import struct
from dataclasses import dataclass

from wwand.device import Configuration, Endpoint, Interface, Transfer, UsbId

DEVICE = struct.Struct("<BBHBBBBHHHBBBB")
"""Table 9-8: 18 bytes, little-endian."""

TYPE_DEVICE, TYPE_CONFIGURATION, TYPE_INTERFACE, TYPE_ENDPOINT = 1, 2, 4, 5
"""bDescriptorType (table 9-5); every other type is skipped by its bLength."""

SIZES = {TYPE_CONFIGURATION: 9, TYPE_INTERFACE: 9, TYPE_ENDPOINT: 7}
"""The least bLength with which such a descriptor can be read (tables 9-10, 9-12, 9-13)."""


class DescriptorError(ValueError):
    """These bytes do not begin with a device descriptor."""


@dataclass(frozen=True, slots=True)
class Descriptors:
    """What the descriptors of a device say."""

    id: UsbId
    release: int
    device_class: int
    device_sub: int
    device_proto: int
    configurations: tuple[Configuration, ...]
    complaint: str = ""
    """Where the device's lengths lie: what could not be read; empty when all was."""


def parse(raw: bytes) -> Descriptors:
    """Read the bytes of a `descriptors` file; a tail that makes no sense is left out, and named."""
    if len(raw) < DEVICE.size or raw[0] < DEVICE.size or raw[1] != TYPE_DEVICE:
        raise DescriptorError(
            f"not a USB device descriptor: {len(raw)} bytes that begin with {raw[:2].hex(' ')}"
        )
    (_, _, _, device_class, sub, proto, _, vendor, product, release, _, _, _, promised) = (
        DEVICE.unpack_from(raw)
    )
    configurations: list[Configuration] = []
    complaints: list[str] = []
    at = raw[0]
    while at < len(raw):
        rest = raw[at:]
        if len(rest) < SIZES[TYPE_CONFIGURATION] or rest[1] != TYPE_CONFIGURATION:
            complaints.append(f"byte {at} is not the begin of a configuration")
            break
        value, total = rest[5], int.from_bytes(rest[2:4], "little")
        if not SIZES[TYPE_CONFIGURATION] <= total <= len(rest):
            complaints.append(f"configuration {value} says {total} bytes, {len(rest)} are there")
            total = len(rest)
        interfaces, complaint = _interfaces(rest[:total])
        if complaint:
            complaints.append(f"configuration {value}: {complaint}")
        configurations.append(Configuration(value, interfaces))
        at += total
    if len(configurations) != promised:
        complaints.append(f"{promised} configurations promised, {len(configurations)} are there")
    return Descriptors(
        UsbId(vendor, product),
        release,
        device_class,
        sub,
        proto,
        tuple(configurations),
        "; ".join(complaints),
    )


def _interfaces(raw: bytes) -> tuple[tuple[Interface, ...], str]:
    """Return alternate setting 0 of every interface of one configuration, and what is wrong."""
    found: dict[int, tuple[bytes, list[Endpoint]]] = {}
    endpoints: list[Endpoint] | None = None
    complaint = ""
    at = 0
    while at < len(raw):
        length = raw[at]
        kind = raw[at + 1] if at + 1 < len(raw) else 0
        if length < 2 or at + length > len(raw) or length < SIZES.get(kind, 2):
            complaint = f"a descriptor of type {kind:#04x} says it has {length} bytes"
            break
        body = raw[at : at + length]
        if kind == TYPE_CONFIGURATION and at > 0:
            complaint = "another configuration begins inside it"
            break
        if kind == TYPE_INTERFACE:
            endpoints = None
            if body[3] == 0 and body[2] not in found:
                endpoints = []
                found[body[2]] = body, endpoints
        elif kind == TYPE_ENDPOINT and endpoints is not None:
            packet = int.from_bytes(body[4:6], "little") & 0x07FF  # bits 10..0, §9.6.6
            endpoints.append(Endpoint(body[2], Transfer(body[3] & 3), packet))
        at += length
    interfaces = tuple(
        Interface(number, body[5], body[6], body[7], tuple(listed))
        for number, (body, listed) in sorted(found.items())
    )
    return interfaces, complaint
