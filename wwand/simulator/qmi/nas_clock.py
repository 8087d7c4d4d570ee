"""NAS: the network's clock."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wwand.qmi import nas, nas_time
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.simulator import clock
from wwand.simulator.qmi import radio
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()


@HANDLERS.on(nas_time.GetNetworkTime)
def network_time(call: Exchange, _request: nas_time.GetNetworkTime) -> Response:
    """Tell what the network said."""
    now, network = clock.local(call.modem), call.modem.network
    if now is None or not network.registered:
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    technology, _ = radio.TECHNOLOGIES[network.technology]
    told = nas_time.ClockAndZone(
        **_fields(now),
        time_zone=network.facts.time_zone,
        daylight_saving_adjustment=0,
        radio_interface=technology,
    )
    return nas_time.GetNetworkTimeResponse(time_3gpp=told)


def tell(engine: "QmiEngine") -> None:
    """Report that the network has told its time."""
    now = clock.local(engine.modem)
    if now is None:
        return
    told = nas_time.NetworkTimeIndication(
        universal_time=nas_time.Clock(**_fields(now)),
        time_zone=engine.modem.network.facts.time_zone,
        daylight_saving_adjustment=0,
    )
    for client in engine.clients.of(nas.NAS):
        if "network time" in client.reports:
            engine.indicate(told, client)


def _fields(now: datetime) -> dict[str, int]:
    """Universal time; the week begins on Monday (Qualcomm's numbers)."""
    at = now.astimezone(UTC)
    names = ("year", "month", "day", "hour", "minute", "second")
    return {name: getattr(at, name) for name in names} | {"day_of_week": at.weekday()}
