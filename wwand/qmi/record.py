"""Frozen values like those of a frozen dataclass, without methods generated for each class.

QMI has some three hundred of them: generated code would cost a router megabytes and seconds.
"""

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, dataclass_transform


def hidden() -> Any:
    """Declare a field that is not shown when the value is printed."""
    return field(repr=False)


def named(*, default: Any, kw_only: bool, compare: bool = True, tag: int = 0) -> Any:
    """Declare a field that is given by name; a message carries it in the TLV of a `tag` but 0."""
    metadata = {"tag": tag} if tag else {}
    return field(default=default, kw_only=kw_only, compare=compare, metadata=metadata)


@dataclass_transform(frozen_default=True, field_specifiers=(hidden, named, field))
class Record:
    """What dataclasses would generate, for all classes at once.

    A class becomes a dataclass when its fields are first asked for, most never in a run.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init__(self, *values: Any, **named: Any) -> None:
        declared = fields_of(type(self))
        places = (each.name for each in declared if not each.kw_only)
        given = dict(zip(places, values, strict=False)) | named
        if len(given) != len(values) + len(named):
            raise TypeError(f"{type(self).__name__} has no place for {values!r}, {named!r}")
        for each in declared:
            value = given.pop(each.name, each.default)
            if value is MISSING:
                raise TypeError(f"{type(self).__name__} needs {each.name}")
            object.__setattr__(self, each.name, value)
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be deleted")

    def _compared(self) -> tuple[Any, ...]:
        return tuple(getattr(self, each.name) for each in fields(self) if each.compare)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __repr__(self) -> str:  # absent TLVs are left out
        shown = ((each.name, getattr(self, each.name)) for each in fields(self) if each.repr)
        values = ", ".join(f"{name}={value!r}" for name, value in shown if value is not None)
        return f"{type(self).__name__}({values})"


def fields_of(cls: type[Record]) -> tuple[Field[Any], ...]:
    """The fields of a class of records, with those of its bases."""
    if "__dataclass_fields__" not in cls.__dict__:
        for each in cls.__bases__:
            if issubclass(each, Record) and each is not Record:
                fields_of(each)
        dataclass(init=False, repr=False, eq=False)(cls)
    return fields(cls)
