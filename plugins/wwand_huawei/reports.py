"""Huawei's unsolicited reports: what the modem is told by them, and what is only swallowed."""

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from wwand.at.channel import AtChannel
from wwand.errors import PortGone
from wwand.modem.at_network import NetworkWatch
from wwand.modem.at_ports import REFUSED
from wwand.modem.sim import NoSim
from wwand.status import SignalValues
from wwand_huawei import commands, signal

if TYPE_CHECKING:
    from wwand_huawei.modem import HuaweiModem

SWALLOWED = (
    *("^BOOT", "^CONNECT", "^CSNR", "^DSDORMANT", "^DSFLOWRPT", "^STIN", "^PDPDEACT", "^NDISEND"),
    *("^RFSWITCH", "^POSITION", "^POSEND", "^ECCLIST", "^LTERSRP", "^CSCHANNELINFO"),
    *("^CCALLSTATE", "^EONS", "^LWURC", "^ORIG", "^CONF", "^CONN", "^CEND", "^DDTMF"),
)
"""What tells nothing that is not known in another way, or is about calls of speech."""

PERCENTAGES = ("^RSSILVL", "^HRSSILVL")
"""CDMA 1x and EV-DO."""

NO_CARD = 255
READY = 1
"""Values of ^SIMST."""

SERVED = 2
"""The value of ^SRVST that means all services."""


class HuaweiReports(NetworkWatch):
    """Follows the network by the maker's reports as well as by 3GPP's."""

    def __init__(self, modem: "HuaweiModem") -> None:
        super().__init__(modem)
        self._huawei = modem

    def listen(self, channel: AtChannel) -> None:
        """Hear the reports of one port."""
        super().listen(channel)
        channel.on(signal.strength.prefix, lambda line: self._show(signal.strength.read(line)))
        channel.on(signal.extended_report.prefix, self._extended)
        for name in PERCENTAGES:
            channel.on(name, partial(self._percentage, name))
        channel.on(commands.mode_changed.prefix, self._mode)
        channel.on(commands.service_changed.prefix, self._service)
        channel.on(commands.sim_state.prefix, self._card)
        channel.on("^NWTIME", self._time)
        for name in SWALLOWED:
            channel.on(name, lambda _line: None)

    # --- begin and end -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask for the maker's reports, too."""
        await self.report()
        await super().begin()

    async def end(self) -> None:
        """Stop following; the modem is told to be quiet."""
        await super().end()
        with contextlib.suppress(*REFUSED):
            await self._modem.control.send(commands.REPORTS_OFF)

    async def report(self) -> None:
        """Have the reports come, on the port that calls leave free."""
        beside_calls = self._modem.control is not self._modem.at
        where = commands.REPORTS_TO_PCUI if beside_calls else commands.REPORTS_TO_MODEM
        for command in (where, commands.REPORTS_ON):
            with contextlib.suppress(*REFUSED):
                await self._modem.control.send(command)

    # --- reports -------------------------------------------------------------------------------

    def _show(self, percent: int | None) -> None:
        modem = self._modem
        if modem.state >= modem.state.ENABLING:
            modem.signal_quality = (
                (modem.signal_quality[0], False) if percent is None else (percent, True)
            )
            modem.changed()

    def _percentage(self, name: str, line: str) -> None:
        self._show(signal.read_percent(line, name))

    def _extended(self, line: str) -> None:
        modem = self._modem
        if modem.state < modem.state.ENABLING:
            return
        modem.signal_values = SignalValues()  # "no service" is no reading
        try:
            modem.signal_values = signal.extended_report.read(line).by_radio
        finally:
            modem.changed()

    def _mode(self, line: str) -> None:
        technology = commands.mode_changed.read(line)
        modem = self._modem
        if modem.state >= modem.state.ENABLING and technology:
            modem.access_technologies = technology
            modem.changed()

    def _service(self, line: str) -> None:
        """Look, where that is news: 3GPP's reports follow late, or not at all."""
        served = commands.service_changed.read(line) == SERVED
        news = served != self._modem.registration.registered
        if news and self._modem.state >= self._modem.state.ENABLED:
            self._tasks.spawn("looking at the registration", self._look())

    def _time(self, line: str) -> None:
        from wwand_huawei import clock  # what a modem that only connects does not need

        time = clock.report(line)
        if self._modem.state >= self._modem.state.ENABLING and time.is_set:
            self._modem.note_time(time)

    def _card(self, line: str) -> None:
        state = commands.sim_state.read(line)
        if state == READY:
            self._huawei.card_ready.set()
        elif state == NO_CARD and self._modem.state >= self._modem.state.ENABLED:
            self._modem.tasks.spawn("looking for the SIM", self._look_for_card())

    async def _look_for_card(self) -> None:
        """Believe that the SIM is gone when the modem says so in 3GPP's words as well."""
        modem = self._modem
        try:
            await modem.sim_reader.lock()
        except NoSim as error:
            for bearer in modem.connected_bearers:
                with contextlib.suppress(PortGone):
                    await bearer.drop("the SIM was taken out", error)
            modem.fail(error.reason, error)
