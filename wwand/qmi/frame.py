"""The frame around a message: QMUX, the header of CTL or of another service, and TLVs.

QMUX, which `qmi_wwan` passes on as it is (linux drivers/net/usb/qmi_wwan.c, libqmi's
qmi-message.c): marker 0x01, a length that counts itself, flags, service, client; then flags,
transaction (one octet for CTL, two otherwise), message, length, TLVs of type, length, value.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wwand.errors import BadArgument, BadReply
from wwand.qmi.message import Indication, Message, Request, Tlv
from wwand.qmi.values import Service

MARKER = 0x01
FROM_MODEM = 0x80
"""QMUX flag: the sender is the service, not the control point."""

_QMUX = struct.Struct("<BHBBB")
_CTL_HEADER = struct.Struct("<BBHH")
_HEADER = struct.Struct("<BHHH")
_TLV = struct.Struct("<BH")


class Kind(Enum):
    """What a message is to its receiver."""

    REQUEST = "request"
    RESPONSE = "response"
    INDICATION = "indication"


_FLAGS = {Kind.REQUEST: 0, Kind.RESPONSE: 1, Kind.INDICATION: 2}
"""Flags of a CTL message; those of the others stand one bit further left."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it goes over the port, its TLVs not interpreted."""

    service: int
    client: int
    kind: Kind
    transaction: int
    id: int
    tlvs: tuple[Tlv, ...] = ()

    def __repr__(self) -> str:  # TLVs hold PINs and serial numbers
        return (
            f"Frame({Service(self.service).name} {self.kind.value} 0x{self.id:04x}, "
            f"client {self.client}, transaction {self.transaction}, {len(self.tlvs)} TLVs)"
        )

    def encode(self) -> bytes:
        """Return the octets; BadArgument when a number or the whole is too big."""
        try:
            body = b"".join(_TLV.pack(tag, len(raw)) + raw for tag, raw in self.tlvs)
            flags = _FLAGS[self.kind]
            if self.service == Service.CTL:
                header = _CTL_HEADER.pack(flags, self.transaction, self.id, len(body))
            else:
                header = _HEADER.pack(flags << 1, self.transaction, self.id, len(body))
            length = _QMUX.size - 1 + len(header) + len(body)
            sender = 0 if self.kind is Kind.REQUEST else FROM_MODEM
            qmux = _QMUX.pack(MARKER, length, sender, self.service, self.client)
        except struct.error as error:
            raise BadArgument(f"{self!r} cannot be sent: {error}") from None
        return qmux + header + body

    @classmethod
    def decode(cls, data: bytes) -> "Frame":
        """Read the octets of exactly one frame; BadReply when any of its lengths lies."""
        size = frame_size(data)
        if size is None or size != len(data):
            raise BadReply(f"{len(data)} octets are not one QMUX frame")
        _, _, _, service, client = _QMUX.unpack_from(data)
        return cls.decode_message(service, client, data[_QMUX.size :])

    @classmethod
    def decode_message(cls, service: int, client: int, data: bytes) -> "Frame":
        """Read a message whose service and client are known from elsewhere."""
        header = _header(service)
        if len(data) < header.size:
            raise BadReply(f"{len(data)} octets are too few for the header of a QMI message")
        flags, transaction, number, length = header.unpack_from(data)
        if length != len(data) - header.size:
            raise BadReply(f"a QMI message says {length} octets, {len(data) - header.size} came")
        kind = _kind(flags if service == Service.CTL else flags >> 1)
        return cls(service, client, kind, transaction, number, tuple(_tlvs(data[header.size :])))


def request(message: Request[Any], client: int, transaction: int) -> Frame:
    """The frame of a request."""
    tlvs = tuple(message.tlvs())
    return Frame(message.service, client, Kind.REQUEST, transaction, message.id, tlvs)


def response(to: Frame, message: Message) -> Frame:
    """The frame that answers another one."""
    tlvs = tuple(message.tlvs())
    return Frame(to.service, to.client, Kind.RESPONSE, to.transaction, to.id, tlvs)


def indication(message: Indication, client: int, transaction: int = 0) -> Frame:
    """The frame of an indication; the client may be `BROADCAST`."""
    tlvs = tuple(message.tlvs())
    return Frame(message.service, client, Kind.INDICATION, transaction, message.id, tlvs)


def frame_size(data: bytes | bytearray) -> int | None:
    """How long the frame at the front is; None when too little came to tell, BadReply for garbage.

    All lengths are compared as soon as the headers are there, so that one that lies is found out
    before anybody waits for octets that never come.
    """
    if data and data[0] != MARKER:
        raise BadReply(f"a QMUX frame begins with 01, not {data[0]:02x}")
    if len(data) < _QMUX.size:
        return None
    _, length, sender, service, _ = _QMUX.unpack_from(data)
    header = _header(service)
    start = _QMUX.size + header.size
    if sender not in (0, FROM_MODEM) or length + 1 < start:
        raise BadReply(f"no QMUX frame: {bytes(data[: _QMUX.size]).hex()}")
    if len(data) < start:
        return None
    *_, inner = header.unpack_from(data, _QMUX.size)
    if length + 1 != start + inner:
        raise BadReply(f"a QMUX frame of {length + 1} octets holds a message of {inner}")
    return int(length + 1)


class Splitter:
    """Cuts what a port brings into frames; what cannot be one is skipped and counted."""

    def __init__(self) -> None:
        self.skipped = 0
        """Octets that belong to no frame."""
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Octets of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete now."""
        self._buffer += data
        while self._buffer:
            try:
                size = frame_size(self._buffer)
                if size is None or size > len(self._buffer):
                    return
                found = Frame.decode(bytes(self._buffer[:size]))
            except BadReply:
                self._resynchronise()
                continue
            del self._buffer[:size]
            yield found

    def _resynchronise(self) -> None:
        following = self._buffer.find(MARKER, 1)
        lost = len(self._buffer) if following < 0 else following
        del self._buffer[:lost]
        self.skipped += lost


def _header(service: int) -> struct.Struct:
    return _CTL_HEADER if service == Service.CTL else _HEADER


def _kind(flags: int) -> Kind:
    if flags & 2:
        return Kind.INDICATION
    return Kind.RESPONSE if flags & 1 else Kind.REQUEST


def _tlvs(data: bytes) -> Iterator[Tlv]:
    at = 0
    while at < len(data):
        if len(data) - at < _TLV.size:
            raise BadReply(f"{len(data) - at} octets are left over behind the last TLV")
        tag, length = _TLV.unpack_from(data, at)
        at += _TLV.size
        if length > len(data) - at:
            raise BadReply(f"TLV {tag:02x} says {length} octets, {len(data) - at} are there")
        yield tag, data[at : at + length]
        at += length
