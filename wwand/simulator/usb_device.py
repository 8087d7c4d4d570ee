"""A stick as a USB device: endpoint 0, its functions, and the URBs of the host."""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import replace

from wwand.device import Transfer
from wwand.simulator.descriptors import (
    CONFIGURATION,
    DEVICE,
    STRING,
    configuration_descriptor,
    device_descriptor,
    string_descriptor,
)
from wwand.simulator.engine import speaks_at
from wwand.simulator.functions import Adapter, Function, Serial, Storage
from wwand.simulator.model import InterfaceModel, Speaks
from wwand.simulator.network_functions import Bare, Blocks, NetworkFunction
from wwand.simulator.stick import Stick
from wwand.simulator.usbip_wire import (
    ECONNRESET,
    EPIPE,
    HEADER,
    InPipe,
    Unlink,
    Urb,
    parse_header,
    submitted,
    unlinked,
)

SETUP = struct.Struct("<BBHHH")
TO_DEVICE, TO_INTERFACE = 0, 1
RECIPIENT, KIND, STANDARD = 0x1F, 0x60, 0x00
"""Fields of bmRequestType (USB 2.0 §9.3.1)."""

GET_STATUS, GET_DESCRIPTOR, GET_CONFIGURATION, SET_CONFIGURATION = 0, 6, 8, 9
GET_INTERFACE, SET_INTERFACE = 10, 11
"""Standard requests that need more than an empty answer (USB 2.0 §9.4)."""

MICROFRAME = 125e-6
"""Seconds (USB 2.0 §8.4.3.1)."""

MOST_UNREAD = 256
"""Frames and notifications kept for a host that does not fetch them."""


class UsbStick:
    """One enumeration of a stick, from attach to the end of the connection."""

    def __init__(
        self, stick: Stick, writer: asyncio.StreamWriter, switch: Callable[[str], None]
    ) -> None:
        self._stick = stick
        self._writer = writer
        self._switch = switch
        self._functions: dict[int, Function] = {}
        self._outs: dict[int, Function] = {}
        self._pipes: dict[int, InPipe] = {}
        self._alternates: dict[int, int] = {}
        self._value = 0

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer the host until one side closes the connection."""
        try:
            while True:
                request, follows = parse_header(await reader.readexactly(HEADER.size))
                if isinstance(request, Unlink):
                    self._unlink(request)
                    continue
                data = await reader.readexactly(follows)
                self._urb(replace(request, data=data))
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _unlink(self, request: Unlink) -> None:
        parked = any(pipe.unlink(request.victim) for pipe in self._pipes.values())
        self._writer.write(unlinked(request, ECONNRESET if parked else 0))

    def _urb(self, urb: Urb) -> None:
        if urb.endpoint == 0:
            answer = self._control(urb)
            status = EPIPE if answer is None else 0
            self._writer.write(submitted(urb, status, (answer or b"") if urb.reads else b""))
        elif pipe := self._pipes.get(urb.endpoint):
            self._take(pipe, urb)
        elif function := self._outs.get(urb.endpoint):
            self._writer.write(submitted(urb, 0))
            function.out(urb.data)
        else:
            self._writer.write(submitted(urb, EPIPE))

    def _take(self, pipe: InPipe, urb: Urb) -> None:
        """Answer a URB; what waits for an interrupt endpoint's question waits for its time, too.

        Without a pause between them the kernel takes notifications faster than any bus brings them:
        usbnet misses that a link is up when it hears "down" and "up" at once (usbnet.c, where
        __handle_link_change ends by clearing EVENT_LINK_CHANGE).
        """
        if not (urb.interval and pipe.has_unread):
            self._writer.write(pipe.submit(urb))
            return
        pipe.park(urb)
        loop = asyncio.get_running_loop()
        loop.call_later(urb.interval * MICROFRAME, lambda: self._writer.write(pipe.meet()))

    def _control(self, urb: Urb) -> bytes | None:
        """Answer a control transfer; None stalls it."""
        kind, request, value, index, length = SETUP.unpack(urb.setup)
        if target := self._stick.control(urb.setup + urb.data):
            self._switch(target)
            return bytes(length if urb.reads else 0)
        if kind & KIND == STANDARD:
            answer = self._standard(kind & RECIPIENT, request, value, index)
            return None if answer is None else answer[:length]
        function = self._functions.get(index & 0xFF)
        if function is None and kind & RECIPIENT == TO_DEVICE and self._functions:
            function = next(iter(self._functions.values()))
        if function is None:
            return None
        answer = function.control(kind, request, value, length, urb.data)
        return None if answer is None else answer[:length] if urb.reads else answer

    def _standard(self, recipient: int, request: int, value: int, index: int) -> bytes | None:
        if recipient == TO_DEVICE and request == GET_DESCRIPTOR:
            return self._descriptor(value >> 8, value & 0xFF)
        if recipient == TO_DEVICE and request == SET_CONFIGURATION:
            return self._configure(value)
        if recipient == TO_INTERFACE and request == SET_INTERFACE:
            self._alternates[index] = value
        answers = {
            GET_STATUS: b"\0\0",
            GET_CONFIGURATION: bytes((self._value,)),
            GET_INTERFACE: bytes((self._alternates.get(index, 0),)),
        }
        return answers.get(request, b"")

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        mode = self._stick.mode
        assert mode
        if kind == DEVICE:
            return device_descriptor(mode)
        if kind == CONFIGURATION and index < len(mode.configurations):
            return configuration_descriptor(mode, mode.configurations[index])
        if kind == STRING:
            return string_descriptor(mode, index)
        return None

    def _configure(self, value: int) -> bytes | None:
        """Select a configuration, or with 0 none; stalls for one that is not there."""
        assert self._stick.mode
        if value and self._stick.mode.configuration(value) is None:
            return None
        if value and value == self._value:
            self._stick.start_anew()  # how a device sees that its port was reset
        for table in (self._functions, self._outs, self._pipes, self._alternates):
            table.clear()
        configuration = self._stick.configure(value)
        self._value = value
        interfaces = {i.usb.number: i for i in configuration.interfaces} if configuration else {}
        for interface in interfaces.values():
            serial = speaks_at(interface)
            most = None if serial or interface.speaks is Speaks.STORAGE else MOST_UNREAD
            for endpoint in (e for e in interface.endpoints if e.is_in):
                framed = not serial or endpoint.transfer is Transfer.INTERRUPT
                self._pipes[endpoint.address] = InPipe(framed, most)
        for number, interface in interfaces.items():
            data = interfaces[number if interface.data is None else interface.data]
            if function := self._function(interface, data):
                self._functions[number] = function
                for endpoint in (*interface.endpoints, *data.endpoints):
                    if not endpoint.is_in:
                        self._outs[endpoint.address] = function
        return b""

    def _function(self, interface: InterfaceModel, data: InterfaceModel) -> Function | None:
        modem = self._stick.modem
        speaks, number = interface.speaks, interface.usb.number
        if speaks is Speaks.STORAGE:
            return Storage(interface, self._message, self._push)
        if speaks is Speaks.NOTHING:
            return None
        assert modem
        if speaks is Speaks.RECORDER:
            return Adapter(modem.terminals[number])
        if speaks.is_network:
            assert modem.data
            codec = Blocks() if speaks in (Speaks.NCM, Speaks.HUAWEI_NCM) else Bare()
            channel = modem.channels.get(number)
            return NetworkFunction(interface, data, modem.data, channel, self._push, codec=codec)
        return Serial(modem.terminals[number], self._push, self._clear)

    def _message(self, data: bytes) -> bool:
        target = self._stick.message(data)
        if target:
            self._switch(target)
        return target is not None

    def _push(self, endpoint: int, data: bytes | None) -> None:
        if pipe := self._pipes.get(endpoint):
            self._writer.write(pipe.stall() if data is None else pipe.push(data))

    def _clear(self, endpoint: int) -> None:
        if pipe := self._pipes.get(endpoint):
            pipe.clear()
