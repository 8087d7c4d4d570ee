"""The network's clock: 27.007 §8.14 (+CCLK), §8.40 (+CTZR), §8.41 (+CTZU).  Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from wwand.at.command import action, query_text, read
from wwand.errors import BadReply

ZONE_REPORTS = ("+CTZV", "+CTZE", "+CTZEU")
"""Reports of the zone alone; with local time; with universal time (27.007 §8.41)."""

UNIVERSAL = "+CTZEU"

CLOCK_FOLLOWS = action("AT+CTZU=1")
"""The modem sets its clock by what the network tells."""

REPORT_TIME = action("AT+CTZR=2")
REPORT_ZONE = action("AT+CTZR=1")
REPORTS_OFF = action("AT+CTZR=0")

FIRST_YEAR, LAST_YEAR = 2020, 2069
"""A clock that nobody has set says 1980 (as 80), 2000, 2004 …, whatever its maker likes."""

_CLOCK = re.compile(
    r"(\d{2,4})[/-](\d{1,2})[/-](\d{1,2}),\s*(\d{1,2}):(\d{2}):(\d{2})\s*([+-]\d{1,2})?"
)


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """The clock of the modem, which the network sets."""

    moment: datetime
    offset_minutes: int | None = None
    """Difference of local time to UTC; without it `moment` is taken to be UTC."""
    saving_minutes: int | None = None
    """What of the offset is due to summer, where that is told."""

    @property
    def is_set(self) -> bool:
        """Whether somebody has set the clock."""
        return FIRST_YEAR <= self.moment.year <= LAST_YEAR

    @property
    def text(self) -> str:
        """ISO 8601; without an offset where the zone is not known."""
        known = self.offset_minutes is not None
        return (self.moment if known else self.moment.replace(tzinfo=None)).isoformat()


@dataclass(frozen=True, slots=True)
class Zone:
    """What a report tells of the zone, and of the time if it does."""

    offset_minutes: int
    saving_minutes: int | None = None
    time: NetworkTime | None = None


def moment(text: str, offset_minutes: int | None = None) -> NetworkTime:
    """Read local time, and its offset in quarters of an hour unless that is known."""
    match = _CLOCK.search(text)
    if not match:
        raise BadReply(f"not a time: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    year += 2000 if year < 100 else 0
    if match[7] is not None:
        offset_minutes = 15 * int(match[7])
    try:
        zone = UTC if offset_minutes is None else timezone(timedelta(minutes=offset_minutes))
        return NetworkTime(
            datetime(year, month, day, hour, minute, second, tzinfo=zone), offset_minutes
        )
    except ValueError:
        raise BadReply(f"not a time: {text!r}") from None


@query_text("AT+CCLK?", prefix="+CCLK")
def clock(text: str) -> NetworkTime:
    """27.007 §8.14: local time, and its offset in quarters of an hour."""
    return moment(text)


def read_zone(line: str) -> Zone:
    """27.007 §8.41; the zone is in quarters of an hour, summer time in hours and part of it."""
    prefix = line.partition(":")[0].strip().upper()
    zone, saving, when = read(line, prefix, _zone)
    if not when:
        return Zone(zone, saving)
    try:
        told = moment(when, 0 if prefix == UNIVERSAL else zone)
    except BadReply:
        return Zone(zone, saving)
    local = told.moment.astimezone(timezone(timedelta(minutes=zone)))
    return Zone(zone, saving, NetworkTime(local, zone, saving))


def _zone(
    quarters: int, saving: str = "", when: str = "", *_rest: str
) -> tuple[int, int | None, str]:
    if abs(quarters) > 4 * 24 - 1:
        raise BadReply("not a time zone")
    if saving.isdecimal():
        return 15 * quarters, 60 * int(saving), when
    return 15 * quarters, None, when or saving
