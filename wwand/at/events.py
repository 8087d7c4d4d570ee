"""Packet domain events: +CGEREP and +CGEV (27.007 §10.1.19)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from wwand.at.arguments import number
from wwand.at.command import AtCommand, action, query_text, strip_prefix
from wwand.at.fields import groups, numbers
from wwand.errors import BadReply

PREFIX = "+CGEV"


class EventType(StrEnum):
    """What happened; network or modem (ME) did it."""

    REJECT = "reject"
    NW_REACT = "nw-react"
    NW_DEACT_PDP = "nw-deact-pdp"
    ME_DEACT_PDP = "me-deact-pdp"
    NW_DETACH = "nw-detach"
    ME_DETACH = "me-detach"
    NW_CLASS = "nw-class"
    ME_CLASS = "me-class"
    NW_ACT_PRIMARY = "nw-act-primary"
    ME_ACT_PRIMARY = "me-act-primary"
    NW_DEACT_PRIMARY = "nw-deact-primary"
    ME_DEACT_PRIMARY = "me-deact-primary"
    NW_ACT_SECONDARY = "nw-act-secondary"
    ME_ACT_SECONDARY = "me-act-secondary"
    NW_DEACT_SECONDARY = "nw-deact-secondary"
    ME_DEACT_SECONDARY = "me-deact-secondary"


@dataclass(frozen=True, slots=True)
class PacketEvent:
    """One +CGEV report; None for what this kind of event does not tell."""

    type: EventType
    cid: int | None = None
    pdp_type: str | None = None
    pdp_address: str | None = None
    parent_cid: int | None = None
    event_type: int | None = None
    mobile_class: str | None = None

    @property
    def ends_context(self) -> bool:
        """Whether a context, or all of them, is gone."""
        return "deact" in self.type or "detach" in self.type


_ADDRESSED = re.compile(
    r"(REJECT|NW REACT|NW DEACT|ME DEACT)\s+([A-Z][\w-]*)\s*,\s*([^,]+?)\s*(?:,\s*(\d+))?"
)
_DETACH = re.compile(r"(NW|ME) DETACH")
_CLASS = re.compile(r"(NW|ME) CLASS\s+(.+)")
_PRIMARY = re.compile(r"(NW|ME) PDN (ACT|DEACT)\s+(\d+).*")
_SECONDARY = re.compile(r"(NW|ME) (ACT|DEACT)\s+(\d+)\s*,\s*(\d+)\s*,\s*(\d+).*")

_ADDRESSED_TYPES = {
    "REJECT": EventType.REJECT,
    "NW REACT": EventType.NW_REACT,
    "NW DEACT": EventType.NW_DEACT_PDP,
    "ME DEACT": EventType.ME_DEACT_PDP,
}


def read(line: str) -> PacketEvent:
    """Read a report, with or without its prefix; raises BadReply for one that is not known."""
    tail = strip_prefix(line.strip(), PREFIX)
    text = (line.strip() if tail is None else tail).replace('"', "")
    if match := _ADDRESSED.fullmatch(text):
        kind, pdp_type, address, cid = match.groups()
        cid_number = int(cid) if cid else None
        return PacketEvent(_ADDRESSED_TYPES[kind], cid_number, pdp_type, address)
    if match := _DETACH.fullmatch(text):
        return PacketEvent(EventType(f"{match[1].lower()}-detach"))
    if match := _CLASS.fullmatch(text):
        return PacketEvent(EventType(f"{match[1].lower()}-class"), mobile_class=match[2])
    if match := _PRIMARY.fullmatch(text):
        kind = f"{match[1]}-{match[2]}-primary".lower()
        return PacketEvent(EventType(kind), int(match[3]))
    if match := _SECONDARY.fullmatch(text):
        kind = f"{match[1]}-{match[2]}-secondary".lower()
        parent, cid, event = match[3], match[4], match[5]
        return PacketEvent(EventType(kind), int(cid), parent_cid=int(parent), event_type=int(event))
    raise BadReply(f"not a packet event: {text!r}")


@query_text("AT+CGEREP=?", prefix="+CGEREP")
def modes(text: str) -> tuple[int, ...]:
    """Which modes of reporting there are: 1 drops and 2 keeps reports while data flows."""
    return tuple(numbers(groups(text)[0]))


def report(mode: int) -> AtCommand[None]:
    """Switch the reports on (1, 2) or off (0)."""
    return action(f"AT+CGEREP={number('mode', mode, 0, 2)}")
