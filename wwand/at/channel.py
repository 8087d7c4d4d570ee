"""Talk AT over one port: one command at a time, unsolicited reports in between."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Self, TypeVar

from wwand.at import dtr
from wwand.at.arguments import plain
from wwand.at.basic import ATTENTION as AT
from wwand.at.basic import HANG_UP
from wwand.at.command import AtCommand, strip_prefix
from wwand.at.exchange import Connected, Exchange, conclude
from wwand.at.parser import PROMPTED, AtParser, Event, Final, Garbage, Line, Prompt
from wwand.at.prompt import ESC, PromptWatch
from wwand.at.reports import TWO_LINES, Listener, Listeners
from wwand.at.results import error_for
from wwand.errors import BadReply, ModemTimeout, PortGone, WrongState
from wwand.log import ObjectLog, redacted

T = TypeVar("T")

QUIET = 0.3
"""Seconds without an answer after which nothing of an abandoned command is still to come.

A modem takes up the next line as soon as it is done with the one before; USB and a busy host add
some ten milliseconds.
"""

RESYNC = 5.0
"""Seconds to wait for a sign of life after a command was abandoned."""

GUARD = 1.1
"""Seconds of silence before `+++`: S12 is 50 fiftieths by default, on a clock of the modem's."""

ESCAPE = 2.0
"""Seconds for the OK that ends the silence after `+++`, during which nothing may be sent."""


class AtChannel(asyncio.Protocol):
    """The asyncio end of the AT protocol; every decision about bytes is the parser's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = ObjectLog(__name__, name)
        self.closed = asyncio.Event()
        self.close_reason = ""
        self.data_mode = False
        self.doubtful = asyncio.Event()  # set while the modem has not even answered AT
        self.heard = 0.0  # when octets came last, on the loop's clock
        self._transport: asyncio.Transport | None = None
        self._parser = AtParser()
        self._prompts = PromptWatch(self._parser, self._prompted)
        self._turn = asyncio.Lock()
        self._exchange: Exchange | None = None
        self._abandoned: AtCommand[object] | None = None
        self._busy_until = 0.0
        self._stray_call = False
        self._listeners = Listeners(self.log)
        self._headline = ""
        self._left_over = asyncio.Event()

    @property
    def looks_like_garbage(self) -> bool:
        """Whether what the port sends is no AT dialogue."""
        return self._parser.looks_like_garbage

    @property
    def is_open(self) -> bool:
        """Whether the port is open; a tty that is being closed is not, though it takes a while."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def askable(self) -> bool:
        """Whether the modem can be asked for a sign of life."""
        return self.is_open and not self.data_mode

    @property
    def busy_for(self) -> float:
        """Seconds that the modem may still be busy with a command that was given up."""
        return max(0.0, self._busy_until - asyncio.get_running_loop().time())

    def on(self, prefix: str | re.Pattern[str], callback: Listener) -> Callable[[], None]:
        """Call `callback` with each report of that name, or matching; returns what ends that.

        Reports of two lines (+CMT, +CDS, +CBM) come as one text with a line feed in it.
        """
        return self._listeners.add(prefix, callback)

    async def send(
        self,
        command: AtCommand[T],
        *,
        timeout: float | None = None,
        body: str | None = None,
    ) -> T:
        """Send `command`, and `body` when the modem prompts for it, and return the parsed reply.

        Raises ModemTimeout, BadReply, PortGone, WrongState in data mode, and what `error_for` says.
        """
        if body is not None:
            plain("body", body, limit=1024)
        async with self._turn:
            await self._ready()
            lines, _ = await self._converse(command, timeout, body)
        reply, others = conclude(command, lines)
        for line in others:
            self._listeners.report(line)
        return reply

    async def attention(self, timeout: float = 1.0) -> bool:
        """Tell whether a modem answers `AT`; gives up at once on a port that sends garbage."""
        async with self._turn:
            self._command_mode()
            return await self._synchronise(timeout, probes=True)

    async def dial(self, command: AtCommand[object], *, timeout: float | None = None) -> Connected:
        """Send a command that CONNECT answers; from then on the port is another program's.

        Nothing is read any more, but the port stays open, so DTR stays up.
        """
        async with self._turn:
            await self._ready()
            try:
                _, final = await self._converse(command, timeout, None, dials=True)
            except asyncio.CancelledError:
                if self.data_mode:  # it came through at the very moment the caller left
                    self._listen_again()
                    self._stray_call = True
                raise
            if not final.connected:
                raise BadReply(f"{command}: the modem answered {final.text}, not CONNECT")
            return Connected(final.text)

    async def leave_data_mode(self, *, stray: bool = False) -> None:
        """Be in command mode, with no call up, not even a `stray` one of another program's."""
        async with self._turn:
            self._open_transport()
            if self.data_mode or stray:
                self._listen_again()
                await self._end_call()

    async def close(self) -> None:
        """Close the port; returns when that is done."""
        if self._transport:
            self._transport.abort()
            await self.closed.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    # One command and its answer

    async def _ready(self) -> None:
        """Make sure that the next line in answers the next line out."""
        self._command_mode()
        if self._stray_call:
            await self._end_call()
        elif (late := self._abandoned) and not await self._synchronise(RESYNC):
            raise ModemTimeout(f"{self.name}: no sign of life since {late} was given up")

    async def _converse(
        self,
        command: AtCommand[object],
        limit: float | None = None,
        body: str | None = None,
        *,
        dials: bool = False,
    ) -> tuple[Sequence[str], Final]:
        seconds = command.timeout if limit is None else limit
        with self._waiting(command, dials=dials) as exchange:
            self._parser.expect_prompt = body is not None
            try:
                self._write(command.text)
                async with asyncio.timeout(seconds):
                    if body is not None:
                        await self._answer_prompt(exchange, body)
                    final = await exchange.final
            except TimeoutError:
                self._give_up(command, body)
                raise ModemTimeout(f"{command}: no answer in {seconds:g} s") from None
            except asyncio.CancelledError:
                self._give_up(command, body)
                raise
            finally:
                self._parser.expect_prompt = False
        if not final.ok:
            raise error_for(final, command)
        return exchange.lines, final

    async def _answer_prompt(self, exchange: Exchange, body: str) -> None:
        await asyncio.wait((exchange.prompt, exchange.final), return_when=asyncio.FIRST_COMPLETED)
        if not exchange.final.done():
            self._write(body, end="\x1a", shown=f"(text of {len(body)} characters)")

    def _give_up(self, command: AtCommand[object], body: str | None) -> None:
        """Remember that an answer may still come; take back a text that was not finished."""
        self._abandoned = command
        self._busy_until = asyncio.get_running_loop().time() + command.timeout
        if body is not None and self.is_open:
            self._write("", end=ESC, shown="(ESC)")

    async def _synchronise(self, seconds: float, *, probes: bool = False) -> bool:
        """Get an answer to AT; whatever an abandoned command still sends is dropped."""
        out_of_step = self._abandoned is not None
        self._abandoned = self._abandoned or AT
        if not await self._attended(seconds, probes=probes, any_result=out_of_step):
            self.doubtful.set()
            return False
        self.doubtful.clear()
        if out_of_step:
            await self._silence()  # of two results either may be AT's
        self._abandoned, self._busy_until = None, 0.0
        return True

    async def _attended(self, seconds: float, *, probes: bool, any_result: bool) -> bool:
        """Send AT until OK comes, or else `any_result`."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with self._waiting(AT, probes=probes) as exchange:
                        self._write(AT.text)
                        final = await exchange.final
                    if final.ok:
                        return True
                    if final is PROMPTED:
                        await self._silence()  # ESC may be answered as well
                        continue
                    if probes and self.looks_like_garbage:
                        return False
                    if any_result:
                        return True
        except TimeoutError:
            return False

    async def _silence(self) -> None:
        """Wait until no more left-overs have come in for `QUIET` seconds."""
        while True:
            self._left_over.clear()
            try:
                async with asyncio.timeout(QUIET):
                    await self._left_over.wait()
            except TimeoutError:
                return
            self._open_transport()

    @contextlib.contextmanager
    def _waiting(
        self, command: AtCommand[object], *, dials: bool = False, probes: bool = False
    ) -> Iterator[Exchange]:
        self._open_transport()
        loop = asyncio.get_running_loop()
        exchange = Exchange(command, loop.create_future(), loop.create_future(), dials, probes)
        self._exchange = exchange
        try:
            yield exchange
        finally:
            self._exchange = None
            exchange.prompt.cancel()
            if not exchange.final.cancel() and not exchange.final.cancelled():
                exchange.final.exception()  # seen, even if the caller left before

    def _write(self, text: str, end: str = "\r", shown: str = "") -> None:
        self.log.debug("> %s", shown or redacted(text))
        self._parser.expect_echo(text)
        self._open_transport().write((text + end).encode("ascii"))

    # Calls

    def _listen_again(self) -> None:
        self.data_mode = False
        self._parser.reset()
        self._open_transport().resume_reading()

    async def _end_call(self) -> None:
        """Hang up by DTR, else by `+++` and ATH; a modem that is back already is left alone."""
        self._abandoned = self._abandoned or AT
        await dtr.pulse(self._open_transport(), self.on)
        if not await self._synchronise(GUARD):
            await self._escape()
            if not await self._synchronise(RESYNC):
                raise ModemTimeout(
                    f"{self.name} does not come back from its call", "Reset or replug the modem"
                )
            await self._converse(HANG_UP)
        self._stray_call = False

    async def _escape(self) -> None:
        """Ask for command mode by `+++`; returns when the modem says that it is there."""
        with self._waiting(AT) as exchange, contextlib.suppress(TimeoutError):
            self._write("+++", end="")
            async with asyncio.timeout(ESCAPE):
                await exchange.final

    # What comes in

    def data_received(self, data: bytes) -> None:
        """Take what the port has read."""
        self.heard = asyncio.get_running_loop().time()
        for event in self._parser.feed(data):
            self._take(event)
            if self.data_mode:  # what follows CONNECT is not AT
                self._parser.reset()
                return
        self._prompts.heard(QUIET)
        if (probe := self._exchange) and probe.probes and self.looks_like_garbage:
            probe.finish(Final("garbage"))

    def _take(self, event: Event) -> None:
        exchange = self._exchange
        match event:
            case Line(text):
                self._take_line(text, exchange)
            case Final(text):
                self.log.debug("< %s", redacted(text))
                self._left_over.set()
                if event.connected:
                    self._call_is_up(exchange)
                if event.of_call and not (exchange and exchange.command.call):
                    self._listeners.report(text)
                elif exchange:
                    exchange.finish(event)
            case Prompt():
                if exchange and not exchange.prompt.done():
                    exchange.prompt.set_result(None)
            case Garbage(length):
                self.log.debug("< (%d octets of garbage)", length)

    def _take_line(self, text: str, exchange: Exchange | None) -> None:
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("< %s", redacted(text))
        if self._headline:
            text, self._headline = f"{self._headline}\n{text}", ""
            self._listeners.report(text)
        elif exchange and self._answers(exchange, text):
            exchange.lines.append(text)
        elif any(strip_prefix(text, prefix) is not None for prefix in TWO_LINES):
            self._headline = text
        elif self._abandoned and self._abandoned.names(text):  # a late answer
            self._left_over.set()
        else:
            self._listeners.report(text)

    def _answers(self, exchange: Exchange, text: str) -> bool:
        """Tell an answer from a report; one that may begin with anything is no known report."""
        if exchange.command.free and not exchange.names(text) and self._listeners.names(text):
            return False
        return exchange.owns(text)

    def _prompted(self) -> None:
        """Take back the text that the modem waits for: all that is sent would become part of it."""
        exchange, late = self._exchange, self._abandoned
        if self.data_mode or (exchange.prompt.done() if exchange else not late):
            return
        self._parser.reset()
        self._abandoned = late or (exchange.command if exchange else None)
        with contextlib.suppress(PortGone):
            self._write("", end=ESC, shown="(ESC)")
        if exchange:
            exchange.finish(PROMPTED)

    def _call_is_up(self, exchange: Exchange | None) -> None:
        if exchange and exchange.dials and not exchange.final.done():
            self.data_mode = True
            self._open_transport().pause_reading()
        else:
            self._stray_call = True

    # The port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over an open port."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.heard = asyncio.get_running_loop().time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits that the port is gone."""
        self.close_reason = f"{self.name} went away: {exc}" if exc else f"{self.name} was closed"
        self.log.debug("%s", self.close_reason)
        self.closed.set()
        self._prompts.stop()
        self._left_over.set()
        if self._exchange and not self._exchange.final.done():
            self._exchange.final.set_exception(PortGone(self.close_reason))

    def _command_mode(self) -> None:
        self._open_transport()
        if self.data_mode:
            raise WrongState(f"{self.name} carries data")

    def _open_transport(self) -> asyncio.Transport:
        if not self._transport or not self.is_open:
            raise PortGone(self.close_reason or f"{self.name} is not open")
        return self._transport
