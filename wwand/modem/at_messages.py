"""Short messages over AT, in PDU mode (27.005)."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from wwand.at import messages
from wwand.at.command import AtCommand, strip_prefix
from wwand.errors import BadReply, CommandFailed, NumberedError
from wwand.modem.message_store import Arrival, Place, Stored
from wwand.sms.facts import SmsState, Storage

if TYPE_CHECKING:
    from wwand.modem.at import AtModem
    from wwand.sms.submit import Submit

T = TypeVar("T")

REFUSED = (CommandFailed, NumberedError, BadReply)

STATES = {
    messages.UNREAD: SmsState.RECEIVED,
    messages.READ: SmsState.RECEIVED,
    messages.UNSENT: SmsState.STORED,
    messages.SENT: SmsState.SENT,
}

REPORTING = ((2, 1, 0, 1), (2, 1, 2, 1), (2, 1, 0, 2), (2, 1, 0, 0), (1, 1, 0, 0))
"""What to ask for in turn: firmware knows some of it (27.005 §3.4.1). Always the place of what
arrives; the status report itself if possible, or else its place."""


class AtMessages:
    """A `MessageStore` over a modem's ports."""

    def __init__(self, modem: "AtModem") -> None:
        self._modem = modem
        self._alone = asyncio.Lock()  # the store that is chosen is the whole modem's
        self._arrived: Callable[[Arrival], None] = lambda _arrival: None
        self.storages: tuple[Storage, ...] = ()
        self.default = Storage.UNKNOWN

    @property
    def free(self) -> bool:
        """Whether there is a port without a call."""
        return not self._modem.control.data_mode

    async def begin(self, arrived: Callable[[Arrival], None]) -> None:
        """PDU mode, where messages can be kept, and reports."""
        await self._send(messages.PDU_MODE)
        if stores := await self._ask(messages.stores):
            names = {*stores.read, *stores.write, *stores.arriving}
            self.storages = tuple(sorted(Storage[name] for name in names))
            self.default = await self._usual(stores)
        self._arrived = arrived
        for wanted in REPORTING:
            try:
                await self._send(messages.announce(*wanted))
            except REFUSED as error:
                self._modem.log.debug("reports of messages: %s", error)
            else:
                return
        self._modem.log.warning("%s does not report messages that come", self._modem.name)

    async def _usual(self, stores: messages.Stores) -> Storage:
        """Where the modem keeps what arrives, or at least what is written."""
        for use in reversed(await self._ask(messages.chosen_stores) or ()):
            if use.name in ("SM", "ME", "MT"):
                return Storage[use.name]
        for name in ("ME", "SM", "MT"):
            if name in stores.arriving:
                return Storage[name]
        return Storage.UNKNOWN

    def end(self) -> None:
        """Listen no longer."""
        self._arrived = lambda _arrival: None

    # --- reports -------------------------------------------------------------------------------

    def report(self, line: str) -> None:
        """Hear of a message by its place, or with its PDU."""
        for prefix in (messages.ARRIVED, messages.REPORT_ARRIVED):
            if strip_prefix(line, prefix) is not None:
                name, index = messages.place(line, prefix)
                self._arrived(Arrival(Place(_storage(name), index)))
        for prefix in messages.CARRIED:
            if strip_prefix(line, prefix) is not None:
                length, text = messages.carried(line, prefix)
                octets = _octets(text)
                self._arrived(Arrival(pdu=octets, with_smsc=len(octets) != length))

    # --- orders --------------------------------------------------------------------------------

    async def load(self, storage: Storage) -> list[Stored]:
        """27.005 §4.1."""
        async with self._alone:
            await self._choose(storage)
            rows = await self._send(messages.listing())
        found = []
        for row in rows:
            try:
                found.append(_stored(storage, row))
            except BadReply as error:
                self._modem.log.info("message %d cannot be read: %s", row.index, error)
        return found

    async def read(self, place: Place) -> Stored:
        """27.005 §4.2."""
        async with self._alone:
            await self._choose(place.storage)
            return _stored(place.storage, await self._send(messages.reading(place.index)))

    async def send(self, message: "Submit") -> int:
        """27.005 §4.3."""
        return await self._send(messages.sending(message.length), _text(message))

    async def send_stored(self, place: Place, message: "Submit") -> int:
        """27.005 §3.5.2; what does not know that is given the PDU once more."""
        async with self._alone:
            await self._choose(place.storage, place.storage)
            try:
                return await self._send(messages.sending_stored(place.index))
            except CommandFailed as error:
                self._modem.log.debug("%s", error)
        return await self.send(message)

    async def write(self, storage: Storage, message: "Submit", *, sent: bool) -> Place:
        """27.005 §4.4."""
        async with self._alone:
            await self._choose(storage, storage)
            command = messages.writing(message.length, sent=sent)
            return Place(storage, await self._send(command, _text(message)))

    async def delete(self, place: Place) -> None:
        """27.005 §3.5.4."""
        async with self._alone:
            await self._choose(place.storage)
            await self._send(messages.deleting(place.index))

    async def choose(self, storage: Storage) -> None:
        """27.005 §3.2.2."""
        async with self._alone:
            name = storage.name
            await self._send(messages.choose_stores(name, name, name))

    async def _choose(self, read: Storage, write: Storage = Storage.UNKNOWN) -> None:
        """Have the next commands be about these stores; no matter where there is no choice."""
        if read:
            names = (read.name, write.name) if write else (read.name,)
            await self._send(messages.choose_stores(*names))

    async def _send(self, command: AtCommand[T], body: str | None = None) -> T:
        return await self._modem.control.send(command, body=body)

    async def _ask(self, command: AtCommand[T]) -> T | None:
        try:
            return await self._send(command)
        except REFUSED as error:
            self._modem.log.debug("%s: %s", command, error)
            return None


def _storage(name: str) -> Storage:
    return Storage[name] if name in messages.STORES else Storage.UNKNOWN


def _stored(storage: Storage, row: messages.Listed) -> Stored:
    state = STATES.get(row.status, SmsState.RECEIVED)
    return Stored(Place(storage, row.index), state, _octets(row.pdu))


def _octets(text: str) -> bytes:
    from wwand.sms.pdu import from_hex

    return from_hex(text)


def _text(message: "Submit") -> str:
    return message.pdu.hex().upper()
