"""The lives of devices without a bus: what is decided, and what clients order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from wwand import life as life_module
from wwand.bearers.base import Applied, Applier, Bearer, BearerSettings
from wwand.bearers.ladder import Preference
from wwand.config import Config, DeviceConfig
from wwand.device import (
    MASS_STORAGE,
    BulkPlan,
    Configuration,
    ControlRequest,
    Interface,
    Plugged,
    Port,
    PortKind,
    Unplugged,
    UsbDevice,
    UsbId,
)
from wwand.errors import (
    BadArgument,
    DeviceGone,
    NotFound,
    PortGone,
    Unsupported,
    UsbError,
    WrongState,
    WwandError,
)
from wwand.experience import Experience
from wwand.life import DeviceLife
from wwand.manager import Manager, is_plain
from wwand.memory import Memory
from wwand.modem.desire import ConnectRequest
from wwand.plugin import Plugins, modem_evidence, why_no_modem
from wwand.ports import gone
from wwand.ports import qmi as qmi_port
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model
from wwand.simulator.model import ConfigurationModel, InterfaceModel, Model, Speaks, Switch
from wwand.simulator.pty import Simulation
from wwand.simulator.stick import Stick
from wwand.status import LayoutKind
from wwand.switching import configure, ladder
from wwand.switching.book import RuleBook
from wwand.world import World

DEADLINE = 15.0
STICK = load_model("longcheer-mmx352g")
MODEM = replace(STICK, starts_as="modem")
MU609 = load_model("huawei-mu609")
UNKNOWN = replace(  # no rule has its id, and an eject makes it a modem
    STICK,
    modes={
        **STICK.modes,
        "storage": replace(
            STICK.modes["storage"],
            id=UsbId(0x12D1, 0x9999),
            switches=(Switch("modem", eject=True),),
        ),
    },
)


class Watched(Simulation):
    """Remembers what was sent to its devices, and says of them what udev would."""

    def __init__(self) -> None:
        super().__init__([])
        self.sent: list[str] = []
        self.properties: dict[str, str] = {}

    async def events(self) -> AsyncIterator[Plugged | Unplugged]:
        async for event in super().events():
            if isinstance(event, Plugged):
                yield Plugged(replace(event.device, properties=self.properties))
            else:
                yield event

    async def bulk(self, device: UsbDevice, transfers: BulkPlan) -> None:
        self.sent.append(f"bulk {device}")
        await super().bulk(device, transfers)

    async def control(self, device: UsbDevice, request: ControlRequest) -> bytes:
        self.sent.append(f"control {device}")
        return await super().control(device, request)

    async def configure(self, device: UsbDevice, value: int) -> None:
        self.sent.append(f"configure {device}")
        await super().configure(device, value)

    async def reset(self, device: UsbDevice) -> None:
        self.sent.append(f"reset {device}")
        await super().reset(device)


class Bench:
    """A manager of made-up devices."""

    def __init__(self, simulation: Watched, directory: Path) -> None:
        self.simulation = simulation
        self.directory = directory
        self.manager: Manager
        self._news = asyncio.Event()
        self._heard: set[DeviceLife] = set()

    def start(self, config: Config | None = None) -> "asyncio.Task[None]":
        plugins = Plugins()
        rules = RuleBook(plugins.switch_rules(), self.directory, modeswitch=False, usbmode=False)
        memory = Memory(self.directory)
        world = World(
            *(config or Config(), plugins, rules, self.simulation, self.simulation, memory),
            no_applier,
        )
        self.manager = Manager(self.simulation, world)
        self.manager.listeners.append(self._changed)
        return asyncio.create_task(self.manager.run())

    def _changed(self) -> None:
        for life in self.manager.devices:
            if life not in self._heard:
                self._heard.add(life)
                life.listeners.append(self._news.set)
        self._news.set()

    def plug(self, model: Model = STICK) -> str:
        key = self.simulation.add(model)
        self.simulation.controls.fault("return-delay", 0, key=key)
        self.simulation.plug(key)
        return key

    def life(self, key: str = "1-1") -> DeviceLife | None:
        return next((life for life in self.manager.devices if life.place.key == key), None)

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not check():
                self._news.clear()
                await self._news.wait()

    async def phase(self, phase: str, key: str = "1-1") -> DeviceLife:
        def reached() -> bool:
            life = self.life(key)
            return life is not None and life.phase == phase

        await self.until(reached)
        life = self.life(key)
        assert life
        return life


def no_applier(_config: DeviceConfig) -> Applier:
    async def refuse(bearer: Bearer) -> Applied:
        raise Unsupported(f"no network here for bearer{bearer.number}")

    return refuse


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    before = asyncio.all_tasks()
    async with Watched() as simulation:
        made = Bench(simulation, tmp_path)
        yield made
    for task in asyncio.all_tasks() - before - {asyncio.current_task()}:
        task.cancel()
        await asyncio.wait([task])


# --- what is decided ----------------------------------------------------------------------------


def device(*classes: int, driver: str = "", ports: tuple[Port, ...] = ()) -> UsbDevice:
    interfaces = tuple(Interface(n, cls, 0, 0, driver=driver) for n, cls in enumerate(classes))
    return UsbDevice(
        "1-1",
        UsbId(0x1234, 0x5678),
        "/nowhere",
        configurations=(Configuration(1, interfaces),),
        active=1,
        ports=ports,
    )


TTY = Port("ttyUSB0", PortKind.TTY, 0, "cp210x", Path("/nowhere/ttyUSB0"))


@pytest.mark.parametrize("cls", [0x01, 0x03, 0x07, 0x09, 0x0B, 0x0E, 0xE0])
def test_mice_hubs_and_printers_have_no_life(cls: int) -> None:
    assert is_plain(device(cls))
    assert not is_plain(device(cls, 0xFF))
    assert not is_plain(device(MASS_STORAGE))


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (device(MASS_STORAGE), "a plain disk"),
        (device(0xFF, ports=(TTY,)), "nothing shows that this is a modem"),
        (device(0xFF), "nothing shows that this is a modem"),
        (device(0x02, 0x0A), "nothing shows that this is a modem"),
        (device(0x03), "no modem"),
    ],
)
def test_why_nobody_claims_a_device_is_told_in_its_users_words(
    thing: UsbDevice, reason: str
) -> None:
    assert why_no_modem(thing).startswith(reason)


@pytest.mark.parametrize(
    "driver", ["cp210x", "ftdi_sio", "ch341", "pl2303", "cdc_acm", "usb-storage"]
)
def test_a_driver_of_anything_is_no_evidence_of_a_modem(driver: str) -> None:
    assert modem_evidence(device(0xFF, driver=driver)) == ""


@pytest.mark.parametrize("driver", ["option", "qmi_wwan", "cdc_mbim", "sierra", "hso"])
def test_a_driver_of_modems_is_evidence(driver: str) -> None:
    assert driver in modem_evidence(device(0xFF, driver=driver))


# --- what clients order -------------------------------------------------------------------------


@pytest.fixture(params=["configuration", "udev", "client"])
def ban(request: pytest.FixtureRequest) -> str:
    """Who says that a device is to be left alone."""
    return str(request.param)


async def banned(bench: Bench, model: Model, ban: str) -> DeviceLife:
    """Plug in a device that is left alone from the beginning."""
    if ban == "udev":
        bench.simulation.properties = {"ID_MM_DEVICE_IGNORE": "1"}
    bench.start(Config(devices={"1-1": {"ignore": True}} if ban == "configuration" else {}))
    key = bench.plug(model)
    if ban == "client":
        await bench.until(lambda: bench.life() is not None)
        await bench.manager.inhibit(key)
        bench.simulation.unplug(key)
        await bench.until(lambda: bench.life() is None)
        bench.simulation.plug(key)
    life = await bench.phase("ignored")
    assert ban in life.reason
    bench.simulation.sent.clear()
    return life


async def test_an_inhibited_modem_is_let_go_of_and_taken_up_again(bench: Bench) -> None:
    following = bench.start()
    bench.plug(MODEM)
    life = await bench.phase("modem")
    await bench.manager.inhibit(life.device.sysfs)
    life = await bench.phase("ignored")
    assert life.reason == "inhibited by a client"
    assert bench.manager.modems == []
    async with asyncio.timeout(DEADLINE):
        for port in (1, 3):
            await bench.simulation.journal.until(Happened.CLOSED, port=port)
    await bench.manager.release(life.device.sysfs)
    await bench.phase("modem")
    following.cancel()


async def test_what_comes_back_to_an_inhibited_place_is_left_alone_until_the_release(
    bench: Bench,
) -> None:
    bench.start()
    key = bench.plug()
    life = await bench.phase("modem")
    uid = life.device.sysfs
    await bench.manager.inhibit(uid)
    await bench.phase("ignored")
    opened = len(bench.simulation.journal.find(Happened.OPENED))
    for _ in range(2):  # into the boot loader, and out of it
        bench.simulation.unplug(key)
        await bench.until(lambda: bench.life() is None)
        bench.simulation.plug(key)
        life = await bench.phase("ignored")
        assert life.reason == "inhibited by a client"
    bench.plug(MODEM)  # all that is done about a device has been done when this one is ready
    other = await bench.phase("modem", "1-2")
    assert bench.manager.modems == [other.modem]
    journal = bench.simulation.journal
    assert [e.text for e in journal.find(Happened.SWITCHED, device=key)] == ["modem"]
    assert len(journal.find(Happened.OPENED, device=key)) == opened
    bench.simulation.unplug(key)
    await bench.until(lambda: bench.life() is None)
    await bench.manager.release(uid)
    bench.simulation.plug(key)
    await bench.phase("modem")


async def test_what_came_back_to_an_inhibited_place_is_taken_up_at_the_release(
    bench: Bench,
) -> None:
    bench.start()
    key = bench.plug(MODEM)
    await bench.phase("modem")
    await bench.manager.inhibit(key)
    bench.simulation.unplug(key)
    await bench.until(lambda: bench.life() is None)
    bench.simulation.plug(key)
    await bench.phase("ignored")
    await bench.manager.release(key)
    await bench.phase("modem")


async def test_a_device_that_two_names_inhibit_is_free_when_both_are_released(
    bench: Bench,
) -> None:
    bench.start()
    key = bench.plug(MODEM)
    life = await bench.phase("modem")
    await bench.manager.inhibit(key)
    await bench.manager.inhibit(life.device.sysfs)
    await bench.phase("ignored")
    await bench.manager.release(key)
    bench.plug(MODEM)
    await bench.phase("modem", "1-2")
    assert life.phase == "ignored"
    await bench.manager.release(life.device.sysfs)
    await bench.phase("modem")


async def test_what_is_not_there_cannot_be_inhibited(bench: Bench) -> None:
    bench.start()
    with pytest.raises(NotFound):
        await bench.manager.inhibit("/nowhere")
    with pytest.raises(NotFound):
        await bench.manager.release("/nowhere")


def switching_fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have every switch of a device's mode end so."""

    async def fail(*_arguments: object, **_options: object) -> UsbDevice:
        raise error

    monkeypatch.setattr(life_module, "switch", fail)


async def test_a_stick_that_is_stuck_is_tried_again_when_told_to(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching_fails(monkeypatch, WwandError("not today", "try tomorrow"))
    bench.start()
    bench.plug()
    life = await bench.phase("stuck")
    assert (life.reason, life.next_step) == ("not today", "try tomorrow")
    monkeypatch.setattr(life_module, "switch", ladder.switch)
    await life.switch()
    assert life.device.id == UsbId(0x1C9E, 0x9605)
    life = await bench.phase("modem")
    assert life.next_step == ""


async def test_an_order_to_switch_that_fails_says_why(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching_fails(monkeypatch, WwandError("not today", "try tomorrow"))
    bench.start()
    bench.plug()
    life = await bench.phase("stuck")
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(WwandError, match="not today") as caught:
            await life.switch()
    assert caught.value.next_step == "try tomorrow"


async def test_a_rescan_tries_what_is_stuck(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    switching_fails(monkeypatch, WwandError("not today"))
    bench.start()
    bench.plug()
    await bench.phase("stuck")
    monkeypatch.setattr(life_module, "switch", ladder.switch)
    bench.manager.rescan()
    await bench.phase("modem")


async def test_a_modem_is_not_switched(bench: Bench) -> None:
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("modem")
    with pytest.raises(WrongState, match="there is nothing to switch"):
        await life.switch()


async def test_a_modems_cd_rom_that_no_rule_knows_is_ejected_when_it_says_what_it_is(
    bench: Bench,
) -> None:
    bench.start()
    bench.plug(UNKNOWN)
    life = await bench.phase("ignored")
    assert life.device.id == UsbId(0x12D1, 0x9999)
    bench.simulation.properties = {"SCSI_TYPE": "5"}
    bench.simulation.rescan()
    await bench.phase("modem")
    assert bench.simulation.sent == ["bulk 12d1:9999 at 1-1"]


async def test_a_storage_that_never_says_what_it_is_is_switched_by_the_rule_without_strings(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_module, "STORAGE", 0.1)
    (bench.directory / "two.toml").write_text(
        """
        [[rule]]
        id = "12d1:9999"
        name = "with strings"
        scsi-vendor = "HUAWEI"
        actions = ["message 00"]
        [[rule]]
        id = "12d1:9999"
        name = "without strings"
        actions = ["eject"]
        """
    )
    bench.start()
    bench.plug(UNKNOWN)
    life = await bench.phase("modem")
    told = [(phase, reason) for _, phase, reason in life.history]
    waiting = ("settling", "waiting for the storage to say what it is")
    assert told[1:3] == [waiting, ("switching", "by without strings")]
    assert bench.simulation.sent == ["bulk 12d1:9999 at 1-1"]


async def test_an_order_to_switch_what_is_left_alone_is_refused_at_once(
    bench: Bench, ban: str
) -> None:
    life = await banned(bench, STICK, ban)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(WrongState, match=life.reason) as caught:
            await life.switch()
    assert caught.value.next_step
    assert bench.simulation.sent == []


async def test_an_order_to_switch_ends_when_the_stick_is_inhibited_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching_fails(monkeypatch, WwandError("not today"))
    bench.start()
    key = bench.plug()
    life = await bench.phase("stuck")
    ordered = asyncio.create_task(life.switch())
    await asyncio.sleep(0)  # until it waits
    await bench.manager.inhibit(key)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(WwandError, match="inhibited by a client"):
            await ordered


async def test_news_of_a_stick_that_is_stuck_do_not_end_an_order_to_switch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching_fails(monkeypatch, WwandError("not today"))
    bench.start()
    bench.plug()
    life = await bench.phase("stuck")
    monkeypatch.setattr(life_module, "switch", ladder.switch)
    ordered = asyncio.create_task(life.switch())
    await asyncio.sleep(0)  # until it waits
    life.changed()
    async with asyncio.timeout(DEADLINE):
        await ordered


async def test_a_stuck_modem_with_a_rule_is_not_switched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mute(*_arguments: object) -> None:
        raise WwandError("no port answers")

    monkeypatch.setattr(life_module, "serving", lambda *_: SimpleNamespace(run=mute))
    rules = '[[rule]]\nid = "1c9e:9605"\nactions = ["reset"]\n'
    (bench.directory / "own.toml").write_text(rules)
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("stuck")
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(WrongState, match="is a modem already"):
            await life.switch()


async def test_a_disk_without_a_rule_cannot_be_switched(bench: Bench) -> None:
    bench.start()
    bench.plug(load_model("usb-disk"))
    life = await bench.phase("ignored")
    with pytest.raises(NotFound, match="no rule says how to switch 0781:5567"):
        await life.switch()


async def test_a_configuration_that_is_not_there_is_not_selected(bench: Bench) -> None:
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("modem")
    with pytest.raises(NotFound, match="has no configuration 7; it has 1"):
        await life.select_configuration(7)


async def test_an_ordered_configuration_is_selected_again_at_the_next_plug(bench: Bench) -> None:
    bench.start()
    key = bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.device.active == 2
    await life.select_configuration(1)
    await bench.until(lambda: life.phase == "modem" and life.device.active == 1)
    bench.simulation.unplug(key)
    await bench.until(lambda: bench.life() is None)
    bench.simulation.plug(key)
    await bench.until(
        lambda: (now := bench.life()) is not None and (now.phase, now.device.active) == ("modem", 1)
    )
    again = bench.life()
    assert again
    assert "configuring" in [phase for _, phase, _ in again.history]


async def test_what_was_asked_for_is_known_to_a_daemon_that_finds_the_stick_switched_already(
    bench: Bench,
) -> None:
    first = bench.start()
    bench.plug()  # as a CD-ROM
    life = await bench.phase("modem")
    assert life.modem
    wanted = ConnectRequest(BearerSettings("internet"), apply_ip=True)
    life.modem.desire.request = wanted
    first.cancel()
    await asyncio.wait([first])
    bench.start()
    again = await bench.phase("modem")
    assert again.modem
    assert again.modem.desire.request
    assert again.modem.desire.request.settings == wanted.settings


async def test_the_configuration_file_has_the_last_word_on_the_configuration(
    bench: Bench,
) -> None:
    bench.start(Config(devices={"12d1:1573": {"configuration": 2}}))
    bench.plug(MU609)
    life = await bench.phase("modem")
    with pytest.raises(WrongState, match="says configuration = 2"):
        await life.select_configuration(1)


async def test_the_wanted_layout_is_selected_before_a_port_is_opened(bench: Bench) -> None:
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.device.active == 1
    assert bench.simulation.journal.find(Happened.COMMAND) == []


async def test_firmware_that_restarts_without_leaving_the_bus_makes_a_new_modem(
    bench: Bench,
) -> None:
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    key = bench.plug(MU609)
    life = await bench.phase("modem")
    first, stick = life.modem, bench.simulation.controls.stick(key)
    assert stick.modem
    stick.modem.reboot()
    await bench.until(lambda: life.modem not in (first, None))
    await bench.phase("modem")
    assert life.phase == "modem"
    assert bench.simulation.journal.find(Happened.UNPLUGGED) == []


async def test_a_configuration_that_cannot_be_selected_is_left_for_the_next_layout(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_device: UsbDevice, value: int) -> None:
        raise UsbError(f"no power for configuration {value}", 5)

    monkeypatch.setattr(bench.simulation, "configure", refuse)
    monkeypatch.setattr(configure, "SECOND_THOUGHTS", 0.02)
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.device.active == 2
    (story,) = [story for layout, story in life.layouts if layout.kind is LayoutKind.QMI]
    assert "did not take configuration 1: no power" in story


async def test_what_worked_in_general_is_left_only_for_a_sims_layout_that_can_be_selected(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_device: UsbDevice, value: int) -> None:
        raise UsbError(f"no power for configuration {value}", 5)

    bench.start()
    key = bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.plan
    assert life.modem
    assert life.modem.sim
    ecm, _, qmi, _ = life.plan.ladder.rungs
    assert (ecm.kind, qmi.kind) == (LayoutKind.ECM, LayoutKind.QMI)
    experience = Experience(life._world.memory, life.device)
    experience.note_layout(qmi, Preference(), life.modem.sim.facts.iccid)
    experience.note_layout(ecm, Preference(), "")
    bench.simulation.unplug(key)
    await bench.until(lambda: bench.life() is None)
    monkeypatch.setattr(bench.simulation, "configure", refuse)
    bench.simulation.plug(key)
    await bench.until(
        lambda: (
            (now := bench.life()) is not None
            and any(phase == "configuring" for _, phase, _ in now.history)
            and now.phase in ("modem", "stuck")
        )
    )
    again = bench.life()
    assert again
    assert again.plan
    assert (again.phase, again.plan.ladder.current) == ("modem", ecm)


def restarts(bench: Bench, after: int | None = None, *, noticed: bool = False) -> list[int]:
    """Have firmware restart over each selection, into `after`; returns what was selected."""
    selected: list[int] = []

    def begin(stick: Stick, value: int) -> None:
        Simulation._configure(bench.simulation, stick, after or value)

    async def configure(device: UsbDevice, value: int) -> None:
        selected.append(value)
        life = bench.life()
        assert life
        bench.simulation.unplug(device.key)
        while life.place.device:
            await life.place.changed()
        bench.simulation._configure = begin  # type: ignore[method-assign]
        bench.simulation.plug(device.key)
        if noticed:
            raise DeviceGone("the device left the bus")

    bench.simulation.configure = configure  # type: ignore[method-assign]
    return selected


@pytest.mark.parametrize("noticed", [False, True])
async def test_a_layout_over_which_the_firmware_restarts_is_left_for_the_next_one(
    bench: Bench, noticed: bool
) -> None:
    selected = restarts(bench, noticed=noticed)
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.device.active == 2
    assert selected == [1]
    (story,) = [story for layout, story in life.layouts if layout.kind is LayoutKind.QMI]
    assert "did not take configuration 1: it came back as 12d1:1573 in configuration 2" in story


async def test_firmware_that_restarts_into_the_selected_configuration_has_taken_it(
    bench: Bench,
) -> None:
    selected = restarts(bench, 1, noticed=True)
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.device.active == 1
    assert selected == [1]
    assert life.plan
    assert not life.plan.ladder.failures


async def test_firmware_that_restarts_over_the_only_layout_is_stuck_at_once(bench: Bench) -> None:
    selected = restarts(bench)
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI, "configuration": 1}}))
    bench.plug(MU609)
    life = await bench.phase("stuck")
    assert "did not take configuration 1: it came back" in life.reason
    assert life.plan
    assert set(selected) == {1}
    assert len(selected) == len(life.plan.ladder.rungs)


async def test_a_modem_that_does_not_come_back_from_its_configuration_is_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(device: UsbDevice, _value: int) -> None:
        bench.simulation.unplug(device.key)

    monkeypatch.setattr(bench.simulation, "configure", leave)
    monkeypatch.setattr(configure, "RECONFIGURED", 0.02)
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    bench.plug(MU609)
    await bench.phase("configuring")
    await bench.until(lambda: bench.life() is None)


async def test_going_through_the_layouts_again_and_again_is_no_loop(bench: Bench) -> None:
    bench.start()
    bench.plug(MU609)
    life = await bench.phase("modem")
    assert life.plan
    ladder = life.plan.ladder

    def served() -> bool:
        modem = life.modem
        return modem is not None and ladder.serves(life.device.active, modem.speaks())

    for _ in range(5 * len(ladder.rungs)):  # which changes the configuration ten times
        ladder.fail("no carrier")
        await bench.until(served)
    assert "stuck" not in [phase for _, phase, _ in life.history]


async def test_a_configuration_that_is_undone_each_time_is_given_up(bench: Bench) -> None:
    bench.start(Config(devices={"12d1:1573": {"configuration": 1}}))
    bench.plug(MU609)
    undone = 0
    await bench.until(lambda: bench.life() is not None)
    life = bench.life()
    assert life
    while True:
        await bench.until(lambda: life.phase == "stuck" or life.phase == "settling")
        if life.phase == "stuck":
            break
        undone += 1
        await bench.simulation.configure(life.device, 2)
        await bench.until(lambda: life.phase in ("stuck", "configuring"))
    assert "keeps coming back" in life.reason
    assert undone == 6


async def test_a_layout_whose_port_answers_nothing_is_left_for_the_next_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qmi_port, "open_qmi", partial(qmi_port.open_qmi, timeout=0.3))
    bench.start(Config(devices={"12d1:1573": {"layout": LayoutKind.QMI}}))
    key = bench.simulation.add(MU609)
    bench.simulation.controls.fault("qmi-silent", key=key)
    bench.simulation.plug(key)
    life = await bench.phase("modem")
    assert life.modem
    assert life.modem.chosen_kind is not LayoutKind.QMI
    told = dict(life.layouts)
    (silent,) = [story for layout, story in told.items() if layout.kind is LayoutKind.QMI]
    assert silent.startswith("failed: ")


async def test_a_reset_makes_a_new_modem_at_the_same_place(bench: Bench) -> None:
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("modem")
    first = life.modem
    await life.reset()
    await bench.until(lambda: (now := bench.life()) is not None and now.modem not in (first, None))


@pytest.mark.parametrize("model", ["usb-disk", "cp210x-adapter"])
async def test_what_is_no_modem_is_neither_reset_nor_configured(bench: Bench, model: str) -> None:
    bench.start()
    bench.plug(load_model(model))
    life = await bench.phase("ignored")
    with pytest.raises(WrongState, match="nothing shows that it is a modem") as caught:
        await life.reset()
    assert "`modem = true`" in caught.value.next_step
    with pytest.raises(WrongState, match="nothing shows that it is a modem"):
        await life.select_configuration(1)
    assert bench.simulation.sent == []


async def test_a_modem_that_is_to_be_left_alone_is_neither_reset_nor_configured(
    bench: Bench, ban: str
) -> None:
    life = await banned(bench, MU609, ban)
    for order in (life.reset, partial(life.select_configuration, 1)):
        with pytest.raises(WrongState, match=life.reason) as caught:
            await order()
        assert caught.value.next_step
    assert bench.simulation.sent == []
    memory = Memory(bench.directory)
    assert Experience(memory, life.device).configuration == 0  # nor will it be at the next plug


async def test_a_modem_that_is_stuck_can_be_reset_and_configured(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mute(*_arguments: object) -> None:
        raise WwandError("no port answers")

    monkeypatch.setattr(life_module, "serving", lambda *_: SimpleNamespace(run=mute))
    bench.start()
    bench.plug(MU609)
    life = await bench.phase("stuck")
    await life.select_configuration(1)
    await bench.until(lambda: life.device.active == 1 and life.phase == "stuck")
    before = life.device.devnum
    await life.reset()
    await bench.until(lambda: (now := bench.life()) is not None and now.device.devnum != before)
    assert bench.simulation.sent[:2] == ["configure 12d1:1573 at 1-1", "reset 12d1:1573 at 1-1"]


async def test_an_ordered_configuration_without_drivers_can_be_left_again(bench: Bench) -> None:
    bare = InterfaceModel(Interface(0, 0xFF, 0, 0), Speaks.NOTHING)
    mode = MODEM.modes["modem"]
    mode = replace(
        mode,
        id=UsbId(0x1234, 0x5678),  # that no plugin has in a table
        configurations=(
            ConfigurationModel(1, mode.first.interfaces[3:4]),
            ConfigurationModel(2, (bare,)),
        ),
    )
    bench.start()
    bench.plug(replace(MODEM, modes={"modem": mode}))
    life = await bench.phase("modem")
    assert life.plugin == "generic"
    await life.select_configuration(2)
    await bench.until(lambda: life.phase == "ignored")
    await life.select_configuration(1)
    await bench.until(lambda: life.phase == "modem")


# --- what goes wrong ----------------------------------------------------------------------------


async def test_a_bug_ends_in_a_device_that_is_stuck_and_touches_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    switching_fails(monkeypatch, ZeroDivisionError("a slip"))
    bench.start()
    bench.plug()
    bench.plug(MODEM)
    life = await bench.phase("stuck", "1-1")
    assert "a slip" in life.reason
    assert life.next_step
    await bench.phase("modem", "1-2")


async def test_a_command_port_that_is_lost_again_and_again_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def lost(life: DeviceLife) -> None:
        nonlocal tries
        while life.place.device and len(life.place.device.ports) < 4:
            await life.place.changed()
        await asyncio.sleep(0)
        tries += 1
        raise PortGone("ttyUSB3 went away")

    monkeypatch.setattr(
        life_module, "serving", lambda life, *_: SimpleNamespace(run=lambda: lost(life))
    )
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("stuck")
    assert "ttyUSB3 went away" in life.reason
    assert tries == life_module.RESTARTS + 1


@pytest.mark.parametrize(("told", "tries"), [(DEADLINE, 1), (0.0, 2)], ids=["told", "not-told"])
async def test_a_port_that_is_gone_is_looked_for_again_when_its_news_came_or_came_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, told: float, tries: int
) -> None:
    begun, away = 0, Path()

    async def lost(life: DeviceLife) -> None:
        nonlocal begun, away
        begun += 1
        life.changed()
        while len(life.device.ports) < 4:
            await life.later()
        if begun == 1:
            assert life.device.ports[0].path
            away = life.device.ports[0].path.rename(f"{life.device.ports[0].path}.away")
            raise PortGone("ttyUSB0 went away")
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(
        life_module, "serving", lambda life, *_: SimpleNamespace(run=lambda: lost(life))
    )
    monkeypatch.setattr(gone, "TOLD", told)
    bench.start()
    key = bench.plug(MODEM)
    await bench.until(lambda: begun == tries)

    def tell() -> None:
        away.rename(away.with_suffix(""))
        bench.simulation.unplug(key)

    asyncio.get_running_loop().call_later(0.05, tell)  # udev is later than the kernel
    await bench.until(lambda: bench.life() is None)
    assert begun == tries


async def test_losses_that_lie_far_apart_are_not_counted_together(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = asyncio.Event()
    tries = 0

    async def lost(life: DeviceLife) -> None:
        nonlocal tries
        while life.place.device and len(life.place.device.ports) < 4:
            await life.place.changed()
        await asyncio.sleep(0)
        tries += 1
        if tries > 2 * life_module.RESTARTS:
            enough.set()
            await asyncio.get_running_loop().create_future()
        raise PortGone("ttyUSB3 went away")

    monkeypatch.setattr(
        life_module, "serving", lambda life, *_: SimpleNamespace(run=lambda: lost(life))
    )
    monkeypatch.setattr(life_module, "STEADY", 0.0)
    bench.start()
    bench.plug(MODEM)
    async with asyncio.timeout(DEADLINE):
        await enough.wait()


async def test_a_primary_port_that_hangs_up_is_opened_again(bench: Bench) -> None:
    bench.start()
    bench.plug(MODEM)
    life = await bench.phase("modem")
    modem = life.modem
    assert modem is not None
    await modem.at.close()  # type: ignore[attr-defined]
    async with asyncio.timeout(DEADLINE):
        await bench.simulation.journal.until(Happened.OPENED, port=3, count=2)
    assert (await bench.phase("modem")).modem is modem


# --- what is remembered -------------------------------------------------------------------------


async def test_the_history_keeps_the_last_hundred_steps(bench: Bench) -> None:
    bench.start()
    bench.plug(load_model("usb-disk"))
    life = await bench.phase("ignored")
    for number in range(300):
        life._note_step(f"step {number}")
    assert len(life.history) == 100
    assert life.history[0][1] == "found"  # since when it is plugged in
    assert life.history[-1][2] == "step 299"
    assert [t for t, _, _ in life.history] == sorted(t for t, _, _ in life.history)


async def test_rules_are_listed_for_an_id_and_in_sum(bench: Bench) -> None:
    bench.start()
    ((source, name, steps), *_) = bench.manager.rules("1c9e:f000")
    assert "longcheer" in source
    assert "MMX352G" in name
    assert steps
    assert any("plugin longcheer" in row[0] for row in bench.manager.rules(""))
    with pytest.raises(BadArgument):
        bench.manager.rules("nonsense")
