"""Follow the network over AT: reports where the modem sends them, slow questions where not."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from wwand.at import events, operators, signal
from wwand.at.channel import AtChannel
from wwand.at.registration import QUERIES, Domain, Registration, on_report, reports
from wwand.errors import CommandFailed, EquipmentError, WwandError
from wwand.status import (
    AccessTechnology,
    Capability,
    NetworkOffer,
    PacketService,
    RegistrationState,
)
from wwand.tasks import Tasks, side_by_side

if TYPE_CHECKING:
    from wwand.modem.at import AtModem

POLL = 30.0
"""Seconds between two looks at signal and radio technology, which few modems report."""

SEARCH_POLL = 3.0
"""Seconds between two looks at the registration while somebody waits and no report comes."""

NETWORK_NOT_ALLOWED = 32
"""+CME number of a network that refuses the SIM (27.007 §9.2)."""


class NetworkWatch:
    """Keeps a modem's registration, operator, technology and signal up to date while enabled."""

    def __init__(self, modem: "AtModem") -> None:
        self._modem = modem
        self._tasks = Tasks(modem.log)
        self._domains: list[Domain] = []
        self._operator_of: tuple[int, int] | None = None
        self._services_followed = False

    def listen(self, channel: AtChannel) -> None:
        """Hear the reports of one port."""
        for domain in Domain:
            channel.on(domain.prefix, on_report(self._registered))
        channel.on("+CSQ", self._signal_reported)
        channel.on(events.PREFIX, self._packet_event)
        for name in ("+CTZV", "+CTZE", "+CTZEU"):
            channel.on(name, self._zone_reported)

    # --- begin and end -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask for reports and take stock; raises only when the port is lost."""
        modem = self._modem
        self._domains = await self._reporting()
        with contextlib.suppress(CommandFailed, EquipmentError):
            await modem.control.send(events.report(2))
        await self._look()
        self._tasks.spawn("looking at the network", self._details())
        self._tasks.spawn("following the network", self._follow())

    async def close(self) -> None:
        """Stop following, without a word to the modem, which may be gone."""
        await self._tasks.close()

    async def end(self) -> None:
        """Stop following; the modem is told to be quiet."""
        await self.close()
        for domain in self._domains:
            await self._modem.ask(reports(domain, 0), None)
        if self._services_followed:
            from wwand.modem import at_services

            self._services_followed = False
            await at_services.unfollow(self._modem)
        self._modem.registration.clear()
        self._modem.signal_quality = (0, False)
        self._modem.access_technologies = AccessTechnology.UNKNOWN
        self._modem.packet_service = PacketService.UNKNOWN
        self._modem.changed()

    async def _reporting(self) -> list[Domain]:
        """Switch the reports on; returns the domains the modem knows."""
        wanted = [Domain.CREG, Domain.CGREG]
        if self._modem.current_capabilities & Capability.LTE:
            wanted.append(Domain.CEREG)
        if self._modem.current_capabilities & Capability.NR5G:
            wanted.append(Domain.C5GREG)
        known = []
        for domain in wanted:
            for level in (2, 1):
                try:
                    await self._modem.control.send(reports(domain, level))
                except (CommandFailed, EquipmentError):
                    continue
                known.append(domain)
                break
        return known or [Domain.CREG]

    # --- looking -------------------------------------------------------------------------------

    async def look(self) -> None:
        """Take stock, now."""
        await self._look()
        await self._details()

    async def _look(self) -> None:
        questions = (self._modem.ask(QUERIES[domain], None) for domain in self._domains)
        for answer in await side_by_side(*questions):
            if answer:
                self._note(answer)
        self._modem.settle()

    async def _details(self) -> None:
        """Signal, radio technology and, when the network is another one, its name."""
        modem = self._modem
        if modem.control.data_mode:
            return
        if modem.registration.registered:
            quality, modem.access_technologies, _ = await side_by_side(
                modem.ask(signal.quality, None), modem.load_access_technology(), self._operator()
            )
        else:
            quality = await modem.ask(signal.quality, None)
        self._note_signal(quality)
        modem.changed()

    async def _operator(self) -> None:
        registration = self._modem.registration
        if registration.operator_code and registration.operator_name:
            return
        code = await self._named(operators.Format.CODE)
        name = await self._named(operators.Format.LONG)
        registration.operator_code = code if code.isdigit() else ""
        registration.operator_name = name

    async def _named(self, how: operators.Format) -> str:
        await self._modem.ask(operators.name_format(how), None)
        answer = await self._modem.ask(operators.current(), None)
        return answer.name if answer and answer.format == how else ""

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            for bearer in self._modem.connected_bearers:
                bearer.changed()  # its counters have moved on
            try:
                for bearer in self._modem.connected_bearers:
                    await bearer.check()
                await self._details()
                if self._modem.registration.registered and not self._modem.control.data_mode:
                    await self.follow_services()
            except WwandError as error:
                self._modem.log.debug("looking at the network: %s", error)

    async def follow_services(self) -> None:
        """Have USSD and time reported, once: when somebody asks for either, or in a quiet hour."""
        if not self._services_followed:
            from wwand.modem import at_services

            self._services_followed = True
            await at_services.follow(self._modem)

    # --- reports -------------------------------------------------------------------------------

    def _registered(self, report: Registration) -> None:
        if self._modem.state < self._modem.state.ENABLING:
            return
        was = self._modem.registration.registered
        self._note(report)
        self._modem.settle()
        if self._modem.registration.registered and not was:
            self._tasks.spawn("looking at the new network", self._details())

    def _note(self, report: Registration) -> None:
        registration = self._modem.registration
        registration.domains[report.kind] = report.state
        if report.technology is not None:
            registration.technology = report.technology
            if not self._modem.access_technologies:
                self._modem.access_technologies = report.technology
        if report.area is not None:
            registration.area = report.area
        if report.cell is not None:
            registration.cell = report.cell
        if not registration.registered:
            registration.operator_code = registration.operator_name = ""
        packet_states = registration.packet_domains
        if packet_states:
            attached = any(state.registered for state in packet_states)
            self._modem.packet_service = (
                PacketService.ATTACHED if attached else PacketService.DETACHED
            )
        self._modem.changed()

    def _signal_reported(self, line: str) -> None:
        self._note_signal(signal.quality.parse([line]))
        self._modem.changed()

    def _note_signal(self, quality: signal.SignalQuality | None) -> None:
        percent = quality.percent if quality else None
        if percent is not None:
            self._modem.signal_quality = (percent, True)
        elif self._modem.signal_quality[1]:
            self._modem.signal_quality = (self._modem.signal_quality[0], False)

    def _zone_reported(self, line: str) -> None:
        if self._modem.state >= self._modem.state.ENABLING:
            from wwand.modem import at_services

            at_services.zone_reported(self._modem, line)

    def _packet_event(self, line: str) -> None:
        event = events.read(line)
        if event.ends_context:
            for bearer in self._modem.connected_bearers:
                if event.cid in (None, bearer.profile_id):
                    self._tasks.spawn("ending the connection", bearer.drop(str(event.type)))

    # --- orders --------------------------------------------------------------------------------

    async def wait_registered(self) -> None:
        """Wait until a network serves the modem; EquipmentError when all it asked refuse it."""
        modem = self._modem
        news = asyncio.Event()
        modem.listeners.append(news.set)
        try:
            while not modem.registration.registered:
                news.clear()
                if modem.registration.state is RegistrationState.DENIED:
                    raise EquipmentError(
                        NETWORK_NOT_ALLOWED,
                        "NetworkNotAllowed",
                        "the network refuses this SIM",
                        "ask the operator whether the SIM is active and allowed to use data",
                    )
                try:
                    async with asyncio.timeout(SEARCH_POLL):
                        await news.wait()
                except TimeoutError:
                    await self._look()
        finally:
            modem.listeners.remove(news.set)

    async def register(self, operator: str) -> None:
        """Choose a network (MCC and MNC), or let the modem choose for an empty string."""
        command = operators.register(operator) if operator else operators.REGISTER_AUTOMATICALLY
        self._modem.registration.operator_code = ""
        await self._modem.control.send(command)
        await self._look()

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach."""
        return list(await self._modem.control.send(operators.scan()))
