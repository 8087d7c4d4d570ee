"""Own a name on the bus, or say who has it."""

from pathlib import Path

from dbus_fast import DBusError, Message, MessageType, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

from wwand.errors import WwandError

DBUS = "org.freedesktop.DBus"

POLICY = (
    "run wwand as root; org.wwand1.conf has to be in /etc/dbus-1/system.d or"
    " /usr/share/dbus-1/system.d (`make install`): then `systemctl reload dbus`"
)
"""Where the system bus looks for what a service may do (dbus-daemon(1))."""


async def own(bus: MessageBus, name: str) -> None:
    """Become the owner of `name`; WwandError says why not."""
    try:
        reply = await bus.request_name(name, NameFlag.DO_NOT_QUEUE)
    except DBusError as error:
        raise WwandError(
            f"the message bus does not let this user own {name}: {error.text}", POLICY
        ) from None
    if reply in (RequestNameReply.PRIMARY_OWNER, RequestNameReply.ALREADY_OWNER):
        return
    program = await _owner(bus, name)
    raise WwandError(
        f"another program owns {name} on the bus: {program}",
        "stop it: `systemctl disable --now ModemManager`"
        if "ModemManager" in program
        else "stop it first; only one can drive the modems",
    )


async def _owner(bus: MessageBus, name: str) -> str:
    """Describe the process behind a name as far as it can be seen."""
    reply = await bus.call(
        Message(
            destination=DBUS,
            path="/org/freedesktop/DBus",
            interface=DBUS,
            member="GetConnectionUnixProcessID",
            signature="s",
            body=[name],
        )
    )
    if reply.message_type is MessageType.ERROR:
        return "an unknown process"
    return _process(reply.body[0])


def _process(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return f"process {pid}"
    return f"{command} (process {pid})"
