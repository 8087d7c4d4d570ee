"""How values lie in a TLV: integers, texts, octets, arrays and structures of them.

A declaration writes the layout as its type: `mcc: U16`, `name: str`, `cells: tuple[Cell, ...]`.
What is not said is as in libqmi's definitions: one octet for an enumeration, a flag and a count, a
length of one octet before a text, and none before a text that is a TLV of its own.
"""

from abc import ABC, abstractmethod
from types import NoneType, UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from wwand.errors import BadArgument, BadReply
from wwand.qmi.record import Record, fields_of


class Reader:
    """The octets of one TLV, read from the front."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next octets; BadReply when there are fewer."""
        there = len(self._data) - self._at
        if count > there:
            raise BadReply(f"{count} octets wanted, {there} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)


class Layout(Record, ABC):
    """How one value becomes octets, and octets a value."""

    @abstractmethod
    def read(self, reader: Reader) -> Any:
        """Take a value; BadReply when the octets are too few or mean nothing."""

    @abstractmethod
    def write(self, value: Any) -> bytes:
        """Return the octets of a value; BadArgument when it does not fit."""


class Integer(Layout):
    """A number of some octets, the least significant one first unless told otherwise."""

    size: int
    signed: bool = False
    big: bool = False

    def read(self, reader: Reader) -> int:
        """Any octets are a number."""
        order = "big" if self.big else "little"
        return int.from_bytes(reader.take(self.size), order, signed=self.signed)  # type: ignore[arg-type]

    def write(self, value: Any) -> bytes:
        """A number, a flag or a member of an enumeration."""
        order = "big" if self.big else "little"
        try:
            return int(value).to_bytes(self.size, order, signed=self.signed)  # type: ignore[arg-type]
        except OverflowError:
            raise BadArgument(f"{value!r} does not fit into {self.size} octets") from None


class Counted(Record):
    """Marks a text, octets or an array whose length comes first, in this many octets."""

    size: int = 1


class Fixed(Record):
    """Marks a text, octets or an array of always the same length."""

    length: int


class Padded(Layout):
    """Digits in ASCII, filled up with 0xFF where there are fewer: the MNC of system information."""

    length: int

    def read(self, reader: Reader) -> str:
        """The digits without what fills them up."""
        raw = reader.take(self.length).rstrip(b"\xff\x00")
        return raw.decode("ascii", "replace")

    def write(self, value: str) -> bytes:
        """Fill up to the length."""
        return _fitting(value.encode("ascii", "replace").ljust(self.length, b"\xff"), self.length)


class Octets(Layout):
    """Octets; the extent is a count before them, a fixed length, or (None) all that is left."""

    extent: Counted | Fixed | None

    def read(self, reader: Reader) -> bytes:
        """Take what the extent says."""
        match self.extent:
            case Counted(size):
                return reader.take(Integer(size).read(reader))
            case Fixed(length):
                return reader.take(length)
            case None:
                return reader.rest()

    def write(self, value: Any) -> bytes:
        """Put the count in front where there is one."""
        match self.extent:
            case Counted(size):
                return Integer(size).write(len(value)) + bytes(value)
            case Fixed(length):
                return _fitting(bytes(value), length)
            case None:
                return bytes(value)


class Text(Octets):
    """A text in UTF-8; what is not gets replacement characters, for it is only shown."""

    def read(self, reader: Reader) -> str:  # type: ignore[override]
        """Decode without fail."""
        return Octets.read(self, reader).decode("utf-8", "replace")

    def write(self, value: str) -> bytes:
        """Encode."""
        return Octets.write(self, value.encode("utf-8", "replace"))


class Converted(Layout):
    """A number that means something: a flag or a member of an enumeration."""

    integer: Integer
    meaning: type[int]

    def read(self, reader: Reader) -> int:
        """Enumerations keep numbers that they have no name for."""
        return self.meaning(self.integer.read(reader))

    def write(self, value: Any) -> bytes:
        """The number."""
        return self.integer.write(value)


class Array(Layout):
    """Values of one kind, one after the other."""

    element: Layout
    extent: Counted | Fixed

    def read(self, reader: Reader) -> tuple[Any, ...]:
        """Take the elements."""
        match self.extent:
            case Counted(size):
                count = Integer(size).read(reader)
            case Fixed(length):
                count = length
        return tuple(self.element.read(reader) for _ in range(count))

    def write(self, value: Any) -> bytes:
        """Put the count in front where there is one."""
        octets = b"".join(self.element.write(each) for each in value)
        match self.extent:
            case Counted(size):
                return Integer(size).write(len(value)) + octets
            case Fixed(length):
                if len(value) != length:
                    raise BadArgument(f"{length} values are needed, not {len(value)}")
                return octets


class Struct(Record):
    """Values side by side; the fields of a subclass are declared in wire order."""

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take the fields in order; what a newer firmware puts behind them is left."""
        return cls(*(layout.read(reader) for _, layout in members(cls)))

    @classmethod
    def write(cls, value: Self) -> bytes:
        """Return the fields' octets, one after the other."""
        return b"".join(layout.write(getattr(value, name)) for name, layout in members(cls))


class Structure(Layout):
    """A `Struct` as a layout."""

    cls: type[Struct]

    def read(self, reader: Reader) -> Struct:
        """Take the whole structure."""
        return self.cls.read(reader)

    def write(self, value: Any) -> bytes:
        """Return its octets."""
        return self.cls.write(value)


_MEMBERS: dict[type[Struct], tuple[tuple[str, Layout], ...]] = {}


def members(cls: type[Struct]) -> tuple[tuple[str, Layout], ...]:
    """The fields of a structure with their layouts, which are worked out once."""
    if cls not in _MEMBERS:
        hints = get_type_hints(cls, include_extras=True)
        _MEMBERS[cls] = tuple((each.name, layout_of(hints[each.name])) for each in fields_of(cls))
    return _MEMBERS[cls]


def layout_of(hint: Any, *, whole: bool = False) -> Layout:
    """The layout that a type declares; `whole` when it is all that a TLV holds."""
    if get_origin(hint) in (Union, UnionType):  # X | None: the TLV may be absent
        hint = next(each for each in get_args(hint) if each is not NoneType)
    note: Any = None
    if get_origin(hint) is Annotated:
        hint, note = get_args(hint)
    if isinstance(note, Padded):
        return note
    if get_origin(hint) is tuple:
        return Array(layout_of(get_args(hint)[0]), note or Counted())
    if issubclass(hint, Struct):
        return Structure(hint)
    if issubclass(hint, str):
        return Text(note or (None if whole else Counted()))
    if issubclass(hint, bytes):
        return Octets(note or Counted())
    if hint is not int:
        return Converted(note or Integer(1), hint)
    assert isinstance(note, Integer)
    return note


def _fitting(octets: bytes, length: int) -> bytes:
    if len(octets) != length:
        raise BadArgument(f"{length} octets are needed, not {len(octets)}")
    return octets


U8 = Annotated[int, Integer(1)]
U16 = Annotated[int, Integer(2)]
U32 = Annotated[int, Integer(4)]
U64 = Annotated[int, Integer(8)]
U48 = Annotated[int, Integer(6)]
I8 = Annotated[int, Integer(1, signed=True)]
I16 = Annotated[int, Integer(2, signed=True)]
I32 = Annotated[int, Integer(4, signed=True)]
BYTE, SHORT, LONG, LONGLONG = Integer(1), Integer(2), Integer(4), Integer(8)
"""For enumerations of more than one octet: `Annotated[LinkLayerProtocol, LONG]`."""
SIGNED = Integer(1, signed=True)
PLMN = Annotated[bytes, Fixed(3)]
"""MCC and MNC in BCD (24.008 §10.5.1.3)."""
Digits = Annotated[str, Padded(3)]
IPV6 = Annotated[bytes, Fixed(16)]
"""An address in network order, which is what libqmi calls eight big-endian 16-bit numbers."""
