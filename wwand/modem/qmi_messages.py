"""Short messages over QMI (service WMS)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from wwand.errors import BadReply, MessageError, WrongState, WwandError
from wwand.modem.message_store import Arrival, Place, Stored
from wwand.qmi import wms
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.message import Request, Response, title
from wwand.qmi.wms import MessageClass, MessageFormat, MessageTag, ReceiptAction, StorageType
from wwand.sms.facts import SmsState, Storage

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts
    from wwand.sms.submit import Submit

R = TypeVar("R", bound=Response)

GSM = wms.MessageMode.GSM_WCDMA
FORMAT = MessageFormat.GSM_WCDMA_POINT_TO_POINT

TYPES = {Storage.SM: StorageType.UIM, Storage.ME: StorageType.NV}
STORAGES = {kind: storage for storage, kind in TYPES.items()}

STATES = {
    MessageTag.MT_READ: SmsState.RECEIVED,
    MessageTag.MT_NOT_READ: SmsState.RECEIVED,
    MessageTag.MO_SENT: SmsState.SENT,
    MessageTag.MO_NOT_SENT: SmsState.STORED,
}

NUMBERS = {
    ProtocolError.NO_ENTRY: 321,
    ProtocolError.DEVICE_STORAGE_FULL: 322,
    ProtocolError.NO_MEMORY: 322,
    ProtocolError.DEVICE_MEMORY_ERROR: 320,
    ProtocolError.WMS_SMSC_ADDRESS: 330,
    ProtocolError.WMS_ENCODING: 304,
    ProtocolError.WMS_T_PDU_TYPE: 304,
    ProtocolError.WMS_INVALID_MESSAGE_ID: 321,
    ProtocolError.WMS_MESSAGE_NOT_SENT: 500,
    ProtocolError.WMS_MESSAGE_DELIVERY_FAILURE: 500,
}
"""What clients know these as: the numbers of 27.005 §3.2.5."""

CLASSES = (
    *(MessageClass.CLASS_0, MessageClass.CLASS_1, MessageClass.CLASS_2, MessageClass.CLASS_3),
    MessageClass.NONE,
)

TRANSFER_REPORTS = 1
"""Status reports come to the host (libqmi: Transfer Status Report)."""


class QmiMessages:
    """A `MessageStore` over a modem's QMI port."""

    free = True

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem
        self._arrived: Callable[[Arrival], None] = lambda _arrival: None
        self._unlisten: Callable[[], None] | None = None
        self._ended = False
        self.storages: tuple[Storage, ...] = tuple(TYPES)
        self.default = Storage.SM

    async def begin(self, arrived: Callable[[Arrival], None]) -> None:
        """Have the modem keep what comes, and report it."""
        modem = self._modem
        client = await modem.client(wms.WMS)
        if self._ended:
            raise WrongState(f"{modem.name} was disabled meanwhile")
        self._arrived = arrived
        if self._unlisten is None:
            self._unlisten = client.on(wms.EventReport, self._reported)
        indicator = wms.NewMessageIndicator(True)
        await self._send(wms.SetEventReport(new_mt_message_indicator=indicator))
        told = await modem.ask(wms.GetRoutes())
        routes = {each.message_class: each for each in told.route_list or ()} if told else {}
        usual = routes.get(MessageClass.NONE)
        if usual and usual.storage in STORAGES:
            self.default = STORAGES[usual.storage]
        await modem.ask(_routes(TYPES[self.default]))

    def end(self) -> None:
        """Listen no longer, so that nothing is confirmed: the network will deliver it again."""
        self._ended = True
        if self._unlisten:
            self._unlisten()

    def report(self, line: str) -> None:
        """There is no serial port."""

    def _reported(self, said: wms.EventReport) -> None:
        if (at := said.mt_message) and at.storage_type in STORAGES:
            self._arrived(Arrival(Place(STORAGES[at.storage_type], at.memory_index)))
        if (carried := said.transfer_route_mt_message) and carried.format is FORMAT:
            self._arrived(Arrival(pdu=carried.raw_data, with_smsc=False))
            if carried.ack_indicator is wms.AckIndicator.SEND:
                self._modem.tasks.spawn("confirming a message", self._confirm(carried))

    async def _confirm(self, carried: wms.TransferredMessage) -> None:
        protocol = wms.MessageProtocol.WCDMA
        done = wms.Acknowledgement(carried.transaction_id, protocol, True)
        await self._modem.send(wms.SendAck(information=done))

    # --- orders --------------------------------------------------------------------------------

    async def load(self, storage: Storage) -> list[Stored]:
        """Ask for the list, then for each of them; what is not of 3GPP is left out."""
        listed = await self._send(wms.ListMessages(storage_type=TYPES[storage], message_mode=GSM))
        found = []
        for row in listed.message_list or ():
            try:
                found.append(await self.read(Place(storage, row.memory_index)))
            except (MessageError, BadReply) as error:
                self._modem.log.info("message %d: %s", row.memory_index, error)
        return found

    async def read(self, place: Place) -> Stored:
        """Read one, which is a read one from then on."""
        where = _place(place)
        told = await self._send(wms.RawRead(message_memory_storage_id=where, message_mode=GSM))
        message = told.raw_message_data
        if message is None or message.format is not FORMAT:
            raise BadReply("not a message of GSM or UMTS")
        if message.message_tag is MessageTag.MT_NOT_READ:
            change = wms.TagChange(where.storage_type, where.memory_index, MessageTag.MT_READ)
            await self._modem.ask(wms.ModifyTag(message_tag=change, message_mode=GSM))
        state = STATES.get(message.message_tag, SmsState.RECEIVED)
        return Stored(place, state, message.raw_data)

    async def send(self, message: "Submit") -> int:
        """Send a PDU."""
        sent = await self._send(wms.RawSend(wms.RawMessage(FORMAT, message.pdu)))
        return sent.message_id or 0

    async def send_stored(self, place: Place, message: "Submit") -> int:
        """Send a PDU, and mark what is kept of it."""
        reference = await self.send(message)
        await self._modem.ask(_mark_sent(place))
        return reference

    async def write(self, storage: Storage, message: "Submit", *, sent: bool) -> Place:
        """Keep a PDU."""
        kept = wms.StoredMessage(TYPES[storage], FORMAT, message.pdu)
        index = (await self._send(wms.RawWrite(kept))).memory_index
        if index is None:
            raise BadReply("the modem does not say where it keeps the message")
        place = Place(storage, index)
        if sent:
            await self._modem.ask(_mark_sent(place))
        return place

    async def delete(self, place: Place) -> None:
        """Delete a PDU."""
        where = _place(place)
        await self._send(
            wms.Delete(
                memory_storage=where.storage_type,
                memory_index=where.memory_index,
                message_mode=GSM,
            )
        )

    async def choose(self, storage: Storage) -> None:
        """Have new messages kept there."""
        await self._send(_routes(TYPES[storage]))

    async def _send(self, question: Request[R]) -> R:
        client = await self._modem.client(question.service)
        answer = await client.exchange(question)
        if not answer.result.ok:
            raise _refusal(title(type(question)), answer)
        return answer


def _refusal(what: str, answer: Response) -> WwandError:
    from wwand.at.results import message_error  # with AT's tables, which QMI seldom needs

    code = answer.result.error_code
    if isinstance(answer, wms.RawSendResponse) and (cause := answer.gsm_wcdma_cause_info):
        return message_error(cause.rp_cause, what)
    if code in NUMBERS:
        return message_error(NUMBERS[code], what)
    return error_for(what, code)


def _routes(kind: StorageType) -> wms.SetRoutes:
    point, action = wms.MessageType.POINT_TO_POINT, ReceiptAction.STORE_AND_NOTIFY
    routes = tuple(wms.Route(point, each, kind, action) for each in CLASSES)
    return wms.SetRoutes(routes, transfer_status_report=TRANSFER_REPORTS)


def _place(place: Place) -> wms.MemoryPlace:
    return wms.MemoryPlace(TYPES[place.storage], place.index)


def _mark_sent(place: Place) -> wms.ModifyTag:
    change = wms.TagChange(TYPES[place.storage], place.index, MessageTag.MO_SENT)
    return wms.ModifyTag(message_tag=change, message_mode=GSM)
