"""A data call over a serial port: dial, then PPP is spoken by pppd, wwand's own or the client's."""

from collections.abc import Callable, Sequence
from pathlib import Path

from wwand.at import basic, causes, packet
from wwand.at.channel import AtChannel
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import Port
from wwand.errors import CallFailed, ModemTimeout, PortGone, WwandError
from wwand.status import IpConfig, IpFamily, IpMethod, LayoutKind


class PppBearer(Bearer):
    """A call on a modem's primary port, which carries nothing else while it is up."""

    kind = LayoutKind.PPP

    def __init__(
        self,
        number: int,
        settings: BearerSettings,
        applier: Applier | None,
        port: Port,
        channel: Callable[[], AtChannel],
        formats: Sequence[packet.ContextFormat],
    ) -> None:
        super().__init__(number, settings, applier)
        self.port = port
        self._channel = channel
        self._formats = formats
        self._dialled: AtChannel | None = None

    @property
    def tty(self) -> Path | None:
        """The port on which the call is connected."""
        return self.port.path

    async def start(self) -> None:
        """Define the context and dial it."""
        channel = self._channel()
        self.profile_id = await self._context(channel)
        self._dialled = channel
        try:
            await channel.dial(basic.dial_data(self.profile_id))
        except CallFailed as error:
            raise await self._reason(channel, error) from None
        self.interface = self.port.name
        method = IpConfig(IpMethod.PPP)
        family = self.family
        self.ip4 = method if family in (IpFamily.IPV4, IpFamily.IPV4V6) else IpConfig()
        self.ip6 = method if family in (IpFamily.IPV6, IpFamily.IPV4V6) else IpConfig()

    async def _reason(self, channel: AtChannel, error: CallFailed) -> WwandError:
        """What the modem knows of why a call failed: a bare NO CARRIER leaves it open."""
        try:
            code = await channel.send(causes.last_end)
        except WwandError:
            return error
        return causes.equipment_error(code, "the network refused the call") if code else error

    async def _context(self, channel: AtChannel) -> int:
        """Find or define the PDP context for these settings; returns its cid."""
        apn, family = self.settings.apn, self.family
        defined = await channel.send(packet.contexts)
        choice = packet.choose_context(apn, family, self._formats, defined)
        if not choice.reused:
            await channel.send(packet.define_context(choice.cid, family, apn))
        return choice.cid

    async def stop(self) -> None:
        """End the call and have the port answer commands again."""
        channel, self._dialled = self._dialled, None
        if channel is None:
            return
        try:
            await channel.leave_data_mode()
        except PortGone as error:
            self.log.debug("nothing left to hang up: %s", error)
        except ModemTimeout as error:
            self.log.warning("%s; closing the port, which hangs up", error)
            await channel.close()
