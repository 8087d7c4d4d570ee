"""The bus as wwanctl uses it: calls that fail with a sentence, and signals one after the other."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Self

from dbus_fast import BusType, Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.unpack import unpack_variants

from wwand.cli import typed
from wwand.cli.failures import NOT_THERE, Failure, failure
from wwand.cli.objects import MM_NAME, MM_ROOT, WWAND_NAME, WWAND_ROOT, Device, Modem

DBUS_NAME = "org.freedesktop.DBus"
DBUS_PATH = "/org/freedesktop/DBus"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"

PATIENCE = 30.0
"""Seconds a call may take unless it is known to take longer: what mmcli gives it, too."""


class Client:
    """A connection to a message bus; used as `async with`."""

    def __init__(self, bus: str, timeout: float | None = None, *, interactive: bool = False):
        self._which = bus
        self.timeout = timeout
        self._flags = MessageFlag.NO_AUTOSTART
        if interactive:  # polkit may then ask the user for a password
            self._flags |= MessageFlag.ALLOW_INTERACTIVE_AUTHORIZATION
        self._signals: asyncio.Queue[Message | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        try:
            match self._which:
                case "system":
                    bus = MessageBus(bus_type=BusType.SYSTEM)
                case "session":
                    bus = MessageBus(bus_type=BusType.SESSION)
                case address:
                    bus = MessageBus(bus_address=address)
            self._bus = await bus.connect()
        except Exception as error:  # noqa: BLE001 - dbus-fast raises a class for each way to fail
            raise Failure(
                f"there is no message bus ({self._which}): {error}",
                "start dbus, or give --bus system, session or an address",
            ) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    # --- calls -------------------------------------------------------------------------------

    async def call(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        patience: float = PATIENCE,
    ) -> list[Any]:
        """Call a method of wwand and return what it answers; raises Failure."""
        name = WWAND_NAME if path.startswith(WWAND_ROOT) else MM_NAME
        return await self._call(name, path, interface, member, signature, *body, patience=patience)

    async def _call(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: Any,
        patience: float = PATIENCE,
    ) -> list[Any]:
        typed.check(body)
        message = Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            flags=self._flags,
        )
        deadline = self.timeout or patience
        try:
            async with asyncio.timeout(deadline):
                reply = await self._bus.call(message)
        except TimeoutError:
            raise Failure(
                f"no answer to {member} within {deadline:.0f} s",
                "try again; give it longer with --timeout",
            ) from None
        except (EOFError, ConnectionError):
            raise Failure("the message bus has gone away", "start dbus, then wwand") from None
        assert reply is not None
        if reply.message_type is MessageType.ERROR:
            text = reply.body[0] if reply.signature.startswith("s") else ""
            if reply.error_name in NOT_THERE and name in (WWAND_NAME, MM_NAME):
                raise await self._not_there()
            raise failure(reply.error_name or "", text)
        return list(unpack_variants(reply.body))

    async def _not_there(self) -> Failure:
        """Say why nobody answers for wwand."""
        if await self.owner(WWAND_NAME):
            return Failure(
                "wwand runs, but does not serve modems yet", "try again; see `journalctl -u wwand`"
            )
        if await self.owner(MM_NAME):
            return Failure(
                "wwand is not running; ModemManager looks after the modems",
                "`systemctl disable --now ModemManager`, then `systemctl start wwand`",
            )
        return Failure("wwand is not running", "systemctl start wwand")

    async def owner(self, name: str) -> bool:
        """Whether anybody owns that name."""
        (owned,) = await self._call(DBUS_NAME, DBUS_PATH, DBUS_NAME, "NameHasOwner", "s", name)
        return bool(owned)

    async def properties(self, path: str, interface: str) -> dict[str, Any]:
        """Read all properties of an interface."""
        (values,) = await self.call(path, PROPERTIES, "GetAll", "s", interface)
        return dict(values)

    async def modems(self) -> list[Modem]:
        """All modems, by number."""
        objects = await self._managed(MM_ROOT)
        return sorted(Modem(path, facts) for path, facts in objects.items())

    async def devices(self) -> list[Device]:
        """All devices, the ignored ones included, by number."""
        objects = await self._managed(WWAND_ROOT)
        found = (Device.of(path, interfaces) for path, interfaces in objects.items())
        return sorted(device for device in found if device)

    async def _managed(self, root: str) -> dict[str, dict[str, dict[str, Any]]]:
        (objects,) = await self.call(root, OBJECT_MANAGER, "GetManagedObjects")
        return dict(objects)

    # --- signals -----------------------------------------------------------------------------

    async def listen(self) -> None:
        """Have every signal of wwand delivered to `signals` from now on."""
        self._bus.add_message_handler(self._keep)
        rules = [
            f"type='signal',sender='{WWAND_NAME}',path_namespace='{WWAND_ROOT}'",
            f"type='signal',sender='{MM_NAME}',path_namespace='{MM_ROOT}'",
            f"type='signal',sender='{DBUS_NAME}',member='NameOwnerChanged',arg0='{WWAND_NAME}'",
        ]
        await asyncio.gather(
            *(self._call(DBUS_NAME, DBUS_PATH, DBUS_NAME, "AddMatch", "s", rule) for rule in rules)
        )
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            await self._bus.wait_for_disconnect()
        except (EOFError, ConnectionError):
            pass
        finally:
            self._signals.put_nowait(None)

    def _keep(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.sender != DBUS_NAME or message.member == "NameOwnerChanged":
            self._signals.put_nowait(message)

    async def signals(self) -> AsyncGenerator[Message, None]:
        """Yield the signals in order, with plain values; Failure when the bus goes away."""
        while (message := await self._signals.get()) is not None:
            message.body = list(unpack_variants(message.body))
            yield message
        raise Failure("the message bus has gone away", "start dbus, then wwand")


def variants(values: dict[str, tuple[str, Any]]) -> dict[str, Variant]:
    """Write a dictionary of variants from key → (type, value)."""
    return {key: Variant(signature, value) for key, (signature, value) in values.items()}
