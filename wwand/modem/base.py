"""A modem, whatever protocol it speaks: its facts, its states and what clients can ask of it.

A protocol (`wwand.modem.at`, later QMI) overrides the steps at the end of the class; a vendor's
plugin overrides those that its modems do differently. A step nobody overrides says Unsupported.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wwand.bearers.apn import ProfileMemory
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.ladder import Ladder
from wwand.device import Port, UsbDevice
from wwand.errors import NotFound, Unsupported, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.modem.desire import Attempt, Desire
from wwand.modem.identifier import stable_name
from wwand.modem.messaging import Messaging
from wwand.modem.numbers import Numbers
from wwand.modem.registration import Registered
from wwand.modem.services import Services
from wwand.modem.signal_poll import SignalPoll
from wwand.modem.sim import Sim
from wwand.modem.states import ALLOWED
from wwand.status import (
    AccessTechnology,
    Capability,
    Facility,
    FailedReason,
    Identity,
    IpFamily,
    LayoutKind,
    Lock,
    Mode,
    ModemState,
    NetworkOffer,
    PacketService,
    PortType,
    PowerState,
    SignalThresholds,
    SignalValues,
    StateChangeReason,
)
from wwand.tasks import Tasks

S = ModemState
Modes = tuple[Mode, Mode]
"""Allowed generations, and the preferred one among them (NONE: no preference)."""


@dataclass(frozen=True, slots=True)
class ModemPort:
    """A port of a modem and what is spoken on it."""

    port: Port
    type: PortType


class Modem(Services):
    """Base of all modems."""

    max_bearers = 1
    """How many bearers may exist, and be connected, at a time."""

    def __init__(self, device: UsbDevice, plugin: str, numbers: Numbers) -> None:
        super().__init__()
        self.number = next(numbers.modem)
        self.name = f"modem{self.number}"
        self.device = device
        self.plugin = plugin
        """ModemManager's name of the vendor's plugin, such as `longcheer`."""
        self.log = ObjectLog(__name__, self.name)
        self.tasks = Tasks(self.log)
        self.on_state: list[Callable[[ModemState, ModemState, StateChangeReason], None]] = []
        self.applier: Applier | None = None
        """Set by the daemon: puts IP configurations on this machine."""
        self.profiles: ProfileMemory | None = None
        """Set by the daemon: remembers which access point works with which SIM."""

        self.identity = Identity()
        self.ports: list[ModemPort] = []
        self.primary_port: Port | None = None
        self.failed_reason = FailedReason.NONE
        self.failure: WwandError | None = None
        """What went wrong, while the modem is FAILED."""
        self.attempts: list[Attempt] = []
        """Connections that are being made."""
        self.desire = Desire()
        """The connection to be kept up."""
        self.ladder: Ladder | None = None
        """The layouts to be tried, where there is a choice."""
        self.sim: Sim | None = None
        self.own_numbers: tuple[str, ...] = ()
        self.unlock_required = Lock.UNKNOWN
        self.unlock_retries: dict[Lock, int] = {}
        self.power_state = PowerState.UNKNOWN
        self.supported_capabilities: tuple[Capability, ...] = ()
        self.current_capabilities = Capability.NONE
        self.supported_modes: tuple[Modes, ...] = ()
        self.current_modes: Modes = (Mode.ANY, Mode.NONE)
        self.supported_bands: tuple[int, ...] = ()
        self.current_bands: tuple[int, ...] = ()
        self.supported_ip_families = IpFamily.NONE
        self.enabled_facility_locks = Facility.NONE
        self.registration = Registered()
        self.packet_service = PacketService.UNKNOWN
        self.access_technologies = AccessTechnology.UNKNOWN
        self.signal_quality: tuple[int, bool] = (0, False)
        """Percent, and whether it has been measured lately."""
        self.signal_values = SignalValues()
        """What is known beyond that: from reports, and from polls that a client asked for."""
        self.signal_thresholds = SignalThresholds()
        self.signal_poll = SignalPoll(self)
        self.messaging: Messaging | None = None
        """Its short messages; None where wwand knows no way to them."""
        self.bearers: list[Bearer] = []
        self._numbers = numbers
        self._state = S.UNKNOWN

    # --- state -----------------------------------------------------------------------------

    @property
    def state(self) -> ModemState:
        """Where the modem is; changed by `become` alone."""
        return self._state

    def become(
        self, new: ModemState, reason: StateChangeReason = StateChangeReason.UNKNOWN
    ) -> None:
        """Change the state; a change the table does not allow is a WrongState."""
        old = self._state
        if new is old:
            return
        if new not in ALLOWED[old]:
            raise WrongState(f"{self.name} is {old.name.lower()}, cannot become {new.name.lower()}")
        self.log.info("%s → %s", old.name.lower(), new.name.lower())
        self._state = new
        self.signal_poll.follow()
        self.changed()
        for listener in tuple(self.on_state):
            listener(old, new, reason)

    def require(self, lowest: ModemState, what: str) -> None:
        """Raise WrongState when the modem has not come as far as `lowest`."""
        if self._state < lowest:
            raise WrongState(
                f"{what} needs {self.name} to be {lowest.name.lower()}, "
                f"it is {self._state.name.lower()}",
                "enable the modem first" if lowest >= S.ENABLED else "",
            )

    # --- derived facts ---------------------------------------------------------------------

    @property
    def device_identifier(self) -> str:
        """A stable name of this modem that does not give its serial numbers away."""
        return stable_name(self.device.id, self.identity)

    @property
    def chosen_kind(self) -> LayoutKind | None:
        """What the ladder of layouts says to use; None where there is no choice."""
        layout = self.ladder.current if self.ladder else None
        return layout.kind if layout and layout.kind in self.speaks() else None

    @property
    def ignored_ports(self) -> list[ModemPort]:
        """The device's ports that the modem does not use."""
        used = {p.port.name for p in self.ports}
        return [ModemPort(p, PortType.IGNORED) for p in self.device.ports if p.name not in used]

    @property
    def connected_bearers(self) -> list[Bearer]:
        """Those that carry data now."""
        return [b for b in self.bearers if b.connected]

    # --- bearers ---------------------------------------------------------------------------

    def create_bearer(self, settings: BearerSettings, *, apply_ip: bool = False) -> Bearer:
        """Prepare a bearer; it does nothing until it is connected."""
        if len(self.bearers) >= self.max_bearers:
            idle = [b for b in self.bearers if not b.busy]
            if not idle:
                raise WrongState(
                    f"{self.name} can have {self.max_bearers} connection at a time, and has it",
                    "disconnect it first",
                )
            self.bearers.remove(idle[0])
        bearer = self.make_bearer(
            next(self._numbers.bearer), settings, self.applier if apply_ip else None
        )
        self.bearers.append(bearer)
        bearer.listeners.append(self._bearer_changed)
        self.changed()
        return bearer

    def bearer(self, number: int) -> Bearer:
        """The bearer of that number."""
        for bearer in self.bearers:
            if bearer.number == number:
                return bearer
        raise NotFound(f"{self.name} has no bearer {number}")

    async def delete_bearer(self, bearer: Bearer) -> None:
        """Disconnect a bearer and forget it."""
        await self.disconnect_bearer(bearer)
        if bearer in self.bearers:  # it may have made room for another meanwhile
            self.bearers.remove(bearer)
        self.changed()

    async def connect_bearer(self, bearer: Bearer) -> None:
        """Bring a bearer up; the modem is CONNECTING meanwhile."""
        if bearer.connected:
            return
        self.require(S.REGISTERED, "connecting")
        if self._state in (S.CONNECTING, S.DISCONNECTING):
            raise WrongState(f"{self.name} is {self._state.name.lower()} already")
        if not bearer.settings.allow_roaming and self.registration.state.roaming:
            raise WrongState(
                f"{self.name} is roaming, and roaming is not allowed for this connection",
                "allow roaming, or wait for the home network",
            )
        self.become(S.CONNECTING, StateChangeReason.USER_REQUESTED)
        try:
            await bearer.connect()
        finally:
            self._arrive(StateChangeReason.USER_REQUESTED)

    async def disconnect_bearer(self, bearer: Bearer) -> None:
        """Take a bearer down, or call its connecting off; the modem is DISCONNECTING meanwhile."""
        if not bearer.busy:
            return
        if self._state is S.CONNECTED:
            self.become(S.DISCONNECTING, StateChangeReason.USER_REQUESTED)
        try:
            await bearer.disconnect()
        finally:
            self._arrive(StateChangeReason.USER_REQUESTED)

    async def renounce(self, by: str) -> None:
        """Want no connection any more, and end those that are being made."""
        self.desire.request = None
        await asyncio.gather(*(each.call_off(by) for each in self.attempts))

    def _bearer_changed(self) -> None:
        if self._state is S.CONNECTED and not self.connected_bearers:
            self.settle(StateChangeReason.FAILURE)

    def follow(self, device: UsbDevice) -> None:
        """Take over a later snapshot of the device: ports may have come or gone."""
        self.device = device
        self.changed()

    def settle(self, reason: StateChangeReason = StateChangeReason.UNKNOWN) -> None:
        """Be in the state that registration and bearers imply, once the modem is enabled.

        A connection that is being made or ended sees to that itself at its end.
        """
        if self._state not in (S.CONNECTING, S.DISCONNECTING):
            self._arrive(reason)

    def _arrive(self, reason: StateChangeReason) -> None:
        if self._state < S.ENABLED:
            return
        if self.connected_bearers:
            wanted = S.CONNECTED
        elif self.registration.registered:
            wanted = S.REGISTERED
        elif self.registration.searching:
            wanted = S.SEARCHING
        else:
            wanted = S.ENABLED
        if wanted is S.CONNECTED and self._state in (S.ENABLED, S.SEARCHING, S.REGISTERED):
            self.become(S.REGISTERED, reason)
            self.become(S.CONNECTING, reason)
        self.become(wanted, reason)

    # --- what clients ask: the steps a protocol or a vendor implements -----------------------

    @classmethod
    def speaks(cls) -> frozenset[LayoutKind]:
        """The kinds of layouts that such a modem can carry data in."""
        return frozenset()

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        """Make a bearer of the chosen layout's kind."""
        raise Unsupported(f"{self.name} has no way to carry data")

    async def start(self) -> None:
        """Learn what the modem is; ends in DISABLED, LOCKED or FAILED."""
        raise Unsupported("start")

    async def close(self) -> None:
        """End everything that runs for this modem; called once, at unplug or shutdown."""
        await self.tasks.close()
        for bearer in tuple(self.bearers):
            try:
                await bearer.disconnect()
            except WwandError as error:
                self.log.debug("closing: %s", error)

    async def resumed(self) -> None:
        """Find out what has changed while the machine slept."""
        for bearer in self.connected_bearers:
            await bearer.check()

    async def enable(self) -> None:
        """Switch the radio on and begin to look for a network; returns when ENABLED or further."""
        raise Unsupported("enabling")

    async def disable(self) -> None:
        """Disconnect everything and switch the radio to low power."""
        raise Unsupported("disabling")

    async def wait_registered(self) -> None:
        """Wait until a network serves the modem; raises when the network refuses it for good."""
        raise Unsupported("registration")

    async def reset(self) -> None:
        """Restart the modem; it leaves the bus and comes back."""
        raise Unsupported(f"{self.name} has no reset command")

    async def factory_reset(self, code: str) -> None:
        """Restore the manufacturer's settings."""
        raise Unsupported(f"{self.name} has no factory reset")

    async def set_power_state(self, state: PowerState) -> None:
        """Switch the radio while the modem is disabled."""
        raise Unsupported("power states")

    async def set_capabilities(self, capabilities: Capability) -> None:
        """Use other families of networks."""
        raise Unsupported(f"{self.name} cannot change its capabilities")

    async def set_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose among `supported_modes`."""
        raise Unsupported(f"{self.name} cannot change its modes")

    async def set_bands(self, bands: Sequence[int]) -> None:
        """Choose among `supported_bands`."""
        raise Unsupported(f"{self.name} cannot change its bands")

    async def command(self, text: str, timeout: float) -> str:
        """Send a raw AT command and return the lines of its answer."""
        raise Unsupported(f"{self.name} speaks no AT commands")

    async def register(self, operator: str) -> None:
        """Register with that PLMN, or with the best network for an empty string."""
        raise Unsupported("choosing a network")

    async def scan(self) -> list[NetworkOffer]:
        """List the networks in reach; may take minutes."""
        raise Unsupported("scanning")

    async def disable_facility_lock(self, facility: Facility, key: str) -> None:
        """Take a personalisation lock off with its control key."""
        raise Unsupported("facility locks")

    async def set_packet_service(self, state: PacketService) -> None:
        """Attach to the packet domain or detach from it."""
        raise Unsupported("packet service state")

    async def load_signal_values(self) -> SignalValues:
        """Read the signal in detail; Unsupported when the modem has no way to tell it."""
        raise Unsupported(f"{self.name} does not tell more of its signal than the percentage")

    async def set_signal_thresholds(self, thresholds: SignalThresholds) -> None:
        """Choose what is reported; kept, and of no effect, where the modem has no such choice."""
        self.signal_thresholds = thresholds
        self.changed()

    # --- what a Sim asks (wwand.modem.sim.SimDriver) -----------------------------------------

    async def send_pin(self, pin: str) -> None:
        """Enter the PIN."""
        raise Unsupported("SIM PIN")

    async def send_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        raise Unsupported("SIM PUK")

    async def enable_pin(self, pin: str, enabled: bool) -> None:
        """Switch the PIN request on or off."""
        raise Unsupported("SIM PIN")

    async def change_pin(self, old: str, new: str) -> None:
        """Replace the PIN."""
        raise Unsupported("SIM PIN")

    async def unlocked(self) -> None:
        """Go on with the start after the SIM was unlocked."""
        raise Unsupported("SIM PIN")

    async def unlock_refused(self) -> bool:
        """Learn how many tries are left, and whether a code is still asked for."""
        raise Unsupported("SIM PIN")
