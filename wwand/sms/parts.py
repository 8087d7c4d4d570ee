"""Join the parts of a message, in whatever order they come."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from wwand.sms.pdu import Pdu


@dataclass(slots=True)
class Parts:
    """The PDUs of one message; a short one is complete with its only part."""

    first: Pdu
    """The one that came first."""
    _found: dict[int, Pdu] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Take the first one."""
        self._found[self._number(self.first)] = self.first

    @property
    def wanted(self) -> int:
        """How many there are."""
        return self.first.concatenation.parts if self.first.concatenation else 1

    @property
    def complete(self) -> bool:
        """Whether all have come."""
        return len(self._found) == self.wanted

    @property
    def text(self) -> str:
        """What they say together; empty for data."""
        return "".join(pdu.text or "" for pdu in self._in_order())

    @property
    def data(self) -> bytes:
        """Their octets together; empty for a text."""
        return b"".join(pdu.data for pdu in self._in_order())

    @property
    def last(self) -> Pdu:
        """The last part that there is."""
        return self._in_order()[-1]

    def take(self, pdu: Pdu) -> bool:
        """Take one more part; False when it belongs to another message.

        A part that is there already comes again when the network did not hear that it had arrived.
        """
        if pdu.concatenation is None or key(pdu) != key(self.first):
            return False
        number = self._number(pdu)
        if number in self._found and self._found[number] != pdu:
            return False
        self._found[number] = pdu
        return True

    def _in_order(self) -> list[Pdu]:
        return [self._found[number] for number in sorted(self._found)]

    @staticmethod
    def _number(pdu: Pdu) -> int:
        return pdu.concatenation.part if pdu.concatenation else 1


def key(pdu: Pdu) -> Hashable:
    """What the parts of one message have in common (23.040 §9.2.3.24.1)."""
    part = pdu.concatenation
    return pdu.type, pdu.number, part and (part.reference, part.parts)
