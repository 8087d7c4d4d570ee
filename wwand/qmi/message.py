"""How a message is declared: a dataclass whose fields name their TLVs.

`GetModel` is a request, `GetModel.response` the class of its answer, and an indication stands for
itself. A field is None when its TLV is absent.
"""

import re
from collections.abc import Iterable
from dataclasses import field
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar
from typing import get_type_hints as hints_of

from wwand.errors import BadArgument, BadReply
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.layout import SHORT, U16, Layout, Reader, Struct, layout_of
from wwand.qmi.record import Record, fields_of, named
from wwand.qmi.values import Service

Tlv = tuple[int, bytes]
"""A type and what it holds."""

R = TypeVar("R", bound="Response")

REQUESTS: dict[tuple[int, int], "type[Request[Any]]"] = {}
INDICATIONS: dict[tuple[int, int], "type[Indication]"] = {}
"""All that is declared in the modules loaded so far, by service and number (`catalogue`)."""


def tlv(tag: int, *, secret: bool = False) -> Any:
    """Declare the field that TLV `tag` carries; a `secret` is not shown when it is printed."""
    return field(default=None, repr=not secret, metadata={"tag": tag})


class Message(Record):
    """What requests, responses and indications have in common."""

    unreadable: tuple[int, ...] = named(default=(), kw_only=True, compare=False)
    """TLVs that came, but not as they are declared; their fields are None."""

    @classmethod
    def read(cls, tlvs: Iterable[Tlv]) -> Self:
        """Take the values out of TLVs; never fails, for one bad TLV does not spoil the others."""
        declared = layouts(cls)
        values: dict[str, Any] = {}
        unreadable = []
        for tag, raw in tlvs:
            if tag not in declared:
                continue
            name, layout = declared[tag]
            try:
                values[name] = layout.read(Reader(raw))
            except BadReply:
                unreadable.append(tag)
        return cls(**values, unreadable=tuple(unreadable))

    def tlvs(self) -> list[Tlv]:
        """Return the TLVs of all fields that are set; BadArgument when a value does not fit."""
        found = []
        for tag, (name, layout) in layouts(type(self)).items():
            value = getattr(self, name)
            if value is None:
                continue
            try:
                raw = layout.write(value)
            except BadArgument as error:
                raise BadArgument(f"{type(self).__name__}.{name}: {error}") from None
            if len(raw) > 0xFFFF:
                raise BadArgument(f"{type(self).__name__}.{name} is too long")
            found.append((tag, raw))
        return found


class Result(Struct):
    """How a request went."""

    error_status: U16
    """0 success, 1 failure."""
    error_code: Annotated[ProtocolError, SHORT]

    @property
    def ok(self) -> bool:
        """Whether the modem did what it was asked."""
        return self.error_status == 0


SUCCESS = Result(0, ProtocolError.NONE)


def failure(code: ProtocolError) -> Result:
    """The result of a request that was refused."""
    return Result(1, code)


class Response(Message):
    """An answer; on its own, one that has nothing but its result."""

    result: Result = named(default=SUCCESS, kw_only=True, tag=0x02)


class Request(Message, Generic[R]):
    """A question or an order."""

    service: ClassVar[Service]
    id: ClassVar[int]
    response: ClassVar[type[Response]] = Response
    timeout: ClassVar[float] = 10.0
    """Seconds a modem may take; most answer within milliseconds, after start-up within seconds."""

    def __init_subclass__(cls) -> None:
        if "id" in cls.__dict__:
            REQUESTS[cls.service, cls.id] = cls


class Indication(Message):
    """Something the modem says unasked."""

    service: ClassVar[Service]
    id: ClassVar[int]

    def __init_subclass__(cls) -> None:
        if "id" in cls.__dict__:
            INDICATIONS[cls.service, cls.id] = cls


_LAYOUTS: dict[type[Message], dict[int, tuple[str, Layout]]] = {}


def layouts(cls: type[Message]) -> dict[int, tuple[str, Layout]]:
    """TLV type → the field it fills and how it is read; worked out once."""
    if cls not in _LAYOUTS:
        hints = hints_of(cls, include_extras=True)
        _LAYOUTS[cls] = {
            each.metadata["tag"]: (each.name, layout_of(hints[each.name], whole=True))
            for each in fields_of(cls)
            if "tag" in each.metadata
        }
    return _LAYOUTS[cls]


def prepare() -> None:
    """Work out the layouts of all messages declared so far, which else happens at first use."""
    for request in tuple(REQUESTS.values()):
        layouts(request)
        layouts(request.response)
    for indication in tuple(INDICATIONS.values()):
        layouts(indication)


def title(cls: "type[Request[Any] | Indication]") -> str:
    """The name of a message as people read it: `DMS Get Model`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__.removesuffix("Indication"))
    return f"{cls.service.name} {words}"
