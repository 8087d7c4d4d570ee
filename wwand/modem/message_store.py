"""What a modem's protocol does for short messages; `wwand.modem.messaging` does the rest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from wwand.sms.facts import SmsState, Storage

if TYPE_CHECKING:  # what encodes messages is loaded when there is one
    from wwand.sms.submit import Submit


@dataclass(frozen=True, slots=True)
class Place:
    """Where a PDU is kept."""

    storage: Storage
    index: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A PDU that is kept, with its service centre's address in front."""

    place: Place
    state: SmsState
    pdu: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a modem reports: the place of a PDU, or the PDU itself."""

    place: Place | None = None
    pdu: bytes = field(default=b"", repr=False)
    with_smsc: bool = True
    """Whether the service centre's address is in front."""


class MessageStore(Protocol):
    """Messages over one protocol; what a modem refuses is raised as a WwandError."""

    storages: tuple[Storage, ...]
    """Where messages can be kept; known after `begin`."""
    default: Storage
    """Where new ones are kept."""

    @property
    def free(self) -> bool:
        """Whether the modem can be asked now: a call may leave no port for that."""
        ...

    async def begin(self, arrived: Callable[[Arrival], None]) -> None:
        """Have the modem report messages, to `arrived` from now on."""
        ...

    def end(self) -> None:
        """Listen no longer, without a word to the modem, which may be gone."""
        ...

    def report(self, line: str) -> None:
        """Hear what a serial port reports; nothing comes where there is none."""
        ...

    async def load(self, storage: Storage) -> list[Stored]:
        """Read all that are kept in one of the storages."""
        ...

    async def read(self, place: Place) -> Stored:
        """Read one."""
        ...

    async def send(self, message: "Submit") -> int:
        """Send a PDU; returns its reference."""
        ...

    async def send_stored(self, place: Place, message: "Submit") -> int:
        """Send a PDU that is kept, which is then one that was sent; returns its reference."""
        ...

    async def write(self, storage: Storage, message: "Submit", *, sent: bool) -> Place:
        """Keep a PDU."""
        ...

    async def delete(self, place: Place) -> None:
        """Delete a PDU; none is there any more when that has been done already."""
        ...

    async def choose(self, storage: Storage) -> None:
        """Keep new messages there from now on."""
        ...
