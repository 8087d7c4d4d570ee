"""One serial port of a virtual modem: V.250's command state, data state and the ways between."""

import asyncio
from collections import deque
from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING

from wwand.simulator.calls import Call
from wwand.simulator.commandline import Command, NotAT, split
from wwand.simulator.journal import Happened
from wwand.simulator.model import InterfaceModel, Speaks
from wwand.simulator.replies import CME_TEXT, CMS_TEXT, ERROR, OK, Refused, Reply

if TYPE_CHECKING:  # the modem makes its terminals
    from wwand.simulator.engine import Modem

NUMERIC = {"OK": 0, "CONNECT": 1, "RING": 2, "NO CARRIER": 3, "ERROR": 4, "BUSY": 7, "NO ANSWER": 8}
"""Result codes after ATV0 (V.250 §5.7.1)."""

REGISTERS = {0: 0, 3: 13, 4: 10, 5: 8, 6: 2, 7: 50, 8: 2, 10: 14, 12: 50}
"""S-parameters and their defaults (V.250 §6; S12, the guard time, is of the old Hayes set)."""

GUARD_UNIT = 0.02
"""S12 counts fiftieths of a second."""

ABORT_GRACE = 0.125
"""Characters this soon after a dial command do not abort it (V.250 §5.6.1)."""

PROMPT_END, PROMPT_CANCEL = b"\x1a", b"\x1b"
"""Ctrl-Z sends a message text, ESC throws it away (27.005 §3.5.1)."""


class Terminal:
    """One port; bytes come in by `feed` and leave through what `opened` was given."""

    def __init__(self, modem: "Modem", interface: InterfaceModel) -> None:
        self.modem = modem
        self.interface = interface
        self.number = interface.usb.number
        self.on_carrier: Callable[[bool], None] = lambda _detected: None
        """Hears when the port's carrier detect changes."""
        self._send: Callable[[bytes], None] | None = None
        self._line = bytearray()
        self._lines: deque[str] = deque()
        self._late: list[str] = []
        self._last = ""
        self._worker: asyncio.Task[None] | None = None
        self._dialling_since: float | None = None
        self._prompt: asyncio.Future[bytes | None] | None = None
        self._call: Call | None = None
        self._online = False
        self._pluses = b""
        self._quiet_since = 0.0
        self._escape: asyncio.TimerHandle | None = None
        self.reset()

    def reset(self) -> None:
        """Restore the factory's settings (V.250 §6.1.2)."""
        self.echo = self.verbose = True
        self.quiet = False
        self.cmee = 0
        self.dtr_mode = 2
        self.text_mode = False
        self.charset = "IRA"
        self.registers = dict(REGISTERS)
        self.reports: dict[str, int] = {}
        """Modes of the settings that turn reports on, such as +CREG."""

    @property
    def on_data(self) -> bool:
        """Whether bytes belong to a call and not to the command interpreter."""
        return self._online

    @property
    def is_open(self) -> bool:
        """Whether somebody holds the port open."""
        return self._send is not None

    def opened(self, send: Callable[[bytes], None]) -> None:
        """Somebody opened the port (DTR is up); `send` takes what the modem says."""
        self._send = send
        self.modem.journal.note(self.modem.key, Happened.OPENED, port=self.number)
        if self._speaks() is Speaks.NOISE:
            self._write(self.interface.noise or NOISE)

    def closed(self) -> None:
        """Everybody closed the port (DTR is down): what &D says happens (V.250 §6.2.9)."""
        if self._send is None:
            return
        self.modem.journal.note(self.modem.key, Happened.CLOSED, port=self.number)
        self.dtr_dropped()
        self._send = None
        self._line.clear()
        self._lines.clear()
        if self.interface.speaks is Speaks.AT:
            self.modem.port_closed()

    def dtr_dropped(self) -> None:
        """DTR went down while a call may be up."""
        if self._call and self.dtr_mode == 2:
            self.hang_up("dtr")
            self._result("OK")
        elif self._call and self.dtr_mode == 1:
            self._online = False

    def gone(self) -> None:
        """The device left the bus."""
        self.hang_up("unplugged")
        if self._worker:
            self._worker.cancel()
            self._worker = None
        self._send = None
        self._lines.clear()

    def feed(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self._online:
            self._data(data)
            return
        speaks = self._speaks()
        if speaks is Speaks.RECORDER:
            self.modem.journal.note(self.modem.key, Happened.BYTES, data.hex(), self.number)
            return
        if self._dialling_since is not None:
            self._maybe_abort()
            return
        if self._prompt:
            self._text(data)
            return
        if self.echo and speaks is Speaks.AT:
            self._write(data)
        for byte in data:
            self._character(byte)
        if speaks is Speaks.NOISE:
            self._write(self.interface.noise or NOISE)

    def text(self, text: str) -> str:
        """Write a string in the character set the host has chosen (27.007 §5.5)."""
        encodings = {"UCS2": "utf-16-be", "HEX": "latin-1"}
        encoding = encodings.get(self.charset)
        return text.encode(encoding).hex().upper() if encoding else text

    def unsolicited(self, line: str) -> None:
        """Send a line nobody asked for; lost while the port carries data."""
        if not self._online and self._speaks() is Speaks.AT:
            self._write(self._framed(line))

    def after_result(self, line: str) -> None:
        """Send an unsolicited line as soon as the running command line is answered."""
        self._late.append(line)

    def hang_up(self, reason: str) -> None:
        """End the port's call without a word to the host."""
        if self._escape:
            self._escape.cancel()
            self._escape = None
        self._online = False
        self._pluses = b""
        if self._call:
            self._call.close()
            self._call = None
            self.modem.call_ended(self, reason)
            self.on_carrier(False)

    def lose_carrier(self, reason: str) -> None:
        """End the port's call and tell the host."""
        if self._call:
            self.hang_up(reason)
            self._result("NO CARRIER")

    def go_online(self) -> None:
        """Return to the data state of a call that `+++` left (ATO)."""
        self._online = self._call is not None

    @property
    def has_call(self) -> bool:
        """Whether a call is up, in the data state or left by `+++`."""
        return self._call is not None

    async def prompt(self) -> bytes | None:
        """Ask for a text with `> `; None when the host cancels (27.005 §3.5.1)."""
        self._prompt = asyncio.get_running_loop().create_future()
        self._write(b"\r\n> ")
        try:
            return await self._prompt
        finally:
            self._prompt = None
            self._line.clear()

    def dialling(self, on: bool) -> None:
        """Say that a dial command runs: a character from the host aborts it."""
        self._dialling_since = asyncio.get_running_loop().time() if on else None

    def _speaks(self) -> Speaks:
        knobs = self.modem.knobs
        if self.number in knobs.mute or self.modem.silent:
            return Speaks.MUTE
        return Speaks.NOISE if self.number in knobs.noise else self.interface.speaks

    @property
    def _obeys_silently(self) -> bool:
        return self.modem.listens and self.interface.speaks is Speaks.AT

    def _character(self, byte: int) -> None:
        if byte == self.registers[3]:
            line = self._line.decode("latin-1")
            self._line.clear()
            self._line_came(line)
        elif byte == self.registers[5]:
            del self._line[-1:]
        elif byte != self.registers[4]:
            self._line.append(byte)
            if self._line[-2:].upper() == b"A/":
                self._line.clear()
                self._queue(self._last)

    def _line_came(self, line: str) -> None:
        start = line.upper().find("AT")
        if start >= 0:
            self._last = line[start:]
            self._queue(self._last)
        elif line:
            self._note(line)

    def _note(self, line: str) -> None:
        self.modem.journal.note(self.modem.key, Happened.COMMAND, line, self.number)

    def _queue(self, line: str) -> None:
        self._note(line)
        if self._speaks() is not Speaks.AT and not self._obeys_silently:
            return
        self._lines.append(line)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._lines:
            reply = await self._run(self._lines.popleft()[2:])
            self._result(reply.final)
            if reply.call:
                self._connect(reply.call)
            elif reply.final == "CONNECT":
                self.go_online()
            late, self._late = self._late, []
            for line in late:
                self.unsolicited(line)

    async def _run(self, body: str) -> Reply:
        """Run a line's commands until one fails; information is sent as it comes."""
        reply = OK
        if self.modem.knobs.refuse:
            return ERROR
        try:
            for command in split(body):
                reply = await self._answer(command)
                if reply.lines:
                    self._write(self._framed("\r\n".join(reply.lines)))
                if reply.final != "OK":
                    break
        except NotAT:
            return ERROR
        return reply

    async def _answer(self, command: Command) -> Reply:
        from wwand.simulator.commands import find  # the table of tables needs this module
        from wwand.simulator.engine import pause

        modem = self.modem
        if modem.model.at.crashes & {command.name, command.key}:
            modem.crash(str(command))
        await pause(modem.knobs.latency + modem.model.at.latency.get(command.key, 0.0))
        try:
            answer = find(modem, command)(self, command)
            return await answer if isawaitable(answer) else answer
        except Refused as refused:
            return Reply(final=self._error(refused))
        except (ValueError, IndexError):
            return Reply(final=self._error(Refused(50)))

    def _error(self, refused: Refused) -> str:
        if not self.cmee:
            return "ERROR" if refused.kind == "CME" else f"+CMS ERROR: {refused.code}"
        texts = CME_TEXT if refused.kind == "CME" else CMS_TEXT
        what = texts.get(refused.code, "unknown") if self.cmee == 2 else str(refused.code)
        return f"+{refused.kind} ERROR: {what}"

    def _connect(self, call: Call) -> None:
        self._call, self._online = call, True
        self._quiet_since = asyncio.get_running_loop().time()
        self.modem.call_began(self, call)
        self.on_carrier(True)
        call.begin(self._from_network, lambda: self.lose_carrier("network"))

    def _from_network(self, data: bytes) -> None:
        if self._online:
            self._write(data)

    def _data(self, data: bytes) -> None:
        """Pass a call's bytes on, looking for `+++` between two guard times."""
        assert self._call
        loop = asyncio.get_running_loop()
        guard = self.registers[12] * GUARD_UNIT
        calm = bool(self._pluses) or loop.time() - self._quiet_since >= guard
        self._quiet_since = loop.time()
        if self._escape:
            self._escape.cancel()
            self._escape = None
        if calm and (self._pluses + data) in (b"+", b"++", b"+++"):
            self._pluses += data
            if len(self._pluses) == 3:
                self._escape = loop.call_later(guard, self._escaped)
            return
        if not self.modem.silent:
            self._call.write(self._pluses + data)
        self._pluses = b""

    def _escaped(self) -> None:
        self._escape = None
        self._pluses = b""
        self._online = False
        self._result("OK")

    def _maybe_abort(self) -> None:
        assert self._dialling_since is not None
        now = asyncio.get_running_loop().time()
        if now - self._dialling_since > ABORT_GRACE and self._worker:
            self._worker.cancel()
            self._worker = None
            self._dialling_since = None
            self._result("NO CARRIER")

    def _text(self, data: bytes) -> None:
        assert self._prompt
        if self.echo:
            self._write(data)
        self._line += data
        if PROMPT_CANCEL in data:
            self._prompt.set_result(None)
        elif PROMPT_END in data:
            self._prompt.set_result(bytes(self._line[: self._line.index(PROMPT_END)]))

    def _result(self, final: str) -> None:
        if self.quiet:
            return
        if self.verbose or final not in NUMERIC:
            self._write(self._framed(final))
        else:
            self._write(f"{NUMERIC[final]}\r".encode())

    def _framed(self, text: str) -> bytes:
        before = "\r\n" if self.verbose else ""
        return f"{before}{text}\r\n".encode()

    def _write(self, data: bytes) -> None:
        if self._send and not self.modem.silent:
            self._send(data)


NOISE = bytes.fromhex("7e0d0a00a5c3f11e7e")
"""What a port with the noise fault says: no text, no DIAG frame with a right checksum."""
