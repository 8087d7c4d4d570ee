"""USSD over AT (27.007 §7.15)."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from wwand.at import basic, equipment, ussd
from wwand.at.ussd import Outcome
from wwand.errors import Cancelled, CommandFailed, EquipmentError, WwandError
from wwand.modem.at_ports import REFUSED
from wwand.modem.ussd import NETWORK_TIMEOUT, Ussd

if TYPE_CHECKING:
    from wwand.modem.at import AtModem

ECHO = 0.5
"""Seconds in which several ports report the same thing."""

WIDE = "UCS2"

NOT_SUPPORTED = 4
"""+CME number (27.007 §9.2): what ModemManager makes of the same <m>."""


class AtUssd:
    """Writes strings as the port's character set has them, and reads what is reported."""

    def __init__(self, modem: "AtModem", dialogue: Ussd) -> None:
        self._modem = modem
        self._dialogue = dialogue
        self._charset = ""
        self._last = ""
        self._heard = 0.0

    async def listen(self) -> None:
        """The same command switches it on for good."""
        await self._modem.ask(basic.USSD_REPORTS_ON, None)

    async def send(self, text: str, *, answers: bool) -> None:
        """Send a code or an answer."""
        modem, packed = self._modem, self._modem.ussd_packed
        ussd.check(text)
        self._charset = "" if packed else await modem.ask(equipment.charset, "")
        needs_wide = not (
            packed or self._charset in ussd.HEX_CHARSETS or ussd.is_plain(text, self._charset)
        )
        if not needs_wide:
            await modem.control.send(ussd.request(*ussd.write(text, self._charset, packed=packed)))
            return
        before, wide = self._charset, equipment.choose_charset(WIDE)
        try:
            await modem.control.send(wide)
        except (CommandFailed, EquipmentError):
            ussd.write(text, before)  # says what is wrong with the text
            raise
        try:
            await modem.control.send(ussd.request(*ussd.write(text, WIDE)))
        finally:
            if before:
                await modem.ask(equipment.choose_charset(before), None)

    async def cancel(self) -> None:
        """End the dialogue; a modem that knows of none may refuse."""
        with contextlib.suppress(*REFUSED):
            await self._modem.control.send(ussd.CANCEL)

    def heard(self, said: Any) -> None:
        """Take a line of +CUSD; what another port repeats is left out."""
        now = asyncio.get_running_loop().time()
        again = said == self._last and now - self._heard < ECHO
        self._last, self._heard = said, now
        if again and not self._dialogue.awaited:
            return
        report = ussd.read(said)
        text = ussd.text(report, self._charset, packed=self._modem.ussd_packed)
        match report.outcome:
            case Outcome.DONE | Outcome.ANSWER_WANTED:
                wants_answer = report.outcome is Outcome.ANSWER_WANTED
                self._dialogue.told(text, wants_answer=wants_answer)
            case Outcome.TERMINATED if text:  # the last words, as some firmware gives them
                self._dialogue.told(text, wants_answer=False)
            case outcome:
                self._dialogue.ended(_end(outcome))


def _end(outcome: Outcome) -> WwandError:
    match outcome:
        case Outcome.NOT_SUPPORTED:
            return EquipmentError(
                NOT_SUPPORTED,
                "NotSupported",
                "the network does not know this code",
                "check it with the operator",
            )
        case Outcome.NO_ANSWER:
            return EquipmentError(
                NETWORK_TIMEOUT, "NetworkTimeout", "the network took too long", "try again"
            )
        case Outcome.ANSWERED_ELSEWHERE:
            return Cancelled("somebody else has answered the network")
        case _:
            return Cancelled("the network has ended the dialogue")
