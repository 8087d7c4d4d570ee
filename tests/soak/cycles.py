"""The cycles: the network drops the connection, or the daemon is killed; then online again."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from subprocess import SubprocessError

from tests.soak.held import SLACK, Held, client_ids, default_routes, resident, settled
from tests.system.daemon import LOG, daemon, in_place
from tests.system.vm.guest import Process, Simulator, eventually, output, simulator

INTERNET = "10.64.64.1"
"""An address behind the carrier's network, whatever the layout."""

AUTO = '[connection]\nauto = true\napn = "internet"\n'

PATIENT = "from wwand import daemon, keeper; keeper.HELD = 0.0; daemon.main()"
"""The daemon, which takes no connection for one that did not hold: it would pause between them."""

MODEMS = {"qmi": "qmi-lte", "ecm": "huawei-mu609", "ppp": "longcheer-mmx352g"}
"""The virtual modems, by the layout in which they are used."""

WARM = 5
"""Cycles after which everything is loaded that a reconnection needs, so memory is compared."""


class Lost(Exception):
    """A cycle did not end as it has to."""


@dataclass
class Report:
    """What some cycles of one kind gave."""

    modem: str
    kind: str
    wanted: int
    seconds: list[float] = field(default_factory=list)
    """From the event until a ping was answered, for each cycle that is done."""
    before: Held | None = None
    after: Held | None = None
    memory: tuple[int, int] = 0, 0
    """KiB resident after cycle WARM and at the end; zeros for fewer cycles."""
    trouble: str = ""

    @property
    def complaints(self) -> list[str]:
        """Why this is no success."""
        found = [self.trouble] if self.trouble else []
        if self.before and self.after:
            found += [f"more {name} than before" for name in self.after.over(self.before)]
        if self.memory[1] - self.memory[0] > SLACK:
            found.append("memory has grown")
        return found


class Soak:
    """A daemon that keeps one virtual modem online, and what is done to it."""

    def __init__(self, running: Simulator) -> None:
        self.simulator = running
        self._stack = ExitStack()
        self._process: Process | None = None
        self._connections = 0

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self._process
        return self._process.process.pid

    def start(self) -> None:
        """Start a daemon, and wait until it is online."""
        self._connections = 0
        self._process = self._stack.enter_context(
            daemon(AUTO, level="info", program=("-c", PATIENT))
        )
        self.online()

    def stop(self) -> None:
        """Stop the daemon."""
        self._stack.close()

    def online(self) -> None:
        """Wait for one more connection, and for a ping through it."""
        self._connections += 1

        eventually(self._connected, "another connection", every=0.03)
        routes = default_routes()
        if len(routes) != 1:
            raise Lost(f"there are {len(routes)} default routes: {routes}")
        words = routes[0].split()
        interface = words[words.index("dev") + 1]
        output("ping", "-c1", "-w10", "-i0.2", "-I", interface, INTERNET)

    def _connected(self) -> bool:
        return LOG.read_text().count("] connected on ") >= self._connections

    def drop(self) -> None:
        """Have the network end the connection."""
        self.simulator.ask(do="drop")
        self.online()

    def kill(self) -> None:
        """Kill the daemon while it is connected, and start another one."""
        assert self._process
        dead = client_ids(self.simulator)
        self._process.process.kill()
        self._process.process.wait()
        self._stack.close()
        self.start()
        if undead := dead & client_ids(self.simulator):
            raise Lost(f"the modem still has clients of the daemon that was killed: {undead}")


KINDS: dict[str, Callable[[Soak], None]] = {"drop": Soak.drop, "kill": Soak.kill}
"""What is done in each cycle."""


@contextmanager
def soaking(modem: str) -> Iterator[Soak]:
    """Take a virtual modem online."""
    with in_place(), simulator(MODEMS[modem], "--latency", "0.02") as running:
        soak = Soak(running)
        try:
            soak.start()
            yield soak
        finally:
            soak.stop()


def run(
    soak: Soak, modem: str, kind: str, cycles: int, each: Callable[[Report], None] = lambda _: None
) -> Report:
    """Do so many cycles, or as many as go well; `each` is called after every one of them."""
    report = Report(modem, kind, cycles)
    before = report.before = settled(soak.pid, soak.simulator)
    warm = 0
    try:
        for number in range(1, cycles + 1):
            began = time.monotonic()
            KINDS[kind](soak)
            report.seconds.append(time.monotonic() - began)
            if number == WARM:
                warm = resident(soak.pid)
            each(report)
        report.after = settled(soak.pid, soak.simulator, before)
        if cycles > WARM:
            report.memory = warm, resident(soak.pid)
    except (AssertionError, Lost, OSError, SubprocessError) as error:
        report.trouble = f"cycle {len(report.seconds) + 1}: {error}\n{LOG.read_text()[-3000:]}"
    return report
