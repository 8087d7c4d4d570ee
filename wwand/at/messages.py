"""Short messages over AT, in PDU mode: where they are kept, how they come and go (27.005)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wwand.at.arguments import number, quoted
from wwand.at.command import AtCommand, action, query, query_text, read, strip_prefix
from wwand.at.fields import groups, split
from wwand.errors import BadReply

STORES = frozenset({"SM", "ME", "MT", "SR", "BM", "TA"})
"""27.005 §3.1: SIM, modem, both, status reports, broadcasts, terminal."""

PDU_MODE = action("AT+CMGF=0")


@dataclass(frozen=True, slots=True)
class Stores:
    """Which stores can be chosen for reading, for writing and for what arrives."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    arriving: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreUse:
    """How full a store is; `name` is None when it is none of 27.005's."""

    name: str | None
    used: int
    total: int


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in split(text) if name in STORES)


@query_text("AT+CPMS=?", prefix="+CPMS")
def stores(text: str) -> Stores:
    """27.005 §3.2.2; a list without brackets is the same three lists, one after the other."""
    found = groups(text)
    if "(" not in text and len(found) > 3 and len(found) % 3 == 0:
        third = len(found) // 3
        found = [",".join(found[i : i + third]) for i in range(0, len(found), third)]
    if len(found) < 3:
        raise BadReply(f"not three lists of stores: {text!r}")
    read, write, arriving = (_names(group) for group in found[:3])
    return Stores(read, write, arriving)


@query("AT+CPMS?", prefix="+CPMS")
def chosen_stores(
    read: str,
    used: int,
    total: int,
    write: str,
    write_used: int,
    write_total: int,
    arriving: str = "",
    arriving_used: int = 0,
    arriving_total: int = 0,
    *_rest: str,
) -> tuple[StoreUse, ...]:
    """27.005 §3.2.2: the stores for reading, for writing and, if told, for what arrives."""
    uses = [(read, used, total), (write, write_used, write_total)]
    if arriving:
        uses.append((arriving, arriving_used, arriving_total))
    return tuple(StoreUse(name if name in STORES else None, *counts) for name, *counts in uses)


def choose_stores(read: str, write: str = "", arriving: str = "") -> AtCommand[None]:
    """27.005 §3.2.2."""
    named = (("read", read), ("write", write), ("arriving", arriving))
    return action(f"AT+CPMS={','.join(quoted(n, store, 2) for n, store in named if store)}")


def announce(
    mode: int = 2, arrived: int = 1, broadcast: int = 2, status_report: int = 1
) -> AtCommand[None]:
    """27.005 §3.4.1: by default +CMTI for messages, +CBM and +CDS as they come."""
    values = (
        number("mode", mode, 0, 3),
        number("arrived", arrived, 0, 3),
        number("broadcast", broadcast, 0, 3),
        number("status_report", status_report, 0, 2),
    )
    return action(f"AT+CNMI={','.join(map(str, values))},0")


# --- messages, which are PDUs in hexadecimal digits ----------------------------------------------

SENDING = 120.0
"""Seconds for a message to be sent: firmwares try as long before they give up."""

LISTING = 30.0
"""Seconds for a listing: a SIM that is full and slow takes as long."""

ARRIVED, REPORT_ARRIVED = "+CMTI", "+CDSI"
"""Reports that name the place of a message, and of a status report (27.005 §3.4.1)."""

CARRIED = ("+CMT", "+CDS")
"""Reports that carry one themselves."""

UNREAD, READ, UNSENT, SENT = range(4)
"""<stat> in PDU mode (27.005 §3.1)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A message in a store."""

    index: int
    status: int
    pdu: str = field(repr=False)


def listing() -> AtCommand[tuple[Listed, ...]]:
    """All messages of the store for reading, which are read from then on (27.005 §4.1)."""

    def parse(lines: Sequence[str]) -> tuple[Listed, ...]:
        return tuple(
            Listed(_number(head, 0), _number(head, 1), pdu) for head, pdu in _pairs(lines, "+CMGL")
        )

    return AtCommand("AT+CMGL=4", parse, ("+CMGL",), timeout=LISTING, continued=True)


def reading(index: int) -> AtCommand[Listed]:
    """One message of that store; BadReply when there is none (27.005 §4.2)."""

    def parse(lines: Sequence[str]) -> Listed:
        for head, pdu in _pairs(lines, "+CMGR"):
            return Listed(index, _number(head, 0), pdu)
        raise BadReply("there is no message at that place")

    return AtCommand(f"AT+CMGR={_index(index)}", parse, ("+CMGR",), continued=True)


def sending(length: int) -> AtCommand[int]:
    """Send the PDU that is given as body; its reference (27.005 §4.3)."""
    return _numbered(f"AT+CMGS={number('length', length, 1, 255)}", "+CMGS")


def sending_stored(index: int) -> AtCommand[int]:
    """Send a message of the store for writing; its reference (27.005 §3.5.2, §4.7)."""
    return _numbered(f"AT+CMSS={_index(index)}", "+CMSS")


def writing(length: int, sent: bool = False) -> AtCommand[int]:
    """Store the PDU that is given as body; its place (27.005 §4.4)."""
    status = f",{SENT}" if sent else ""
    return _numbered(f"AT+CMGW={number('length', length, 1, 255)}{status}", "+CMGW")


def deleting(index: int) -> AtCommand[None]:
    """Delete a message of the store for reading (27.005 §3.5.4)."""
    return action(f"AT+CMGD={_index(index)}", timeout=LISTING)


def place(line: str, prefix: str) -> tuple[str, int]:
    """Read +CMTI and +CDSI: the store and the place in it."""

    def found(store: str, index: int, *_rest: str) -> tuple[str, int]:
        return store, index

    return read(line, prefix, found)


def carried(report: str, prefix: str) -> tuple[int, str]:
    """Read +CMT, +CDS and +CBM of two lines: the length that is said, and the PDU."""
    head, separator, pdu = report.partition("\n")
    said = split(strip_prefix(head, prefix) or "")
    if not separator or not said:
        raise BadReply(f"not a {prefix} report with its PDU")
    return _number(said, -1), pdu.strip()


def _numbered(text: str, prefix: str) -> AtCommand[int]:
    @query(text, prefix=prefix, timeout=SENDING)
    def command(number: int, *_rest: str) -> int:
        return number

    return command


def _index(index: int) -> int:
    return number("index", index, 0, 0xFFFF)


def _pairs(lines: Sequence[str], prefix: str) -> Iterator[tuple[list[str], str]]:
    """Put heads and PDUs together; a head without a PDU is one of an empty place."""
    head: list[str] | None = None
    for line in lines:
        if (tail := strip_prefix(line, prefix)) is not None:
            head = split(tail)
        elif head is not None:
            yield head, line.strip()
            head = None


def _number(fields: Sequence[str], place: int) -> int:
    """One of a line's fields; BadReply when it is no number."""
    try:
        return int(fields[place])
    except (IndexError, ValueError):
        raise BadReply("a message's head without its numbers") from None
