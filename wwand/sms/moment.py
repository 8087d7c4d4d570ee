"""Times: the service centre's time stamp, and for how long a message is tried (23.040 §9.2.3)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from wwand.errors import BadArgument

DAY, WEEK = 24 * 60, 7 * 24 * 60
"""Minutes."""

LONGEST = 63 * WEEK
"""Minutes that can be written (§9.2.3.12.1)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was sent, with the offset of its time zone."""

    at: datetime

    @property
    def offset(self) -> int:
        """Minutes from Greenwich, eastwards."""
        offset = self.at.utcoffset() or timedelta()
        return int(offset.total_seconds()) // 60

    def __str__(self) -> str:
        """ISO 8601 with the offset in hours, as ModemManager writes it, and minutes if needed."""
        text = self.at.strftime("%Y-%m-%dT%H:%M:%S")
        if not self.offset:
            return f"{text}Z"
        hours, minutes = divmod(abs(self.offset), 60)
        sign = "-" if self.offset < 0 else "+"
        return f"{text}{sign}{hours:02}" + (f":{minutes:02}" if minutes else "")


def read(data: bytes) -> Moment | None:
    """Read a time stamp of seven octets (§9.2.3.11); None for what is none, as all zeros."""
    year, month, day, hour, minute, second = (_swapped(octet) for octet in data[:6])
    quarters = _swapped(data[6] & 0xF7)
    minutes = -15 * quarters if data[6] & 8 else 15 * quarters
    try:
        zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
        return Moment(datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone))
    except ValueError:
        return None


def write(moment: datetime) -> bytes:
    """Write a time stamp."""
    offset = int((moment.utcoffset() or timedelta()).total_seconds()) // 900
    parts = (moment.year % 100, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    zone = _swap(abs(offset)) | (8 if offset < 0 else 0)
    return bytes([*map(_swap, parts), zone])


def validity_octet(minutes: int) -> int:
    """Write a relative validity period, rounded up to the next step (§9.2.3.12.1)."""
    if not 0 < minutes <= LONGEST:
        raise BadArgument(f"a message can be valid for 1 to {LONGEST} minutes")
    if minutes <= 12 * 60:
        return _up(minutes, 5) - 1
    if minutes <= DAY:
        return 143 + _up(minutes - 12 * 60, 30)
    if minutes <= 30 * DAY:
        return 166 + _up(minutes, DAY)
    return 192 + max(_up(minutes, WEEK), 5)


def validity_minutes(octet: int) -> int:
    """Read a relative validity period."""
    if octet <= 143:
        return (octet + 1) * 5
    if octet <= 167:
        return 12 * 60 + (octet - 143) * 30
    if octet <= 196:
        return (octet - 166) * DAY
    return (octet - 192) * WEEK


def _up(minutes: int, step: int) -> int:
    return -(-minutes // step)


def _swapped(octet: int) -> int:
    """Read two digits of which the first is in the low half."""
    return (octet & 15) * 10 + (octet >> 4)


def _swap(number: int) -> int:
    return number // 10 | number % 10 << 4
