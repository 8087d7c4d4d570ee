"""Get Supported Messages, which every service answers from what it has handlers for."""

from typing import Annotated

from wwand.qmi.layout import Counted
from wwand.qmi.message import Response, tlv
from wwand.simulator.qmi.handlers import Handlers

SUPPORTED_MESSAGES = 0x001E


class SupportedMessagesResponse(Response):
    """Tells the messages: bit n of octet m stands for message 8 m + n."""

    messages: Annotated[bytes, Counted(2)] | None = tlv(0x10)


def answer(handlers: Handlers) -> Response:
    """Tell which messages a service has."""
    bits = 0
    for number in (*handlers.by_id, SUPPORTED_MESSAGES):
        bits |= 1 << number
    octets = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    return SupportedMessagesResponse(messages=octets)
