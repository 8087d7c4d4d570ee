"""The network's clock: this machine's, in the zone that the model's network has."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the modem makes its terminals, which tell the time
    from wwand.simulator.engine import Modem

ZONE, LOCAL, UNIVERSAL = 1, 2, 3
"""<reporting> of +CTZR (27.007 §8.40)."""

NEVER_SET = "80/01/06,00:00:07"
"""What Qualcomm's firmware starts counting at: the first day of GPS."""


def local(modem: "Modem") -> datetime | None:
    """Local time; None while the network has not told it."""
    if modem.knobs.clock == "unset":
        return None
    quarters = modem.network.facts.time_zone
    return datetime.now(timezone(timedelta(minutes=15 * quarters)))


def zone(modem: "Modem") -> str:
    """The zone in quarters of an hour."""
    return f"{modem.network.facts.time_zone:+03d}"


def report(modem: "Modem", reporting: int) -> str | None:
    """The line that says that the network has told its time (27.007 §8.41)."""
    now = local(modem)
    if now is None:
        return None
    if reporting == ZONE:
        return f"+CTZV: {zone(modem)}"
    name = "+CTZE" if reporting == LOCAL else "+CTZEU"
    told = now if reporting == LOCAL else now.astimezone(UTC)
    return f'{name}: "{zone(modem)}",0,"{told:%Y/%m/%d,%H:%M:%S}"'
