"""Read the signal in detail as often as a client wants it, and not at all when none does."""

import asyncio
from typing import TYPE_CHECKING

from wwand.errors import PortGone, Unsupported, WwandError
from wwand.status import ModemState, SignalValues

if TYPE_CHECKING:
    from wwand.modem.base import Modem

S = ModemState


class SignalPoll:
    """Keeps `modem.signal_values` up to date while the modem is enabled."""

    def __init__(self, modem: "Modem") -> None:
        self._modem = modem
        self._task: asyncio.Task[None] | None = None
        self.rate = 0.0
        """Seconds from one reading to the next; 0: only what the modem reports by itself."""

    async def set_rate(self, seconds: float) -> None:
        """Poll so often; returns when the values are there, if the modem is enabled.

        0 ends it, and forgets what was read. Unsupported when the modem cannot tell them.
        """
        self._stop()
        self.rate = 0
        try:
            if not seconds:
                self._modem.signal_values = SignalValues()
            elif self._modem.state >= S.ENABLED:
                await self._read()
            self.rate = seconds
        finally:
            self._modem.changed()
        self._stop()  # another client may have set another rate meanwhile
        self._start(at_once=False)

    def follow(self) -> None:
        """Start or stop as the modem's new state has it."""
        if self._modem.state < S.ENABLING:
            self._stop()
            self._modem.signal_values = SignalValues()
        elif self._task is None:
            self._start(at_once=True)

    def _start(self, *, at_once: bool) -> None:
        if self.rate and self._modem.state >= S.ENABLED:
            self._task = self._modem.tasks.spawn("reading the signal", self._run(at_once))

    def _stop(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None

    async def _run(self, at_once: bool) -> None:
        if not at_once:
            await asyncio.sleep(self.rate)
        while True:
            try:
                await self._read()
            except WwandError as error:  # it may tell again, on a port that comes back
                self._modem.log.debug("reading the signal: %s", error)
                self._modem.signal_values = SignalValues()
                self._modem.changed()
            await asyncio.sleep(self.rate)

    async def _read(self) -> None:
        modem = self._modem
        try:
            values = await modem.load_signal_values()
        except (PortGone, Unsupported):
            raise
        except WwandError as error:
            modem.log.debug("reading the signal: %s", error)
            values = SignalValues()
        modem.signal_values = values if modem.state >= S.ENABLING else SignalValues()
        modem.changed()
