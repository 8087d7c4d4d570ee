"""The whole daemon, in this process or as a process of its own, with virtual modems.

A `Lab` is a daemon in this process on a private bus: tests plug sticks, set faults, and look at
the daemon from outside, over D-Bus and through the journal of what the virtual modems were told.
"""

import asyncio
import contextlib
import functools
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from dbus_fast import Message, Variant

from tests.bus.conftest import Client, connected
from wwand import daemon
from wwand.at import channel
from wwand.config import Config, load
from wwand.device import Plugged, Unplugged
from wwand.errors import WwandError
from wwand.memory import Memory
from wwand.net.applied import IpPlan, Network
from wwand.simulator import terminal
from wwand.simulator.journal import Entry, Happened
from wwand.simulator.library import load_model
from wwand.simulator.model import Model
from wwand.simulator.orders import Orders
from wwand.simulator.pty import Simulation
from wwand.status import IpConfig, IpMethod, ModemState
from wwand.switching.book import RuleBook

STICK = "longcheer-mmx352g"
PRIMARY = 3
"""USB interface of the stick's port that takes calls."""

DEADLINE = 20.0

MM = "org.freedesktop.ModemManager1"
MM_ROOT = "/org/freedesktop/ModemManager1"
MODEM = f"{MM}.Modem"
SIMPLE = f"{MM}.Modem.Simple"
MODEM3GPP = f"{MM}.Modem.Modem3gpp"
SIM = f"{MM}.Sim"
BEARER = f"{MM}.Bearer"
DBUS = "org.freedesktop.DBus"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"

S = ModemState
T = TypeVar("T")
Values = dict[str, Any]


class PretendedLink:
    """An IP configuration that is in place only on paper."""

    def __init__(self, taken_down: Callable[[], None]) -> None:
        self.interface = "ppp0"
        self.ip4 = IpConfig(IpMethod.STATIC, "10.64.1.7", 32, dns=("10.64.1.1",))
        self.ip6: IpConfig | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.error: WwandError | None = None
        self.on_change: Callable[[], None] | None = None
        self._taken_down = taken_down

    async def take_down(self) -> None:
        self._taken_down()


class PretendedNetwork:
    """Takes note of what should be put on this machine: that is proven in the system ring."""

    def __init__(self) -> None:
        self.plans: list[IpPlan] = []
        self.links: list[PretendedLink] = []
        self.up = 0
        self.trouble: WwandError | None = None
        """What putting the next configuration in place fails with."""

    async def bring_up(self, plan: IpPlan) -> PretendedLink:
        self.plans.append(plan)
        if self.trouble:
            raise self.trouble
        self.up += 1

        def taken_down() -> None:
            self.up -= 1

        self.links.append(PretendedLink(taken_down))
        return self.links[-1]

    async def clean_up_after_crash(self) -> None:
        pass


class Witness(Client):
    """A client that also waits for whatever comes next on the bus."""

    def _hear(self, message: Message) -> None:
        super()._hear(message)
        self._news.set()

    async def news(self) -> None:
        """Wait for the next message."""
        self._news.clear()
        await self._news.wait()


@asynccontextmanager
async def witness(address: str) -> AsyncIterator[Witness]:
    """Join the bus and hear every signal."""
    async with connected(address) as bus:
        client = Witness(bus)
        path = "/org/freedesktop/DBus"
        await client.call(path, DBUS, "AddMatch", "s", "type='signal'", to=DBUS)
        yield client


@dataclass(frozen=True)
class Footprint:
    """What a process holds: tasks and file descriptors."""

    tasks: frozenset["asyncio.Task[Any]"]
    descriptors: frozenset[str]

    @classmethod
    def now(cls) -> "Footprint":
        return cls(frozenset(asyncio.all_tasks()), frozenset(descriptors()))

    def grown(self) -> list[str]:
        """Name what is held now that was not held then."""
        own = {asyncio.current_task()}  # pytest gives a fixture another one for its end
        tasks = [str(task) for task in asyncio.all_tasks() - self.tasks - own]
        return tasks + sorted(frozenset(descriptors()) - self.descriptors)


def descriptors() -> Iterator[str]:
    """Name every open file of this process as `number → what`."""
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # listdir's own is closed again by now
            yield f"{number} → {os.readlink(f'/proc/self/fd/{number}')}"


async def comes_true(check: Callable[[], bool], what: str | Callable[[], object] = "") -> None:
    """Give the loop turns until `check` holds: for what ends without telling anybody."""
    try:
        async with asyncio.timeout(DEADLINE):
            while not check():  # noqa: ASYNC110 - nothing tells when a descriptor is closed
                await asyncio.sleep(0)
    except TimeoutError:
        raise AssertionError(what() if callable(what) else what) from None


def slow(model: str = STICK, **seconds: float) -> Model:
    """A model that takes long over some commands, written as `CPIN_READ=60`, `D_SET=60`."""
    forms = {"READ": "?", "SET": "=", "TEST": "=?"}
    latency = {}
    for name, value in seconds.items():
        command, _, form = name.partition("_")
        key = command if len(command) == 1 else f"+{command}"
        latency[key + forms.get(form, "")] = value
    loaded = load_model(model)
    return replace(loaded, at=replace(loaded.at, latency={**loaded.at.latency, **latency}))


@dataclass
class Marked:
    """The simulation's devices, with udev properties."""

    simulation: Simulation
    properties: Mapping[str, str]

    async def events(self) -> AsyncIterator[Plugged | Unplugged]:
        async for event in self.simulation.events():
            if isinstance(event, Plugged):
                yield Plugged(replace(event.device, properties=self.properties))
            else:
                yield event

    def rescan(self) -> None:
        self.simulation.rescan()


@dataclass
class Lab:
    """A daemon in this process, and a USB bus to plug virtual devices into."""

    simulation: Simulation
    client: Witness
    address: str
    directory: Path
    rules: Callable[..., RuleBook]
    network: PretendedNetwork = field(default_factory=PretendedNetwork)
    properties: Mapping[str, str] = field(default_factory=dict)
    """What udev says about every device."""
    _daemon: "asyncio.Task[None] | None" = None

    # --- the daemon ----------------------------------------------------------------------------

    async def start(self, configuration: str = "") -> None:
        """Start the daemon; returns when it owns its names."""
        ready = asyncio.Event()
        self._daemon = asyncio.create_task(self._run(self._config(configuration), ready.set))
        waiting = asyncio.create_task(ready.wait())
        async with asyncio.timeout(DEADLINE):
            await asyncio.wait((self._daemon, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._daemon.done():
            self._daemon.result()

    def _config(self, configuration: str) -> Config:
        file = self.directory / "wwand.toml"
        file.write_text(configuration)
        file.chmod(0o600)
        return load(file)

    async def _run(self, config: Config, on_ready: Callable[[], None]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(daemon, "RuleBook", self.rules)
            async with connected(self.address) as bus:
                discovery = Marked(self.simulation, self.properties)
                simulation = self.simulation
                orders = Orders(simulation)
                hardware = daemon.Hardware(discovery, simulation, simulation, orders)
                network = cast(Network, self.network)
                memory = Memory(self.directory / "state")
                await daemon.run(bus, hardware, config, network, memory, on_ready, private=True)

    async def stop(self) -> None:
        """Stop the daemon as SIGTERM does."""
        if self._daemon and not self._daemon.done():
            self._daemon.cancel()
            async with asyncio.timeout(DEADLINE):
                await asyncio.wait([self._daemon])
        daemon, self._daemon = self._daemon, None
        if daemon and not daemon.cancelled():
            daemon.result()

    @property
    def alive(self) -> bool:
        """Whether the daemon runs."""
        return self._daemon is not None and not self._daemon.done()

    # --- the bus of devices --------------------------------------------------------------------

    def plug(self, model: str | Model = STICK) -> str:
        """Plug in one more device; returns its place."""
        key = self.simulation.add(model)
        self.simulation.controls.fault("return-delay", 0, key=key)
        self.simulation.controls.fault("registration-delay", 0, key=key)
        self.simulation.plug(key)
        return key

    def fault(self, name: str, value: object = True, key: str | None = None, **more: Any) -> None:
        self.simulation.controls.fault(name, value, key=key, **more)

    async def happens(self, kind: Happened, **which: Any) -> Entry:
        """Wait for an entry of the virtual modems' journal."""
        try:
            async with asyncio.timeout(DEADLINE):
                return await self.simulation.journal.until(kind, **which)
        except TimeoutError:
            told = "\n".join(str(e) for e in self.simulation.journal.entries[-40:])
            raise AssertionError(f"{kind} {which} did not happen:\n{told}") from None

    def told(self, **which: Any) -> list[str]:
        """The command lines that the virtual modems got."""
        return [e.text for e in self.simulation.journal.find(Happened.COMMAND, **which)]

    # --- the daemon from outside ---------------------------------------------------------------

    async def until(self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Look again after every signal of the daemon until there is something to see."""
        seen: object = None
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    heard = len(self.client.heard)
                    if (found := await look()) is not None:
                        return found
                    while len(self.client.heard) == heard:
                        await self.client.news()
        except TimeoutError:
            seen = [await self.device(key) for key in self.places()]
            raise AssertionError(f"{what} did not come; devices: {seen}") from None

    def places(self) -> list[str]:
        return [entry["device"] for entry in self.simulation.controls.status()]

    async def managed(self, root: str = MM_ROOT) -> dict[str, dict[str, Values]]:
        to = MM if root == MM_ROOT else "org.wwand1"
        objects = await self.client.call(root, OBJECT_MANAGER, "GetManagedObjects", to=to)
        return {
            path: {name: unpacked(values) for name, values in interfaces.items()}
            for path, interfaces in objects.items()
        }

    async def device(self, key: str) -> Values | None:
        """The properties of the device at a place; None when there is none."""
        for interfaces in (await self.managed("/org/wwand1")).values():
            values = interfaces["org.wwand1.Device"]
            if values["Place"] == key:
                return values
        return None

    async def phase(self, key: str, *phases: str) -> Values:
        """Wait until the device at a place is in one of the phases; returns its properties."""

        async def look() -> Values | None:
            values = await self.device(key)
            return values if values and values["Phase"] in phases else None

        return await self.until(look, f"{key} {' or '.join(phases)}")

    async def no_device(self, key: str) -> None:
        """Wait until there is no device at a place."""

        async def look() -> bool | None:
            return None if await self.device(key) else True

        await self.until(look, f"the end of {key}")

    async def modem(self, key: str, *states: ModemState) -> str:
        """Wait until the device is a modem, in one of the states if given; returns its path."""

        async def look() -> str | None:
            device = await self.device(key)
            if device is None or device["Modem"] == "/":
                return None
            path = str(device["Modem"])
            if (interfaces := (await self.managed()).get(path)) is None:
                return None
            return path if not states or interfaces[MODEM]["State"] in states else None

        return await self.until(look, f"modem of {key} {states}")

    async def another_modem(self, key: str, before: Collection[str]) -> str:
        """Wait until the device is a modem again, usable and under another path."""

        async def look() -> str | None:
            now = await self.modem(key, S.DISABLED)
            return now if now not in before else None

        return await self.until(look, f"a new modem of {key}")

    async def get(self, path: str, interface: str, name: str) -> Any:
        return await self.client.get(path, interface, name)

    async def call(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Any:
        """Call a method of the daemon."""
        return await self.client.call(path, interface, member, signature, *body)

    async def connect(self, modem: str, **properties: "str | bool | int") -> str:
        """Simple.Connect; returns the bearer."""
        types = {str: "s", bool: "b", int: "u"}
        variants = {
            name.replace("_", "-"): Variant(types[type(value)], value)
            for name, value in properties.items()
        }
        bearer = await self.call(modem, SIMPLE, "Connect", "a{sv}", variants)
        assert isinstance(bearer, str)
        return bearer

    def state_changes(self, modem: str) -> list[tuple[ModemState, int]]:
        """Every (state, reason) that StateChanged brought."""
        return [
            (S(message.body[1]), message.body[2])
            for message in self.client.heard
            if message.member == "StateChanged" and message.path == modem
        ]

    async def state_change(self, modem: str, state: ModemState) -> tuple[ModemState, int, int]:
        """Wait for the signal of a change to `state`: (old, reason, position in what was heard)."""

        async def look() -> tuple[ModemState, int, int] | None:
            for position, message in enumerate(self.client.heard):
                about = message.member, message.path
                if about == ("StateChanged", modem) and message.body[1] == state:
                    return S(message.body[0]), message.body[2], position
            return None

        return await self.until(look, f"{modem} to become {state.name}")

    async def nothing_left(self, before: Footprint) -> None:
        """Check that all is as it was before a device was plugged in."""
        assert await self.managed() == {}
        assert await self.managed("/org/wwand1") == {}
        for root in (MM_ROOT, "/org/wwand1"):
            xml = await self.client.call(root, "org.freedesktop.DBus.Introspectable", "Introspect")
            assert "<node name" not in xml
        await comes_true(lambda: not before.grown(), lambda: f"left behind: {before.grown()}")
        assert list(self.simulation.folder.iterdir()) == []
        assert self.network.up == 0


def unpacked(values: Mapping[str, Variant]) -> Values:
    """Take the types off."""
    return {name: variant.value for name, variant in values.items()}


def own_rules(directory: Path) -> Callable[..., RuleBook]:
    """The rules that wwand itself has, whatever is installed on this machine."""
    return functools.partial(RuleBook, user_dir=directory, modeswitch=False, usbmode=False)


@asynccontextmanager
async def laboratory(
    address: str, directory: Path, *, guard_times: bool = False
) -> AsyncIterator[Lab]:
    """Make a Lab whose daemon is yet to be started; at the end nothing of it may be left.

    The silences by which calls end on a port without DTR, before `+++` and after it, are short
    unless `guard_times` is set.
    """
    before = Footprint.now()
    with pytest.MonkeyPatch.context() as patch:
        if not guard_times:
            patch.setattr(channel, "GUARD", 0.1)
            patch.setattr(channel, "QUIET", 0.1)
            patch.setitem(terminal.REGISTERS, 12, 2)
        async with _laboratory(address, directory) as lab:
            yield lab
    await comes_true(lambda: not before.grown(), lambda: f"left behind: {before.grown()}")


@asynccontextmanager
async def _laboratory(address: str, directory: Path) -> AsyncIterator[Lab]:
    async with witness(address) as client, Simulation([]) as simulation:
        lab = Lab(simulation, client, address, directory, own_rules(directory / "switch.d"))
        try:
            yield lab
        finally:
            await lab.stop()


# --- a process of its own -----------------------------------------------------------------------


@dataclass
class Process:
    """A `wwand --simulate` that runs."""

    pid: int
    address: str
    client: Witness
    log: Path

    async def object_appears(self, path: str, root: str = MM_ROOT) -> Values:
        """Wait until an object manager lists a path; returns its interfaces."""
        to = MM if root == MM_ROOT else "org.wwand1"
        async with asyncio.timeout(DEADLINE):
            while True:
                heard = len(self.client.heard)
                objects = await self.client.call(root, OBJECT_MANAGER, "GetManagedObjects", to=to)
                if path in objects:
                    return {name: unpacked(values) for name, values in objects[path].items()}
                while len(self.client.heard) == heard:
                    await self.client.news()

    async def simulate(self, model: str = STICK) -> str:
        """Plug a virtual modem in; returns its place."""
        place = await self.client.call(
            "/org/wwand1", "org.wwand1.Manager", "Simulate", "s", model, to="org.wwand1"
        )
        assert isinstance(place, str)
        return place

    async def fault(self, place: str, fault: str, argument: str = "") -> None:
        """Make one misbehave, or pull it out."""
        await self.client.call(
            "/org/wwand1",
            "org.wwand1.Manager",
            "SimulateFault",
            "sss",
            place,
            fault,
            argument,
            to="org.wwand1",
        )


@asynccontextmanager
async def process(
    address: str, directory: Path, *options: str, models: str = STICK
) -> AsyncIterator[Process]:
    """Run the real program; gives it when its names are on the bus, and ends it by SIGTERM."""
    log = directory / "wwand.log"
    with log.open("w") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "wwand",
            *("--bus", address),
            *("--state-dir", str(directory / "state")),
            *("--run-dir", str(directory / "run")),
            *("--simulate", models),
            *options,
            stderr=output,
        )
    try:
        async with witness(address) as client:
            await name_appears(client, MM)
            yield Process(running.pid, address, client, log)
        running.terminate()
        async with asyncio.timeout(DEADLINE):
            assert await running.wait() == 0, log.read_text()
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def name_appears(client: Witness, name: str) -> None:
    """Wait until somebody owns a name on the bus."""
    ask = ("/org/freedesktop/DBus", DBUS, "NameHasOwner", "s", name)
    async with asyncio.timeout(DEADLINE):
        while not await client.call(*ask, to=DBUS):
            await client.news()
