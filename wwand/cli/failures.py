"""What went wrong as one sentence and what to do next, from the names that D-Bus errors have."""

NEXT = " – "  # noqa: RUF001 - a dash between two phrases
"""Stands between an error's message and its next step, in what wwand sends and what is printed."""

MM_ERROR = "org.freedesktop.ModemManager1.Error."
WWAND_ERROR = "org.wwand1.Error."
DBUS_ERROR = "org.freedesktop.DBus.Error."

NOT_THERE = frozenset({f"{DBUS_ERROR}ServiceUnknown", f"{DBUS_ERROR}NameHasNoOwner"})
"""Errors that mean that nobody owns the name that was called (D-Bus specification)."""

NEXT_STEPS = {
    f"{MM_ERROR}Core.Unauthorized": "run it as root, or ask for the permission (polkit)",
    f"{MM_ERROR}Core.WrongState": "`wwanctl explain` tells what the modem is doing",
    f"{MM_ERROR}Core.InProgress": "wait until it is done: `wwanctl monitor`",
    f"{MM_ERROR}Core.Aborted": "`wwanctl explain` tells what happened to the device",
    f"{MM_ERROR}Core.NotFound": "`wwanctl list` and `wwanctl devices` tell what there is",
    f"{MM_ERROR}Core.Timeout": "try again; `wwanctl reset` if it stays so",
    f"{MM_ERROR}Core.Retry": "try again",
    f"{MM_ERROR}Core.Throttled": "wait a while, then try again",
    f"{MM_ERROR}MobileEquipment.SimNotInserted": "put a SIM card in, then `wwanctl reset`",
    f"{MM_ERROR}MobileEquipment.SimPin": "unlock the SIM: `wwanctl sim pin`",
    f"{MM_ERROR}MobileEquipment.SimPuk": "unlock the SIM: `wwanctl sim puk`",
    f"{MM_ERROR}MobileEquipment.SimFailure": "take the SIM card out and put it in again",
    f"{MM_ERROR}MobileEquipment.SimWrong": "the modem accepts SIM cards of another operator only",
    f"{MM_ERROR}MobileEquipment.IncorrectPassword": "tries that are left: `wwanctl sim show`",
    f"{MM_ERROR}MobileEquipment.NoNetwork": "move the antenna; `wwanctl scan` lists the networks",
    f"{MM_ERROR}MobileEquipment.NetworkTimeout": "move the antenna, then try again",
    f"{MM_ERROR}MobileEquipment.NetworkNotAllowed": "ask the operator whether the SIM is active",
    f"{MM_ERROR}MobileEquipment.MissingOrUnknownApn": "give the operator's APN: `--apn`",
    f"{MM_ERROR}MobileEquipment.ServiceOptionNotSubscribed": "check `--apn` and the contract",
    f"{MM_ERROR}MobileEquipment.UserAuthenticationFailed": "check `--user` and the password",
    f"{MM_ERROR}MobileEquipment.PdpAuthFailure": "check `--user` and the password",
    f"{MM_ERROR}Message.SmscAddressUnknown": "the operator tells its service centre's number",
    f"{MM_ERROR}Message.MemoryFull": "make room: `wwanctl sms delete N`",
    f"{MM_ERROR}Message.NoNetwork": "move the antenna; `wwanctl scan` lists the networks",
    f"{MM_ERROR}Message.NetworkTimeout": "move the antenna, then try again",
    f"{MM_ERROR}Connection.NoCarrier": "check `--apn` and the signal, then try again",
    f"{MM_ERROR}Serial.ResponseTimeout": "try again; `wwanctl reset` if it stays so",
    f"{MM_ERROR}Serial.NotOpen": "`wwanctl explain` tells what happened to the port",
    f"{MM_ERROR}Serial.OpenFailed": "end the program that holds the port",
    f"{WWAND_ERROR}SwitchFailed": "`wwanctl explain` tells what was tried",
    f"{WWAND_ERROR}NoDriver": "load the kernel module: `modprobe option`",
    f"{DBUS_ERROR}AccessDenied": "run it as root",
    f"{DBUS_ERROR}UnknownObject": "it may have been unplugged: see `wwanctl devices`",
    f"{DBUS_ERROR}UnknownInterface": "this modem, or this version of wwand, does not offer that",
    f"{DBUS_ERROR}UnknownMethod": "the daemon may be of another version: restart it",
    f"{DBUS_ERROR}NoReply": "see the daemon's log: `journalctl -u wwand`",
}
"""Error name → what to do, where the daemon's own message does not say it."""

BARE_MESSAGES = {
    f"{DBUS_ERROR}NoReply": "wwand ended before it answered",
    f"{DBUS_ERROR}AccessDenied": "the message bus does not let you do that",
}
"""Error name → what to say in place of the message bus's own technical words."""


class Failure(Exception):
    """What wwanctl could not do, in one sentence, and what the user can do about it."""

    def __init__(self, message: str, next_step: str = "", name: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step
        self.name = name
        """The D-Bus error's name; empty where wwanctl itself found out."""

    @property
    def line(self) -> str:
        """All of it in one line."""
        words = f"{self}{NEXT}{self.next_step}" if self.next_step else str(self)
        return " ".join(words.split())


def failure(name: str, text: str) -> Failure:
    """Word a D-Bus error; the daemon's own next step counts more than the table's."""
    message, _, step = text.partition(NEXT)
    message = BARE_MESSAGES.get(name, message) or name.removeprefix(MM_ERROR)
    return Failure(message, step or NEXT_STEPS.get(name, ""), name)
