"""The network's clock over QMI."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from wwand.at.clock import NetworkTime
from wwand.qmi import nas
from wwand.qmi.nas_time import Clock, GetNetworkTime, NetworkTimeIndication
from wwand.status import ModemState

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts

MOST_QUARTERS = 4 * 24 - 1
"""A zone further off is what firmware says for want of one."""


def network_time(said: Clock, quarters: int | None, saving: int | None) -> NetworkTime | None:
    """Universal time and the zone as local time; None where it is no time, or one never set."""
    offset = None if quarters is None or abs(quarters) > MOST_QUARTERS else 15 * quarters
    try:
        moment = datetime(
            said.year, said.month, said.day, said.hour, said.minute, said.second, tzinfo=UTC
        )
    except ValueError:
        return None
    if offset is not None:
        moment = moment.astimezone(timezone(timedelta(minutes=offset)))
    time = NetworkTime(moment, offset, None if saving is None else 60 * saving)
    return time if time.is_set else None


async def load(modem: "QmiPorts") -> NetworkTime | None:
    """Ask for time and zone; older firmware knows the zone alone, which is noted."""
    if told := await modem.ask(GetNetworkTime()):
        for said in (told.time_3gpp, told.time_3gpp2):
            saving = said.daylight_saving_adjustment if said else None
            time = network_time(said, said.time_zone, saving) if said else None
            if time:
                return time
    serving = await modem.ask(nas.GetServingSystem())
    if serving and serving.time_zone_3gpp is not None:
        saving = serving.daylight_saving_time_adjustment_3gpp
        modem.note_zone(15 * serving.time_zone_3gpp, None if saving is None else 60 * saving)
    return None


async def follow(modem: "QmiPorts") -> None:
    """Have the network's time reported, and look at it once."""

    def told(said: NetworkTimeIndication) -> None:
        clock, saving = said.universal_time, said.daylight_saving_adjustment
        time = network_time(clock, said.time_zone, saving) if clock else None
        if time and modem.state >= ModemState.ENABLED:
            modem.note_time(time)

    client = await modem.client(nas.NAS)
    client.on(NetworkTimeIndication, told)
    await modem.ask(nas.RegisterIndications(network_time=True))
    if time := await load(modem):
        modem.note_time(time, announce=False)
