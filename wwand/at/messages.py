"""Where messages are kept and how they are announced: 27.005 §3.2.2, §3.2.3, §3.4.1."""

from dataclasses import dataclass

from wwand.at.arguments import number, quoted
from wwand.at.command import AtCommand, action, query, query_text
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
    read: str, used: int, total: int, write: str, write_used: int, write_total: int, *_rest: str
) -> tuple[StoreUse, StoreUse]:
    """27.005 §3.2.2: the stores for reading and for writing."""
    return (
        StoreUse(read if read in STORES else None, used, total),
        StoreUse(write if write in STORES else None, write_used, write_total),
    )


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
