"""A modem that speaks the AT commands of 3GPP 27.007; vendors override what theirs do otherwise."""

from collections.abc import Coroutine
from typing import Any

from wwand.at import basic, equipment, identity, packet, sim, technology
from wwand.at.channel import AtChannel
from wwand.at.command import AtCommand, asked_for
from wwand.errors import (
    BadArgument,
    PortGone,
    Unsupported,
    WrongState,
    WwandError,
)
from wwand.modem.at_data import AtData
from wwand.modem.at_network import NetworkWatch
from wwand.modem.at_sim import NoSim, SimReader
from wwand.modem.base import Modes
from wwand.modem.sim import PinMemory, Sim
from wwand.status import (
    AccessTechnology,
    Capability,
    Facility,
    FailedReason,
    Identity,
    IpFamily,
    Lock,
    Mode,
    ModemState,
    NetworkOffer,
    PacketService,
    PowerState,
    StateChangeReason,
)
from wwand.tasks import Alone, side_by_side

S = ModemState

OPEN = frozenset({Lock.NONE, Lock.SIM_PIN2, Lock.SIM_PUK2})
"""What a SIM may ask for without keeping the modem from the network."""

POWER_COMMANDS = {PowerState.ON: equipment.RADIO_ON, PowerState.LOW: equipment.RADIO_OFF}
"""27.007 §8.2."""


class AtModem(AtData):
    """A modem that understands 27.007."""

    iccid_command = sim.iccid
    """Asks for the card's number where its file cannot be read."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sim_reader = SimReader(self)
        self.network = NetworkWatch(self)
        self._pin = ""
        self._memory: PinMemory | None = None
        self._alone = Alone(f"{self.name} is being enabled or disabled already")

    def listen(self, channel: AtChannel) -> None:
        """Hear what a port reports of the network."""
        super().listen(channel)
        self.network.listen(channel)

    # --- start -------------------------------------------------------------------------------

    async def start(self, pin: str = "", memory: PinMemory | None = None) -> None:
        """Learn what the modem is; `pin` is entered when one is asked for."""
        self._pin, self._memory = pin, memory
        self.become(S.INITIALIZING)
        await self._learn(self._begin())

    async def _begin(self) -> None:
        await self.set_up_ports()
        await side_by_side(self._look_at_sim(), self._identify())

    async def _learn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do a part of the start; be DISABLED, LOCKED or FAILED as it turns out."""
        try:
            await work
            self.become(S.DISABLED if self.unlock_required in OPEN else S.LOCKED)
        except PortGone:
            raise
        except NoSim as error:
            self.fail(error.reason, error)
        except WwandError as error:
            self.fail(FailedReason.UNKNOWN, error)

    async def _identify(self) -> None:
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

    async def _look_at_sim(self) -> None:
        """Find out whether there is a SIM and what keeps it locked; go on where nothing does."""
        lock = await self.sim_reader.lock()
        if lock is Lock.SIM_PIN and self._pin:
            pin, self._pin = self._pin, ""  # never twice: three wrong ones block the card
            lock = await self.sim_reader.try_pin(pin, self._memory)
        self.unlock_required = lock
        if self.sim is None:
            self.sim = Sim(next(self._numbers.sim), self)
        if lock not in OPEN:
            self.unlock_retries = await self.load_retries()
            return
        facts, numbers, self.enabled_facility_locks, self.unlock_retries = await side_by_side(
            self.sim_reader.facts(),
            self.ask(sim.own_numbers, ()),
            self.load_facility_locks(),
            self.load_retries(),
        )
        self.sim.learn(facts)
        self.own_numbers = tuple(number for number in numbers if number)
        self.changed()

    def fail(self, reason: FailedReason, error: WwandError) -> None:
        """Be FAILED, for what it says."""
        self.log.error("%s", error)
        self.failed_reason = reason
        self.failure = error
        self.become(S.FAILED, StateChangeReason.FAILURE)

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

    async def await_unlocked(self) -> None:
        """Give the firmware the time it needs after a code was accepted: nothing, but for some."""

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

    # --- enabling ------------------------------------------------------------------------------

    async def enable(self) -> None:
        """Switch the radio on, ask for reports, and see whether a network is there already."""
        async with self._alone:
            if self.state >= S.ENABLED:
                return
            if self.failure:
                raise self.failure
            if self.state is S.LOCKED:
                raise WrongState("the SIM is locked", "unlock it first: `wwanctl sim pin`")
            self.become(S.ENABLING, StateChangeReason.USER_REQUESTED)
            try:
                if self.power_state is not PowerState.ON:
                    await self.power(PowerState.ON)
                    self.power_state = PowerState.ON
                await self.network.begin()
            except BaseException:
                self.become(S.DISABLED, StateChangeReason.FAILURE)
                raise
            self.become(S.ENABLED, StateChangeReason.USER_REQUESTED)
            self.settle()

    async def disable(self) -> None:
        """Disconnect everything, for good, and stop following the network."""
        async with self._alone:
            self.desire.request = None  # or the connection would be made again at once
            if self.state < S.ENABLED:
                return
            for bearer in self.connected_bearers:
                await self.disconnect_bearer(bearer)
            self.become(S.DISABLING, StateChangeReason.USER_REQUESTED)
            try:
                await self.network.end()
            finally:
                self.become(S.DISABLED, StateChangeReason.USER_REQUESTED)

    async def wait_registered(self) -> None:
        """Wait until a network serves the modem; raises when all refuse it."""
        await self.network.wait_registered()

    async def close(self) -> None:
        """Let go of the connection and of everything that runs."""
        await self.tasks.close()
        await self.network.close()
        for bearer in self.connected_bearers:
            try:
                await bearer.disconnect()
            except WwandError as error:
                self.log.debug("closing: %s", error)

    # --- orders --------------------------------------------------------------------------------

    async def reset(self) -> None:
        """Restart the firmware (27.007 §8.2: <rst> = 1)."""
        await self.control.send(equipment.RESET)

    async def set_power_state(self, state: PowerState) -> None:
        """Switch the radio while the modem is disabled."""
        if self.state not in (S.DISABLED, S.LOCKED):
            raise WrongState(
                f"the power of {self.name} is not changed while it is {self.state.name.lower()}",
                "disable the modem first",
            )
        await self.power(state)
        self.power_state = state
        self.changed()

    async def set_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose among `supported_modes`."""
        if allowed is Mode.ANY and preferred is Mode.NONE:
            wanted: Modes = max(self.supported_modes, key=lambda m: (m[0].bit_count(), m[1]))
        else:
            wanted = (allowed, preferred)
        if wanted not in self.supported_modes:
            raise Unsupported(f"{self.name} does not support this combination of modes")
        await self.select_modes(*wanted)
        self.current_modes = wanted
        self.changed()

    async def command(self, text: str, timeout: float) -> str:
        """Send a line as it is, and return what is answered."""
        text = text.strip()
        line = text if text[:2].upper() == "AT" else f"AT{text}"
        if line[2:3].upper() == "D" and "*99" in line:
            raise BadArgument("data calls are made with connect", "wwanctl connect")
        command = AtCommand(line, list, asked_for(line), free=True, timeout=timeout)
        return "\n".join(await self.control.send(command))

    async def register(self, operator: str) -> None:
        """Register with one network, or with the best."""
        self.require(S.ENABLED, "choosing a network")
        await self.network.register(operator)

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach."""
        self.require(S.ENABLED, "scanning")
        return await self.network.scan()

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

    async def send_pin(self, pin: str) -> None:
        """Enter the PIN."""
        self._expect(Lock.SIM_PIN)
        await self.control.send(sim.enter_pin(pin))

    async def send_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        self._expect(Lock.SIM_PUK)
        await self.control.send(sim.enter_puk(puk, pin))

    def _expect(self, lock: Lock) -> None:
        if self.unlock_required is not lock:
            raise WrongState(
                f"the SIM does not ask for its {lock.name.replace('_', ' ')} now: "
                f"{self.unlock_required.name.lower()}"
            )

    async def enable_pin(self, pin: str, enabled: bool) -> None:
        """Ask for the PIN at power-up from now on, or no longer."""
        await self._guarded(self.control.send(sim.set_facility(Facility.SIM, enabled, pin)))
        if enabled:
            self.enabled_facility_locks |= Facility.SIM
        else:
            self.enabled_facility_locks &= ~Facility.SIM
        self.changed()

    async def change_pin(self, old: str, new: str) -> None:
        """Replace the PIN."""
        await self._guarded(self.control.send(sim.change_pin(old, new)))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except WwandError:
            await self.unlock_refused()
            raise

    async def unlocked(self) -> None:
        """Go on with the start: the SIM tells more now."""
        if self.state is not S.LOCKED:
            return
        self.become(S.INITIALIZING)
        await self.await_unlocked()
        await self._learn(self._look_at_sim())

    async def unlock_refused(self) -> None:
        """Learn how many tries are left, and whether the PUK is asked for now."""
        self.unlock_required = await self.sim_reader.lock()
        self.unlock_retries = await self.load_retries()
        self.changed()
