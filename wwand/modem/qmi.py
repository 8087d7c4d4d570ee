"""A modem that speaks QMI; its life is the one of `wwand.modem.staged`."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.qmi import PacketLink, QmiBearer
from wwand.errors import BadArgument, Unsupported, WrongState
from wwand.modem.base import Modes
from wwand.modem.qmi_network import QmiNetwork
from wwand.modem.qmi_ports import QmiPorts
from wwand.modem.qmi_sim import QmiSim
from wwand.modem.qmi_tables import CAPABILITIES, MODES, RATS, band_bits, band_numbers, joined, split
from wwand.modem.sim import SimFacts
from wwand.net.raw_ip import RawIp
from wwand.qmi import dms, dms_uim, nas
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import error_for
from wwand.qmi.nas_selection import (
    GetSystemSelectionPreference,
    GetSystemSelectionPreferenceResponse,
    SetSystemSelectionPreference,
)
from wwand.qmi.nas_values import ChangeDuration, PsAttachAction, RatModePreference
from wwand.status import (
    Capability,
    Facility,
    Identity,
    IpFamily,
    LayoutKind,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PowerState,
    SignalThresholds,
    SignalValues,
)
from wwand.tasks import side_by_side

S = ModemState
O = dms.OperatingMode  # noqa: E741 - short, for the tables

POWER = {
    O.ONLINE: PowerState.ON,
    O.LOW_POWER: PowerState.LOW,
    O.PERSISTENT_LOW_POWER: PowerState.LOW,
    O.MODE_ONLY_LOW_POWER: PowerState.LOW,
    O.OFFLINE: PowerState.OFF,
    O.SHUTTING_DOWN: PowerState.OFF,
}

OPERATING_MODES = {PowerState.ON: O.ONLINE, PowerState.LOW: O.LOW_POWER}

CONTROL_KEYS = {
    Facility.NET_PERS: dms_uim.Facility.PN,
    Facility.NET_SUB_PERS: dms_uim.Facility.PU,
    Facility.PROVIDER_PERS: dms_uim.Facility.PP,
    Facility.CORP_PERS: dms_uim.Facility.PC,
    Facility.PH_FSIM: dms_uim.Facility.PF,
}


class QmiModem(QmiPorts):
    """A modem of which everything is asked over one cdc-wdm port."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sim_reader = QmiSim(self)
        self.network: QmiNetwork = QmiNetwork(self)
        self.link: Callable[[str], PacketLink] = RawIp
        """The kernel's end of a network interface, by its name."""

    # --- what it is ------------------------------------------------------------------------------

    async def identify(self) -> None:
        """Read what needs no SIM."""
        maker, model, revision, hardware, ids, capabilities, mode = await side_by_side(
            self.ask(dms.GetManufacturer()),
            self.ask(dms.GetModel()),
            self.ask(dms.GetRevision()),
            self.ask(dms.GetHardwareRevision()),
            self.ask(dms.GetIds()),
            self.ask(dms.GetCapabilities()),
            self.ask(dms.GetOperatingMode()),
        )
        self.identity = Identity(
            _text(maker and maker.manufacturer),
            _text(model and model.model),
            _text(revision and revision.revision),
            _text(hardware and hardware.revision),
            _text(ids and ids.imei),
        )
        radios = (
            capabilities.info.radio_interface_list if capabilities and capabilities.info else ()
        )
        self._note_capabilities(radios)
        self.supported_ip_families = IpFamily.IPV4 | IpFamily.IPV6 | IpFamily.IPV4V6
        if mode and mode.mode is not None:
            self.power_state = POWER.get(mode.mode, PowerState.UNKNOWN)
        await self._load_selection()
        self.changed()

    def _note_capabilities(self, radios: Sequence[dms.RadioInterface]) -> None:
        found, modes = Capability.NONE, []
        for radio in radios:
            found |= CAPABILITIES.get(radio, Capability.NONE)
            if radio in MODES:
                modes.append(MODES[radio])
        self.supported_capabilities = (found or Capability.GSM_UMTS,)
        self.current_capabilities = self.supported_capabilities[0]
        self.supported_modes = mode_sets(modes) or ((Mode.ANY, Mode.NONE),)

    async def _load_selection(self) -> None:
        """Which modes and bands may be used, of which the modem has."""
        chosen, bands = await side_by_side(
            self.ask(GetSystemSelectionPreference()), self.ask(dms.GetBandCapabilities())
        )
        if bands and bands.band_capability is not None:
            listed = bands.extended_lte_band_capability or ()
            lte = (bands.lte_band_capability or 0) | bits(listed)
            nr5g = bits(bands.nr5g_band_capability or ())
            self.supported_bands = band_numbers(bands.band_capability, lte, nr5g)
        if chosen:
            self._note_selection(chosen)

    def _note_selection(self, chosen: GetSystemSelectionPreferenceResponse) -> None:
        if chosen.mode_preference is not None:
            allowed = Mode.NONE
            for mode, rat in RATS.items():
                if rat in chosen.mode_preference:
                    allowed |= mode
            possible = max((m for m, _ in self.supported_modes), key=lambda m: m.bit_count())
            self.current_modes = (allowed & possible or Mode.ANY, Mode.NONE)
        if chosen.band_preference is not None:
            lte = joined(chosen.extended_lte_band_preference) or chosen.lte_band_preference or 0
            nr5g = joined(chosen.nr5g_sa_band_preference) | joined(chosen.nr5g_nsa_band_preference)
            allowed_bands = band_numbers(chosen.band_preference, lte, nr5g)
            self.current_bands = tuple(b for b in allowed_bands if b in self.supported_bands)

    # --- SIM -----------------------------------------------------------------------------------

    async def load_lock(self) -> Lock:
        """What the SIM asks for, once it is ready."""
        return await self.sim_reader.lock()

    async def load_card(self) -> str:
        """What tells this card from others."""
        return await self.sim_reader.card() or self.identity.imei

    async def load_sim_facts(self) -> SimFacts:
        """What an unlocked card says."""
        return await self.sim_reader.facts()

    async def load_own_numbers(self) -> tuple[str, ...]:
        """The number, where card or firmware know it."""
        told = await self.ask(dms.GetMsisdn())
        return (_text(told.msisdn),) if told and told.msisdn else ()

    async def load_facility_locks(self) -> Facility:
        """Which locks are on."""
        return await self.sim_reader.facility_locks()

    async def load_retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""
        return await self.sim_reader.retries()

    async def enter_pin(self, pin: str) -> None:
        """Give the PIN to the card."""
        await self.sim_reader.enter_pin(pin)

    async def enter_puk(self, puk: str, pin: str) -> None:
        """Give the PUK and a new PIN to the card."""
        await self.sim_reader.enter_puk(puk, pin)

    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the card ask for its PIN, or not."""
        await self.sim_reader.protect(pin, enabled)

    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""
        await self.sim_reader.replace_pin(old, new)

    async def disable_facility_lock(self, facility: Facility, key: str) -> None:
        """Take a personalisation lock off with its control key."""
        if facility not in CONTROL_KEYS:
            raise Unsupported(f"{self.name} cannot take off this lock")
        state = dms_uim.FacilityState.DEACTIVATED
        protection = dms_uim.CkProtection(CONTROL_KEYS[facility], state, key)
        await self.send(dms_uim.UimSetCkProtection(protection))
        self.enabled_facility_locks &= ~facility
        self.changed()

    # --- radio ---------------------------------------------------------------------------------

    async def power(self, state: PowerState) -> None:
        """Switch the radio."""
        if state not in OPERATING_MODES:
            raise Unsupported(f"{self.name} cannot be switched off", "use low power")
        client = await self.client(dms.DMS)
        order = dms.SetOperatingMode(OPERATING_MODES[state])
        answer = await client.exchange(order)
        code = answer.result.error_code
        if answer.result.ok or code is ProtocolError.NO_EFFECT:
            return
        if code is ProtocolError.INVALID_TRANSITION:
            raise WrongState(
                f"{self.name} does not let its radio be switched",
                "it may wait for the computer to unlock it (FCC lock): see the maker's tools",
            )
        raise error_for("switching the radio", code)

    async def reset(self) -> None:
        """Restart the firmware, which takes two orders."""
        await self.ask(dms.SetOperatingMode(O.OFFLINE))
        await self.send(dms.SetOperatingMode(O.RESET))

    async def factory_reset(self, code: str) -> None:
        """Restore the manufacturer's settings; the code has six digits."""
        if len(code) != 6 or not code.isdecimal():
            raise BadArgument("the service programming code has six digits, often 000000")
        await self.send(dms.RestoreFactoryDefaults(code))

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of `supported_modes`; they have no preferences."""
        rats = RatModePreference(0)
        for mode, rat in RATS.items():
            if mode in allowed:
                rats |= rat
        await self.send(
            SetSystemSelectionPreference(
                mode_preference=rats, change_duration=ChangeDuration.PERMANENT
            )
        )

    async def set_bands(self, bands: Sequence[int]) -> None:
        """Choose among `supported_bands`; 256 stands for all of them."""
        wanted = self.supported_bands if list(bands) == [ANY_BAND] else tuple(bands)
        if unknown := sorted(set(wanted) - set(self.supported_bands)):
            raise Unsupported(f"{self.name} has no bands {', '.join(map(str, unknown))}")
        if not wanted:
            raise BadArgument("a modem needs one band at least")
        plain, lte, nr5g = band_bits(wanted)
        of_all, lte_of_all, nr5g_of_all = band_bits(self.supported_bands)
        low = lte & 0xFFFFFFFFFFFFFFFF
        await self.send(
            SetSystemSelectionPreference(
                band_preference=plain if of_all else None,
                lte_band_preference=low if lte_of_all else None,
                extended_lte_band_preference=split(lte, 4) if lte_of_all >> 64 else None,
                nr5g_sa_band_preference=split(nr5g, 8) if nr5g_of_all else None,
                nr5g_nsa_band_preference=split(nr5g, 8) if nr5g_of_all else None,
                change_duration=ChangeDuration.PERMANENT,
            )
        )
        self.current_bands = tuple(sorted(wanted))
        self.changed()

    async def set_packet_service(self, state: PacketService) -> None:
        """Attach or detach."""
        self.require(S.ENABLED, "attaching")
        attached = state is PacketService.ATTACHED
        action = PsAttachAction.ATTACH if attached else PsAttachAction.DETACH
        client = await self.client(nas.NAS)
        answer = await client.exchange(nas.AttachDetach(action))
        code = answer.result.error_code
        if not answer.result.ok and code is not ProtocolError.NO_EFFECT:
            raise error_for("attaching" if attached else "detaching", code)
        self.packet_service = state
        self.changed()

    # --- signal --------------------------------------------------------------------------------

    async def load_signal_values(self) -> SignalValues:
        """All that the modem tells of the radios in use."""
        return await self.network.look_at_signal()

    async def set_signal_thresholds(self, thresholds: SignalThresholds) -> None:
        """Choose how much the strength has to change for a report; error rates have no choice."""
        await super().set_signal_thresholds(thresholds)
        if self.state >= S.ENABLED:
            await self.network.set_thresholds()

    # --- data ----------------------------------------------------------------------------------

    @classmethod
    def speaks(cls) -> frozenset[LayoutKind]:
        """Sessions on the network interface, and nothing else."""
        return frozenset({LayoutKind.QMI})

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        """Sessions on the network interface."""
        return QmiBearer(
            number,
            settings,
            applier,
            port=lambda: self.net_port,
            channel=lambda: self.channel,
            link=self.link,
            tasks=self.tasks,
        )


ANY_BAND = 256
"""ModemManager's number for all bands."""


def mode_sets(modes: Sequence[Mode]) -> tuple[Modes, ...]:
    """All sets of the generations that a modem has, the small ones first."""
    found = []
    for count in range(1, len(modes) + 1):
        for some in combinations(sorted(set(modes)), count):
            allowed = Mode.NONE
            for mode in some:
                allowed |= mode
            found.append((allowed, Mode.NONE))
    return tuple(found)


def bits(bands: Sequence[int]) -> int:
    """Bands by their numbers, as bit n - 1 for band n."""
    return sum(1 << (band - 1) for band in set(bands) if band)


def _text(said: str | None) -> str:
    return (said or "").strip("\0 \t\r\n")
