"""The network's time as Huawei's firmware tells it: ^NWTIME, and ^TIME of CDMA modems.  Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone

from wwand.at.clock import NetworkTime
from wwand.at.command import query_text, strip_prefix
from wwand.errors import BadReply

PREFIX = "^NWTIME"

_NETWORK_TIME = re.compile(
    r"(\d{2})/(\d{2})/(\d{2}),\s*(\d{2}):(\d{2}):(\d{2})([+-]\d{1,2})\s*,\s*(\d{1,2})"
)
_LOCAL_TIME = re.compile(r"(?:20)?(\d{2})/(\d{1,2})/(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})")


def _moment(parts: tuple[str, ...], offset: int | None, saving: int | None = None) -> NetworkTime:
    year, month, day, hour, minute, second = (int(part) for part in parts)
    zone = UTC if offset is None else timezone(timedelta(minutes=offset))
    try:
        moment = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise BadReply(f"not a time: {error}") from None
    return NetworkTime(moment, offset, saving)


def _network_time(text: str) -> NetworkTime:
    match = _NETWORK_TIME.search(text)
    if not match or abs(offset := 15 * int(match[7])) >= 24 * 60:
        raise BadReply(f"not a time: {text!r}")
    return _moment(match.groups()[:6], offset, 60 * int(match[8]))


network_time = query_text("AT^NWTIME?", prefix=PREFIX)(_network_time)
"""Local time, its offset in quarters of an hour, and the hours of summer time in it."""


def report(line: str) -> NetworkTime:
    """Read the same as a report."""
    return _network_time(strip_prefix(line, PREFIX) or "")


@query_text("AT^TIME", prefix="^TIME")
def local_time(text: str) -> NetworkTime:
    """What CDMA modems have: a time without an offset."""
    match = _LOCAL_TIME.fullmatch(text.strip())
    if not match:
        raise BadReply(f"not a time: {text!r}")
    return _moment(match.groups(), None)
