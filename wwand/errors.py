"""Every error wwand raises on purpose, and the name each one travels under on D-Bus.

WwandError                 something failed; `next_step` tells the user what to do
├─ blame the caller:   BadArgument, WrongState, Unsupported, Unauthorized, NotFound, InProgress,
│                      Cancelled
├─ blame the modem:    ModemTimeout, ModemMute, BadReply, CommandFailed, EquipmentError,
│                      MessageError, PortGone
├─ blame the network:  CallFailed, AuthenticationFailed, NoAddress
├─ blame the device:   UsbError, SwitchFailed, DeviceGone, NoDriver
└─ blame the set-up:   ConfigError, PluginError, MachineFailed
"""

MM = "org.freedesktop.ModemManager1.Error"
"""Prefix of the names that ModemManager's clients tell apart (ModemManager-errors.h)."""


class WwandError(Exception):
    """Base of all errors wwand raises on purpose."""

    dbus_name = f"{MM}.Core.Failed"

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class BadArgument(WwandError):
    """The caller gave a value that can never work."""

    dbus_name = f"{MM}.Core.InvalidArgs"


class WrongState(WwandError):
    """The object cannot do that from the state it is in."""

    dbus_name = f"{MM}.Core.WrongState"


class Unsupported(WwandError):
    """This modem, or wwand, cannot do that."""

    dbus_name = f"{MM}.Core.Unsupported"


class Unauthorized(WwandError):
    """The caller, or the SIM's lock, does not allow it."""

    dbus_name = f"{MM}.Core.Unauthorized"


class NotFound(WwandError):
    """There is no such object."""

    dbus_name = f"{MM}.Core.NotFound"


class Cancelled(WwandError):
    """Somebody called it off."""

    dbus_name = f"{MM}.Core.Cancelled"


class InProgress(WwandError):
    """The same is being done already."""

    dbus_name = f"{MM}.Core.InProgress"


class ModemTimeout(WwandError):
    """The modem did not answer a command in time."""

    dbus_name = f"{MM}.Serial.ResponseTimeout"


class ModemMute(ModemTimeout):
    """The modem answers on none of its ports."""


class BadReply(WwandError):
    """The modem answered, but not in the shape the command declares."""

    dbus_name = f"{MM}.Serial.ParseFailed"


class PortGone(WwandError):
    """The port was closed or pulled out while it was in use."""

    dbus_name = f"{MM}.Serial.NotOpen"


class PortBusy(WwandError):
    """Another program holds the port."""

    dbus_name = f"{MM}.Serial.OpenFailed"


class CommandFailed(WwandError):
    """The modem answered a command with a bare ERROR."""


class NumberedError(WwandError):
    """The modem answered with a number of 3GPP's tables."""

    def __init__(self, code: int, nick: str, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.code = code
        self.nick = nick


class EquipmentError(NumberedError):
    """+CME ERROR (3GPP TS 27.007 §9.2); `nick` is ModemManager's name of `code`."""

    @property
    def dbus_name(self) -> str:  # type: ignore[override]
        """The name clients map, such as …MobileEquipment.SimPin."""
        return f"{MM}.MobileEquipment.{self.nick}"


class MessageError(NumberedError):
    """+CMS ERROR (3GPP TS 27.005 §3.2.5); `nick` is ModemManager's name of `code`."""

    @property
    def dbus_name(self) -> str:  # type: ignore[override]
        """The name clients map, such as …Message.MemoryFull."""
        return f"{MM}.Message.{self.nick}"


class CallFailed(WwandError):
    """A call ended before it carried data: `nick` is NoCarrier, NoDialtone, Busy or NoAnswer."""

    def __init__(self, nick: str, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.nick = nick

    @property
    def dbus_name(self) -> str:  # type: ignore[override]
        """The name clients map, such as …Connection.NoCarrier."""
        return f"{MM}.Connection.{self.nick}"


class AuthenticationFailed(WwandError):
    """The access point refused the user name or password; trying the same again is of no use."""

    dbus_name = f"{MM}.MobileEquipment.UserAuthenticationFailed"


class NoAddress(WwandError):
    """The modem says that it is connected, but nobody gives its link an address."""


class NoCarrier(WwandError):
    """The modem says that it is connected, but its network card does not."""

    dbus_name = f"{MM}.Connection.NoCarrier"


class UsbError(WwandError):
    """A USB transfer or request failed; `errno` is the kernel's number for it, 0 if it has none."""

    def __init__(self, message: str, errno: int = 0, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.errno = errno


class SwitchFailed(WwandError):
    """A device did not become a modem."""

    dbus_name = "org.wwand1.Error.SwitchFailed"


class DeviceGone(WwandError):
    """The device was unplugged."""

    dbus_name = f"{MM}.Core.Aborted"


class NoDriver(WwandError):
    """A kernel driver that is needed is not there or did not bind."""

    dbus_name = "org.wwand1.Error.NoDriver"


class MachineFailed(WwandError):
    """This machine has no memory, process, file or space left for what is to be done."""


class ConfigError(WwandError):
    """The configuration file says something wwand does not understand."""

    dbus_name = "org.wwand1.Error.Config"


class PluginError(WwandError):
    """A plugin breaks the contract of `wwand.hookspecs`."""

    dbus_name = "org.wwand1.Error.Plugin"
