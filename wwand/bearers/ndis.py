"""A network interface of the modem which an AT command joins to a PDP context: NDIS, NCM or ECM."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from wwand.at import causes, packet
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand, Report
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import Port
from wwand.errors import (
    BadReply,
    CallFailed,
    CommandFailed,
    EquipmentError,
    ModemTimeout,
    NoDriver,
    PortGone,
    Unsupported,
    WwandError,
)
from wwand.status import IpConfig, IpFamily, IpMethod, LayoutKind

PATIENCE = 20.0
"""Seconds for a connection after the modem has agreed to it: networks answer within a few, and
there may be another layout to try before ModemManager's clients give up (after 30)."""

POLL = 1.0
"""Seconds after which the modem is asked, when it has reported nothing."""

GRACE = 5.0
"""Seconds for a modem that says "no connection" without a reason, or with one that may be old."""

DOWN_PATIENCE = 10.0
"""Seconds for a connection to end after the modem has agreed to end it."""

MUTE = 10
"""Answers in a row that tell nothing, after which it is clear that nothing will."""

REFUSED = (CommandFailed, EquipmentError)

WANTED = {
    IpFamily.IPV6: ("ipv6",),
    IpFamily.IPV4V6: ("ipv4", "ipv6"),
}
"""Which families have to be refused for a call to have failed; IPv4 where nothing is asked."""


@dataclass(frozen=True, slots=True)
class NetStatus:
    """What a network interface carries; None where the modem says nothing of a family."""

    ipv4: bool | None = None
    ipv6: bool | None = None
    cause: int = 0
    """Why not: a cause of 24.008 §10.5.6.6; 0 where none is given."""

    @property
    def up(self) -> bool:
        """Whether there is a connection."""
        return bool(self.ipv4 or self.ipv6)

    def over(self, before: "NetStatus") -> "NetStatus":
        """What is known when this comes after `before`."""
        return NetStatus(
            before.ipv4 if self.ipv4 is None else self.ipv4,
            before.ipv6 if self.ipv6 is None else self.ipv6,
            self.cause or (0 if self.up or before.up else before.cause),
        )


@dataclass(frozen=True, slots=True)
class NetDialling:
    """How the modems of one vendor are made to carry data on their network interface."""

    dial: Callable[[BearerSettings], AtCommand[None]]
    """Begins a call, and may be answered before there is a connection."""
    hang_up: AtCommand[None]
    status: AtCommand[NetStatus]
    report: Report[NetStatus]
    """What the modem sends by itself when that changes."""
    addresses: AtCommand[IpConfig] | None = None
    """What the network gave for IPv4; where the modem does not tell, DHCP does."""
    cid: int = 1
    """The PDP context that `dial` uses."""


class NdisBearer(Bearer):
    """A call over a vendor's command; the AT ports stay free for commands while it is up."""

    def __init__(
        self,
        number: int,
        settings: BearerSettings,
        applier: Applier | None,
        kind: LayoutKind,
        port: Callable[[], Port | None],
        channel: Callable[[], AtChannel],
        dialling: NetDialling,
        switch_link: Callable[[str, bool], None],
    ) -> None:
        super().__init__(number, settings, applier)
        self.kind = kind
        self._port = port
        self._channel = channel
        self._dialling = dialling
        self._switch_link = switch_link
        """Raises or lowers a network interface (`wwand.net.netlink`)."""
        self._raised = ""
        """The interface that was raised for the call."""
        self._dialled: AtChannel | None = None
        self._status = NetStatus()
        """What the modem has said of the call since it was dialled."""
        self._news = asyncio.Event()

    def report(self, status: NetStatus) -> bool:
        """Take what the modem reports by itself; True when that ends the connection."""
        was, self._status = self._status, status.over(self._status)
        self._news.set()
        if self.connected and self._status.up and was != self._status:
            self.ip4 = self.ip4 if self._status.ipv4 else IpConfig()
            self.ip6 = IpConfig(IpMethod.DHCP) if self._status.ipv6 else IpConfig()
            self.changed()
        return self.connected and not self._status.up

    def why_down(self) -> WwandError:
        """The error that the modem's last word amounts to."""
        return self._refusal(self._status.cause)

    async def connect(self) -> None:
        """Bring the bearer up; a connection that is lost before that is done has failed."""
        await super().connect()
        if self.connected and not self._status.up:
            error = self.why_down()
            await self.drop("the modem reports its end", error)
            raise error

    async def start(self) -> None:
        """Dial, and wait until the modem says that the interface carries data."""
        port, channel = self._port(), self._channel()
        if port is None:
            raise NoDriver(
                "the modem's network interface is not there",
                "load the kernel modules `cdc_ether` and `huawei_cdc_ncm` "
                "(OpenWrt: kmod-usb-net-cdc-ether, kmod-usb-net-huawei-cdc-ncm)",
            )
        command = self._dialling.dial(self.settings)
        await self._choose_family(channel)
        if self.applies_ip:
            self._raise(port.name)
        self._status, self._dialled = NetStatus(), channel
        await channel.send(command)
        self._status = await self._until_up(channel)
        self.profile_id = self._dialling.cid
        self.interface = port.name
        self.ip4 = await self._addresses(channel) if self._status.ipv4 else IpConfig()
        self.ip6 = IpConfig(IpMethod.DHCP) if self._status.ipv6 else IpConfig()

    def _raise(self, interface: str) -> None:
        """Have the kernel listen before there is anything to hear.

        A link that is raised when the card's "disconnected" and "connected" wait for it can miss
        the second, and then has no carrier: in linux drivers/net/usb/usbnet.c __handle_link_change
        ends by clearing EVENT_LINK_CHANGE, also the one that has come meanwhile (from 6.17 on, and
        in the stable kernels since August 2025).
        """
        self._switch_link(interface, True)
        self._raised = interface

    async def stop(self) -> None:
        """Hang up, and wait until the modem says so: a new call before that would be refused."""
        interface, self._raised = self._raised, ""
        if interface:
            with contextlib.suppress(WwandError):  # it is gone
                self._switch_link(interface, False)
        channel, self._dialled = self._dialled, None
        self._status = NetStatus()
        if channel is None:
            return
        if not channel.is_open:
            channel = self._channel()
        try:
            with contextlib.suppress(*REFUSED):  # it is down already
                await channel.send(self._dialling.hang_up)
            await self._until_down(channel)
        except PortGone as error:
            self.log.debug("nothing left to hang up: %s", error)
        except ModemTimeout as error:
            self.log.warning("hanging up: %s", error)

    async def check(self) -> None:
        """Ask whether there still is a connection: not every firmware reports its end."""
        channel = self._dialled
        if not self.connected or channel is None or not channel.is_open:
            return
        said = await self._ask(channel)
        if said and not said.up and self.connected:
            await self.drop("the modem says that it is down", self._refusal(said.cause))

    async def _choose_family(self, channel: AtChannel) -> None:
        """Give the context the IP type that was asked for, where it has another one."""
        family = self.settings.ip_type
        if family not in packet.PDP_TYPES:
            return
        cid = self._dialling.cid
        try:
            defined = await channel.send(packet.contexts)
        except (*REFUSED, BadReply) as error:
            self.log.debug("the contexts are not told: %s", error)
            defined = ()
        if any(c.cid == cid and c.family == family for c in defined):
            return
        if defined or family != IpFamily.IPV4:
            await channel.send(packet.define_context(cid, family, self.settings.apn))

    # --- what the modem says -------------------------------------------------------------------

    async def _until_up(self, channel: AtChannel) -> NetStatus:
        """Wait for the connection: for the modem's report, and with questions in between."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        doubtful, mute = False, 0
        while True:
            said = self._status if self._status.up else await self._ask(channel)
            if said and said.up:
                return said
            heard = self._status
            refused = self._is_refused(heard)
            if refused and heard.cause:
                raise self._refusal(heard.cause)
            mute = 0 if said or heard != NetStatus() else mute + 1
            if mute >= MUTE:
                raise Unsupported("the modem does not tell whether it is connected")
            old_cause = said.cause if said else 0
            if not doubtful and (refused or old_cause):
                doubtful, ends = True, min(ends, loop.time() + GRACE)
            left = ends - loop.time()
            if left <= 0:
                raise self._refusal(old_cause)
            await self._wait(channel, min(POLL, left))

    async def _until_down(self, channel: AtChannel) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + DOWN_PATIENCE
        while (said := await self._ask(channel)) and said.up:
            if loop.time() >= ends:
                self.log.warning("the modem still says that it is connected")
                return
            await self._wait(channel, POLL)

    async def _ask(self, channel: AtChannel) -> NetStatus | None:
        """Ask for the status; None when the answer tells nothing."""
        self._news.clear()
        try:
            return await channel.send(self._dialling.status)
        except (*REFUSED, BadReply) as error:
            self.log.debug("no status: %s", error)
            return None

    async def _wait(self, channel: AtChannel, seconds: float) -> None:
        """Wait for a report, or for the port to be closed."""
        events = [asyncio.create_task(event.wait()) for event in (self._news, channel.closed)]
        try:
            await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for event in events:
                event.cancel()

    async def _addresses(self, channel: AtChannel) -> IpConfig:
        if self._dialling.addresses is None:
            return IpConfig(IpMethod.DHCP)
        try:
            return await channel.send(self._dialling.addresses)
        except (*REFUSED, BadReply) as error:
            self.log.debug("asking by DHCP: %s", error)
            return IpConfig(IpMethod.DHCP)

    def _is_refused(self, status: NetStatus) -> bool:
        """Whether every family that is wanted is down."""
        wanted = WANTED.get(self.settings.ip_type, ("ipv4",))
        return all(getattr(status, family) is False for family in wanted)

    def _refusal(self, cause: int) -> WwandError:
        """The error for a cause of session management."""
        if not cause:
            return CallFailed(
                "NoCarrier",
                "the network did not accept the connection, or ended it",
                "check the APN, user name and password that the operator gives out",
            )
        return causes.refusal(cause, "the network refused the connection")
