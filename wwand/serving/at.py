"""Serves modems that are spoken to over serial ports."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping

from wwand.at.channel import AtChannel
from wwand.device import Port, UsbDevice
from wwand.modem.at import AtModem
from wwand.modem.at_data import DIALLED
from wwand.modem.base import Modem
from wwand.plugin import Match
from wwand.ports.probe import Prober
from wwand.ports.roles import Role
from wwand.recovery import Line
from wwand.serving.base import PROMISED, Host, Serving, has_card
from wwand.switching.layouts import Layout


class AtServing(Serving):
    """A modem with serial ports, of which those that answer are used."""

    def __init__(self, host: Host, match: Match, layout: Layout | None) -> None:
        super().__init__(host, match, layout)
        self._table: Mapping[int, Role] = {**match.roles, **host.settings().roles}
        self._prober = Prober(host.device, self._table, host.note_port)

    def _settled(self) -> bool:
        """Whether the port that will be used first is there; others join later."""
        device = self._host.device
        there = {p.interface for p in device.ports if p.path}
        primary = {number for number, role in self._table.items() if role is Role.PRIMARY}
        if primary:
            return bool(primary & there)
        serial = {i.number for i in device.interfaces if i.driver in ("option", "option1")}
        return bool(there) and serial <= there

    async def _begin(self) -> Modem:
        host, prober = self._host, self._prober
        host.note_phase("probing", "asking the ports what they speak")
        prober.offer(host.device)
        port = await prober.primary()
        self._modem = modem = host.make_modem(self._match.modem, self._match)
        assert isinstance(modem, AtModem)
        self._join(modem, port)
        await modem.start(host.settings().pin, host.memory)
        if self._layout and self._layout.kind in DIALLED:
            await self._until_card()
        return modem

    async def _until_card(self) -> None:
        """Wait for the network interface, which may come after the ports, or never: PPP is left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROMISED):
                while not has_card(self._host.device):
                    self._news.clear()
                    await self._news.wait()

    def _join(self, modem: AtModem, primary: Port) -> None:
        """Give the modem its primary port, and the others as they answer."""
        answering = self._prober.answering
        modem.add_port(primary, answering[primary], primary=True)

        def also(port: Port, channel: AtChannel) -> None:
            if port != primary:
                modem.add_port(port, channel)

        for port, channel in tuple(answering.items()):
            also(port, channel)
        self._prober.on_answer.append(also)

    def _lines(self) -> Collection[Line]:
        return self._prober.answering.values()

    def _offer(self, device: UsbDevice) -> None:
        self._prober.offer(device)

    async def _serve(self, modem: Modem) -> None:
        """Open the primary port again whenever the modem hangs up."""
        assert isinstance(modem, AtModem)
        port = modem.primary_port  # it may know better than the probe which one takes calls
        assert port
        leaving = asyncio.create_task(self._left(modem))
        try:
            channel = self._prober.answering[port]
            while True:
                closed = asyncio.create_task(channel.closed.wait())
                await asyncio.wait((closed, leaving), return_when=asyncio.FIRST_COMPLETED)
                closed.cancel()
                if leaving.done():
                    return
                channel = await self._prober.reopen(port)
                modem.replace_primary(channel)
        finally:
            leaving.cancel()

    async def _end(self) -> None:
        await self._prober.close()
