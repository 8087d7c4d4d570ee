"""One interface of one object: reads the domain and calls it, keeps nothing itself."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from dbus_fast import Variant
from dbus_fast.signature import SignatureTree, get_signature_tree

from wwand.service.spec import InterfaceSpec

OPEN = ""
"""In `View.guards`: anyone whom the bus lets through may call the method."""

Reader = tuple[Callable[[Any], Any], SignatureTree]


def guarded(spec: InterfaceSpec, action: str, **others: str) -> dict[str, str]:
    """Guard every method of an interface with `action`, except those named."""
    return dict.fromkeys(spec.methods, action) | others


class View:
    """Base of all views: has every member of `spec`, by the same name.

    Properties are Python properties and return new containers each time, since what they returned
    last is compared with what they return next; methods are coroutines.
    """

    spec: ClassVar[InterfaceSpec]
    guards: ClassVar[Mapping[str, str]] = {}
    """Method → polkit action, or OPEN; every method is in it."""
    readers: ClassVar[dict[str, Reader]]
    """Property → how to read it and its type; made from `spec`."""

    def __init_subclass__(cls) -> None:
        """Refuse a class that differs from its XML."""
        wanted = {*cls.spec.methods, *cls.spec.properties}
        if missing := sorted(wanted - set(vars(cls))):
            raise TypeError(f"{cls.__name__} lacks {', '.join(missing)} of {cls.spec.name}")
        if odd := sorted(set(cls.guards) ^ set(cls.spec.methods)):
            raise TypeError(f"{cls.__name__}.guards and {cls.spec.name} differ in {odd}")
        cls.readers = {
            name: (_getter(vars(cls)[name].fget, signature), get_signature_tree(signature))
            for name, signature in cls.spec.properties.items()
        }

    def values(self) -> dict[str, Any]:
        """Read every property."""
        return {name: read(self) for name, (read, _) in self.readers.items()}

    def variants(self, values: Mapping[str, Any]) -> dict[str, Variant]:
        """Give values of this interface's properties their types."""
        readers = self.readers
        return {name: Variant(readers[name][1], value, False) for name, value in values.items()}


def _getter(read: Callable[[Any], Any], signature: str) -> Callable[[Any], Any]:
    """Make sure that no text of a modem, of a SIM or of a USB descriptor breaks a message."""
    if signature == "s":
        return lambda view: text(read(view))
    if signature == "as":
        return lambda view: [text(item) for item in read(view)]
    return read


def text(value: str) -> str:
    """Return `value` as D-Bus can carry it: UTF-8 without NUL (specification, Basic types)."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode()
