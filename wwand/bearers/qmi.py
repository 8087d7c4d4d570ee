"""Sessions of a QMI modem on its network interface: one for IPv4, one for IPv6, or both."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.qmi_settings import ip_config
from wwand.device import Port
from wwand.errors import NoDriver, PortGone, Unsupported, WwandError
from wwand.qmi import ctl, wda, wds
from wwand.qmi.call_errors import call_error
from wwand.qmi.channel import QmiChannel
from wwand.qmi.client import QmiClient
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.values import EndpointType, Service
from wwand.qmi.wds_values import Authentication, ConnectionStatus, RequestedSettings, WdsIpFamily
from wwand.status import Auth, IpConfig, IpFamily, LayoutKind
from wwand.tasks import Tasks

FAMILIES = {
    IpFamily.IPV4: (WdsIpFamily.IPV4,),
    IpFamily.IPV6: (WdsIpFamily.IPV6,),
    IpFamily.IPV4V6: (WdsIpFamily.IPV4, WdsIpFamily.IPV6),
}
"""The sessions to be had; IPv4 where nothing is asked."""

NAMES = {WdsIpFamily.IPV4: "IPv4", WdsIpFamily.IPV6: "IPv6"}

SETTINGS = (
    RequestedSettings.DNS_ADDRESS
    | RequestedSettings.IP_ADDRESS
    | RequestedSettings.GATEWAY_INFO
    | RequestedSettings.MTU
    | RequestedSettings.IP_FAMILY
)

STOPPING = 10.0
"""Seconds for the modem to end a session; giving the client back ends it in any case."""

RAW, ETHERNET = wda.LinkLayerProtocol.RAW_IP, wda.LinkLayerProtocol.IEEE_802_3


class PacketLink(Protocol):
    """The kernel's end of the network interface (`wwand.net.raw_ip`)."""

    @property
    def possible(self) -> bool:
        """Whether it can carry bare IP packets."""
        ...

    def set(self, on: bool) -> None:
        """Take it down, and have it carry bare IP packets, or Ethernet frames."""
        ...


@dataclass
class Session:
    """One family's session, and the client that has it."""

    client: QmiClient
    family: WdsIpFamily
    handle: int | None = None
    config: IpConfig = field(default_factory=IpConfig)
    lost: WwandError | None = None
    """Why the network has ended it, if it has."""


class QmiBearer(Bearer):
    """A connection of up to two sessions, each with a client of its own."""

    kind = LayoutKind.QMI

    def __init__(
        self,
        number: int,
        settings: BearerSettings,
        applier: Applier | None,
        *,
        port: Callable[[], Port | None],
        channel: Callable[[], QmiChannel],
        link: Callable[[str], PacketLink],
        tasks: Tasks,
    ) -> None:
        super().__init__(number, settings, applier)
        self._port = port
        self._channel = channel
        self._link = link
        self._tasks = tasks
        self._sessions: list[Session] = []

    # --- start -----------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Bring the bearer up; a connection that is lost before that is done has failed."""
        await super().connect()
        lost = next((session.lost for session in self._sessions if session.lost), None)
        if self.connected and lost:
            await self.drop(str(lost), lost)
            raise lost

    async def start(self) -> None:
        """Agree on the form of the data, begin the sessions, and read what the network gave."""
        port = self._port()
        if port is None:
            raise NoDriver(
                "the modem's network interface is not there",
                "load the kernel module `qmi_wwan` (OpenWrt: kmod-usb-net-qmi-wwan)",
            )
        await self._agree(port)
        refused: WwandError | None = None
        for family in FAMILIES.get(self.settings.ip_type, (WdsIpFamily.IPV4,)):
            try:
                await self._begin(family)
            except PortGone:
                raise
            except WwandError as error:
                self.log.warning("%s", error)
                refused = refused or error
        if not self._sessions:
            assert refused
            raise refused
        self.interface = port.name
        self._show()

    async def _agree(self, port: Port) -> None:
        """Have modem and kernel use the same form of frames: bare IP if both can."""
        link = self._link(port.name)
        wanted = RAW if link.possible else ETHERNET
        got = await self._data_format(wanted, port)
        self.log.debug("frames are %s", got.name.lower())
        await asyncio.to_thread(link.set, got is RAW)

    async def _data_format(
        self, wanted: wda.LinkLayerProtocol, port: Port
    ) -> wda.LinkLayerProtocol:
        try:
            client = await self._channel().client(Service.WDA)
        except Unsupported:
            return await self._data_format_of_old(wanted)
        try:
            return await self._data_format_by(client, wanted, port)
        finally:
            await client.release()

    async def _data_format_by(
        self, client: QmiClient, wanted: wda.LinkLayerProtocol, port: Port
    ) -> wda.LinkLayerProtocol:
        none = wda.AggregationProtocol.DISABLED
        order = partial(
            wda.SetDataFormat,
            qos_format=False,
            link_layer_protocol=wanted,
            uplink_data_aggregation_protocol=none,
            downlink_data_aggregation_protocol=none,
        )
        answer = await client.exchange(order())
        if answer.result.error_code is ProtocolError.MISSING_ARGUMENT:  # newer modems have several
            endpoint = wda.EndpointInfo(EndpointType.HSUSB, port.interface)
            answer = await client.exchange(order(endpoint_info=endpoint))
        if not answer.result.ok:
            self.log.debug("the data format stays: %s", answer.result.error_code.name)
            answer = await client.exchange(wda.GetDataFormat())
        return answer.link_layer_protocol or (wanted if answer.result.ok else ETHERNET)

    async def _data_format_of_old(self, wanted: wda.LinkLayerProtocol) -> wda.LinkLayerProtocol:
        """Ask over CTL a modem that has no WDA; one that does not answer to that has Ethernet."""
        order = ctl.SetDataFormat(
            ctl.DataFormat.QOS_FLOW_HEADER_ABSENT, ctl.DataLinkProtocol(wanted)
        )
        answer = await self._channel().exchange(order)
        if answer.result.ok and answer.protocol:
            return wda.LinkLayerProtocol(answer.protocol)
        return ETHERNET

    async def _begin(self, family: WdsIpFamily) -> None:
        """Begin one session; a client that got none is given back."""
        session = Session(await self._channel().client(Service.WDS), family)
        self._sessions.append(session)  # from now on `stop` knows it
        try:
            session.client.on(wds.PacketServiceStatus, partial(self._status, session))
            chosen = await session.client.exchange(wds.SetIpFamily(family))
            await self._call(session, tell_family=not chosen.result.ok)
            session.config = await self._read(session)
        except WwandError:
            self._sessions.remove(session)
            await self._end(session)
            raise

    async def _call(self, session: Session, *, tell_family: bool) -> None:
        """Start the network; old modems want the family here, others know it from the client."""
        wanted = self.settings
        auth = authentication(wanted)
        answer = await session.client.exchange(
            wds.StartNetwork(
                apn=wanted.apn or None,
                authentication_preference=auth,
                username=wanted.user or None,
                password=wanted.password or None,
                ip_family_preference=session.family if tell_family else None,
                profile_index_3gpp=wanted.profile_id if wanted.profile_id > 0 else None,
            )
        )
        code = answer.result.error_code
        if answer.result.ok or (code is ProtocolError.NO_EFFECT and answer.packet_data_handle):
            session.handle = answer.packet_data_handle
            session.lost = None  # what came before was said of an earlier call
            return
        what = f"no {NAMES[session.family]} connection"
        if code is ProtocolError.CALL_FAILED:
            raise _ended(what, answer)
        raise error_for(what, code)

    async def _read(self, session: Session) -> IpConfig:
        answer = await session.client.exchange(wds.GetCurrentSettings(SETTINGS))
        return ip_config(answer, session.family)

    def _show(self) -> None:
        configs = {session.family: session.config for session in self._sessions}
        self.ip4 = configs.get(WdsIpFamily.IPV4, IpConfig())
        self.ip6 = configs.get(WdsIpFamily.IPV6, IpConfig())

    # --- while it is up --------------------------------------------------------------------------

    def _status(self, session: Session, said: wds.PacketServiceStatus) -> None:
        """Take what the modem says of a session, or of another one of the same family."""
        if session not in self._sessions or said.connection_status is None:
            return
        if said.ip_family not in (None, WdsIpFamily.UNKNOWN, session.family):
            return
        status = said.connection_status
        if status.status is ConnectionStatus.DISCONNECTED:
            session.lost = _ended("the connection ended", said)
            if self.connected:
                drop = self.drop(str(session.lost), session.lost)
                self._tasks.spawn("ending the connection", drop)
            return
        if not self.connected:
            return
        if self.suspended != (status.status is ConnectionStatus.SUSPENDED):
            self.suspended = not self.suspended
            self.changed()
        if status.reconfiguration_required:
            self._tasks.spawn("reading the new settings", self._read_again(session))

    async def check(self) -> None:
        """Ask whether the sessions are still up."""
        for session in tuple(self._sessions):
            said = await session.client.exchange(wds.GetPacketServiceStatus())
            status = said.connection_status
            if self.connected and status is ConnectionStatus.DISCONNECTED:
                await self.drop("the modem says that it is down")

    async def _read_again(self, session: Session) -> None:
        config = await self._read(session)
        if self.connected and config != session.config:
            await self.drop("the network has given other addresses")

    # --- stop ------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """End the sessions and give their clients back, whatever the modem says to it."""
        sessions, self._sessions = self._sessions, []
        self.suspended = False
        for session in sessions:
            await self._end(session)

    async def _end(self, session: Session) -> None:
        try:
            if session.handle is not None:
                order = wds.StopNetwork(session.handle)
                await session.client.send(order, timeout=STOPPING)
        except WwandError as error:
            self.log.debug("ending a session: %s", error)
        finally:
            session.handle = None
            await session.client.release()


def authentication(wanted: BearerSettings) -> Authentication | None:
    """How to authenticate; either way where only a user is given."""
    chosen = Authentication.NONE
    if Auth.PAP in wanted.allowed_auth:
        chosen |= Authentication.PAP
    if wanted.allowed_auth & (Auth.CHAP | Auth.MSCHAP | Auth.MSCHAPV2):
        chosen |= Authentication.CHAP
    if not chosen and (wanted.user or wanted.password):
        return Authentication.PAP | Authentication.CHAP
    return chosen if chosen or Auth.NONE in wanted.allowed_auth else None


def _ended(what: str, said: wds.StartNetworkResponse | wds.PacketServiceStatus) -> WwandError:
    verbose = said.verbose_call_end_reason
    if verbose is None:
        return call_error(what, said.call_end_reason)
    return call_error(what, said.call_end_reason, verbose.type, verbose.reason)
