"""Ask polkit whether a caller may; where there is no polkit, root may and nobody else.

Messages are built by hand: a proxy would introspect the authority on every start.
"""

import os

from dbus_fast import ErrorType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from wwand.errors import Unauthorized
from wwand.service.bus import Caller

CONTROL = "org.freedesktop.ModemManager1.Control"
DEVICE_CONTROL = "org.freedesktop.ModemManager1.Device.Control"
MESSAGING = "org.freedesktop.ModemManager1.Messaging"
WWAND_CONTROL = "org.wwand1.Control"
WWAND_DEVICE_CONTROL = "org.wwand1.Device.Control"

ALLOW_USER_INTERACTION = 1
"""polkit(8) D-Bus API, CheckAuthorizationFlags."""

ABSENT = {
    ErrorType.SERVICE_UNKNOWN.value,
    ErrorType.NAME_HAS_NO_OWNER.value,
    "org.freedesktop.DBus.Error.Spawn.ServiceNotFound",
    "org.freedesktop.systemd1.NoSuchUnit",
    "org.freedesktop.systemd1.UnitMasked",
}
"""Answers which mean that no polkit is installed."""


class Polkit:
    """The guard of one bus connection; on a private bus the daemon's own user may do everything."""

    def __init__(self, bus: MessageBus, *, private: bool = False) -> None:
        self._bus = bus
        self._trusted = {0, os.getuid()} if private else {0}

    async def authorize(self, caller: Caller, action: str) -> None:
        """Return when `caller` may do what `action` stands for; Unauthorized otherwise."""
        if await self._user(caller) in self._trusted:
            return
        reply = await self._bus.call(
            Message(
                destination="org.freedesktop.PolicyKit1",
                path="/org/freedesktop/PolicyKit1/Authority",
                interface="org.freedesktop.PolicyKit1.Authority",
                member="CheckAuthorization",
                signature="(sa{sv})sa{ss}us",
                body=[
                    ["system-bus-name", {"name": Variant("s", caller.name)}],
                    action,
                    {},
                    ALLOW_USER_INTERACTION if caller.interactive else 0,
                    "",
                ],
            )
        )
        if reply.message_type is MessageType.ERROR:
            if reply.error_name in ABSENT:
                raise Unauthorized(f"only root may do this: {action} needs polkit, which is absent")
            raise Unauthorized(f"polkit cannot say whether {action} is allowed: {reply.body[0]}")
        allowed, challenge, _ = reply.body[0]
        if not allowed:
            raise Unauthorized(
                f"polkit does not allow {action}",
                "log in on the machine itself, or become root" if challenge else "",
            )

    async def _user(self, caller: Caller) -> int:
        """Return the user id of a caller; -1 when it has left the bus."""
        reply = await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="GetConnectionUnixUser",
                signature="s",
                body=[caller.name],
            )
        )
        return -1 if reply.message_type is MessageType.ERROR else int(reply.body[0])
