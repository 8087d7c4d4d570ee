"""Notice when somebody who holds something leaves the bus."""

from collections.abc import Callable

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

DBUS = "org.freedesktop.DBus"


class Departures:
    """Calls back once for each caller that is watched, when it has left."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._watched: dict[str, Callable[[], None]] = {}

    async def watch(self, name: str, gone: Callable[[], None]) -> None:
        """Call `gone` when the owner of the unique name disconnects, or has done so already."""
        if not self._watched:
            self._bus.add_message_handler(self._handle)
        known = name in self._watched
        self._watched[name] = gone
        if known:
            return
        await self._ask("AddMatch", _rule(name))
        if not (await self._ask("NameHasOwner", name)).body[0]:
            self._left(name)

    def forget(self, name: str) -> None:
        """Watch no longer."""
        if self._watched.pop(name, None):
            self._bus.send(_call("RemoveMatch", _rule(name)))
            if not self._watched:
                self._bus.remove_message_handler(self._handle)

    def _left(self, name: str) -> None:
        if gone := self._watched.get(name):
            self.forget(name)
            gone()

    def _handle(self, message: Message) -> None:
        """A unique name that is known already can only go: it is never used again."""
        if (
            message.message_type is MessageType.SIGNAL
            and message.member == "NameOwnerChanged"
            and message.sender == DBUS
        ):
            self._left(message.body[0])

    async def _ask(self, member: str, argument: str) -> Message:
        return await self._bus.call(_call(member, argument))


def _call(member: str, argument: str) -> Message:
    return Message(
        destination=DBUS,
        path="/org/freedesktop/DBus",
        interface=DBUS,
        member=member,
        signature="s",
        body=[argument],
    )


def _rule(name: str) -> str:
    return f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{name}'"
