"""The kernel's USB/IP messages (Linux Documentation/usb/usbip_protocol.rst). No I/O."""

import struct
from collections import deque
from dataclasses import dataclass

HEADER = struct.Struct(">IIIII28s")
"""Command, sequence number, device, direction, endpoint; the rest depends on the command."""
SUBMIT = struct.Struct(">IiiiI8s")
"""Flags, buffer length, start frame, number of packets, interval, set-up packet."""
RESULT = struct.Struct(">iiiii8x")
"""Status, actual length, start frame, number of packets, errors."""

CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
IN = 1

EPIPE, ECONNRESET = -32, -104
"""Statuses of a URB: endpoint stalled, URB taken back."""


@dataclass(frozen=True, slots=True)
class Urb:
    """A request of the host for one endpoint."""

    sequence: int
    endpoint: int
    """bEndpointAddress; 0 is the control endpoint."""
    length: int
    setup: bytes
    reads: bool
    data: bytes = b""
    interval: int = 0
    """Microframes of 125 us from one question of the host to the next; interrupt endpoints only."""


@dataclass(frozen=True, slots=True)
class Unlink:
    """The host takes a URB back."""

    sequence: int
    victim: int


def parse_header(data: bytes) -> tuple[Urb | Unlink, int]:
    """Read a message's header; also return how many bytes of data follow."""
    command, sequence, _device, direction, endpoint, rest = HEADER.unpack(data)
    if command == CMD_UNLINK:
        return Unlink(sequence, struct.unpack_from(">I", rest)[0]), 0
    if command != CMD_SUBMIT:
        raise ValueError(f"USB/IP command {command}")
    _flags, length, _frame, _packets, interval, setup = SUBMIT.unpack(rest)
    reads = direction == IN
    address = endpoint | 0x80 if reads and endpoint else endpoint
    urb = Urb(sequence, address, length, setup, reads, interval=interval)
    return urb, 0 if reads else length


def submitted(urb: Urb, status: int, data: bytes = b"") -> bytes:
    """Answer a URB; of an OUT transfer everything has been taken."""
    length = len(data) if urb.reads else len(urb.data)
    body = RESULT.pack(status, length if status == 0 else 0, 0, 0, 0)
    return HEADER.pack(RET_SUBMIT, urb.sequence, 0, 0, 0, body) + (data if status == 0 else b"")


def unlinked(request: Unlink, status: int) -> bytes:
    """Answer the taking back of a URB."""
    return HEADER.pack(RET_UNLINK, request.sequence, 0, 0, 0, RESULT.pack(status, 0, 0, 0, 0))


class InPipe:
    """An IN endpoint: what the device has to say meets the URBs that wait for it.

    `framed` keeps each message a transfer of its own, as storage and notifications need; of more
    than `most` that nobody fetches the oldest are lost.
    """

    def __init__(self, framed: bool, most: int | None = None) -> None:
        self._framed = framed
        self._messages: deque[bytes | None] = deque(maxlen=most)
        self._urbs: deque[Urb] = deque()

    def push(self, data: bytes) -> bytes:
        """Say something; return the USB/IP messages that now can be sent."""
        if self._messages and not self._framed:
            last = self._messages.pop() or b""
            data = last + data
        self._messages.append(data)
        return self.meet()

    def stall(self) -> bytes:
        """Answer one URB with a stall, after what has been pushed before."""
        self._messages.append(None)
        return self.meet()

    @property
    def has_unread(self) -> bool:
        """Whether something waits for a URB."""
        return bool(self._messages)

    def submit(self, urb: Urb) -> bytes:
        """Take a URB."""
        self.park(urb)
        return self.meet()

    def park(self, urb: Urb) -> None:
        """Take a URB that is not to be answered before `meet`, or before there is more to say."""
        self._urbs.append(urb)

    def unlink(self, victim: int) -> bool:
        """Drop a waiting URB; False when it is not here."""
        for urb in self._urbs:
            if urb.sequence == victim:
                self._urbs.remove(urb)
                return True
        return False

    def clear(self) -> None:
        """Forget what has not been fetched."""
        self._messages.clear()

    def meet(self) -> bytes:
        """Answer the URBs that wait with what there is to say."""
        out = bytearray()
        while self._messages and self._urbs:
            urb, message = self._urbs.popleft(), self._messages.popleft()
            if message is None:
                out += submitted(urb, EPIPE)
                continue
            if rest := message[urb.length :]:
                self._messages.appendleft(rest)
            out += submitted(urb, 0, message[: urb.length])
        return bytes(out)
