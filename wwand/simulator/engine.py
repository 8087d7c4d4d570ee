"""The modem behind a virtual device's ports: what its terminals share."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from wwand.simulator.calls import Call, CallFacts, Carrier
from wwand.simulator.card import Card
from wwand.simulator.commands.dialects import DIALECTS
from wwand.simulator.commands.messages import length, store
from wwand.simulator.data import CALLED_OFF, DataConnection
from wwand.simulator.journal import Happened, Journal
from wwand.simulator.messages import status_report
from wwand.simulator.model import InterfaceModel, Model, Speaks
from wwand.simulator.network import TECHNOLOGIES, Network
from wwand.simulator.terminal import Terminal
from wwand.simulator.wdm import WdmChannel

FULL = 1
"""<fun> of +CFUN with which the radio is on (27.007 §8.2)."""


@dataclass
class Context:
    """A PDP context (27.007 §10.1.1)."""

    cid: int
    type: str = "IP"
    apn: str = ""
    user: str = ""
    password: str = ""
    auth: int = 0
    active: bool = False


DELIVERY = 0.05
"""Seconds from a message's way out to the report that it was delivered."""

HANGS = ("always", "reopen", "modem-reset", "usb-reset")
"""What ends a hang: nothing, a port that is closed, a reset command (which is taken, though nothing
is answered), or a reset on the USB bus. A new start of the firmware ends all of them but `always`.
"""


@dataclass
class Knobs:
    """What can be set wrong on a modem while it runs; survives a mode switch and a replug."""

    latency: float = 0.0
    """Seconds before the answer to every command."""
    mute: set[int] = field(default_factory=set)
    noise: set[int] = field(default_factory=set)
    refuse: bool = False
    """Answer ERROR to everything."""
    no_carrier: bool = False
    """Refuse every data call."""
    hang: str = ""
    """Answer nothing on any port: until what ends it, a word of `HANGS`; empty for no hang."""
    refuse_ndisdup: bool = False
    """Answer ERROR to Huawei's dial command."""
    qmi_silent: bool = False
    """Answer nothing in QMI."""
    call_end: str = "none"
    """Refuse every call of QMI with this end: a cause of 24.008, or a verbose type and reason."""
    link_layer: str = "any"
    """The one framing of packets that the modem has, whatever QMI asks for."""
    memory_full: bool = False
    """Have no room for one more message."""
    no_smsc: bool = False
    """Know no service centre to send messages through."""
    outcome: str = "home"
    registration_seconds: float | None = None
    signal: int | None = None
    ignore_switches: int = 0
    """How many switch messages to let pass without an effect."""
    never_return: bool = False
    """Stay away after the switch."""
    return_seconds: float | None = None
    port_seconds: float = 0.0
    """How long after the device its ports appear, one after the other."""


class Modem:
    """One power cycle of the modem; the card and the knobs outlive it."""

    def __init__(
        self, model: Model, key: str, journal: Journal, card: Card, knobs: Knobs, carrier: Carrier
    ) -> None:
        self.model = model
        self.key = key
        self.journal = journal
        self.card = card
        self.knobs = knobs
        self.carrier = carrier
        self.radio = FULL
        self.attached = True
        self.contexts: dict[int, Context] = {}
        self.calls: dict[Terminal, Call] = {}
        self.settings = {name: s.value for name, s in model.at.settings.items()}
        self.terminals: dict[int, Terminal] = {}
        self.channels: dict[int, WdmChannel] = {}
        """The cdc-wdm ports, by interface number."""
        self.data: DataConnection | None = None
        """The connection through the network interface, if the modem has one."""
        self.clients: dict[str, list[int]] = {}
        """QMI's client ids in use, by service: what nobody uses any more has leaked."""
        self.watchers: list[Callable[[], None]] = []
        """Hear that registration, signal, radio or card may have changed."""
        self.restart: Callable[[], None] = lambda: None
        """Leaves the bus and comes back."""
        self._timers: list[asyncio.TimerHandle] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.crashed = False
        """It was sent what its firmware cannot bear: nothing is answered until a replug."""
        self.sent: list[str] = []
        """PDUs of the messages sent."""
        self.status_reports: list[str] = []
        """PDUs that tell what became of them."""
        self.network = Network(model.network, self._usable, self._registration_changed)
        self.apply_knobs()

    def add_port(self, interface: InterfaceModel) -> Terminal:
        """Make the terminal of a serial interface."""
        terminal = Terminal(self, interface)
        self.terminals[interface.usb.number] = terminal
        return terminal

    def add_network_port(self, interface: InterfaceModel) -> None:
        """Make the data connection of a network interface, and its cdc-wdm port if it has one."""
        self.data = DataConnection(self, interface)
        if interface.speaks.has_channel:
            self.channels[interface.usb.number] = WdmChannel(self, interface)

    @property
    def silent(self) -> bool:
        """Whether it hangs."""
        return self.crashed or bool(self.knobs.hang)

    @property
    def listens(self) -> bool:
        """Whether it still takes commands while it hangs."""
        return not self.crashed and self.knobs.hang == "modem-reset"

    def port_closed(self) -> None:
        """Somebody closed a port that commands are spoken on, which ends some hangs."""
        if self.knobs.hang == "reopen":
            self.knobs.hang = ""

    def crash(self, command: str) -> None:
        """Be killed by a command."""
        self.crashed = True
        self.journal.note(self.key, Happened.CRASHED, command)

    def power_on(self) -> None:
        """Start as a modem does that has just been plugged in."""
        self.card.power_cycled()
        if dialect := DIALECTS.get(self.model.at.dialect):
            dialect.start(self)
        if self.data and self.data.is_router:
            self.spawn(self.data.route())
        self.network.reconsider()

    def power_off(self) -> None:
        """Vanish: calls end, terminals stop, nothing is said any more."""
        self.network.stop()
        self.watchers.clear()
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        for terminal in self.terminals.values():
            terminal.gone()
        if self.data:
            self.data.stop("unplugged")
        for channel in self.channels.values():
            channel.gone()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in a while, unless the modem is off by then."""
        self._timers.append(asyncio.get_running_loop().call_later(seconds, action))

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside the commands, until it is done or the modem is off."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def apply_knobs(self) -> None:
        """Take over the knobs that concern the network."""
        knobs, network = self.knobs, self.network
        network.outcome = knobs.outcome
        if knobs.registration_seconds is not None:
            network.delay = knobs.registration_seconds
        if knobs.signal is not None:
            network.signal = knobs.signal
        self.changed()

    def changed(self) -> None:
        """Tell the watchers."""
        for watcher in list(self.watchers):
            watcher()

    @property
    def radio_on(self) -> bool:
        """Whether the radio hears anything."""
        return self.radio == FULL

    def set_radio(self, level: int) -> None:
        """Do +CFUN=<level>."""
        self.radio = level
        if level != FULL:
            self.drop_calls("radio off")
        self.network.reconsider()
        self.changed()

    def reboot(self) -> None:
        """Do +CFUN=1,1 without leaving the bus."""
        self.drop_calls("reboot")
        if self.listens:
            self.knobs.hang = ""
        self.contexts.clear()
        self.card.power_cycled()
        self.radio = FULL
        self.network.stat = 0
        self.network.reconsider()
        for channel in self.channels.values():
            channel.rebooted()

    def report(self, setting: str, text: Callable[[Terminal], str | None]) -> None:
        """Send an unsolicited line to every terminal that asked for this kind of report."""
        for terminal in self.terminals.values():
            if terminal.reports.get(setting) and (line := text(terminal)):
                terminal.unsolicited(line)

    def registration_line(self, domain: str, terminal: Terminal) -> str:
        """Write <stat> and, where asked for and known, the place (27.007 §7.2, §10.1.20)."""
        network, line = self.network, str(self.network.stat)
        if terminal.reports.get(domain, 0) >= 2 and network.registered:
            facts = network.facts
            line += f',"{facts.area:04X}","{facts.cell:08X}",{network.technology}'
        return line

    def context(self, cid: int) -> Context:
        """Return a context, defining it when it was not."""
        return self.contexts.setdefault(cid, Context(cid))

    def credentials(self, context: Context) -> CallFacts:
        """What the network asks of a call on that context."""
        facts = self.model.network
        return CallFacts(context.apn, facts.user, facts.password, context.type)

    def accepts(self, context: Context) -> bool:
        """Whether the network sets that context up now."""
        apns = self.model.network.apns
        return (
            self.network.registered
            and not self.knobs.no_carrier
            and (not apns or context.apn.lower() in apns)
        )

    def set_active(self, cid: int, active: bool, *, by_network: bool = False) -> None:
        """Change a context's state and report it (27.007 §10.1.19)."""
        context = self.context(cid)
        if context.active == active:
            return
        context.active = active
        who, what = "NW" if by_network else "ME", "ACT" if active else "DEACT"
        self.report("+CGEREP", lambda _: f"+CGEV: {who} PDN {what} {cid}")

    def call_began(self, terminal: Terminal, call: Call) -> None:
        """Book a call whose CONNECT is out."""
        self.calls[terminal] = call
        self.journal.note(self.key, Happened.CONNECTED, call.facts.apn, terminal.number)
        self.set_active(call.cid, True)

    def call_ended(self, terminal: Terminal, reason: str) -> None:
        """Book the end of a terminal's call."""
        if call := self.calls.pop(terminal, None):
            self.journal.note(self.key, Happened.ENDED, reason, terminal.number)
            self.set_active(call.cid, False, by_network=reason == "network")

    def drop_calls(self, reason: str = "network", cause: int = CALLED_OFF) -> None:
        """End every call from the network's side, which has a cause of 24.008 §10.5.6.6."""
        for terminal in list(self.calls):
            terminal.lose_carrier(reason)
        if self.data:
            self.data.cause = cause
            self.data.stop(reason)
        for cid in [c.cid for c in self.contexts.values() if c.active]:
            self.set_active(cid, False, by_network=reason == "network")

    def next_reference(self, pdu: str) -> int:
        """Send a message and return its reference (27.005 §3.5.1)."""
        self.sent.append(pdu)
        reference = len(self.sent) & 0xFF
        if report := status_report(pdu, reference):
            self.later(DELIVERY, lambda: self._delivered(report))
        return reference

    def _delivered(self, report: str) -> None:
        """Report what became of a message to whoever wants to hear of it (27.005 §3.4.1)."""
        self.status_reports.append(report)
        self.report("+CDS", lambda _: f"+CDS: {length(report)}\r\n{report}")
        self.changed()

    @property
    def stores(self) -> list[str]:
        """Which stores are chosen for reading, writing and what arrives (27.005 §3.2.2)."""
        return self.settings.get("+CPMS", "SM,SM,SM").split(",")

    def choose_stores(self, names: Sequence[str], first: int = 0) -> None:
        """Choose other ones."""
        chosen = self.stores
        chosen[first : first + len(names)] = names
        self.settings["+CPMS"] = ",".join(chosen)

    def messages(self, name: str) -> dict[int, tuple[int, str]]:
        """What is in a store: index -> (<stat>, PDU)."""
        return self.card.messages if name == "SM" else self.card.in_modem

    def keep(self, status: int, pdu: str, name: str) -> int:
        """Put a message into a store; raises MessageRefused when there is no room."""
        return store(self.messages(name), status, pdu, full=self.knobs.memory_full)

    def receive(self, pdu: str) -> int:
        """Take a message from the network, keep it and report it (27.005 §3.4.1)."""
        name = self.stores[2]
        index = self.keep(0, pdu, name)
        self.report("+CNMI", lambda _: f'+CMTI: "{name}",{index}')
        self.changed()
        return index

    def facts(self) -> dict[str, object]:
        """Values that a model's replies may name in braces."""
        identity, card = self.model.identity, self.card
        return {
            "imei": identity.imei,
            "imsi": card.facts.imsi,
            "iccid": card.facts.iccid,
            "number": card.facts.number,
            "technology": TECHNOLOGIES[self.network.technology]
            if self.network.registered
            else "NONE",
            "signal": self.network.signal,
            "pin": card.pin_tries,
            "puk": card.puk_tries,
            "pin2": card.pin2_tries,
            "puk2": card.puk2_tries,
        }

    def _usable(self) -> bool:
        return self.radio_on and self.card.ready

    def _registration_changed(self) -> None:
        self.journal.note(self.key, Happened.REGISTRATION, str(self.network.stat))
        if not self.network.registered:
            self.drop_calls("network")
        for domain in self.model.network.domains:
            self.report(domain, lambda t, d=domain: f"{d}: {self.registration_line(d, t)}")  # type: ignore[misc]
        self.changed()


def speaks_at(interface: InterfaceModel) -> bool:
    """Whether a terminal belongs to that interface."""
    return interface.speaks in (Speaks.AT, Speaks.MUTE, Speaks.NOISE, Speaks.RECORDER)


async def pause(seconds: float) -> None:
    """Take that long, and not even a turn of the loop for nothing."""
    if seconds > 0:
        await asyncio.sleep(seconds)
