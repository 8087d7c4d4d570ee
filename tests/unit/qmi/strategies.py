"""Values that fit a declared layout, whatever they mean."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from wwand.qmi.layout import (
    Array,
    Converted,
    Counted,
    Fixed,
    Integer,
    Layout,
    Octets,
    Padded,
    Structure,
    Text,
    members,
)
from wwand.qmi.message import Message, layouts

LONGEST = 5


def numbers(layout: Integer) -> st.SearchStrategy[int]:
    bits = 8 * layout.size
    return (
        st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
        if layout.signed
        else st.integers(0, (1 << bits) - 1)
    )


def values(layout: Layout) -> st.SearchStrategy[Any]:
    match layout:
        case Integer():
            return numbers(layout)
        case Converted(integer, meaning):
            if meaning is bool:
                return st.booleans()
            return numbers(integer).map(meaning)
        case Padded(length):
            return st.text("0123456789", max_size=length)
        case Text(Fixed(length)):
            return st.text("abcdef", min_size=length, max_size=length)
        case Text():
            return st.text(st.characters(codec="utf-8"), max_size=LONGEST)
        case Octets(Fixed(length)):
            return st.binary(min_size=length, max_size=length)
        case Octets():
            return st.binary(max_size=LONGEST)
        case Array(element, Fixed(length)):
            return st.tuples(*[values(element)] * length)
        case Array(element, Counted()):
            return st.lists(values(element), max_size=3).map(tuple)
        case Structure(cls):
            parts = {name: values(part) for name, part in members(cls)}
            made: Callable[..., Any] = cls
            return st.builds(made, **parts)
    raise AssertionError(layout)


def messages(cls: type[Message]) -> st.SearchStrategy[Message]:
    """Messages of a class with any of their fields set."""
    return st.builds(
        cls,
        **{
            name: values(layout) if name == "result" else st.none() | values(layout)
            for name, layout in layouts(cls).values()
        },
    )
