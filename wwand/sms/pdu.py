"""Read PDUs: what has come, what is stored to be sent, and what became of it (23.040 §9.2.2)."""

from dataclasses import dataclass, field

from wwand.errors import BadReply
from wwand.gsm import gsm
from wwand.gsm7 import unpack
from wwand.sms import address, coding, header, moment
from wwand.sms.coding import Alphabet
from wwand.sms.facts import NO_CLASS, PduType
from wwand.sms.header import Concatenation
from wwand.sms.moment import Moment

TYPES = {0: PduType.DELIVER, 1: PduType.SUBMIT, 2: PduType.STATUS_REPORT}
"""By the message type indicator (§9.2.3.1); what else it can mean is never stored."""

HAS_HEADER = 0x40
STATUS_REPORT_REQUEST = 0x20
"""Bits of a PDU's first octet (§9.2.3.23, §9.2.3.5)."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU, which is a message or a part of one."""

    type: PduType
    smsc: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    """Who sent it, or to whom it goes: a number or a name."""
    text: str | None = field(default=None, repr=False)
    """None for data, and for what cannot be read."""
    data: bytes = field(default=b"", repr=False)
    """What is no text."""
    alphabet: Alphabet = Alphabet.GSM7
    message_class: int = NO_CLASS
    pid: int = 0
    dcs: int = 0
    concatenation: Concatenation | None = None
    timestamp: Moment | None = None
    reference: int = 0
    """Of a message that is sent, and of the one that a status report is about."""
    report_requested: bool = False
    validity: int | None = None
    """Minutes."""
    discharged: Moment | None = None
    status: int = 0
    """What became of a message (§9.2.3.15)."""


class _Reader:
    """Takes octets off a PDU; BadReply when it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise BadReply(f"the PDU ends {count - len(found)} octets too early")
        self._at += count
        return found

    def octet(self) -> int:
        return self.take(1)[0]

    def address(self) -> str:
        digits, kind = self.take(2)
        if digits > 20:
            raise BadReply(f"an address of {digits} half octets")
        return address.decode(kind, self.take((digits + 1) // 2), digits)

    def service_centre(self) -> str:
        length = self.octet()
        if not length:
            return ""
        kind, *number = self.take(length)
        return address.decode(kind, bytes(number), 2 * len(number))

    def moment(self) -> Moment | None:
        return moment.read(self.take(7))


def from_hex(text: str) -> bytes:
    """Read the hexadecimal digits in which AT commands write a PDU (27.005 §3.1)."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadReply("a PDU that is not written in pairs of hexadecimal digits") from None


def decode(data: bytes, *, with_smsc: bool = True) -> Pdu:
    """Read a PDU, by default with the service centre's address in front; BadReply if it is none."""
    reader = _Reader(data)
    smsc = reader.service_centre() if with_smsc else ""
    first = reader.octet()
    match TYPES.get(first & 3):
        case PduType.DELIVER:
            return _deliver(reader, smsc, first)
        case PduType.SUBMIT:
            return _submit(reader, smsc, first)
        case PduType.STATUS_REPORT:
            return _status_report(reader, smsc)
    raise BadReply("a PDU of a reserved type")


def _deliver(reader: _Reader, smsc: str, first: int) -> Pdu:
    number = reader.address()
    pid, dcs = reader.take(2)
    stamp = reader.moment()
    content = _content(reader, dcs, bool(first & HAS_HEADER))
    return Pdu(
        PduType.DELIVER,
        smsc,
        number,
        content.text,
        content.data,
        content.coding.alphabet,
        content.coding.message_class,
        pid,
        dcs,
        content.concatenation,
        stamp,
    )


def _submit(reader: _Reader, smsc: str, first: int) -> Pdu:
    reference = reader.octet()
    number = reader.address()
    pid, dcs = reader.take(2)
    validity = None
    match first >> 3 & 3:  # §9.2.3.3: none, enhanced, relative, absolute
        case 2:
            validity = moment.validity_minutes(reader.octet())
        case 1 | 3:
            reader.take(7)
    content = _content(reader, dcs, bool(first & HAS_HEADER))
    return Pdu(
        PduType.SUBMIT,
        smsc,
        number,
        content.text,
        content.data,
        content.coding.alphabet,
        content.coding.message_class,
        pid,
        dcs,
        content.concatenation,
        reference=reference,
        report_requested=bool(first & STATUS_REPORT_REQUEST),
        validity=validity,
    )


def _status_report(reader: _Reader, smsc: str) -> Pdu:
    return Pdu(
        PduType.STATUS_REPORT,
        smsc,
        reference=reader.octet(),
        number=reader.address(),
        timestamp=reader.moment(),
        discharged=reader.moment(),
        status=reader.octet(),
    )


@dataclass(frozen=True, slots=True)
class _Content:
    """The user data, understood."""

    coding: coding.Coding
    text: str | None
    data: bytes
    concatenation: Concatenation | None


def _content(reader: _Reader, dcs: int, has_header: bool) -> _Content:
    """Read user data (§9.2.3.24): its length counts septets where the alphabet has seven bits."""
    how, length = coding.read(dcs), reader.octet()
    in_septets = how.alphabet is Alphabet.GSM7 and not how.compressed
    data = reader.take((7 * length + 7) // 8 if in_septets else length)
    skipped, concatenation = 0, None
    if has_header:
        if not data or 1 + data[0] > len(data):
            raise BadReply("the user data header is longer than the user data")
        skipped = 1 + data[0]
        concatenation = header.read(data[1:skipped])
    if in_septets:
        first = (8 * skipped + 6) // 7
        if first > length:
            raise BadReply("the user data header is longer than the user data")
        text = gsm(unpack(data, length)[first:])
        return _Content(how, text, b"", concatenation)
    body = data[skipped:]
    if how.compressed or how.alphabet is Alphabet.DATA:
        return _Content(how, None, body, concatenation)
    return _Content(how, wide(body), b"", concatenation)


def wide(data: bytes) -> str:
    """Read UCS2; pairs of UTF-16, which is what phones write, are read as the one letter."""
    return data[: len(data) & ~1].decode("utf-16-be", "replace")
