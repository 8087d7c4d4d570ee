"""Registration: what the modem finds when its radio is on and its SIM is ready."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from wwand.simulator.model import NetworkFacts, Operator
from wwand.simulator.replies import Refused

IDLE, HOME, SEARCHING, DENIED, ROAMING = 0, 1, 2, 3, 5
"""<stat> of 27.007 §7.2."""

OUTCOMES = {"home": HOME, "roaming": ROAMING, "denied": DENIED, "searching": SEARCHING}
AUTOMATIC, MANUAL, DEREGISTERED = 0, 1, 2
"""<mode> of +COPS (27.007 §7.3)."""

CME_NO_SERVICE, CME_NOT_ALLOWED = 30, 32
FORBIDDEN = 3

TECHNOLOGIES = {
    0: "GSM",
    1: "GSM",
    2: "UMTS",
    3: "EDGE",
    4: "HSDPA",
    5: "HSUPA",
    6: "HSPA",
    7: "LTE",
}
"""Names of <AcT> (27.007 §7.3)."""


@dataclass
class Network:
    """The modem's view of the networks around it; `changed` hears of every new <stat>."""

    facts: NetworkFacts
    usable: Callable[[], bool]
    """Whether radio and SIM allow a registration."""
    changed: Callable[[], None]
    outcome: str = "home"
    """What a search ends with: a key of OUTCOMES."""
    delay: float = 0.0
    """Seconds a search takes."""
    stat: int = IDLE
    mode: int = AUTOMATIC
    format: int = 0
    signal: int = 0
    technology: int = 0
    chosen: Operator | None = None
    _search: asyncio.TimerHandle | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.delay = self.facts.registration_seconds
        self.signal = self.facts.signal
        self.technology = self.facts.technology

    @property
    def registered(self) -> bool:
        """Whether a network serves the modem."""
        return self.stat in (HOME, ROAMING)

    @property
    def operator(self) -> Operator | None:
        """The serving network."""
        return (self.chosen or self.facts.operators[0]) if self.registered else None

    def reconsider(self) -> None:
        """Search again, or give up, after anything that matters has changed."""
        self.stop()
        if not self.usable() or self.mode == DEREGISTERED:
            self._set(IDLE)
        elif self.stat != (final := self._final()):
            self._set(SEARCHING)
            if final != SEARCHING:
                loop = asyncio.get_running_loop()
                self._search = loop.call_later(self.delay, self._set, final)

    def stop(self) -> None:
        """End a search without a result."""
        if self._search:
            self._search.cancel()
            self._search = None

    def select(self, mode: int, code: str = "") -> None:
        """Do +COPS=<mode>; raises Refused when that network is not there or forbids it."""
        self.chosen = None
        if mode == MANUAL:
            found = [o for o in self.facts.operators if code in (o.code, o.long, o.short)]
            if not found:
                raise Refused(CME_NO_SERVICE)
            if found[0].status == FORBIDDEN:
                raise Refused(CME_NOT_ALLOWED)
            self.chosen = found[0]
        self.mode = mode
        self.reconsider()

    def _final(self) -> int:
        return OUTCOMES[self.outcome]

    def _set(self, stat: int) -> None:
        if stat != self.stat:
            self.stat = stat
            self.changed()
