"""What a final result means: the error to raise, and what a user can do about it.  Pure."""

import re

from wwand.at.command import AtCommand
from wwand.at.error_tables import CME, CMS, CMS_CAUSES
from wwand.at.parser import PROMPTED, Final
from wwand.errors import CallFailed, CommandFailed, EquipmentError, MessageError, WwandError

UNKNOWN_CME = 100
UNKNOWN_CMS = 500

_PIN = "Unlock the SIM: wwanctl sim pin"
_PUK = "Unblock the SIM with its PUK: wwanctl sim puk"
_SEAT = "Put a SIM into the modem, contacts towards the board, and plug the modem in again"
_COVERAGE = "Check the antenna and the coverage of this place"
_PROVIDER = "Ask the operator whether the SIM is active and allowed to use this network"
_APN = "Check the APN, user name and password that the operator gives out"
_LOCKED = (
    "The modem accepts only SIMs of the operator that sold it; use such a SIM or its unlock code"
)

NEXT_STEP: dict[str, str] = {
    "SimNotInserted": _SEAT,
    "SimFailure": _SEAT,
    "SimWrong": "Try another SIM: this one does not fit the modem or its network lock",
    "SimBusy": "The SIM is still starting up; try again in a few seconds",
    "SimPin": _PIN,
    "SimPin2": "Enter the SIM's PIN2",
    "SimPuk": _PUK,
    "SimPuk2": "Enter the SIM's PUK2",
    "IncorrectPassword": "Check the code; too many wrong ones block the SIM",
    "PhSimPin": _LOCKED,
    "NetworkPin": _LOCKED,
    "NetworkSubsetPin": _LOCKED,
    "ServicePin": _LOCKED,
    "CorpPin": _LOCKED,
    "NoNetwork": _COVERAGE,
    "NetworkTimeout": _COVERAGE,
    "NoCellsInArea": _COVERAGE,
    "NetworkNotAllowed": _PROVIDER,
    "ImsiUnknownInHss": _PROVIDER,
    "ImsiUnknownInVlr": _PROVIDER,
    "IllegalUe": _PROVIDER,
    "IllegalMe": _PROVIDER,
    "ImeiNotAccepted": "The network refuses this modem; ask the operator about its IMEI",
    "PlmnNotAllowed": _PROVIDER,
    "AreaNotAllowed": _PROVIDER,
    "RoamingNotAllowedInArea": "Choose another network, or ask the operator about roaming",
    "PsServicesNotAllowed": "Ask the operator to enable data for this SIM",
    "PsServicesNotAllowedInPlmn": "Choose another network, or ask the operator about roaming",
    "MissingOrUnknownApn": _APN,
    "UserAuthenticationFailed": _APN,
    "PdpAuthFailure": _APN,
    "ServiceOptionNotSubscribed": _APN,
    "UnknownPdpAddressOrType": "Try another IP type: --ip-type ipv4",
    "Ipv4OnlyAllowed": "Use --ip-type ipv4",
    "Ipv6OnlyAllowed": "Use --ip-type ipv6",
    "MemoryFull": "Delete messages from the modem's storage",
    "SmscAddressUnknown": "Set the number of the operator's message centre",
}
"""What to do, by ModemManager's name of the error."""

_CALL = (
    ("NO CARRIER", "NoCarrier", "the network did not accept the call, or ended it", _APN),
    ("NO DIAL", "NoDialtone", "the modem has no network to call through", _COVERAGE),
    ("BUSY", "Busy", "the other end is busy", ""),
    ("NO ANSWER", "NoAnswer", "the other end does not answer", ""),
)
_TEXT = "Send messages with `wwanctl sms send`; other texts cannot be given"
_ERROR = re.compile(r"\+(CM[ES]) ERROR:\s*(.*)", re.IGNORECASE)


def _key(words: str) -> str:
    """Reduce words to what every modem writes alike."""
    return re.sub(r"[^a-z0-9]", "", words.lower())


_BY_WORDS = {
    "CME": {_key(words): code for code, (_, words) in CME.items()},
    "CMS": {_key(words): code for code, (_, words) in CMS.items()},
}
_BY_WORDS["CME"] |= {
    "illegalms": 103,
    "imsiunknowninhlr": 102,
    "psservicesnotallowed": 107,
    "psandnonpsservicesnotallowed": 108,
    "areanotallowed": 112,
    "psservicesnotallowedinthisplmn": 114,
    "networkfailure": 117,
    "nonetwork": 30,
    "incorrectpin": 16,
    "invalidpassword": 16,
    "invalidparameter": 50,
    "simnotready": 14,
}
"""Wordings of older and newer releases of 27.007, and of modems."""


def error_code(final: str) -> tuple[str, int] | None:
    """Return ("CME" or "CMS", number) of a final result; None when it has no number.

    Words that are in no table count as the unknown error.
    """
    if not (match := _ERROR.fullmatch(final.strip())):
        return None
    kind, detail = match[1].upper(), match[2].strip()
    if detail.isascii() and detail.isdigit():
        return kind, int(detail)
    unknown = UNKNOWN_CME if kind == "CME" else UNKNOWN_CMS
    return kind, _BY_WORDS[kind].get(_key(detail), unknown)


def code_of_words(words: str) -> int:
    """Return the +CME number whose words these are; 0 for any others."""
    return _BY_WORDS["CME"].get(_key(words), 0)


def error_for(final: Final, command: AtCommand[object]) -> WwandError:
    """Return what to raise when `command` was answered by `final`."""
    if found := error_code(final.text):
        kind, code = found
        detail = final.text.partition(":")[2].strip()
        if kind == "CMS":
            return message_error(code, str(command), detail)
        nick, words = CME.get(code, ("Unknown", f"error {code}"))
        if nick == "Unknown" and detail:
            words = f"error {detail}"
        return EquipmentError(code, nick, f"{command}: {words}", NEXT_STEP.get(nick, ""))
    for start, nick, words, next_step in _CALL:
        if final.text.upper().startswith(start):
            return CallFailed(nick, words, next_step)
    if final == PROMPTED:
        return CommandFailed(f"{command}: the modem asks for a text, which was taken back", _TEXT)
    return CommandFailed(f"{command}: the modem answered {final.text}")


def message_error(code: int, what: str, detail: str = "") -> MessageError:
    """Return the error that a number of 27.005 §3.2.5 amounts to, in the modem's words if known."""
    nick, words = CMS.get(code, ("Unknown", ""))
    if nick == "Unknown":
        words = CMS_CAUSES.get(code, f"error {detail or code}")
    return MessageError(code, nick, f"{what}: {words}", NEXT_STEP.get(nick, ""))
