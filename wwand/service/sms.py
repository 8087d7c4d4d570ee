"""`org.freedesktop.ModemManager1.Sms`, and what a client says of one that is to be made."""

from collections.abc import Mapping
from typing import Any

from dbus_fast import Variant

from wwand.errors import BadArgument, Unsupported
from wwand.modem.messaging import Messaging
from wwand.modem.sms import Sms
from wwand.service import spec
from wwand.service.arguments import choice
from wwand.service.polkit import MESSAGING
from wwand.service.view import View, guarded
from wwand.sms import address, submit
from wwand.sms.facts import NO_CLASS, Storage, Validity
from wwand.sms.moment import LONGEST
from wwand.sms.submit import Outgoing

KEYS = {
    "number": "s",
    "text": "s",
    "data": "ay",
    "smsc": "s",
    "validity": "(uv)",
    "class": "i",
    "delivery-report-request": "b",
    "teleservice-id": "u",
    "service-category": "u",
}

CDMA = ("teleservice-id", "service-category")

MOST_OCTETS = 255 * 134
"""What fits into the parts of one message (23.040 §9.2.3.24.1)."""


class SmsView(View):
    """A short message."""

    spec = spec.load("org.freedesktop.ModemManager1.Sms")
    guards = guarded(spec, MESSAGING)

    def __init__(self, messaging: Messaging, sms: Sms) -> None:
        self._messaging = messaging
        self._sms = sms

    @property
    def State(self) -> int:
        return self._sms.state

    @property
    def PduType(self) -> int:
        return self._sms.type

    @property
    def Number(self) -> str:
        return self._sms.number

    @property
    def Text(self) -> str:
        return self._sms.text

    @property
    def Data(self) -> bytes:
        return self._sms.data

    @property
    def SMSC(self) -> str:
        return self._sms.smsc

    @property
    def Validity(self) -> list[object]:
        minutes = self._sms.validity
        kind = Validity.UNKNOWN if minutes is None else Validity.RELATIVE
        return [int(kind), Variant("u", minutes or 0)]

    @property
    def Class(self) -> int:
        return self._sms.message_class

    @property
    def TeleserviceId(self) -> int:
        return 0

    @property
    def ServiceCategory(self) -> int:
        return 0

    @property
    def DeliveryReportRequest(self) -> bool:
        return self._sms.report_requested

    @property
    def MessageReference(self) -> int:
        return self._sms.references[-1] if self._sms.references else 0

    @property
    def Timestamp(self) -> str:
        return self._sms.timestamp

    @property
    def DischargeTimestamp(self) -> str:
        return self._sms.discharged

    @property
    def DeliveryState(self) -> int:
        return self._sms.delivery

    @property
    def Storage(self) -> int:
        return self._sms.storage

    async def Send(self) -> None:
        await self._messaging.send(self._sms)

    async def Store(self, storage: int) -> None:
        await self._messaging.store(self._sms, choice("the storage", Storage, storage))


def outgoing(properties: Mapping[str, Variant]) -> Outgoing:
    """Read what a message shall be; BadArgument names what cannot be."""
    given = _values(properties)
    if not given.get("number"):
        raise BadArgument('a message needs a "number"')
    if bool(given.get("data")) == ("text" in given):
        raise BadArgument('a message needs a "text", or "data" instead')
    data = bytes(given.get("data", b""))
    if len(data) > MOST_OCTETS:
        raise BadArgument(f'"data" is longer than {MOST_OCTETS} octets')
    return Outgoing(
        address.checked("number", given["number"]),
        submit.checked("text", given.get("text", "")),
        data,
        address.checked("smsc", given["smsc"]) if given.get("smsc") else "",
        _minutes(given["validity"]) if "validity" in given else None,
        _class(given.get("class", NO_CLASS)),
        given.get("delivery-report-request", False),
    )


def _values(properties: Mapping[str, Variant]) -> dict[str, Any]:
    given = {}
    for name, variant in properties.items():
        if name not in KEYS:
            raise BadArgument(f'unknown key "{name}"; known are {", ".join(KEYS)}')
        if variant.signature != KEYS[name]:
            raise BadArgument(f'"{name}" must be of type {KEYS[name]}, not {variant.signature}')
        if name in CDMA:
            raise Unsupported(f'"{name}" is of CDMA, which has other messages')
        given[name] = variant.value
    return given


def _minutes(validity: tuple[int, Variant]) -> int | None:
    kind, value = validity
    if kind == Validity.UNKNOWN:
        return None
    if kind != Validity.RELATIVE or value.signature != "u" or not 0 < value.value <= LONGEST:
        raise BadArgument(f'"validity" must be (1, 1 to {LONGEST} minutes as u)')
    return int(value.value)


def _class(number: int) -> int:
    if not NO_CLASS <= number <= 3:
        raise BadArgument('"class" is 0 to 3, or -1 for none')
    return number
