"""A modem that speaks the AT commands of 3GPP 27.007; vendors override what theirs do otherwise."""

from collections.abc import Sequence
from typing import Any

from wwand.at import basic, equipment, identity, packet, signal, sim, technology
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand, asked_for
from wwand.errors import (
    BadArgument,
    CommandFailed,
    EquipmentError,
    Unsupported,
)
from wwand.modem.at_data import AtData
from wwand.modem.at_network import NetworkWatch
from wwand.modem.at_sim import SimReader
from wwand.modem.message_store import MessageStore
from wwand.modem.sim import SimFacts
from wwand.status import (
    AccessTechnology,
    Capability,
    Facility,
    Identity,
    IpFamily,
    Lock,
    Mode,
    ModemState,
    PacketService,
    PowerState,
    SignalValues,
)
from wwand.tasks import side_by_side

S = ModemState

POWER_COMMANDS = {PowerState.ON: equipment.RADIO_ON, PowerState.LOW: equipment.RADIO_OFF}
"""27.007 §8.2."""


class AtModem(AtData):
    """A modem that understands 27.007."""

    restart_commands: Sequence[AtCommand[None]] = (equipment.RESET,)
    """Restart the firmware (27.007 §8.2: <rst> = 1); those of a vendor come first."""

    iccid_command = sim.iccid
    """Asks for the card's number where its file cannot be read."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sim_reader = SimReader(self)
        self.network: NetworkWatch = NetworkWatch(self)

    def listen(self, channel: AtChannel) -> None:
        """Hear what a port reports of the network."""
        super().listen(channel)
        self.network.listen(channel)
        for prefix in ("+CMTI", "+CMT", "+CDSI", "+CDS"):  # 27.005 §3.4.1
            channel.on(prefix, self.messaging.report)

    # --- start -------------------------------------------------------------------------------

    async def identify(self) -> None:
        """Read what needs no SIM."""
        (
            manufacturer,
            model,
            revision,
            serials,
            capabilities,
            power,
            families,
            _,
        ) = await side_by_side(
            self.ask(identity.manufacturer, ""),
            self.ask(identity.model, ""),
            self.ask(identity.revision, ""),
            self.ask(identity.serial_numbers, identity.Serials()),
            self.load_capabilities(),
            self.load_power_state(),
            self.load_ip_families(),
            self.load_modes(),
        )
        self.identity = Identity(manufacturer, model, revision, "", serials.imei)
        self.supported_capabilities = capabilities
        self.current_capabilities = max(capabilities, default=Capability.NONE)
        self.power_state = power
        self.supported_ip_families = families
        self.changed()

    # --- what vendors know better --------------------------------------------------------------

    async def load_capabilities(self) -> tuple[Capability, ...]:
        """The combinations of families of networks that the modem can be set to."""
        said = await self.ask(basic.capabilities, ())
        modes = await self.ask(technology.mode_combinations, ())
        found = Capability.GSM_UMTS if "+CGSM" in said or not said else Capability.NONE
        if any(mode & Mode.G4 for mode in modes) or any("LTE" in word.upper() for word in said):
            found |= Capability.LTE
        if any(mode & Mode.G5 for mode in modes):
            found |= Capability.NR5G
        if any("IS707" in word for word in said):
            found |= Capability.CDMA_EVDO
        return (found,)

    async def load_power_state(self) -> PowerState:
        """27.007 §8.2."""
        return equipment.power_state(await self.ask(equipment.functionality, -1))

    async def load_ip_families(self) -> IpFamily:
        """The PDP types the modem offers (27.007 §10.1.1)."""
        self._context_formats = await self.ask(packet.context_formats, ())
        found = IpFamily.NONE
        for each in self._context_formats:
            found |= each.family
        return found or IpFamily.IPV4

    async def load_retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""
        return dict(await self.ask(sim.pin_retries, ()))

    async def load_facility_locks(self) -> Facility:
        """Which locks are on (27.007 §7.4)."""
        offered = sim.facilities(await self.ask(sim.facility_codes, ()))
        states = await side_by_side(*(self.ask(sim.facility_state(f), False) for f in offered))
        found = Facility.NONE
        for facility, is_on in zip(offered, states, strict=True):
            found |= facility if is_on else Facility.NONE
        return found

    async def load_modes(self) -> None:
        """Set `supported_modes` and `current_modes` (27.007 §5.9)."""
        combinations = await self.ask(technology.mode_combinations, ())
        self.supported_modes = tuple((mode, Mode.NONE) for mode in combinations) or (
            (Mode.ANY, Mode.NONE),
        )
        chosen = await self.ask(technology.chosen_mode, 0) if combinations else 0
        self.current_modes = (technology.MODES.get(chosen, Mode.ANY), Mode.NONE)

    async def load_access_technology(self) -> AccessTechnology:
        """The radio link; what the registration reports said, unless a vendor knows more."""
        return self.registration.technology

    async def load_signal_values(self) -> SignalValues:
        """27.007 §8.69; what is known already while a call leaves no port for a question."""
        if self.control.data_mode:
            return self.signal_values
        if (told := await self.ask(signal.extended, None)) is None:
            return await super().load_signal_values()
        return told.values

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of `supported_modes` (27.007 §5.9)."""
        for number, mode in technology.MODES.items():
            if mode == allowed and preferred is Mode.NONE:
                await self.control.send(technology.choose_mode(number))
                return
        raise Unsupported(f"{self.name} has no such combination of modes")

    async def power(self, state: PowerState) -> None:
        """Switch the radio (27.007 §8.2)."""
        if state not in POWER_COMMANDS:
            raise Unsupported(f"{self.name} cannot be switched off", "use low power")
        await self.control.send(POWER_COMMANDS[state])

    def message_store(self) -> MessageStore:
        """27.005, in PDU mode."""
        from wwand.modem.at_messages import AtMessages  # not before the modem is registered

        return AtMessages(self)

    # --- orders --------------------------------------------------------------------------------

    async def reset(self) -> None:
        """Restart the firmware, by the first command that the modem knows."""
        for command in self.restart_commands:
            try:
                await self.control.send(command)
            except (CommandFailed, EquipmentError) as error:
                refusal = error
            else:
                return
        raise refusal

    async def command(self, text: str, timeout: float) -> str:
        """Send a line as it is, and return what is answered."""
        text = text.strip()
        line = text if text[:2].upper() == "AT" else f"AT{text}"
        if line[2:3].upper() == "D" and "*99" in line:
            raise BadArgument("data calls are made with connect", "wwanctl connect")
        command = AtCommand(line, list, asked_for(line), free=True, timeout=timeout)
        return "\n".join(await self.control.send(command))

    async def disable_facility_lock(self, facility: Facility, key: str) -> None:
        """Take a personalisation lock off with its control key."""
        await self.control.send(sim.set_facility(facility, False, key))
        self.enabled_facility_locks &= ~facility
        self.changed()

    async def set_packet_service(self, state: PacketService) -> None:
        """Attach or detach (27.007 §10.1.9)."""
        self.require(S.ENABLED, "attaching")
        attached = state is PacketService.ATTACHED
        await self.control.send(packet.ATTACH if attached else packet.DETACH)
        self.packet_service = state
        self.changed()

    # --- SIM -----------------------------------------------------------------------------------

    async def load_lock(self) -> Lock:
        """What the SIM asks for, once it is ready."""
        return await self.sim_reader.lock()

    async def load_card(self) -> str:
        """What tells this card from others."""
        return await self.sim_reader.card()

    async def load_sim_facts(self) -> SimFacts:
        """What an unlocked card says."""
        return await self.sim_reader.facts()

    async def load_own_numbers(self) -> tuple[str, ...]:
        """27.007 §7.1."""
        return await self.ask(sim.own_numbers, ())

    async def enter_pin(self, pin: str) -> None:
        """27.007 §8.3."""
        await self.control.send(sim.enter_pin(pin))

    async def enter_puk(self, puk: str, pin: str) -> None:
        """27.007 §8.3."""
        await self.control.send(sim.enter_puk(puk, pin))

    async def protect(self, pin: str, enabled: bool) -> None:
        """27.007 §7.4."""
        await self.control.send(sim.set_facility(Facility.SIM, enabled, pin))

    async def replace_pin(self, old: str, new: str) -> None:
        """27.007 §7.5."""
        await self.control.send(sim.change_pin(old, new))
