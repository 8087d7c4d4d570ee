"""The serial ports of a modem: which takes calls, and over which the rest is asked."""

import contextlib
from abc import abstractmethod
from typing import Any, TypeVar

from wwand.at import basic
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand
from wwand.device import Port, PortKind, UsbDevice
from wwand.errors import BadReply, CommandFailed, EquipmentError, PortGone
from wwand.modem.base import ModemPort
from wwand.modem.staged import StagedModem
from wwand.status import ModemState, PortType
from wwand.tasks import side_by_side

S = ModemState
T = TypeVar("T")

REFUSED = (CommandFailed, EquipmentError, BadReply)
"""What a modem answers that does not know a command, or not how the others mean it."""


class AtPorts(StagedModem):
    """A modem that is spoken to over serial ports.

    The primary port takes calls; what is asked while one is up, and all reports, go over `control`,
    another port where there is one.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._channels: dict[Port, AtChannel] = {}
        self._asked: dict[AtChannel, int] = {}
        """The channels that are set up, and how many questions wait on each."""

    @abstractmethod
    def listen(self, channel: AtChannel) -> None:
        """Hear the reports of one more port."""

    @property
    def at(self) -> AtChannel:
        """The primary port's channel."""
        assert self.primary_port
        return self._channels[self.primary_port]

    @property
    def control(self) -> AtChannel:
        """The channel for everything that is no call: another port than the primary if possible.

        A tty rather than a cdc-wdm, which firmware may have without reading it.
        """
        others = [
            port
            for port, channel in self._channels.items()
            if port != self.primary_port and channel in self._asked and channel.is_open
        ]
        if not others:
            return self.at
        return self._channels[min(others, key=lambda p: (p.kind is not PortKind.TTY, p.interface))]

    def add_port(self, port: Port, channel: AtChannel, *, primary: bool = False) -> None:
        """Take over a port that answers; one that joins later is set up in the background."""
        self._channels[port] = channel
        self.ports = [p for p in self.ports if p.port.name != port.name]
        self.ports.append(ModemPort(port, PortType.AT))
        self.ports.sort(key=lambda p: p.port.interface)
        if primary:
            self.primary_port = port
        self.listen(channel)
        if self._state is not S.UNKNOWN:
            self.tasks.spawn(f"setting up {port.name}", self.set_up(channel))
        self.changed()

    def replace_primary(self, channel: AtChannel) -> None:
        """Take the primary port up again after a hang-up, which ended the call on it."""
        assert self.primary_port
        for bearer in self.connected_bearers:
            self.tasks.spawn("after a hang-up", bearer.drop("the modem hung up"))
        self.add_port(self.primary_port, channel, primary=True)

    def follow(self, device: UsbDevice) -> None:
        """Take over a later snapshot of the device: ports that are gone are used no longer."""
        self.device = device
        for port in [p for p in self._channels if p not in device.ports and p != self.primary_port]:
            self._asked.pop(self._channels.pop(port), None)
            self.ports = [p for p in self.ports if p.port != port]
        self.changed()

    async def set_up_ports(self) -> None:
        """Set up the ports there are, side by side."""
        await side_by_side(*(self.set_up(channel) for channel in self._channels.values()))

    async def set_up(self, channel: AtChannel) -> None:
        """Echo off, numbers for errors."""
        if channel in self._asked:
            return
        for command in (basic.SET_UP, basic.ERROR_NUMBERS):
            with contextlib.suppress(*REFUSED):
                await channel.send(command)
        self._asked[channel] = 0

    async def ask(self, command: AtCommand[T], otherwise: T) -> T:
        """Ask, and go on with `otherwise` where the modem refuses that.

        Until the modem is enabled, questions asked side by side spread over all its ports.
        """
        channel = self.control if self._state >= S.ENABLING else self._idlest()
        self._asked[channel] = self._asked.get(channel, 0) + 1
        try:
            return await channel.send(command)
        except REFUSED as error:
            self.log.debug("%s: %s", command, error)
            return otherwise
        finally:
            if channel in self._asked:
                self._asked[channel] -= 1

    def _idlest(self) -> AtChannel:
        usable = [c for c in self._asked if c.is_open]
        if not usable:
            raise PortGone(f"{self.name} has lost all its ports")
        return min(usable, key=self._asked.__getitem__)
