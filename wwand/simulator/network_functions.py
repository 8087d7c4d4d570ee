"""Network functions of a virtual device: CDC ECM, CDC NCM and Huawei's, QMI's vendor interface.

All carry the frames of the modem's data connection; some have a cdc-wdm channel beside it.
"""

import struct
from collections import deque
from typing import Protocol

from wwand.device import Transfer
from wwand.simulator import ntb
from wwand.simulator.data import DataConnection
from wwand.simulator.functions import (
    CLASS_TO_HOST,
    HOST_TO_CLASS,
    SET_CONTROL_LINE_STATE,
    STALL,
    Push,
    endpoint_of,
)
from wwand.simulator.model import InterfaceModel
from wwand.simulator.wdm import WdmChannel

SEND_ENCAPSULATED_COMMAND, GET_ENCAPSULATED_RESPONSE = 0x00, 0x01
SET_ETHERNET_PACKET_FILTER = 0x43
"""CDC 1.2 §6.2, CDC ECM 1.2 §6.2."""

GET_NTB_PARAMETERS, GET_NTB_FORMAT, SET_NTB_FORMAT = 0x80, 0x83, 0x84
GET_NTB_INPUT_SIZE, SET_NTB_INPUT_SIZE = 0x85, 0x86
"""CDC NCM 1.0 §6.2."""

NETWORK_CONNECTION, RESPONSE_AVAILABLE, SPEED_CHANGE = 0x00, 0x01, 0x2A
"""CDC 1.2 §6.3."""

BITS_PER_SECOND = (14_400_000, 5_760_000)
"""Down and up, of an HSPA modem (HSDPA category 10, HSUPA category 6)."""

MOST_UNREAD = 256
"""Messages kept for a host that does not fetch them; the oldest go."""


class Codec(Protocol):
    """How frames travel in bulk transfers."""

    def wrap(self, frame: bytes) -> bytes:
        """Return the transfer for one frame."""
        ...

    def unwrap(self, transfer: bytes) -> list[bytes]:
        """Return a transfer's frames."""
        ...


class Bare:
    """One frame is one transfer (CDC ECM 1.2 §3.3.1; QMI's vendor interface)."""

    def wrap(self, frame: bytes) -> bytes:
        """Return it."""
        return frame

    def unwrap(self, transfer: bytes) -> list[bytes]:
        """Return it."""
        return [transfer]


class Blocks:
    """NCM Transfer Blocks of 16 bits."""

    def __init__(self) -> None:
        self._sequence = 0

    def wrap(self, frame: bytes) -> bytes:
        """Put a frame into a block of its own."""
        self._sequence += 1
        return ntb.pack([frame], self._sequence - 1)

    def unwrap(self, transfer: bytes) -> list[bytes]:
        """Return a block's frames; none of a block that is broken."""
        try:
            return ntb.unpack(transfer)
        except ValueError:
            return []


class NetworkFunction:
    """The control interface with the bulk endpoints of its data interface, which may be itself."""

    def __init__(
        self, control: InterfaceModel, data: InterfaceModel, connection: DataConnection,
        channel: WdmChannel | None, push: Push, *, codec: Codec,
    ) -> None:  # fmt: skip
        self._number = control.usb.number
        self._connection, self._channel = connection, channel
        self._push, self._codec = push, codec
        bulk = endpoint_of(data, Transfer.BULK, True)
        notices = endpoint_of(control, Transfer.INTERRUPT, True)
        assert bulk
        assert notices
        self._in, self._notices = bulk.address, notices.address
        self._unread: deque[bytes] = deque(maxlen=MOST_UNREAD)
        connection.deliver = self._frame
        if channel:
            channel.on_message = self._message
        else:
            connection.watchers.append(lambda _connected, _reason: self.tell_state())
            self.tell_state()

    def control(
        self, kind: int, request: int, value: int, length: int, data: bytes
    ) -> bytes | None:
        """Answer the requests of the class."""
        if kind == HOST_TO_CLASS:
            return self._take(request, data)
        if kind != CLASS_TO_HOST:
            return STALL
        match request:
            case _ if request == GET_ENCAPSULATED_RESPONSE and self._channel:
                return self._unread.popleft() if self._unread else b""
            case _ if request == GET_NTB_PARAMETERS and isinstance(self._codec, Blocks):
                return ntb.parameters()
            case _ if request == GET_NTB_FORMAT and isinstance(self._codec, Blocks):
                return b"\0\0"  # NTB-16
            case _ if request == GET_NTB_INPUT_SIZE and isinstance(self._codec, Blocks):
                return struct.pack("<I", ntb.LARGEST_IN)
        return STALL

    def out(self, data: bytes) -> None:
        """Pass the host's frames to the network."""
        for frame in self._codec.unwrap(data):
            self._connection.write(frame)

    def close(self) -> None:
        """Nothing is held."""

    def tell_state(self) -> None:
        """Notify whether the network is connected, and how fast it is."""
        connected = self._connection.connected
        self._notify(NETWORK_CONNECTION, int(connected))
        if connected:
            self._notify(SPEED_CHANGE, 0, struct.pack("<II", *BITS_PER_SECOND))

    def _take(self, request: int, data: bytes) -> bytes | None:
        if request == SEND_ENCAPSULATED_COMMAND and self._channel:
            self._channel.written(data)
            return b""
        known = (SET_CONTROL_LINE_STATE, SET_ETHERNET_PACKET_FILTER)
        blocks = isinstance(self._codec, Blocks)
        if request in known or (blocks and request in (SET_NTB_FORMAT, SET_NTB_INPUT_SIZE)):
            return b""
        return STALL

    def _frame(self, frame: bytes) -> None:
        self._push(self._in, self._codec.wrap(frame))

    def _message(self, message: bytes) -> None:
        self._unread.append(message)
        self._notify(RESPONSE_AVAILABLE, 0)

    def _notify(self, notice: int, value: int, data: bytes = b"") -> None:
        head = struct.pack("<BBHHH", CLASS_TO_HOST, notice, value, self._number, len(data))
        self._push(self._notices, head + data)
