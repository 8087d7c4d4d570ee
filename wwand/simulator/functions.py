"""What a virtual device's interfaces do with USB transfers: serial ports, storage, an adapter."""

from collections.abc import Callable
from typing import Protocol

from wwand.device import Endpoint, Transfer
from wwand.simulator.model import InterfaceModel
from wwand.simulator.scsi import Block, ScsiDisk
from wwand.simulator.terminal import Terminal

HOST_TO_CLASS, CLASS_TO_HOST, HOST_TO_VENDOR = 0x21, 0xA1, 0x41
"""bmRequestType of requests to an interface (USB 2.0 §9.3.1)."""

SET_LINE_CODING, SET_CONTROL_LINE_STATE, SERIAL_STATE = 0x20, 0x22, 0x20
"""CDC PSTN 1.2 §6.3, §6.5."""

GET_MAX_LUN, STORAGE_RESET = 0xFE, 0xFF
"""USB Mass Storage Bulk-Only Transport §3."""

IFC_ENABLE = 0x00
"""CP210x: opens (1) and closes (0) the UART (Silicon Labs AN571)."""

STALL = None
Push = Callable[[int, bytes | None], None]
"""Says bytes on an IN endpoint; None stalls it."""


class Function(Protocol):
    """One interface at work."""

    def control(
        self, kind: int, request: int, value: int, length: int, data: bytes
    ) -> bytes | None:
        """Answer a request on endpoint 0; None stalls."""
        ...

    def out(self, data: bytes) -> None:
        """Take the data of a bulk OUT transfer."""
        ...

    def close(self) -> None:
        """The configuration ends."""
        ...


def endpoint_of(interface: InterfaceModel, transfer: Transfer, is_in: bool) -> Endpoint | None:
    """Find an interface's endpoint of that kind."""
    return next(
        (e for e in interface.endpoints if e.transfer is transfer and e.is_in == is_in), None
    )


class Serial:
    """A serial port with CDC's control lines: DTR opens and closes the terminal behind it."""

    def __init__(self, terminal: Terminal, push: Push, clear: Callable[[int], None]) -> None:
        self._terminal = terminal
        self._push, self._clear = push, clear
        interface = terminal.interface
        bulk = endpoint_of(interface, Transfer.BULK, True)
        state = endpoint_of(interface, Transfer.INTERRUPT, True)
        assert bulk
        self._in = bulk.address
        self._state = state.address if state else None
        terminal.on_carrier = self._carrier

    def control(
        self, kind: int, request: int, value: int, length: int, data: bytes
    ) -> bytes | None:
        """Obey the line state, accept everything else of the class."""
        if kind == HOST_TO_CLASS and request == SET_CONTROL_LINE_STATE:
            self._set_dtr(bool(value & 1))
        return bytes(length) if kind == CLASS_TO_HOST else b"" if kind == HOST_TO_CLASS else STALL

    def out(self, data: bytes) -> None:
        """Hand bytes to the terminal."""
        self._terminal.feed(data)

    def close(self) -> None:
        """Nothing is held."""

    def _set_dtr(self, up: bool) -> None:
        if up and not self._terminal.is_open:
            self._terminal.opened(lambda data: self._push(self._in, data))
        elif not up and self._terminal.is_open:
            self._terminal.closed()
            self._clear(self._in)

    def _carrier(self, detected: bool) -> None:
        if self._state is not None:
            number = self._terminal.number
            lines = 0b11 if detected else 0b10  # DCD, and DSR always
            notice = bytes((CLASS_TO_HOST, SERIAL_STATE, 0, 0, number, 0, 2, 0, lines, 0))
            self._push(self._state, notice)


class Adapter:
    """A CP210x with nothing behind it that wants to be spoken to."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def control(
        self, kind: int, request: int, value: int, length: int, data: bytes
    ) -> bytes | None:
        """Note openings; answer every question with zeros."""
        if kind == HOST_TO_VENDOR and request == IFC_ENABLE:
            if value:
                self._terminal.opened(lambda _data: None)
            else:
                self._terminal.closed()
        return bytes(length)

    def out(self, data: bytes) -> None:
        """Note the bytes."""
        self._terminal.feed(data)

    def close(self) -> None:
        """Nothing is held."""


class Storage:
    """Bulk-only mass storage; `switch` sees every command first and says whether it took it."""

    def __init__(
        self, interface: InterfaceModel, switch: Callable[[bytes], bool], push: Push
    ) -> None:
        assert interface.disk
        self._disk = ScsiDisk(interface.disk)
        self._switch, self._push = switch, push
        bulk = endpoint_of(interface, Transfer.BULK, True)
        assert bulk
        self._in = bulk.address
        self._writing: Block | None = None
        self._awaited = 0

    def control(
        self, kind: int, request: int, value: int, length: int, data: bytes
    ) -> bytes | None:
        """Answer the two requests of the class."""
        if kind == CLASS_TO_HOST and request == GET_MAX_LUN:
            return b"\0"[:length]
        if kind == HOST_TO_CLASS and request == STORAGE_RESET:
            self._writing = None
            return b""
        return STALL

    def out(self, data: bytes) -> None:
        """Take a command block, or the data of a write."""
        if self._writing:
            self._awaited -= len(data)
            if self._awaited <= 0:
                self._push(self._in, self._writing.status(0, failed=True))
                self._writing = None
            return
        block = Block.parse(data)
        if self._switch(data) or block is None:
            return
        self._run(block)

    def close(self) -> None:
        """Nothing is held."""

    def _run(self, block: Block) -> None:
        answer = self._disk.run(block.cdb) if block.cdb else None
        if block.length and not block.reads:
            self._writing, self._awaited = block, block.length
            return
        sent = (answer or b"")[: block.length]
        if sent:
            self._push(self._in, sent)
        elif block.length:
            self._push(self._in, STALL)
        self._push(self._in, block.status(block.length - len(sent), failed=answer is None))
