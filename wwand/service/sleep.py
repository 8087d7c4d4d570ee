"""Hear from logind of the machine's sleep: modems are looked after at once when it wakes up.

Where there is no logind, nothing is heard and nothing is said about it.
"""

import os
from types import TracebackType
from typing import Protocol, Self

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from wwand.log import ObjectLog
from wwand.tasks import Tasks

DBUS = "org.freedesktop.DBus"
LOGIND = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
"""org.freedesktop.login1(5); elogind has the same."""

RULES = (
    f"type='signal',sender='{LOGIND}',interface='{MANAGER}',member='PrepareForSleep'",
    f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{LOGIND}'",
)


class Sleeper(Protocol):
    """Who is told."""

    def suspending(self) -> None:
        """The machine goes to sleep."""
        ...

    def resumed(self) -> None:
        """It is awake again."""
        ...


class SleepWatch:
    """Tells of sleep, from enter to exit; until the first word of it is said, logind waits.

    The bus needs `negotiate_unix_fd`, or logind does not wait.
    """

    def __init__(self, bus: MessageBus, sleeper: Sleeper) -> None:
        self._bus = bus
        self._sleeper = sleeper
        self._logind = ""
        """Its unique name: nobody else is believed."""
        self._lock: int | None = None
        self._going = False
        self._log = ObjectLog(__name__, "sleep")
        self._tasks = Tasks(self._log)

    async def __aenter__(self) -> Self:
        self._bus.add_message_handler(self._hear)
        self._tasks.spawn("finding logind", self._begin())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bus.remove_message_handler(self._hear)
        await self._tasks.close()
        self._unlock()

    async def _begin(self) -> None:
        for rule in RULES:
            await self._ask_bus("AddMatch", rule)
        reply = await self._ask_bus("GetNameOwner", LOGIND)
        if reply.message_type is MessageType.ERROR:
            self._log.debug("no logind: %s", reply.error_name)
            return
        self._logind = reply.body[0]
        await self._delay()

    async def _ask_bus(self, member: str, argument: str) -> Message:
        call = Message(
            *(DBUS, "/org/freedesktop/DBus", DBUS, member), signature="s", body=[argument]
        )
        return await self._bus.call(call)

    async def _delay(self) -> None:
        """Have logind wait before the next sleep, until the lock is closed or its patience ends."""
        body = ["sleep", "wwand", "the state of modems is noted", "delay"]
        call = Message(*(self._logind, PATH, MANAGER, "Inhibit"), signature="ssss", body=body)
        reply = await self._bus.call(call)
        if reply.message_type is MessageType.ERROR:
            self._log.debug("logind does not wait: %s", reply.error_name)
        elif reply.unix_fds:
            self._unlock()
            self._lock = reply.unix_fds[reply.body[0]]
            if self._going:  # the word of it overtook the lock
                self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if (message.sender, message.member) == (DBUS, "NameOwnerChanged"):
            name, _, owner = message.body
            if name == LOGIND and owner and owner != self._logind:
                self._logind = owner
                self._tasks.spawn("finding logind anew", self._delay())
        elif (message.sender, message.member) == (self._logind, "PrepareForSleep"):
            self._prepare(going=message.body[0])

    def _prepare(self, *, going: bool) -> None:
        self._going = going
        if going:
            self._log.info("the machine goes to sleep")
            self._sleeper.suspending()
            self._unlock()
        else:
            self._log.info("the machine is awake again")
            self._sleeper.resumed()
            self._tasks.spawn("asking logind to wait", self._delay())
