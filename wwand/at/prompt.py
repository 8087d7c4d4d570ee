"""Notice that a modem waits for a text which nobody has for it (27.005 §3.5.1)."""

import asyncio
from collections.abc import Callable

from wwand.at.parser import AtParser

ESC = "\x1b"
"""Takes a text back; all that comes before it, commands as well, is text (27.005 §3.5.1)."""


class PromptWatch:
    """Calls `prompted` when a line has stopped at what looks like a prompt.

    A line that begins with `>` goes on: only silence tells.
    """

    def __init__(self, parser: AtParser, prompted: Callable[[], None]) -> None:
        self._parser = parser
        self._prompted = prompted
        self._silent: asyncio.TimerHandle | None = None

    def heard(self, quiet: float) -> None:
        """Look at what has come in; `quiet` is how many seconds of silence are enough."""
        self.stop()
        if self._parser.at_prompt:
            loop = asyncio.get_running_loop()
            self._silent = loop.call_later(quiet, self._prompted)

    def stop(self) -> None:
        """Wait no longer."""
        if self._silent:
            self._silent.cancel()
            self._silent = None
