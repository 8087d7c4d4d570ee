"""Serve views on D-Bus exactly as their XML describes them.

Only an object manager's root lists objects, and only those published under it: ModemManager's
clients expect modems there and nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from dbus_fast import DBusError, ErrorType, Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.signature import get_signature_tree

from wwand.errors import MM, DeviceGone, WwandError
from wwand.service import introspect
from wwand.service.view import View
from wwand.status import Listener

logger = logging.getLogger(__name__)

PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"

LAST_ANSWERS = 5.0
"""Seconds that calls get to end when the daemon stops; systemd kills after 90 (systemd.service)."""

NEXT = " – "  # noqa: RUF001 - no message of ours contains it, so clients can split there
"""Stands between an error's message and its next step, so that users of any client see both."""

_CALL, _RETURN = MessageType.METHOD_CALL, MessageType.METHOD_RETURN
_V, _A_SV = get_signature_tree("v"), get_signature_tree("a{sv}")


class Caller(NamedTuple):
    """Who called a method."""

    name: str
    """Unique name on the bus."""
    interactive: bool
    """Whether polkit may ask the user (flag ALLOW_INTERACTIVE_AUTHORIZATION)."""


caller: ContextVar[Caller] = ContextVar("caller")
"""Whoever called the method that is running."""

Authorize = Callable[[Caller, str], Awaitable[None]]
"""(caller, polkit action) → returns, or raises Unauthorized."""


class Observed(Protocol):
    """Anything that tells its listeners when it changed."""

    listeners: list[Listener]


@dataclass(slots=True)
class Published:
    """An object that is on the bus."""

    views: dict[str, View]
    root: str
    """The object manager that lists it; empty when none does."""
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Interface → the values that clients know."""
    watched: list[tuple[Observed, Listener]] = field(default_factory=list)
    calls: set[asyncio.Task[None]] = field(default_factory=set)


class Service:
    """The objects that are on the bus, and the one handler that answers for them."""

    def __init__(self, bus: MessageBus, roots: Iterable[str], authorize: Authorize) -> None:
        self._bus = bus
        self._roots = frozenset(roots)
        self._authorize = authorize
        self._objects: dict[str, Published] = {}
        self._dirty: dict[str, None] = {}
        self._ending: set[asyncio.Task[None]] = set()
        bus.add_message_handler(self._handle)

    # --- what is on the bus ------------------------------------------------------------------

    def publish(
        self, path: str, views: Iterable[View], *observed: Observed, root: str = ""
    ) -> None:
        """Put an object on the bus, whole; changes of what it observes are reported after that."""
        published = Published({view.spec.name: view for view in views}, root)
        published.sent = {name: view.values() for name, view in published.views.items()}
        self._objects[path] = published
        for thing in observed:

            def listener() -> None:
                self.touch(path)

            thing.listeners.append(listener)
            published.watched.append((thing, listener))
        self._announce(path, published, published.views)

    def extend(self, path: str, views: Iterable[View]) -> None:
        """Give an object on the bus more interfaces."""
        published = self._objects[path]
        added = {view.spec.name: view for view in views}
        published.views |= added
        published.sent |= {name: view.values() for name, view in added.items()}
        self._announce(path, published, added)

    def withdraw(self, path: str) -> None:
        """Take an object off the bus; calls that are still running on it end with it."""
        published = self._objects.pop(path)
        self._dirty.pop(path, None)
        for thing, listener in published.watched:
            thing.listeners.remove(listener)
        if published.root:
            self._signal(
                published.root,
                OBJECT_MANAGER,
                "InterfacesRemoved",
                "oas",
                [path, list(published.views)],
            )
        for call in published.calls:
            call.cancel()
            self._ending.add(call)
            call.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Take everything off the bus; returns when the calls have been answered."""
        for path in list(self._objects):
            self.withdraw(path)
        if self._ending:
            await asyncio.wait(self._ending, timeout=LAST_ANSWERS)
        self._bus.remove_message_handler(self._handle)

    def interfaces(self, path: str) -> set[str]:
        """Name the interfaces that the object has."""
        return set(self._objects[path].views)

    def _announce(self, path: str, published: Published, views: dict[str, View]) -> None:
        if published.root:
            described = {n: v.variants(published.sent[n]) for n, v in views.items()}
            self._signal(
                published.root, OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, described]
            )

    # --- signals -----------------------------------------------------------------------------

    def touch(self, path: str) -> None:
        """Note that an object may have changed; it is looked at once in this turn of the loop."""
        if not self._dirty:
            asyncio.get_running_loop().call_soon(self.flush)
        self._dirty[path] = None

    def flush(self) -> None:
        """Report now what has changed: one PropertiesChanged for each interface."""
        while self._dirty:
            path = next(iter(self._dirty))
            del self._dirty[path]
            published = self._objects[path]
            for name, view in published.views.items():
                try:
                    self._report(path, view, published.sent[name])
                except Exception:
                    logger.exception("%s: properties of %s: a bug", path, name)

    def _report(self, path: str, view: View, sent: dict[str, Any]) -> None:
        silent = view.spec.silent
        changed = {
            name: value
            for name, value in view.values().items()
            if value != sent[name] and name not in silent
        }
        if changed:
            sent |= changed
            body = [view.spec.name, view.variants(changed), []]
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def emit(self, path: str, interface: str, member: str, *body: Any) -> None:
        """Send a signal that the interface's XML declares."""
        signature = self._objects[path].views[interface].spec.signals[member]
        self._signal(path, interface, member, signature, list(body))

    def _signal(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> None:
        self._send(Message.new_signal(path, interface, member, signature, body))

    def _send(self, message: Message) -> None:
        if self._bus.connected:
            self._bus.send(message)

    # --- what clients ask --------------------------------------------------------------------

    def _handle(self, message: Message) -> Message | bool | None:
        """Answer at once what needs no waiting; give a method call a task of its own.

        Properties.Get comes first and takes the shortest way: clients poll with it.
        """
        if message.message_type is not _CALL or message.path is None:
            return None
        interface = message.interface
        if interface == PROPERTIES:
            if message.member == "Get" and message.signature == "ss":
                name, member = message.body
                view = self._view(message.path, name)
                if member not in view.readers:
                    raise DBusError(ErrorType.UNKNOWN_PROPERTY, f"{name} has no property {member}")
                read, tree = view.readers[member]
                return _fast_return(message, _V, Variant(tree, read(view), False))
            return self._properties(message)
        if interface == PEER:
            return None  # dbus-fast answers on every path
        if interface == INTROSPECTABLE and message.member == "Introspect":
            return Message.new_method_return(message, "s", [self._introspect(message.path)])
        if interface == OBJECT_MANAGER and message.path in self._roots:
            if message.member == "GetManagedObjects":
                body = [self._managed(message.path)]
                return Message.new_method_return(message, "a{oa{sa{sv}}}", body)
            raise DBusError(ErrorType.UNKNOWN_METHOD, f"{interface} has no {message.member}")
        return self._start_call(message)

    def _properties(self, message: Message) -> Message:
        match message.member, message.signature:
            case "GetAll", "s":
                view = self._view(message.path or "", message.body[0])
                return _fast_return(message, _A_SV, view.variants(view.values()))
            case "Set", "ssv":
                name, member, _ = message.body
                if member not in self._view(message.path or "", name).readers:
                    raise DBusError(ErrorType.UNKNOWN_PROPERTY, f"{name} has no property {member}")
                raise DBusError(ErrorType.PROPERTY_READ_ONLY, f"{name}.{member} cannot be set")
            case "Get" | "GetAll" | "Set", signature:
                raise DBusError(
                    ErrorType.INVALID_ARGS, f"{message.member} does not take ({signature})"
                )
        raise DBusError(ErrorType.UNKNOWN_METHOD, f"{PROPERTIES} has no {message.member}")

    def _view(self, path: str, interface: str) -> View:
        if (published := self._objects.get(path)) is None:
            raise DBusError(ErrorType.UNKNOWN_OBJECT, f"there is no object {path}")
        if (view := published.views.get(interface)) is None:
            raise DBusError(ErrorType.UNKNOWN_INTERFACE, f"{path} has no interface {interface}")
        return view

    def _managed(self, root: str) -> dict[str, dict[str, dict[str, Variant]]]:
        return {
            path: {name: v.variants(v.values()) for name, v in published.views.items()}
            for path, published in self._objects.items()
            if published.root == root
        }

    def _introspect(self, path: str) -> str:
        published = self._objects.get(path)
        nodes = introspect.children(path, {*self._objects, *self._roots})
        if published is None and not nodes and path not in self._roots:
            raise DBusError(ErrorType.UNKNOWN_OBJECT, f"there is no object {path}")
        views = published.views.values() if published else ()
        return introspect.document((v.spec.xml for v in views), nodes, is_root=path in self._roots)

    def _start_call(self, message: Message) -> bool:
        path, member = message.path or "", message.member or ""
        view = self._view(path, message.interface or self._interface_with(path, member))
        if (signatures := view.spec.methods.get(member)) is None:
            raise DBusError(ErrorType.UNKNOWN_METHOD, f"{view.spec.name} has no method {member}")
        if message.signature != signatures[0]:
            raise DBusError(
                ErrorType.INVALID_ARGS,
                f"{member} takes ({signatures[0]}), not ({message.signature})",
            )
        calls = self._objects[path].calls
        task = asyncio.create_task(self._call(message, view, member), name=f"{path} {member}")
        calls.add(task)
        task.add_done_callback(calls.discard)
        return True

    def _interface_with(self, path: str, member: str) -> str:
        """Find the interface for a call that names none (D-Bus specification, Message types)."""
        views = published.views if (published := self._objects.get(path)) else {}
        return next((n for n, v in views.items() if member in v.spec.methods), "")

    async def _call(self, message: Message, view: View, member: str) -> None:
        flags = message.flags
        who = Caller(
            message.sender or "", bool(flags & MessageFlag.ALLOW_INTERACTIVE_AUTHORIZATION)
        )
        caller.set(who)
        outputs = view.spec.methods[member][1]
        try:
            if action := view.guards[member]:
                await self._authorize(who, action)
            result = await getattr(view, member)(*message.body)
            self.flush()  # who gets the answer has heard the news before
            if not flags & MessageFlag.NO_REPLY_EXPECTED:
                body = [result] if outputs else []
                self._send(Message.new_method_return(message, outputs, body))
        except WwandError as error:
            name, text = error.dbus_name, told(error)
        except asyncio.CancelledError:
            name, text = DeviceGone.dbus_name, f"{message.path} went away during {member}"
        except Exception:
            logger.exception("%s.%s: a bug", view.spec.name, member)
            name, text = f"{MM}.Core.Failed", f"wwand failed to do {member}; its log says how"
        else:
            return
        self.flush()
        if not flags & MessageFlag.NO_REPLY_EXPECTED:
            self._send(Message.new_error(message, name, text))


def told(error: WwandError) -> str:
    """Return an error's message with what to do about it."""
    message = str(error).replace("\0", "").encode("utf-8", "replace").decode()
    return f"{message}{NEXT}{error.next_step}" if error.next_step else message


def _fast_return(message: Message, tree: Any, value: Any) -> Message:
    """Reply with one value, without the checks that a reply to a valid call does not need."""
    return Message(
        destination=message.sender,
        message_type=_RETURN,
        reply_serial=message.serial,
        signature=tree,
        body=[value],
        validate=False,
    )
