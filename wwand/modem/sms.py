"""A short message: one that came, one that is to be sent, or what became of one that was."""

from dataclasses import dataclass, field

from wwand.modem.message_store import Place, Stored
from wwand.sms.facts import DELIVERY_UNKNOWN, NO_CLASS, PduType, SmsState, Storage
from wwand.sms.parts import Parts
from wwand.sms.pdu import Pdu
from wwand.sms.submit import Outgoing, Submit, encode
from wwand.status import Observable

ALIKE = 7
"""Last digits that are the same in a number, however its country is written."""


@dataclass(eq=False)
class Sms(Observable):
    """Everything that is known of a message; it may have several parts."""

    index: int
    """Number of the object on the bus."""
    type: PduType
    state: SmsState = SmsState.UNKNOWN
    number: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)
    smsc: str = field(default="", repr=False)
    validity: int | None = None
    message_class: int = NO_CLASS
    report_requested: bool = False
    references: list[int] = field(default_factory=list)
    """By which the network knows its parts."""
    timestamp: str = ""
    discharged: str = ""
    delivery: int = DELIVERY_UNKNOWN
    places: list[Place] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list, repr=False)
    """What is to be sent."""
    _parts: Parts | None = field(default=None, repr=False)

    @property
    def storage(self) -> Storage:
        """Where it is kept."""
        return self.places[0].storage if self.places else Storage.UNKNOWN

    def take(self, pdu: Pdu, stored: Stored | None) -> bool:
        """Take one more part; False when it is none of this message."""
        if self._parts is None or not self._parts.take(pdu):
            return False
        self._note(stored)
        return True

    def begin(self, pdu: Pdu, stored: Stored | None) -> None:
        """Take the part that is there first."""
        self._parts = Parts(pdu)
        self._note(stored)

    def _note(self, stored: Stored | None) -> None:
        if stored:
            self.places.append(stored.place)
            if self.type is PduType.SUBMIT:
                self.submits.append(Submit(stored.pdu, 1 + stored.pdu[0]))
        assert self._parts
        self.text, self.data = self._parts.text, self._parts.data
        stamp = self._parts.last.timestamp
        self.timestamp = str(stamp) if stamp else ""
        if self.type is PduType.DELIVER:
            complete = self._parts.complete
            self.state = SmsState.RECEIVED if complete else SmsState.RECEIVING

    def answers(self, report: Pdu) -> bool:
        """Whether a status report is about it."""
        return (
            self.type is PduType.SUBMIT
            and report.reference in self.references
            and self.number[-ALIKE:] == report.number[-ALIKE:]
        )


def outgoing(index: int, message: Outgoing, reference: int) -> Sms:
    """Make a message that can be sent; BadArgument when that is not possible."""
    submits = encode(message, reference)
    return Sms(
        index,
        PduType.SUBMIT,
        number=message.number,
        text=message.text,
        data=message.data,
        smsc=message.smsc,
        validity=message.validity,
        message_class=message.message_class,
        report_requested=message.report,
        submits=submits,
    )


def found(index: int, pdu: Pdu, stored: Stored | None) -> Sms:
    """Make a message of its first part, which has come or is kept."""
    sms = Sms(
        index,
        pdu.type,
        stored.state if stored else SmsState.RECEIVED,
        pdu.number,
        smsc=pdu.smsc,
        validity=pdu.validity,
        message_class=pdu.message_class,
        report_requested=pdu.report_requested,
    )
    sms.begin(pdu, stored)
    if pdu.type is PduType.STATUS_REPORT:
        note_report(sms, pdu)
        sms.references = [pdu.reference]
    return sms


def note_report(sms: Sms, report: Pdu) -> None:
    """Take over what a status report says."""
    sms.delivery = report.status
    sms.discharged = str(report.discharged) if report.discharged else ""
