"""Follow the network over QMI: by indications, and with slow questions where a modem sends none."""

import asyncio
from typing import TYPE_CHECKING

from wwand.errors import EquipmentError, PortGone, WwandError
from wwand.modem import qmi_signal
from wwand.modem.qmi_signal import quality
from wwand.modem.qmi_tables import technologies
from wwand.qmi import nas, nas_names, nas_signal
from wwand.qmi.nas_values import (
    AttachState,
    NetworkRegisterType,
    NetworkStatus,
    RadioInterface,
    RoamingIndicatorStatus,
)
from wwand.qmi.nas_values import RegistrationState as Said
from wwand.status import (
    AccessTechnology,
    Capability,
    NetworkOffer,
    PacketService,
    RegistrationState,
    SignalValues,
)
from wwand.tasks import Tasks, side_by_side

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts

POLL = 30.0
"""Seconds between two looks at what a modem does not report."""

SEARCH_POLL = 3.0
"""Seconds between two looks at the registration while somebody waits and no report comes."""

EVERYTHING = ~nas_signal.SignalStrengthRequest(0)
"""All that the older question can be about."""

NETWORK_NOT_ALLOWED = 32
"""+CME number of a network that refuses the SIM (27.007 §9.2)."""

REGISTERED = {False: RegistrationState.HOME, True: RegistrationState.ROAMING}

STATES = {
    Said.NOT_REGISTERED: RegistrationState.IDLE,
    Said.NOT_REGISTERED_SEARCHING: RegistrationState.SEARCHING,
    Said.REGISTRATION_DENIED: RegistrationState.DENIED,
}

PACKET_DOMAINS = {RadioInterface.LTE: "cereg", RadioInterface.NR5G: "c5greg"}
"""What the packet domain is called in `Registered.domains`, by radio; `cgreg` otherwise."""

Serving = nas.GetServingSystemResponse | nas.ServingSystemIndication


class QmiNetwork:
    """Keeps a modem's registration, operator, technology and signal up to date while enabled."""

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem
        self._tasks = Tasks(modem.log)
        self._listening = False
        self._reports_signal = False
        self._reject_cause = 0
        self._services_followed = False

    # --- begin and end -------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask for reports and take stock; raises only when the port is lost."""
        await self._listen()
        reports = await self._report(True)
        await self._look()
        self._tasks.spawn("looking at the network", self._details())
        if not (reports and self._reports_signal):
            self._tasks.spawn("following the network", self._follow())
        self._tasks.spawn("following codes and time", self._follow_services())

    async def _listen(self) -> None:
        if self._listening:
            return
        client = await self._modem.client(nas.NAS)
        client.on(nas.ServingSystemIndication, self._serving_changed)
        client.on(nas.NetworkReject, self._rejected)
        client.on(nas_signal.SignalInfo, self._signal_changed)
        client.on(nas_signal.EventReport, self._strength_changed)
        self._listening = True

    async def _follow_services(self) -> None:
        """Have USSD and time reported: in a quiet hour, for few people want either."""
        while not self._services_followed:
            await asyncio.sleep(POLL)
            if self._modem.registration.registered:
                from wwand.modem import qmi_time

                self._services_followed = True
                await qmi_time.follow(self._modem)
                await self._modem.ussd.driver.listen()

    async def _report(self, on: bool) -> bool:
        """Switch the reports on or off; whether the modem knows those of registration."""
        ask = self._modem.ask
        rejects = nas.RejectIndications(on, False)
        wanted = nas.RegisterIndications(
            serving_system_events=on, signal_info=on, network_reject_information=rejects
        )
        answer = await ask(wanted)
        if answer is None:  # a modem of before 2012 knows fewer kinds
            answer = await ask(nas.RegisterIndications(serving_system_events=on))
        self._reports_signal = bool(on and answer and await self.set_thresholds())
        if on and not self._reports_signal:
            steps = nas_signal.StrengthIndicator(on, qmi_signal.STEPS[1:6])  # five at most
            event = nas_signal.SetEventReport(signal_strength_indicator=steps)
            self._reports_signal = await ask(event) is not None
        return answer is not None

    async def set_thresholds(self) -> bool:
        """Have the modem report changes as large as is wanted; whether it can."""
        delta, ask = self._modem.signal_thresholds.rssi, self._modem.ask
        if delta:
            tenths = min(10 * delta, 0xFFFF)
            by_delta = nas_signal.ConfigSignalInfoV2(
                gsm_rssi_delta=tenths,
                wcdma_rssi_delta=tenths,
                lte_rssi_delta=tenths,
                nr5g_rsrp_delta=tenths if self._has_5g else None,
            )
            if await ask(by_delta):
                return True
        steps = qmi_signal.steps(delta) if delta else qmi_signal.STEPS
        return await ask(nas_signal.ConfigSignalInfo(rssi_threshold=steps)) is not None

    @property
    def _has_5g(self) -> bool:
        return bool(self._modem.current_capabilities & Capability.NR5G)

    async def close(self) -> None:
        """Stop following, without a word to the modem, which may be gone."""
        await self._tasks.close()

    async def end(self) -> None:
        """Stop following; the modem is told to be quiet."""
        await self.close()
        await self._report(False)
        modem = self._modem
        modem.registration.clear()
        modem.signal_quality = (0, False)
        modem.access_technologies = AccessTechnology.UNKNOWN
        modem.packet_service = PacketService.UNKNOWN
        modem.changed()

    # --- looking -------------------------------------------------------------------------------

    async def look(self) -> None:
        """Take stock, now."""
        await self._look()
        await self._details()

    async def _look(self) -> None:
        if answer := await self._modem.ask(nas.GetServingSystem()):
            self._note(answer)
        self._modem.settle()

    async def _details(self) -> None:
        """Signal and, when the network is another one, its name."""
        await side_by_side(self.look_at_signal(), self._operator_name())
        self._modem.changed()

    async def look_at_signal(self) -> SignalValues:
        """Read all there is of the signal."""
        if info := await self._modem.ask(nas_signal.GetSignalInfo()):
            self._note_signal(info)
        else:
            told = await self._modem.ask(nas_signal.GetSignalStrength(EVERYTHING))
            strength = told.signal_strength if told else None
            self._show(quality(strength.strength) if strength else None)
            self._modem.signal_values = qmi_signal.older_values(told) if told else SignalValues()
        return self._modem.signal_values

    async def _operator_name(self) -> None:
        """The name, where the serving system's report had none that can be read."""
        registration = self._modem.registration
        if not registration.registered or registration.operator_name:
            return
        told = await self._modem.ask(nas_names.GetOperatorName())
        if told is None:
            return
        plmn = told.operator_plmn_name[0] if told.operator_plmn_name else told.nitz_information
        names = (
            plmn.text if plmn else "",
            told.operator_string_name or "",
            told.service_provider_name.name if told.service_provider_name else "",
        )
        registration.operator_name = next(filter(None, map(readable, names)), "")
        self._modem.changed()

    async def _follow(self) -> None:
        """Look now and then at what is not reported."""
        while True:
            await asyncio.sleep(POLL)
            try:
                await self._look()
                await self._details()
            except PortGone:
                raise
            except WwandError as error:
                self._modem.log.debug("looking at the network: %s", error)

    # --- reports -------------------------------------------------------------------------------

    def _serving_changed(self, said: nas.ServingSystemIndication) -> None:
        modem = self._modem
        if modem.state < modem.state.ENABLING:
            return
        was = modem.registration.registered, modem.registration.operator_code
        self._note(said)
        modem.settle()
        if (modem.registration.registered, modem.registration.operator_code) != was:
            self._tasks.spawn("looking at the new network", self._details())

    def _rejected(self, said: nas.NetworkReject) -> None:
        self._reject_cause = said.reject_cause or 0
        self._modem.log.info("a network refuses the modem: cause %d", self._reject_cause)

    def _signal_changed(self, said: nas_signal.SignalInfo) -> None:
        if self._modem.state >= self._modem.state.ENABLING:
            self._note_signal(said)
            self._modem.changed()

    def _strength_changed(self, said: nas_signal.EventReport) -> None:
        if self._modem.state >= self._modem.state.ENABLING and said.signal_strength:
            self._show(quality(said.signal_strength.strength))
            self._modem.signal_values = qmi_signal.with_strength(
                self._modem.signal_values, said.signal_strength
            )
            self._modem.changed()

    def _note(self, said: Serving) -> None:
        system = said.serving_system
        if system is None:
            return
        modem, registration = self._modem, self._modem.registration
        radios = system.radio_interfaces
        registration.domains = domains_of(said, system)
        registration.technology = technologies(said.data_service_capability, radios)
        modem.access_technologies = registration.technology
        area = said.lte_tac if RadioInterface.LTE in radios else said.lac_3gpp
        if area is not None:
            registration.area = area
        if said.cid_3gpp is not None:
            registration.cell = said.cid_3gpp
        if not registration.registered:
            registration.operator_code = registration.operator_name = ""
            modem.access_technologies = AccessTechnology.UNKNOWN
        elif said.current_plmn:
            registration.operator_code = plmn_code(
                said.current_plmn, said.mnc_pcs_digit_include_status
            )
            registration.operator_name = readable(said.current_plmn.description)
        attached = system.ps_attach_state is AttachState.ATTACHED
        modem.packet_service = PacketService.ATTACHED if attached else PacketService.DETACHED
        modem.changed()

    def _note_signal(self, said: nas_signal.GetSignalInfoResponse | nas_signal.SignalInfo) -> None:
        self._modem.signal_values = qmi_signal.values(said)
        lte, umts = said.lte_signal_strength, said.wcdma_signal_strength
        nr5g = said.nr5g_signal_strength
        if nr5g and not lte:
            self._show(quality(nr5g.rsrp, least=-120, most=-60))
            return
        levels = [strength.rssi for strength in (lte, umts) if strength]
        if said.gsm_signal_strength is not None:
            levels.append(said.gsm_signal_strength)
        heard = [percent for percent in map(quality, levels) if percent is not None]
        self._show(max(heard, default=None))

    def _show(self, percent: int | None) -> None:
        if percent is not None:
            self._modem.signal_quality = (percent, True)
        elif self._modem.signal_quality[1]:
            self._modem.signal_quality = (self._modem.signal_quality[0], False)

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
                    cause = f" (cause {self._reject_cause})" if self._reject_cause else ""
                    raise EquipmentError(
                        NETWORK_NOT_ALLOWED,
                        "NetworkNotAllowed",
                        f"the network refuses this SIM{cause}",
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
        self._modem.registration.operator_code = ""
        if operator:
            mcc, mnc = int(operator[:3]), int(operator[3:])
            order = nas.InitiateNetworkRegister(
                NetworkRegisterType.MANUAL,
                nas.NetworkRadio(mcc, mnc, RadioInterface.NONE),
                mnc_pcs_digit_include_status=len(operator) == 6,
            )
        else:
            order = nas.InitiateNetworkRegister(NetworkRegisterType.AUTOMATIC)
        await self._modem.send(order)
        await self._look()

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach."""
        told = await self._modem.send(nas.NetworkScan())
        radios = {(r.mcc, r.mnc): r.radio_interface for r in told.radio_access_technology or ()}
        digits = {(d.mcc, d.mnc): d for d in told.mnc_pcs_digit_include_status or ()}
        return [
            NetworkOffer(
                status=offer_status(each.network_status),
                long_name=readable(each.description),
                short_name="",
                code=plmn_code(nas.Plmn(each.mcc, each.mnc, ""), digits.get((each.mcc, each.mnc))),
                technology=technologies(None, (radios[key],))
                if (key := (each.mcc, each.mnc)) in radios
                else AccessTechnology.UNKNOWN,
            )
            for each in told.network_information or ()
        ]


def domains_of(said: Serving, system: nas.ServingSystem) -> dict[str, RegistrationState]:
    """The states of speech and packet domain as AT's reports would have them."""
    radio = system.radio_interfaces[0] if system.radio_interfaces else RadioInterface.NONE
    packet = PACKET_DOMAINS.get(radio, "cgreg")
    if system.registration_state is not Said.REGISTERED:
        state = STATES.get(system.registration_state, RegistrationState.UNKNOWN)
        return {"creg": state, packet: state}
    registered = REGISTERED[said.roaming_indicator is RoamingIndicatorStatus.ON]
    attached = {"creg": system.cs_attach_state, packet: system.ps_attach_state}
    return {
        domain: registered if state is AttachState.ATTACHED else RegistrationState.IDLE
        for domain, state in attached.items()
    }


def plmn_code(plmn: nas.Plmn, digit: nas.PcsDigit | None) -> str:
    """MCC and MNC as digits; an MNC has three of them when that is told, or has to be."""
    three = plmn.mnc > 99 or bool(digit and digit.includes_pcs_digit)
    return f"{plmn.mcc:03}{plmn.mnc:03}" if three else f"{plmn.mcc:03}{plmn.mnc:02}"


def offer_status(status: NetworkStatus) -> int:
    """27.007 §7.3: 1 available, 2 current, 3 forbidden, 0 unknown."""
    if NetworkStatus.CURRENT_SERVING in status:
        return 2
    if NetworkStatus.FORBIDDEN in status:
        return 3
    return 1 if NetworkStatus.AVAILABLE in status else 0


def readable(text: str) -> str:
    """A name without what firmware fills it up with; empty when it is none."""
    text = text.strip("\0 \t")
    return text if text.isprintable() and "\ufffd" not in text else ""
