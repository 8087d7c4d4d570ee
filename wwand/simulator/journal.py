"""What happened to a virtual modem, in order, with times: what tests wait for and benches count."""

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum


class Happened(StrEnum):
    """Kinds of entries."""

    PLUGGED = "plugged"
    UNPLUGGED = "unplugged"
    MESSAGE = "message"
    """A bulk message that is no SCSI command of the disk; its text is hex."""
    SWITCHED = "switched"
    OPENED = "opened"
    CLOSED = "closed"
    COMMAND = "command"
    """A command line, without its carriage return."""
    QMI = "qmi"
    """A QMI request: service and message, never its contents."""
    CLIENT = "client"
    """A QMI client id was given out or taken back, as `allocated WDS 1`, `released WDS 1`."""
    REGISTRATION = "registration"
    """<stat> of 27.007 §7.2 has changed to the text."""
    CONNECTED = "connected"
    """A data call carries bytes from here on; its text is the access point."""
    ENDED = "ended"
    """A data call ended; its text says who ended it."""
    CRASHED = "crashed"
    """The modem got a command that its firmware does not survive; its text is the command."""
    BYTES = "bytes"
    """Bytes that a recorder got; its text is hex."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `at` is time.monotonic()."""

    at: float
    device: str
    kind: Happened
    port: int | None
    text: str


@dataclass
class Journal:
    """The entries of all devices of one simulation."""

    entries: list[Entry] = field(default_factory=list)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, device: str, kind: Happened, text: str = "", port: int | None = None) -> None:
        """Add an entry and wake who waits for one."""
        self.entries.append(Entry(time.monotonic(), device, kind, port, text))
        self._grown.set()

    def find(
        self,
        kind: Happened | None = None,
        *,
        device: str | None = None,
        port: int | None = None,
        text: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """Return the entries that match everything given; `text` is the beginning of theirs."""
        return [
            e
            for e in self.entries[since:]
            if kind in (None, e.kind)
            and device in (None, e.device)
            and port in (None, e.port)
            and (text is None or e.text.startswith(text))
        ]

    async def until(
        self,
        kind: Happened,
        *,
        count: int = 1,
        device: str | None = None,
        port: int | None = None,
        text: str | None = None,
        since: int = 0,
    ) -> Entry:
        """Wait until that has happened `count` times and return the last of them."""
        while True:
            found = self.find(kind, device=device, port=port, text=text, since=since)
            if len(found) >= count:
                return found[count - 1]
            self._grown.clear()
            await self._grown.wait()
