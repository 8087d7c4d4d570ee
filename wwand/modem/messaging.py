"""The short messages of a modem: found after registration, made, sent, kept and deleted."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wwand.errors import (
    InProgress,
    MessageError,
    ModemTimeout,
    NumberedError,
    PortGone,
    Unsupported,
    WrongState,
    WwandError,
)
from wwand.modem.message_store import Arrival, MessageStore, Place, Stored
from wwand.sms.facts import PduType, SmsState, Storage
from wwand.status import ModemState, StateChangeReason

if TYPE_CHECKING:  # what reads and writes messages is loaded when there is one
    from wwand.modem.sms import Sms
    from wwand.modem.staged import StagedModem
    from wwand.sms.pdu import Pdu
    from wwand.sms.submit import Outgoing

S = ModemState

BUSY = (S.CONNECTING, S.DISCONNECTING)

CHOICES = (Storage.SM, Storage.ME, Storage.MT)
"""Where new messages can be kept."""

SINGLE = (Storage.SM, Storage.ME)
"""What MT stands for: a message of theirs has a place in MT as well."""

INVALID_INDEX = 321
"""+CMS number of a place where nothing is (27.005 §3.2.5)."""

STARTING = ("SimBusy", "MeFailure", "SimFailure")
"""What firmware answers as long as it has not read the SIM's messages."""

TRIES, RETRY = 12, 5.0
"""How often to try, and seconds between: SIMs are known to take half a minute."""

EARLY = 20
"""Reports that are kept until somebody has asked for them: firmware may send some by itself."""


class Messaging:
    """Follows a modem; nothing is asked before it is registered, nor while it connects."""

    def __init__(self, modem: "StagedModem", numbers: Iterator[int]) -> None:
        self._modem = modem
        self._numbers = numbers
        self.messages: list[Sms] = []
        self.storages: tuple[Storage, ...] = ()
        self.default_storage = Storage.UNKNOWN
        self.on_added: list[Callable[[Sms, bool], None]] = []
        """Hear of each message, and whether it has just come from the network."""
        self.on_deleted: list[Callable[[Sms], None]] = []
        self._made: MessageStore | None = None
        self._begun = False
        self._looked = False
        self._beginning = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._early: list[str] = []
        self._fetching: dict[Place, asyncio.Task[None]] = {}
        self._reference = os.urandom(1)[0]
        modem.on_state.append(self._follow)

    # --- begin and end -------------------------------------------------------------------------

    def _follow(self, _old: S, new: S, _reason: StateChangeReason) -> None:
        if new < S.ENABLING:
            self._end()
        elif new >= S.REGISTERED and self._task is None:
            self._task = self._modem.tasks.spawn("looking for messages", self._look())

    def _end(self) -> None:
        """Forget everything; what is kept will be found again."""
        self._stop()
        if self._made:
            self._made.end()
        self._made, self._begun, self._early = None, False, []
        for sms in list(self.messages):
            self._forget(sms)

    def _stop(self) -> None:
        """Look for nothing any more, as if that had not been done yet."""
        for task in (self._task, *self._fetching.values()):
            if task:
                task.cancel()
        self._task, self._looked, self._fetching = None, False, {}

    def look_again(self) -> None:
        """Find what has come while no report did, as in a sleep."""
        if self._task is None:
            wanted = self._modem.state >= S.REGISTERED
        else:
            wanted = self._looked and self._task.done()
        if wanted:
            self._task = self._modem.tasks.spawn("looking for messages", self._look())

    async def _look(self) -> None:
        """Set up, and find what is kept."""
        try:
            await self._patiently(self._find)
        except WwandError as error:
            self._modem.log.info("short messages: %s", error)
            if _passes(error):
                self._task = None  # the next occasion may be a better one
        else:
            self._looked = True

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it whenever nothing else is to be done, and again while a failure may pass."""
        for left in reversed(range(TRIES)):
            try:
                await self._quiet()
                await work()
            except WwandError as error:
                if not left or not _passes(error):
                    raise
                self._modem.log.debug("short messages: %s", error)
                await asyncio.sleep(RETRY)
            else:
                return

    async def _find(self) -> None:
        store = await self._ready()
        for storage in self._to_load():
            await self._quiet()
            await self._load(store, storage)

    async def _load(self, store: MessageStore, storage: Storage) -> None:
        """Find what is kept in a storage; one that the modem cannot read has nothing."""
        try:
            found = await store.load(storage)
        except NumberedError as error:
            if _passes(error):
                raise
            self._modem.log.info("messages in %s: %s", storage.name, error)
            return
        for stored in found:
            self._take_stored(stored)

    def _to_load(self) -> tuple[Storage, ...]:
        """The SIM and the modem, or what stands for both: never one message's two places."""
        if self.default_storage is Storage.MT:  # so that it is the one in reports
            return (Storage.MT,)
        single = tuple(s for s in self.storages if s in SINGLE)
        return single or self.storages[:1] or (Storage.UNKNOWN,)

    def _loaded_as_another(self, place: Place) -> bool:
        """Whether what is there is found at its other place."""
        if place.storage is Storage.MT:
            return self._to_load() == SINGLE
        return place.storage in SINGLE and self._to_load() == (Storage.MT,)

    async def _quiet(self) -> None:
        """Wait until the modem neither connects nor has its only port taken by a call."""
        modem, news = self._modem, asyncio.Event()
        modem.listeners.append(news.set)
        try:
            while True:
                news.clear()
                if attempts := [each.task for each in modem.attempts if not each.task.done()]:
                    await asyncio.wait(attempts)
                elif modem.state in BUSY or not self._store.free:
                    await news.wait()
                else:
                    return
        finally:
            modem.listeners.remove(news.set)

    @property
    def _store(self) -> MessageStore:
        """What speaks the modem's protocol, set up or not."""
        if self._made is None:
            self._made = self._modem.message_store()
        return self._made

    async def _ready(self) -> MessageStore:
        """The store, set up; Unsupported where the modem has no messages."""
        async with self._beginning:
            self._modem.require(S.ENABLED, "messages")
            store = self._store
            if not self._begun:
                await store.begin(self._arrived)
                if self._made is not store:
                    raise WrongState(f"{self._modem.name} was disabled meanwhile")
                self._begun = True
                self.storages, self.default_storage = store.storages, store.default
                self._modem.changed()
                early, self._early = self._early, []
                for line in early:
                    store.report(line)
            return store

    # --- what comes ----------------------------------------------------------------------------

    def report(self, line: str) -> None:
        """Hear what a serial port reports of messages."""
        if self._begun:
            self._store.report(line)
        elif len(self._early) < EARLY:
            self._early.append(line)

    def _arrived(self, arrival: Arrival) -> None:
        if place := arrival.place:
            if place not in self._fetching:  # each of the ports may report it
                task = self._modem.tasks.spawn("fetching a message", self._fetch(place))
                self._fetching[place] = task
        elif pdu := self._read(arrival.pdu, with_smsc=arrival.with_smsc):
            self._take(pdu, None, received=True)

    async def _fetch(self, place: Place) -> None:
        async def fetch() -> None:
            store = await self._ready()
            if self._loaded_as_another(place):
                await self._find()
            elif not self._known(place):  # the first look may have found it
                self._take_stored(await store.read(place))

        try:
            await self._patiently(fetch)
        finally:
            if self._fetching.get(place) is asyncio.current_task():
                del self._fetching[place]

    def _known(self, place: Place) -> bool:
        return any(place in sms.places for sms in self.messages)

    def _take_stored(self, stored: Stored) -> None:
        if not self._known(stored.place) and (pdu := self._read(stored.pdu)):
            received = self._looked or stored.place in self._fetching
            self._take(pdu, stored, received=received)

    def _read(self, octets: bytes, *, with_smsc: bool = True) -> "Pdu | None":
        from wwand.sms.pdu import decode

        try:
            return decode(octets, with_smsc=with_smsc)
        except WwandError as error:
            self._modem.log.info("a message cannot be read: %s", error)
            return None

    def _take(self, pdu: "Pdu", stored: Stored | None, *, received: bool) -> None:
        from wwand.modem import sms as maker

        if pdu.type is PduType.STATUS_REPORT:
            for sms in [sms for sms in self.messages if sms.answers(pdu)]:
                maker.note_report(sms, pdu)
                sms.changed()
        for sms in self.messages:
            if sms.take(pdu, stored):
                sms.changed()
                return
        self._add(maker.found(next(self._numbers), pdu, stored), received=received)

    def _add(self, sms: "Sms", *, received: bool) -> None:
        self.messages.append(sms)
        self._modem.changed()
        for listener in tuple(self.on_added):
            listener(sms, received)

    def _forget(self, sms: "Sms") -> None:
        self.messages.remove(sms)
        self._modem.changed()
        for listener in tuple(self.on_deleted):
            listener(sms)

    # --- orders --------------------------------------------------------------------------------

    def create(self, message: "Outgoing") -> "Sms":
        """Make a message, which is neither kept nor sent yet."""
        from wwand.modem import sms as maker

        self._modem.require(S.ENABLED, "a message")
        self._reference = (self._reference + 1) & 0xFF
        sms = maker.outgoing(next(self._numbers), message, self._reference)
        self._add(sms, received=False)
        return sms

    async def send(self, sms: "Sms") -> None:
        """Send all its parts."""
        if sms.state is SmsState.SENT:
            raise WrongState("the message was sent already", "make another one")
        self._outgoing(sms, "sent")
        store = await self._ready()
        with _sending(sms):
            sms.references = []
            for part, submit in enumerate(sms.submits):
                if sms.places:
                    reference = await store.send_stored(sms.places[part], submit)
                else:
                    reference = await store.send(submit)
                sms.references.append(reference)
        self._modem.log.info("a message was sent (%d parts)", len(sms.submits))

    async def store(self, sms: "Sms", storage: Storage) -> None:
        """Keep a message of ours; UNKNOWN stands for the usual storage."""
        if sms.places:
            raise WrongState("the message is stored already")
        self._outgoing(sms, "stored")
        store = await self._ready()
        storage = self._choice(storage or self.default_storage)
        sent = sms.state is SmsState.SENT
        try:
            for submit in sms.submits:
                place = await store.write(storage, submit, sent=sent)
                sms.places.append(place)
        except WwandError:
            for place in sms.places:
                await store.delete(place)
            sms.places = []
            raise
        if not sent:
            sms.state = SmsState.STORED
        sms.changed()

    async def delete(self, sms: "Sms") -> None:
        """Delete a message wherever it is kept."""
        if sms.state is SmsState.SENDING:
            raise InProgress("the message is being sent")
        for place in list(sms.places):
            store = await self._ready()
            try:
                await store.delete(place)
            except MessageError as error:
                if error.code != INVALID_INDEX:
                    raise
            sms.places.remove(place)
        if sms in self.messages:
            self._forget(sms)

    async def set_default_storage(self, storage: Storage) -> None:
        """Keep new messages there from now on."""
        store = await self._ready()
        await store.choose(self._choice(storage))
        loaded, self.default_storage = self._to_load(), storage
        self._modem.changed()
        if self._to_load() != loaded:  # each place has another name now
            self._stop()
            for sms in [sms for sms in self.messages if sms.places]:
                self._forget(sms)
            self.look_again()

    def _choice(self, storage: Storage) -> Storage:
        if storage not in self.storages or storage not in CHOICES:
            name = storage.name.lower()
            raise Unsupported(f"{self._modem.name} keeps no messages in the storage {name}")
        return storage

    def _outgoing(self, sms: "Sms", what: str) -> None:
        if sms.state is SmsState.SENDING:
            raise InProgress("the message is being sent")
        if sms.type is not PduType.SUBMIT:
            raise WrongState(f"the message was received: it cannot be {what}")


def _passes(error: WwandError) -> bool:
    """Whether it may go better in a while: the SIM is starting, or a call takes the port.

    A port that is gone may be opened anew, or another one take its place.
    """
    return isinstance(error, WrongState | ModemTimeout | PortGone) or (
        isinstance(error, NumberedError) and error.nick in STARTING
    )


@contextmanager
def _sending(sms: "Sms") -> Iterator[None]:
    """Have a message SENDING, then SENT; as it was before when that fails."""
    before, sms.state = sms.state, SmsState.SENDING
    sms.changed()
    try:
        yield
    except BaseException:
        sms.state = before
        raise
    else:
        sms.state = SmsState.SENT
    finally:
        sms.changed()
