"""QMI behind a cdc-wdm port: takes frames, finds who answers, reports changes."""

import asyncio
from collections.abc import Coroutine
from inspect import isawaitable
from typing import Any, Protocol

from wwand.errors import BadReply
from wwand.qmi.ctl import SyncIndication
from wwand.qmi.dms import OperatingMode
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.frame import Frame, Kind, indication, response
from wwand.qmi.message import Indication, Response, title
from wwand.qmi.values import Service
from wwand.qmi.wms import Route
from wwand.simulator.calls import Framing
from wwand.simulator.engine import Modem, pause
from wwand.simulator.journal import Happened
from wwand.simulator.model import InterfaceModel
from wwand.simulator.qmi import ctl, dms, nas, supported, uim, wda, wds, wds_profiles, wms
from wwand.simulator.qmi.clients import Client, Clients
from wwand.simulator.qmi.ends import End
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal
from wwand.simulator.qmi.selection import Selection
from wwand.simulator.qmi.sessions import IPV4, CallRefused, Sessions
from wwand.simulator.qmi.supported import SUPPORTED_MESSAGES
from wwand.simulator.wdm import Send

HANDLERS: dict[Service, Handlers] = {
    Service.CTL: ctl.HANDLERS,
    Service.DMS: dms.HANDLERS,
    Service.NAS: nas.HANDLERS,
    Service.WDS: wds.HANDLERS,
    Service.WDA: wda.HANDLERS,
    Service.UIM: uim.HANDLERS,
    Service.WMS: wms.HANDLERS,
}
NO_HANDLERS = Handlers()

NOBODY = Client(Service.CTL, 0)
"""Stands for a client id that is not in use."""


class Watching(Protocol):
    """A service that reports changes of the modem."""

    def state(self, engine: "QmiEngine") -> Any:
        """Take what is reported as it is now."""
        ...

    def tell(self, engine: "QmiEngine", before: Any, now: Any) -> None:
        """Report what has changed between the two."""
        ...


WATCHING: tuple[Watching, ...] = (nas, uim, dms, wms)


class QmiEngine:
    """One power cycle of the modem's QMI."""

    def __init__(self, modem: Modem, interface: InterfaceModel, send: Send) -> None:
        self.modem = modem
        self.facts = modem.model.qmi
        self.clients = Clients(self.facts.clients, self._client_changed)
        self.sessions = Sessions(self, self._session_ended)
        self.selection = Selection(modem, self.facts)
        self.services = ctl.services(self.facts)
        self.mode = OperatingMode.ONLINE
        """The operating mode that was chosen last."""
        self.card_unpowered = False
        """The host has cut the card's power."""
        self.routes: tuple[Route, ...] = ()
        """What the host wants done with new messages."""
        self.transfers_reports = False
        """Whether it wants to hear what became of those it sent."""
        self._number = interface.usb.number
        self._send = send
        self._control = Client(Service.CTL, 0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._indications = 0
        self._states = [part.state(self) for part in WATCHING]
        modem.watchers.append(self._changed)
        if modem.data:
            modem.data.framing = Framing(self.facts.link_layer)
            wda.settle(modem)
            modem.data.watchers.append(self.sessions.data_changed)

    def received(self, message: bytes) -> None:
        """Take one message of the host; what is no request is thrown away."""
        try:
            frame = Frame.decode(message)
        except BadReply:
            return
        if frame.kind is not Kind.REQUEST:
            return
        name = _name(frame)
        self._note(Happened.QMI, name)
        self._spawn(self._answer(frame, name.lower()))

    def rebooted(self) -> None:
        """Forget all clients, and say so."""
        self.clients.release_all()
        self.mode = OperatingMode.ONLINE
        self.indicate(SyncIndication(), self._control)

    def gone(self) -> None:
        """Stop everything, say nothing more."""
        for task in self._tasks:
            task.cancel()

    def indicate(self, message: Indication, client: Client) -> None:
        """Say something to one client unasked."""
        self._indications = self._indications % 0xFF + 1  # one octet: CTL has no more
        self._send(indication(message, client.cid, self._indications).encode())

    def connect_by_itself(self) -> None:
        """Connect with the default profile where autoconnect is on and nothing is connected."""
        if self.sessions.wanted:
            self._spawn(self._connect())

    async def _connect(self) -> None:
        context = wds_profiles.profile(Exchange(self, self._control), None)
        try:
            await self.sessions.start(self._control, context, IPV4)
        except (CallRefused, Refusal):
            return  # it tries again when something changes
        wds.tell(self, IPV4, None)

    async def _answer(self, frame: Frame, name: str) -> None:
        await pause(self.modem.knobs.latency + self.facts.latency.get(name, 0.0))
        call = Exchange(self, self._client(frame))
        try:
            answer = await self._run(call, frame, name)
        except Refusal as refusal:
            answer = refusal.response
        self._send(response(frame, answer).encode())
        for action in call.after:
            action()

    def _client(self, frame: Frame) -> Client:
        """Who asks; one whose id is not in use has no number that counts."""
        if frame.service == Service.CTL:
            return self._control
        return self.clients.held.get((Service(frame.service), frame.client), NOBODY)

    async def _run(self, call: Exchange, frame: Frame, name: str) -> Response:
        service = Service(frame.service)
        if service is not Service.CTL and service not in self.services:
            raise Refusal(ProtocolError.INVALID_SERVICE_TYPE)
        if call.client is NOBODY:
            raise Refusal(ProtocolError.INVALID_CLIENT_ID)
        if name in self.facts.unsupported:
            raise Refusal(ProtocolError.NOT_SUPPORTED)
        handlers = HANDLERS.get(service, NO_HANDLERS)
        if frame.id == SUPPORTED_MESSAGES:
            return supported.answer(handlers)
        if frame.id not in handlers.by_id or name in self.facts.refuses:
            raise Refusal(ProtocolError.INVALID_QMI_COMMAND)
        declared, handler = handlers.by_id[frame.id]
        request = declared.read(frame.tlvs)
        if request.unreadable:
            raise Refusal(ProtocolError.MALFORMED_MESSAGE)
        answer = handler(call, request)
        return await answer if isawaitable(answer) else answer

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _note(self, what: Happened, text: str) -> None:
        self.modem.journal.note(self.modem.key, what, text, self._number)

    def _client_changed(self, what: str, client: Client) -> None:
        self._note(Happened.CLIENT, f"{what} {client.service.name} {client.cid}")
        held = self.modem.clients.setdefault(client.service.name, [])
        if what == "allocated":
            held.append(client.cid)
        else:
            held.remove(client.cid)
            self.sessions.client_gone(client)

    def _session_ended(self, family: int, end: End) -> None:
        wds.tell(self, family, end)

    def _changed(self) -> None:
        before, self._states = self._states, [part.state(self) for part in WATCHING]
        for part, was, now in zip(WATCHING, before, self._states, strict=True):
            part.tell(self, was, now)
        wda.settle(self.modem)
        self.connect_by_itself()


def _name(frame: Frame) -> str:
    """Service and message, as the journal and the model files name them."""
    service = Service(frame.service)
    known = HANDLERS.get(service, NO_HANDLERS).by_id.get(frame.id)
    if frame.id == SUPPORTED_MESSAGES:
        return f"{service.name} Get Supported Messages"
    return title(known[0]) if known else f"{service.name} 0x{frame.id:04x}"
