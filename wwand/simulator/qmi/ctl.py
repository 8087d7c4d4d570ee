"""CTL: which services there are, and who is a client of them."""

from wwand.qmi import ctl
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.message import Response
from wwand.qmi.values import Service
from wwand.simulator.model import QmiFacts
from wwand.simulator.qmi import wda
from wwand.simulator.qmi.handlers import Exchange, Handlers, Refusal, needed

HANDLERS = Handlers()

VERSIONS = {
    Service.CTL: (1, 5),
    Service.WDS: (1, 67),
    Service.DMS: (1, 14),
    Service.NAS: (1, 25),
    Service.WMS: (1, 10),
    Service.VOICE: (2, 1),
    Service.UIM: (1, 46),
    Service.WDA: (1, 16),
}
"""The services the engine has, with versions as an LTE modem of 2015 tells them."""


def services(facts: QmiFacts) -> dict[Service, tuple[int, int]]:
    """Return a model's services with their versions."""
    if not facts.services:
        return VERSIONS
    rows = {name.upper(): version.split(".") for name, version in facts.services.items()}
    return {Service[name]: (int(major), int(minor)) for name, (major, minor) in rows.items()}


@HANDLERS.on(ctl.SetInstanceId)
def set_instance(_call: Exchange, request: ctl.SetInstanceId) -> Response:
    """Number the host's end; there is one link."""
    return ctl.SetInstanceIdResponse(link_id=needed(request.instance_id))


@HANDLERS.on(ctl.GetVersionInfo)
def version_info(call: Exchange, _request: ctl.GetVersionInfo) -> Response:
    """Tell the services and their versions."""
    rows = call.engine.services.items()
    listed = tuple(ctl.ServiceVersion(service, *version) for service, version in rows)
    return ctl.GetVersionInfoResponse(service_list=listed)


@HANDLERS.on(ctl.AllocateCid)
def allocate(call: Exchange, request: ctl.AllocateCid) -> Response:
    """Give a client id out."""
    service = needed(request.service_type)
    if service is Service.CTL or service not in call.engine.services:
        raise Refusal(ProtocolError.INVALID_SERVICE_TYPE)
    client = call.engine.clients.allocate(service)
    return ctl.AllocateCidResponse(allocation_info=ctl.ClientInfo(service, client.cid))


@HANDLERS.on(ctl.ReleaseCid)
def release(call: Exchange, request: ctl.ReleaseCid) -> Response:
    """Take one back; the call it started ends."""
    info = needed(request.release_info)
    call.engine.clients.release(info.service, info.cid)
    return ctl.ReleaseCidResponse(release_info=info)


@HANDLERS.on(ctl.SetDataFormat)
def set_data_format(call: Exchange, request: ctl.SetDataFormat) -> Response:
    """Choose the framing as it was done before there was WDA."""
    if request.protocol is not None:
        wda.choose(call, wda.FRAMINGS[int(request.protocol)])
    return ctl.SetDataFormatResponse(protocol=ctl.DataLinkProtocol(wda.number(call)))


@HANDLERS.on(ctl.Sync)
def sync(call: Exchange, _request: ctl.Sync) -> Response:
    """Forget all clients."""
    call.engine.clients.release_all()
    return Response()
