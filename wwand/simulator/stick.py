"""A virtual device: its mode on the bus, what switches it, and the modem inside."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wwand.simulator.calls import Carrier
from wwand.simulator.card import Card
from wwand.simulator.engine import Knobs, Modem, speaks_at
from wwand.simulator.journal import Happened, Journal
from wwand.simulator.model import (
    ConfigurationModel,
    InterfaceModel,
    Mode,
    Model,
    Speaks,
    Switch,
)
from wwand.simulator.scsi import Block
from wwand.simulator.wdm import load_engines

Matcher = Callable[[Switch], bool]


@dataclass
class Stick:
    """One virtual device; a back end puts it on a bus and asks it what a transfer does."""

    model: Model
    key: str
    journal: Journal
    carrier: Carrier
    knobs: Knobs = field(default_factory=Knobs)
    mode: Mode | None = None
    """None while it is not on the bus."""
    modem: Modem | None = None
    configuration: ConfigurationModel | None = None
    restart: Callable[[], None] = lambda: None
    """Leaves the bus and comes back in the same mode; the back end sets it."""

    def __post_init__(self) -> None:
        self.card = Card(self.model.sim)
        load_engines(self.model.speaks)

    def enter(self, mode: str) -> Mode:
        """Come to the bus in that mode, not configured yet."""
        self.mode = self.model.modes[mode]
        self.start_anew()
        self.journal.note(self.key, Happened.PLUGGED, str(self.mode.id))
        return self.mode

    def start_anew(self) -> None:
        """Restart the firmware, by a reset on the bus or a new supply."""
        if self.knobs.hang != "always":
            self.knobs.hang = ""

    def configure(self, value: int) -> ConfigurationModel | None:
        """Select a configuration: a modem in it starts anew."""
        assert self.mode
        self._stop_modem()
        self.configuration = self.mode.configuration(value)
        serial = [i for i in self._interfaces() if speaks_at(i)]
        network = [i for i in self._interfaces() if i.speaks.is_network]
        if serial or network:
            self.modem = Modem(
                self.model, self.key, self.journal, self.card, self.knobs, self.carrier
            )
            self.modem.restart = lambda: self.restart()
            for interface in serial:
                self.modem.add_port(interface)
            for interface in network:
                self.modem.add_network_port(interface)
            if network or any(i.speaks is Speaks.AT for i in serial):
                self.modem.power_on()
        return self.configuration

    def leave(self) -> None:
        """Leave the bus."""
        if self.mode is None:
            return
        self._stop_modem()
        self.journal.note(self.key, Happened.UNPLUGGED, str(self.mode.id))
        self.mode = self.configuration = None

    def message(self, data: bytes) -> str | None:
        """Take a bulk message for a storage interface; return the mode it switches to."""
        block = Block.parse(data)
        ejects = block is not None and block.ejects
        switch = self._find(
            lambda s: (bool(s.message) and data.startswith(s.message)) or (s.eject and ejects)
        )
        if switch or ejects or block is None or not block.known:
            self.journal.note(self.key, Happened.MESSAGE, data.hex())
        return self._obey(switch)

    def control(self, setup: bytes) -> str | None:
        """Take a control transfer's set-up packet; return the mode it switches to."""
        return self._obey(self._find(lambda s: bool(s.control) and setup.startswith(s.control)))

    def _find(self, matches: Matcher) -> Switch | None:
        assert self.mode
        return next((s for s in self.mode.switches if matches(s)), None)

    def _obey(self, switch: Switch | None) -> str | None:
        if switch is None:
            return None
        if self.knobs.ignore_switches > 0:
            self.knobs.ignore_switches -= 1
            return None
        self.journal.note(self.key, Happened.SWITCHED, switch.becomes)
        return switch.becomes

    def _stop_modem(self) -> None:
        if self.modem:
            self.modem.power_off()
            self.modem = None

    def _interfaces(self) -> tuple[InterfaceModel, ...]:
        return self.configuration.interfaces if self.configuration else ()
