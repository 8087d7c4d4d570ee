"""USSD over QMI VOICE."""

from typing import TYPE_CHECKING, Any

from wwand.errors import Cancelled, Unsupported, WwandError
from wwand.modem.ussd import Ussd
from wwand.qmi import voice
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.voice import UserAction, UssCoding, UssData, Utf16
from wwand.status import ModemState

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts
    from wwand.qmi.client import QmiClient


class QmiUssd:
    """Sends strings, and hears the indications of one client."""

    def __init__(self, modem: "QmiPorts", dialogue: Ussd) -> None:
        self._modem = modem
        self._dialogue = dialogue
        self._client: QmiClient | None = None

    async def listen(self) -> None:
        """Have the network's words reported."""
        client = await self._modem.client(voice.VOICE)
        if client is self._client:
            return
        for kind in (voice.Ussd, voice.OriginateUssdNoWaitIndication, voice.ReleaseUssd):
            client.on(kind, self.heard)
        await self._modem.ask(voice.IndicationRegister(ussd_notification_events=True))
        self._client = client

    async def send(self, text: str, *, answers: bool) -> None:
        """Send a code or an answer."""
        data = uss_data(text)
        await self.listen()
        if answers:
            await self._modem.send(voice.AnswerUssd(data))
            return
        try:
            await self._modem.send(voice.OriginateUssdNoWait(data))
        except Unsupported:  # older firmware answers once the network has
            told = await self._modem.send(voice.OriginateUssd(data))
            words = words_of(told.uss_data, told.uss_data_utf16)
            # of a menu an indication tells that it is one, which may be here before
            if words is not None and self._dialogue.awaited:
                self._dialogue.told(words, wants_answer=False)

    async def cancel(self) -> None:
        """End the dialogue; a modem that knows of none may refuse."""
        await self._modem.ask(voice.CancelUssd())

    def heard(self, said: Any) -> None:
        """Take an indication."""
        if self._modem.state < ModemState.ENABLED:
            return
        match said:
            case voice.Ussd():
                words = words_of(said.uss_data, said.uss_data_utf16)
                wants_answer = said.user_action is UserAction.REQUIRED
                self._dialogue.told(words or "", wants_answer=wants_answer)
            case voice.OriginateUssdNoWaitIndication():
                self._originated(said)
            case _:
                self._dialogue.ended(Cancelled("the network has ended the dialogue"))

    def _originated(self, said: voice.OriginateUssdNoWaitIndication) -> None:
        words = words_of(said.uss_data, said.uss_data_utf16)
        if words is not None:
            self._dialogue.told(words, wants_answer=False)
        elif said.failure_cause is not None:
            why = f"the network refuses the code (cause {said.failure_cause})"
            self._dialogue.ended(WwandError(why, "check it with the operator"))
        elif said.error_code:
            self._dialogue.ended(error_for("the code", ProtocolError(said.error_code)))
        else:
            self._dialogue.told("", wants_answer=False)


def uss_data(text: str) -> UssData:
    """Write a code or an answer; UCS2 has the first octet first, as ModemManager sends it."""
    from wwand.at.ussd import check  # not needed to listen

    if check(text).isascii():
        return UssData(UssCoding.ASCII, text.encode("ascii"))
    return UssData(UssCoding.UCS2, text.encode("utf-16-be", "replace"))


def words_of(data: UssData | None, wide: Utf16 | None) -> str | None:
    """What the network says; None when it says nothing."""
    if wide:
        octets = b"".join(code.to_bytes(2, "little") for code in wide)
        return _clean(octets.decode("utf-16-le", "replace"))
    if data is None:
        return None
    if data.data_coding_scheme is UssCoding.UCS2:
        return _clean(data.data.decode(_order(data.data), "replace"))
    return _clean(data.data.decode("utf-8", "replace"))


def _order(octets: bytes) -> str:
    """Firmware differs in which octet comes first: the one that changes less is a script's page."""
    first_varies_less = len(set(octets[::2])) <= len(set(octets[1::2]))
    return "utf-16-be" if first_varies_less else "utf-16-le"


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n\0")
