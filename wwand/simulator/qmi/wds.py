"""WDS: sessions, their settings and counters."""

from dataclasses import replace
from typing import TYPE_CHECKING

from wwand.qmi import wds
from wwand.qmi import wds_values as values
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response, failure
from wwand.qmi.nas_values import RadioInterface
from wwand.qmi.wds_values import RequestedSettings, WdsIpFamily
from wwand.simulator.calls import Addressing
from wwand.simulator.engine import Context
from wwand.simulator.qmi import more, radio, wds_profiles
from wwand.simulator.qmi.ends import End
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed
from wwand.simulator.qmi.sessions import IPV4, IPV6, CallRefused
from wwand.simulator.qmi.wds_profiles import PDP_TYPES

if TYPE_CHECKING:  # the engine has the handlers
    from wwand.simulator.qmi.clients import Client
    from wwand.simulator.qmi.engine import QmiEngine

HANDLERS = Handlers()
HANDLERS.by_id.update(wds_profiles.HANDLERS.by_id)

RAT_MASKS = {0: 0x02, 1: 0x02, 2: 0x01, 3: 0x10, 4: 0x04, 5: 0x0C, 6: 0x0C, 7: 0x20}
"""<AcT> as bits of libqmi's QmiWdsRat3gpp."""

BEARERS = {0: 3, 1: 3, 2: 4, 3: 6, 4: 7, 5: 9, 6: 9, 7: 10}
"""<AcT> as libqmi's QmiWdsDataBearerTechnology."""


def tell(engine: "QmiEngine", family: int, end: End | None) -> None:
    """Report that the calls of a family began, or how they ended."""
    state = values.ConnectionStatus.DISCONNECTED if end else values.ConnectionStatus.CONNECTED
    told = wds.PacketServiceStatus(
        connection_status=wds.Connection(state, reconfiguration_required=False),
        call_end_reason=end.reason if end else None,
        verbose_call_end_reason=_verbose(end) if end else None,
        ip_family=WdsIpFamily(family),
    )
    for client in engine.clients.of(wds.WDS):
        if _family(engine, client) == family:
            engine.indicate(told, client)


def _verbose(end: End) -> wds.VerboseReason:
    return wds.VerboseReason(end.type, end.verbose)


def _family(engine: "QmiEngine", client: "Client") -> int:
    session = engine.sessions.of(client)
    return session.family if session else client.family or IPV4


def _technology(call: Exchange) -> RadioInterface:
    interface, _ = radio.TECHNOLOGIES[call.modem.network.technology]
    return interface


@HANDLERS.on(wds.Reset)
def reset(call: Exchange, _request: wds.Reset) -> Response:
    """Forget what the client has set, and end its call."""
    call.engine.sessions.client_gone(call.client)
    call.client.reset()
    return Response()


@HANDLERS.on(wds.SetEventReport)
def set_event_report(_call: Exchange, _request: wds.SetEventReport) -> Response:
    """Take what is to be reported; none of it changes here."""
    return Response()


@HANDLERS.on(wds.StartNetwork)
async def start(call: Exchange, request: wds.StartNetwork) -> Response:
    """Begin a session with what is given, and the profile's values for the rest."""
    engine, client = call.engine, call.client
    if request.enable_autoconnect is not None:
        engine.sessions.automatic = request.enable_autoconnect
    context = wds_profiles.profile(call, request.profile_index_3gpp)
    context = replace(
        context,
        apn=context.apn if request.apn is None else request.apn,
        user=request.username or context.user,
        password=request.password or context.password,
        auth=int(request.authentication_preference or context.auth),
    )
    asked = int(request.ip_family_preference or client.family)
    family = asked if asked in (IPV4, IPV6) else IPV4
    try:
        session, first = await engine.sessions.start(client, context, family)
    except CallRefused as refused:
        return wds.StartNetworkResponse(
            result=failure(ProtocolError.CALL_FAILED),
            call_end_reason=refused.end.reason,
            verbose_call_end_reason=_verbose(refused.end),
        )
    if first:
        call.after.append(lambda: tell(engine, family, None))
    return wds.StartNetworkResponse(packet_data_handle=session.handle)


@HANDLERS.on(wds.StopNetwork)
def stop(call: Exchange, request: wds.StopNetwork) -> Response:
    """End the client's session."""
    handle, sessions = needed(request.packet_data_handle), call.engine.sessions
    if request.disable_autoconnect:
        sessions.automatic = False
    session = sessions.of(call.client)
    if handle == wds.ALL_SESSIONS and session is None:
        return Response()
    if session is None or handle not in (session.handle, wds.ALL_SESSIONS):
        raise Refusal(ProtocolError.INVALID_HANDLE)
    sessions.stop(session)
    return Response()


@HANDLERS.on(wds.GetPacketServiceStatus)
def packet_service_status(call: Exchange, _request: wds.GetPacketServiceStatus) -> Response:
    """Tell whether there is a session of the client's family."""
    up = call.engine.sessions.connected(_family(call.engine, call.client))
    states = values.ConnectionStatus
    return wds.GetPacketServiceStatusResponse(
        connection_status=states.CONNECTED if up else states.DISCONNECTED
    )


@HANDLERS.on(wds.GetChannelRates)
def channel_rates(call: Exchange, _request: wds.GetChannelRates) -> Response:
    """Tell how fast the radio is, and how fast it is now."""
    most = radio.RATES[_technology(call)]
    connected = call.engine.sessions.connected(_family(call.engine, call.client))
    now = most if connected else (0, 0)
    return wds.GetChannelRatesResponse(channel_rates=wds.ChannelRates(*now, *most))


@HANDLERS.on(wds.GetPacketStatistics)
def statistics(call: Exchange, request: wds.GetPacketStatistics) -> Response:
    """Tell the connection's counters."""
    asked, wants = needed(request.mask), values.PacketStatisticsMask
    sent, received = call.engine.sessions.data.sent, call.engine.sessions.data.received
    if not call.engine.sessions.connected(_family(call.engine, call.client)):
        return wds.GetPacketStatisticsResponse(
            result=failure(ProtocolError.OUT_OF_CALL),
            last_call_tx_bytes_ok=sent.octets,
            last_call_rx_bytes_ok=received.octets,
        )
    return wds.GetPacketStatisticsResponse(
        tx_packets_ok=sent.frames if wants.TX_PACKETS_OK in asked else None,
        rx_packets_ok=received.frames if wants.RX_PACKETS_OK in asked else None,
        tx_packets_error=0 if wants.TX_PACKETS_ERROR in asked else None,
        rx_packets_error=0 if wants.RX_PACKETS_ERROR in asked else None,
        tx_overflows=0 if wants.TX_OVERFLOWS in asked else None,
        rx_overflows=0 if wants.RX_OVERFLOWS in asked else None,
        tx_bytes_ok=sent.octets if wants.TX_BYTES_OK in asked else None,
        rx_bytes_ok=received.octets if wants.RX_BYTES_OK in asked else None,
        tx_packets_dropped=0 if wants.TX_PACKETS_DROPPED in asked else None,
        rx_packets_dropped=0 if wants.RX_PACKETS_DROPPED in asked else None,
    )


@HANDLERS.on(wds.GetCurrentSettings)
def current_settings(call: Exchange, request: wds.GetCurrentSettings) -> Response:
    """Tell what the network gave to the session."""
    told, context = _need_call(call)
    asked, wants = request.requested_settings, RequestedSettings
    if asked is None:
        asked = RequestedSettings(~0)
    family = _family(call.engine, call.client)
    answer = wds.GetCurrentSettingsResponse(
        profile_id=wds.ProfileId(values.ProfileType.PROFILE_3GPP, context.cid)
        if wants.PROFILE_ID in asked
        else None,
        pdp_type=PDP_TYPES[context.type] if wants.PDP_TYPE in asked else None,
        apn_name=context.apn if wants.APN_NAME in asked else None,
        username=context.user if context.user and wants.USERNAME in asked else None,
        authentication=values.Authentication(context.auth)
        if wants.AUTH_PROTOCOL in asked
        else None,
        mtu=told.mtu if wants.MTU in asked else None,
        ip_family=WdsIpFamily(family) if wants.IP_FAMILY in asked else None,
    )
    return _with_ipv4(answer, told, asked) if family == IPV4 else _with_ipv6(answer, told, asked)


def _with_ipv4(
    answer: wds.GetCurrentSettingsResponse, told: Addressing, asked: RequestedSettings
) -> Response:
    assert told.ipv4
    assert told.gateway4
    names = [int(address) for address in told.dns4]
    if RequestedSettings.IP_ADDRESS in asked:
        answer = replace(answer, ipv4_address=int(told.ipv4.ip))
    if RequestedSettings.GATEWAY_INFO in asked:
        answer = replace(
            answer,
            ipv4_gateway_address=int(told.gateway4),
            ipv4_gateway_subnet_mask=int(told.ipv4.netmask),
        )
    if RequestedSettings.DNS_ADDRESS in asked and names:
        first, second = names[0], names[1] if len(names) > 1 else None
        answer = replace(answer, primary_ipv4_dns_address=first, secondary_ipv4_dns_address=second)
    return answer


def _with_ipv6(
    answer: wds.GetCurrentSettingsResponse, told: Addressing, asked: RequestedSettings
) -> Response:
    assert told.ipv6
    assert told.gateway6
    length = told.ipv6.network.prefixlen
    names = [address.packed for address in told.dns6]
    if RequestedSettings.IP_ADDRESS in asked:
        answer = replace(answer, ipv6_address=wds.Ipv6Interface(told.ipv6.ip.packed, length))
    if RequestedSettings.GATEWAY_INFO in asked:
        gateway = wds.Ipv6Interface(told.gateway6.packed, length)
        answer = replace(answer, ipv6_gateway_address=gateway)
    if RequestedSettings.DNS_ADDRESS in asked and names:
        first, second = names[0], names[1] if len(names) > 1 else None
        answer = replace(answer, ipv6_primary_dns_address=first, ipv6_secondary_dns_address=second)
    return answer


@HANDLERS.on(wds.GetCurrentDataBearerTechnology)
def bearer_technology(call: Exchange, _request: wds.GetCurrentDataBearerTechnology) -> Response:
    """Tell what carries the session."""
    _need_call(call)
    mask = RAT_MASKS[call.modem.network.technology]
    current = wds.BearerTechnology(values.DataNetworkType.NET_3GPP, mask, 0)
    return wds.GetCurrentDataBearerTechnologyResponse(current=current)


@HANDLERS.on(more.GetDataBearerTechnology)
def data_bearer_technology(call: Exchange, _request: more.GetDataBearerTechnology) -> Response:
    """Tell it in the older form."""
    technology = call.modem.network.technology
    if not call.engine.sessions.connected(_family(call.engine, call.client)):
        return more.GetDataBearerTechnologyResponse(
            result=failure(ProtocolError.OUT_OF_CALL), last=BEARERS[technology]
        )
    return more.GetDataBearerTechnologyResponse(current=BEARERS[technology])


@HANDLERS.on(more.GetDormancyStatus)
def dormancy_status(call: Exchange, _request: more.GetDormancyStatus) -> Response:
    """Tell that the channel is held."""
    _need_call(call)
    return more.GetDormancyStatusResponse(status=values.DormancyStatus.TRAFFIC_CHANNEL_ACTIVE)


@HANDLERS.on(wds.SetIpFamily)
def set_ip_family(call: Exchange, request: wds.SetIpFamily) -> Response:
    """Choose what the client's session will carry."""
    family = int(needed(request.preference))
    if family not in (IPV4, IPV6, int(WdsIpFamily.UNSPECIFIED)):
        raise Refusal(ProtocolError.INVALID_IP_FAMILY_PREFERENCE)
    call.client.family = family if family in (IPV4, IPV6) else 0
    return Response()


@HANDLERS.on(wds.BindMuxDataPort)
def bind_mux(_call: Exchange, _request: wds.BindMuxDataPort) -> Response:
    """Take the port; there is one, and nothing is multiplexed on it."""
    return Response()


@HANDLERS.on(wds.GetLteAttachParameters)
def lte_attach(call: Exchange, _request: wds.GetLteAttachParameters) -> Response:
    """Tell with what the modem attached."""
    network = call.modem.network
    if not network.registered or _technology(call) is not RadioInterface.LTE:
        raise Refusal(ProtocolError.INFORMATION_UNAVAILABLE)
    context = wds_profiles.profile(call, None)
    kinds = {
        "IP": values.IpSupportType.IPV4,
        "IPV6": values.IpSupportType.IPV6,
        "IPV4V6": values.IpSupportType.IPV4V6,
    }
    return wds.GetLteAttachParametersResponse(
        apn=context.apn, ip_support_type=kinds[context.type], ota_attach_performed=True
    )


def _need_call(call: Exchange) -> tuple[Addressing, Context]:
    sessions = call.engine.sessions
    told = sessions.addressing(_family(call.engine, call.client))
    if told is None or sessions.data.context is None:
        raise Refusal(ProtocolError.OUT_OF_CALL)
    return told, sessions.data.context
