"""What a modem goes through, whatever it speaks: start, SIM, radio, network, and the way back.

A protocol has the steps: those at the end of `StagedModem`, and a `network` to be followed.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from wwand.errors import BadArgument, PortGone, Unsupported, WrongState, WwandError
from wwand.modem import bands
from wwand.modem.base import Modem, Modes
from wwand.modem.configured_pin import ConfiguredPin
from wwand.modem.message_store import MessageStore
from wwand.modem.messaging import Messaging
from wwand.modem.sim import NoSim, PinMemory, Sim, SimFacts
from wwand.status import (
    Facility,
    FailedReason,
    Lock,
    Mode,
    ModemState,
    NetworkOffer,
    PowerState,
    StateChangeReason,
)
from wwand.tasks import Alone, side_by_side

S = ModemState

OPEN = frozenset({Lock.NONE, Lock.SIM_PIN2, Lock.SIM_PUK2})
"""What a SIM may ask for without keeping the modem from the network."""


class Network(Protocol):
    """Keeps registration, operator, technology and signal of a modem up to date while enabled."""

    async def begin(self) -> None:
        """Ask for reports and take stock; raises only when the port is lost."""
        ...

    async def end(self) -> None:
        """Stop following; the modem is told to be quiet."""
        ...

    async def look(self) -> None:
        """Take stock, now."""
        ...

    async def close(self) -> None:
        """Stop following, without a word to the modem, which may be gone."""
        ...

    async def wait_registered(self) -> None:
        """Wait until a network serves the modem; raises when all refuse it."""
        ...

    async def register(self, operator: str) -> None:
        """Choose a network (MCC and MNC), or let the modem choose for an empty string."""
        ...

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach."""
        ...


class StagedModem(Modem):
    """A modem that is started, unlocked, enabled and followed."""

    network: Network
    messaging: Messaging

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.messaging = Messaging(self, self._numbers.sms)
        self._pin = ConfiguredPin(self)
        self._alone = Alone(f"{self.name} is being enabled or disabled already")

    # --- start -------------------------------------------------------------------------------

    async def start(self, pin: str = "", memory: PinMemory | None = None) -> None:
        """Learn what the modem is; `pin` is entered when one is asked for."""
        self._pin = ConfiguredPin(self, pin, memory)
        self.become(S.INITIALIZING)
        await self._learn(self._begin())

    async def _begin(self) -> None:
        await self.set_up_ports()
        await side_by_side(self._look_at_sim(), self.identify())

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

    def fail(self, reason: FailedReason, error: WwandError) -> None:
        """Be FAILED, for what it says."""
        self.log.error("%s", error)
        self.failed_reason = reason
        self.failure = error
        self.become(S.FAILED, StateChangeReason.FAILURE)

    async def begin_anew(self) -> None:
        """Start once more after a failure that has been mended: a SIM was put in."""
        if self.state is not S.FAILED:
            return
        self.failed_reason, self.failure = FailedReason.NONE, None
        self.become(S.INITIALIZING)
        await self._learn(self._begin())

    async def _look_at_sim(self) -> None:
        """Find out whether there is a SIM and what keeps it locked; go on where nothing does."""
        lock = await self.load_lock()
        if lock is Lock.SIM_PIN and self._pin:
            lock = await self._pin.enter()
        self.unlock_required = lock
        if self.sim is None:
            self.sim = Sim(next(self._numbers.sim), self)
        if lock not in OPEN:
            self.unlock_retries = await self.load_retries()
            return
        facts, numbers, self.enabled_facility_locks, self.unlock_retries = await side_by_side(
            self.load_sim_facts(),
            self.load_own_numbers(),
            self.load_facility_locks(),
            self.load_retries(),
        )
        self.sim.learn(facts)
        self.own_numbers = tuple(number for number in numbers if number)
        self.changed()

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
        await self.renounce("a disable")
        async with self._alone:
            if self.state < S.ENABLED:
                return
            for bearer in tuple(self.bearers):
                await self.disconnect_bearer(bearer)
            self.become(S.DISABLING, StateChangeReason.USER_REQUESTED)
            try:
                await self.network.end()
            finally:
                self.become(S.DISABLED, StateChangeReason.USER_REQUESTED)

    async def resumed(self) -> None:
        """Look at connection and network, whose reports may have been lost in a sleep."""
        await super().resumed()
        if self.state >= S.ENABLED:
            await self.network.look()
            self.messaging.look_again()

    async def wait_registered(self) -> None:
        """Wait until a network serves the modem; raises when all refuse it."""
        await self.network.wait_registered()

    async def close(self) -> None:
        """Let go of the connection and of everything that runs."""
        await self.network.close()
        await super().close()

    # --- orders --------------------------------------------------------------------------------

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
        """Choose among `supported_modes`; where one has to be preferred, by default the newest."""
        wanted: Modes = (allowed, preferred)
        if preferred is Mode.NONE and wanted not in self.supported_modes:
            offered = (m for m in self.supported_modes if allowed in (Mode.ANY, m[0]))
            wanted = max(offered, key=lambda m: (m[0].bit_count(), m[1]), default=wanted)
        if wanted not in self.supported_modes:
            raise Unsupported(f"{self.name} does not support this combination of modes")
        await self.select_modes(*wanted)
        self.current_modes = wanted
        self.changed()

    async def set_bands(self, wanted: Sequence[int]) -> None:
        """Choose among `supported_bands`; ANY alone stands for all of them."""
        if not self.supported_bands:
            raise Unsupported(f"{self.name} cannot change its bands")
        found = set(self.supported_bands if set(wanted) == {bands.ANY} else wanted)
        if not found:
            raise BadArgument("a modem needs one band at least")
        if unknown := sorted(found - set(self.supported_bands)):
            raise Unsupported(f"{self.name} has no bands {', '.join(map(str, unknown))}")
        chosen = tuple(sorted(found))
        await self.select_bands(chosen)
        self.current_bands = chosen
        self.changed()

    async def register(self, operator: str) -> None:
        """Register with one network, or with the best."""
        self.require(S.ENABLED, "choosing a network")
        await self.network.register(operator)

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach."""
        self.require(S.ENABLED, "scanning")
        return await self.network.scan()

    # --- SIM -----------------------------------------------------------------------------------

    async def send_pin(self, pin: str) -> None:
        """Enter the PIN."""
        self._expect(Lock.SIM_PIN)
        card = await self._pin.card()
        await self.enter_pin(pin)
        self._pin.accepted(card, pin)

    async def send_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        self._expect(Lock.SIM_PUK)
        card = await self._pin.card()
        await self.enter_puk(puk, pin)
        self._pin.accepted(card, pin)

    def _expect(self, lock: Lock) -> None:
        if self.unlock_required is not lock:
            raise WrongState(
                f"the SIM does not ask for its {lock.name.replace('_', ' ')} now: "
                f"{self.unlock_required.name.lower()}"
            )

    async def enable_pin(self, pin: str, enabled: bool) -> None:
        """Ask for the PIN at power-up from now on, or no longer."""
        card = await self._pin.card()
        await self._guarded(self.protect(pin, enabled))
        self._pin.accepted(card, pin)
        if enabled:
            self.enabled_facility_locks |= Facility.SIM
        else:
            self.enabled_facility_locks &= ~Facility.SIM
        self.changed()

    async def change_pin(self, old: str, new: str) -> None:
        """Replace the PIN."""
        card = await self._pin.card()
        await self._guarded(self.replace_pin(old, new))
        self._pin.accepted(card, new)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except WwandError:
            await self.unlock_refused()
            raise

    async def unlocked(self) -> None:
        """Go on with the start, even when the caller leaves meanwhile: the SIM tells more now."""
        if self.state is not S.LOCKED:
            return
        self.become(S.INITIALIZING)
        going_on = self._learn(self._look_at_unlocked_sim())
        await asyncio.wait([self.tasks.spawn("after the SIM was unlocked", going_on)])

    async def _look_at_unlocked_sim(self) -> None:
        await self.await_unlocked()
        await self._look_at_sim()

    async def unlock_refused(self) -> bool:
        """Learn how many tries are left, and what is asked for now; go on where nothing is."""
        self.unlock_required = await self.load_lock()
        self.unlock_retries = await self.load_retries()
        self.changed()
        if self.unlock_required not in OPEN:
            return True
        await self.unlocked()
        return False

    # --- the steps, which a protocol or a vendor knows -------------------------------------------

    @abstractmethod
    async def set_up_ports(self) -> None:
        """Make the ports ready for questions."""

    @abstractmethod
    async def identify(self) -> None:
        """Read what needs no SIM."""

    @abstractmethod
    async def load_lock(self) -> Lock:
        """What the SIM asks for, once it is ready; NoSim when none can be used."""

    @abstractmethod
    async def load_card(self) -> str:
        """What tells this card from others, even while it is locked."""

    @abstractmethod
    async def load_sim_facts(self) -> SimFacts:
        """What an unlocked card says."""

    @abstractmethod
    async def load_own_numbers(self) -> tuple[str, ...]:
        """The telephone numbers that the card knows of itself."""

    @abstractmethod
    async def load_facility_locks(self) -> Facility:
        """Which locks are on (27.007 §7.4)."""

    @abstractmethod
    async def load_retries(self) -> dict[Lock, int]:
        """How often each code may still be wrong."""

    @abstractmethod
    async def enter_pin(self, pin: str) -> None:
        """Give the PIN to the card; EquipmentError when it refuses."""

    @abstractmethod
    async def enter_puk(self, puk: str, pin: str) -> None:
        """Give the PUK and a new PIN to the card; EquipmentError when it refuses."""

    @abstractmethod
    async def protect(self, pin: str, enabled: bool) -> None:
        """Have the card ask for its PIN, or not."""

    @abstractmethod
    async def replace_pin(self, old: str, new: str) -> None:
        """Give the card another PIN."""

    async def await_unlocked(self) -> None:
        """Give the firmware the time it needs after a code was accepted: nothing, but for some."""

    @abstractmethod
    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of `supported_modes`."""

    async def select_bands(self, wanted: Sequence[int]) -> None:
        """Choose some of `supported_bands`; not asked of a modem that has none."""

    @abstractmethod
    async def power(self, state: PowerState) -> None:
        """Switch the radio."""

    @abstractmethod
    def message_store(self) -> MessageStore:
        """What knows how to keep and send short messages."""
