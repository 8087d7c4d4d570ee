"""PDUs that a network sends: messages, and reports on those that it got (23.040 §9.2.2)."""

from datetime import UTC, datetime

from wwand.errors import BadArgument, BadReply
from wwand.sms import address, coding, moment, pdu, submit
from wwand.sms.facts import PduType
from wwand.sms.header import Concatenation

SERVICE_CENTRE = "+919000000000"

DELIVER, STATUS_REPORT, NO_MORE = 0x00, 0x02, 0x04
"""Bits of the first octet (§9.2.3.1, §9.2.3.2)."""

DELIVERED = 0x00
"""§9.2.3.15."""


def deliver(number: str, text: str, reference: int = 0) -> list[str]:
    """Write a message from that number, in as many parts as it takes."""
    parts, alphabet = submit.split(text)
    if len(parts) > submit.MOST_PARTS:
        raise BadArgument("the text is too long for a message")
    dcs, stamp = coding.write(alphabet), moment.write(datetime.now(UTC))
    written = []
    for at, part in enumerate(parts, 1):
        place = Concatenation(reference, len(parts), at) if len(parts) > 1 else None
        first = DELIVER | NO_MORE | (pdu.HAS_HEADER if place else 0)
        head = bytes([first]) + address.encode(number) + bytes([0, dcs]) + stamp
        content = submit.user_data(alphabet, submit.written(part, alphabet), place)
        written.append((_service_centre() + head + content).hex().upper())
    return written


def status_report(sent: str, reference: int) -> str:
    """Write the report on a message, if it asks for one; empty otherwise."""
    try:
        message = pdu.decode(pdu.from_hex(sent))
    except BadReply:  # another program's, in its own words
        return ""
    if message.type is not PduType.SUBMIT or not message.report_requested:
        return ""
    stamp = moment.write(datetime.now(UTC))
    first = bytes([STATUS_REPORT | NO_MORE, reference & 0xFF])
    body = first + address.encode(message.number) + stamp + stamp + bytes([DELIVERED])
    return (_service_centre() + body).hex().upper()


def _service_centre() -> bytes:
    return address.encode_service_centre(SERVICE_CENTRE)
