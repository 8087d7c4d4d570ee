"""VOICE, of which there are the codes that people type."""

from typing import TYPE_CHECKING

from wwand.qmi import voice
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.qmi.voice import UserAction, UssCoding, UssData
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed
from wwand.simulator.ussd import ANSWER_WANTED, DONE, Said

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.clients import Client
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()

REFUSED = 0x66
"""A failure cause: the network says no (libqmi: QmiVoiceCallEndReason)."""


@HANDLERS.on(voice.IndicationRegister)
def register(call: Exchange, request: voice.IndicationRegister) -> Response:
    """Choose what is reported."""
    if request.ussd_notification_events is not None:
        call.client.report("ussd", request.ussd_notification_events)
    return Response()


@HANDLERS.on(voice.OriginateUssdNoWait)
def originate(call: Exchange, request: voice.OriginateUssdNoWait) -> Response:
    """Take a code; the answer comes as an indication."""
    _report(call, _ask(call, needed(request.uss_data)))
    return Response()


@HANDLERS.on(voice.OriginateUssd)
def originate_and_wait(call: Exchange, request: voice.OriginateUssd) -> Response:
    """Take a code and answer with what the network says; an indication makes a menu of it then."""
    said = _ask(call, needed(request.uss_data))
    if said is None or said.outcome not in (DONE, ANSWER_WANTED):
        raise Refusal(ProtocolError.NETWORK_ABORTED)
    if said.outcome == ANSWER_WANTED:
        call.after.append(lambda: _indicate(call.engine, call.client, said))
    return voice.OriginateUssdResponse(
        uss_data=_written(said.text), uss_data_utf16=_wide(said.text)
    )


@HANDLERS.on(voice.AnswerUssd)
def answer(call: Exchange, request: voice.AnswerUssd) -> Response:
    """Take an answer; all that the network says to it is an indication of its own accord."""
    data, engine, client = needed(request.uss_data), call.engine, call.client
    if not call.modem.ussd.menu:
        raise Refusal(ProtocolError.INCOMPATIBLE_STATE)
    if said := _ask(call, data):
        call.after.append(lambda: _indicate(engine, client, said))
    return Response()


@HANDLERS.on(voice.CancelUssd)
def cancel(call: Exchange, _request: voice.CancelUssd) -> Response:
    """End the dialogue."""
    if not call.modem.ussd.cancel():
        raise Refusal(ProtocolError.INCOMPATIBLE_STATE)
    return Response()


def tell(engine: "QmiEngine", said: Said) -> None:
    """Say to the clients that asked for it what the network says of its own accord."""
    for client in engine.clients.of(voice.VOICE):
        if "ussd" in client.reports:
            _indicate(engine, client, said)


def _ask(call: Exchange, data: UssData) -> Said | None:
    if not call.modem.network.registered:
        raise Refusal(ProtocolError.NO_NETWORK_FOUND)
    wide = data.data_coding_scheme is UssCoding.UCS2
    return call.modem.ussd.ask(data.data.decode("utf-16-be" if wide else "ascii", "replace"))


def _report(call: Exchange, said: Said | None) -> None:
    """Say it when the request is answered."""
    if said is None:
        return
    engine, client = call.engine, call.client
    if said.outcome == ANSWER_WANTED:
        call.after.append(lambda: _indicate(engine, client, said))
    else:
        call.after.append(lambda: _conclude(engine, client, said))


def _indicate(engine: "QmiEngine", client: "Client", said: Said) -> None:
    if said.outcome not in (DONE, ANSWER_WANTED):
        engine.indicate(voice.ReleaseUssd(), client)
        return
    waits = said.outcome == ANSWER_WANTED
    engine.indicate(
        voice.Ussd(
            user_action=UserAction.REQUIRED if waits else UserAction.NOT_REQUIRED,
            uss_data=_written(said.text),
            uss_data_utf16=_wide(said.text),
        ),
        client,
    )


def _conclude(engine: "QmiEngine", client: "Client", said: Said) -> None:
    """Say the last words of a dialogue that the host began."""
    if said.outcome != DONE:
        refused = voice.OriginateUssdNoWaitIndication(failure_cause=REFUSED)
        engine.indicate(refused, client)
        return
    engine.indicate(
        voice.OriginateUssdNoWaitIndication(
            uss_data=_written(said.text), uss_data_utf16=_wide(said.text)
        ),
        client,
    )


def _written(text: str) -> UssData:
    if text.isascii():
        return UssData(UssCoding.ASCII, text.encode("ascii"))
    return UssData(UssCoding.UCS2, text.encode("utf-16-be"))


def _wide(text: str) -> voice.Utf16:
    octets = text.encode("utf-16-le")
    pairs = zip(octets[::2], octets[1::2], strict=True)
    return tuple(low | high << 8 for low, high in pairs)
