"""Have USSD and the network's time reported over AT: what is asked last of all."""

from typing import TYPE_CHECKING

from wwand.at import basic, clock

if TYPE_CHECKING:
    from wwand.modem.at import AtModem

REFUSED = object()


async def follow(modem: "AtModem") -> None:
    """Have the modem keep its clock by the network's, and report that and USSD; look at it once."""
    await modem.ask(basic.USSD_REPORTS_ON, None)
    await modem.ask(clock.CLOCK_FOLLOWS, None)
    if await modem.ask(clock.REPORT_TIME, REFUSED) is REFUSED:
        await modem.ask(clock.REPORT_ZONE, None)
    if time := await modem.load_clock():
        modem.note_time(time, announce=False)


async def unfollow(modem: "AtModem") -> None:
    """Have it be quiet."""
    await modem.ask(basic.USSD_REPORTS_OFF, None)
    await modem.ask(clock.REPORTS_OFF, None)


def zone_reported(modem: "AtModem", line: str) -> None:
    """Take over a zone; where the report does not tell the time, the clock is looked at."""
    zone = clock.read_zone(line)
    modem.note_zone(zone.offset_minutes, zone.saving_minutes)
    if zone.time:
        modem.note_time(zone.time)
    else:
        modem.tasks.spawn("looking at the clock", _tell(modem))


async def _tell(modem: "AtModem") -> None:
    if not modem.control.data_mode and (time := await modem.load_clock()):
        modem.note_time(time)
