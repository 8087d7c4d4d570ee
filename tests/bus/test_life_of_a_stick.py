"""One stick from plug to unplug, seen from outside: on the bus, and by the stick itself."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.bus.conftest import Refused
from tests.bus.daemon import (
    BEARER,
    MM,
    MM_ROOT,
    MODEM,
    MODEM3GPP,
    PRIMARY,
    SIMPLE,
    Footprint,
    Lab,
    S,
    comes_true,
    laboratory,
    slow,
    witness,
)
from wwand import keeper, life
from wwand.device import UsbId
from wwand.simulator.engine import Knobs
from wwand.simulator.journal import Happened
from wwand.simulator.model import Model
from wwand.status import IpMethod, PacketService
from wwand.switching.book import RuleBook
from wwand.switching.ladder import switch
from wwand.switching.readers.modeswitch import ModeswitchData
from wwand.switching.rules import SwitchRule

H = Happened


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


@pytest.fixture
async def slow_lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """A Lab where a hang-up takes the seconds that it takes without DTR."""
    async with laboratory(bus_address, tmp_path, guard_times=True) as made:
        yield made


async def test_a_stick_becomes_a_modem_goes_online_and_leaves_nothing_behind(
    slow_lab: Lab,
) -> None:
    lab = slow_lab
    await lab.start()
    before = Footprint.now()
    place = lab.plug()

    modem = await lab.modem(place)
    device = await lab.phase(place, "modem")
    assert device["UsbId"] == "1c9e:9605"
    assert device["Plugin"] == "longcheer"
    phases = [phase for _, phase, _ in device["History"]]
    told = [p for n, p in enumerate(phases) if n == 0 or p != phases[n - 1]]
    assert told == ["found", "switching", "settling", "probing", "modem"]
    assert await lab.get(modem, MODEM, "PrimaryPort") == "ttyUSB3"
    assert await lab.get(modem, MODEM, "Plugin") == "longcheer"

    bearer = await lab.connect(modem, apn="internet")
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED
    assert await lab.get(bearer, BEARER, "Connected") is True
    assert await lab.get(bearer, BEARER, "Interface") == "ttyUSB3"
    assert (await lab.get(bearer, BEARER, "Ip4Config"))["method"].value == IpMethod.PPP
    (call,) = lab.simulation.journal.find(H.CONNECTED)
    assert (call.port, call.text) == (PRIMARY, "internet")

    await lab.call(modem, SIMPLE, "Disconnect", "o", "/")
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED
    assert await lab.get(bearer, BEARER, "Connected") is False

    lab.simulation.unplug(place)
    await lab.no_device(place)
    await lab.nothing_left(before)
    assert lab.alive


# --- which rules switch it ----------------------------------------------------------------------


@pytest.mark.parametrize("used", ["wwand's own", "usb_modeswitch's", "both"])
async def test_every_source_of_rules_turns_the_cdrom_into_a_modem(lab: Lab, used: str) -> None:
    modeswitch = ModeswitchData()
    if used != "wwand's own" and not modeswitch.rules(UsbId(0x1C9E, 0xF000)):
        pytest.skip("usb_modeswitch's data is not installed (Debian: usb-modeswitch-data)")

    def rules(builtin: Sequence[SwitchRule]) -> RuleBook:
        return RuleBook(
            () if used == "usb_modeswitch's" else builtin,
            user_dir=lab.directory / "switch.d",
            modeswitch=used != "wwand's own" and modeswitch,
            usbmode=False,
        )

    lab.rules = rules
    await lab.start()
    place = lab.plug()
    await lab.modem(place, S.DISABLED)
    device = await lab.phase(place, "modem")
    assert device["UsbId"] == "1c9e:9605"


# --- unplugged on the way -----------------------------------------------------------------------


@dataclass
class Way:
    """Brings a stick to one step of its way and keeps it there."""

    lab: Lab
    model: Model
    calls: "list[asyncio.Task[object]]"

    def plug(self) -> str:
        return self.lab.plug(self.model)

    async def order(self, path: str, interface: str, member: str, *arguments: Any) -> None:
        """Begin a call that will not be over before the stick is pulled out."""
        call = self.lab.call(path, interface, member, *arguments)
        self.calls.append(asyncio.create_task(call))

    async def enabling(self) -> str:
        place = self.plug()
        modem = await self.lab.modem(place)
        await self.order(modem, MODEM, "Enable", "b", True)
        await self.lab.modem(place, S.ENABLING)
        return place

    async def switching(self) -> str:
        """The message is sent; the stick takes no notice."""
        place = self.plug()
        self.lab.fault("ignore-switches", 99)
        await self.lab.happens(H.MESSAGE)
        return place

    async def returning(self) -> str:
        """It has left as a CD-ROM, and is not back yet."""
        place = self.plug()
        self.lab.fault("return-delay", 60)
        await self.lab.happens(H.SWITCHED)
        return place

    async def settling(self) -> str:
        place = self.plug()
        self.lab.fault("late-ports", 60)
        await self.lab.phase(place, "settling")
        return place

    async def probing(self) -> str:
        place = self.plug()
        for port in range(4):
            self.lab.fault("mute", port)
        await self.lab.happens(H.COMMAND, text="AT", port=PRIMARY)
        return place

    async def initializing(self) -> str:
        self.wait_at("+CPIN?")
        place = self.plug()
        await self.lab.happens(H.COMMAND, text="AT+CPIN?")
        return place

    async def registering(self) -> str:
        self.wait_at("+CREG=")
        place = await self.enabling()
        await self.lab.happens(H.COMMAND, text="AT+CREG=")
        return place

    async def searching(self) -> str:
        place = self.plug()
        self.lab.fault("registration", "searching")
        modem = await self.lab.modem(place)
        await self.order(modem, SIMPLE, "Connect", "a{sv}", {})
        await self.lab.modem(place, S.SEARCHING)
        return place

    async def dialling(self) -> str:
        self.wait_at("D")
        place = self.plug()
        modem = await self.lab.modem(place)
        await self.order(modem, SIMPLE, "Connect", "a{sv}", {})
        await self.lab.happens(H.COMMAND, text="ATD")
        return place

    async def connected(self) -> str:
        place = self.plug()
        await self.lab.connect(await self.lab.modem(place))
        return place

    async def disconnecting(self) -> str:
        place = await self.connected()
        modem = await self.lab.modem(place)
        await self.order(modem, SIMPLE, "Disconnect", "o", "/")
        await self.lab.modem(place, S.DISCONNECTING)
        return place

    def wait_at(self, command: str) -> None:
        assert isinstance(self.model.at.latency, dict)
        self.model.at.latency[command] = 60.0

    def go_on(self) -> None:
        """Be a stick like any other from the next plug on."""
        assert isinstance(self.model.at.latency, dict)
        self.model.at.latency.clear()
        stick = self.lab.simulation.controls.stick()
        stick.knobs = Knobs(return_seconds=0, registration_seconds=0)


WAYS = [
    Way.switching,
    Way.returning,
    Way.settling,
    Way.probing,
    Way.initializing,
    Way.registering,
    Way.searching,
    Way.dialling,
    Way.connected,
    Way.disconnecting,
]


@pytest.mark.parametrize("go_there", [pytest.param(way, id=way.__name__) for way in WAYS])
async def test_an_unplug_at_any_step_leaves_nothing_and_the_next_plug_works(
    lab: Lab, go_there: Callable[[Way], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "switch", functools.partial(switch, deadline=1.0))
    await lab.start()
    before = Footprint.now()
    way = Way(lab, slow(), [])
    place = await go_there(way)

    lab.simulation.unplug(place)
    gone = pytest.raises(Refused, match=r"Core\.Aborted|Serial\.NotOpen")
    either = contextlib.suppress(Refused)  # what is gone is disconnected, too
    for call in way.calls:
        with either if go_there is Way.disconnecting else gone:
            await call
    way.calls.clear()
    await lab.no_device(place)
    await lab.nothing_left(before)

    way.go_on()
    lab.simulation.plug(place)
    await lab.modem(place, S.DISABLED)
    assert lab.alive


async def test_a_stick_replugged_at_once_is_a_new_modem(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    before = await lab.modem(place, S.DISABLED)
    lab.simulation.unplug(place)
    lab.simulation.plug(place)
    modem = await lab.another_modem(place, [before])
    await lab.connect(modem)
    assert list(await lab.managed()) == [modem]
    assert [e.text for e in lab.simulation.journal.find(H.SWITCHED)] == ["modem", "modem"]


async def test_a_modem_replugged_at_once_in_modem_mode_is_a_new_modem(lab: Lab) -> None:
    """As a modem that never was a CD-ROM: same id, same ports, and yet another enumeration."""
    await lab.start()
    place = lab.plug(replace(slow(), starts_as="modem"))
    before = await lab.modem(place, S.DISABLED)
    await lab.connect(before)
    lab.simulation.unplug(place)
    lab.simulation.plug(place)
    modem = await lab.another_modem(place, [before])
    await lab.connect(modem)
    assert list(await lab.managed()) == [modem]
    opened = lab.simulation.journal.find(H.OPENED, port=PRIMARY)
    assert len(opened) == 2  # once by each life: the old one lets the new ports alone


async def test_an_inhibited_stick_that_restarts_is_left_alone_until_its_client_has_left(
    lab: Lab,
) -> None:
    await lab.start()
    place = lab.plug(replace(slow(), starts_as="modem"))
    uid = await lab.get(await lab.modem(place), MODEM, "Device")
    async with witness(lab.address) as updater:
        await updater.call(MM_ROOT, MM, "InhibitDevice", "sb", uid, True)
        await lab.phase(place, "ignored")
        opened = lab.simulation.journal.find(H.OPENED)
        for _ in range(2):
            lab.simulation.unplug(place)
            await lab.no_device(place)
            lab.simulation.plug(place)
            device = await lab.phase(place, "ignored")
            assert device["Reason"] == "inhibited by a client"
        lab.simulation.unplug(place)
        await lab.no_device(place)
    assert lab.simulation.journal.find(H.OPENED) == opened
    lab.simulation.plug(place)
    await lab.modem(place)


async def test_stopping_the_daemon_while_connected_leaves_nothing(lab: Lab) -> None:
    before = Footprint.now()
    await lab.start()
    place = lab.plug()
    await lab.connect(await lab.modem(place))
    await lab.stop()
    lab.simulation.unplug(place)
    await comes_true(lambda: not before.grown(), lambda: f"left behind: {before.grown()}")


async def test_two_sticks_live_side_by_side(lab: Lab) -> None:
    await lab.start()
    first, second = lab.plug(), lab.plug()
    modems = [await lab.modem(first), await lab.modem(second)]
    bearers = await asyncio.gather(*(lab.connect(modem) for modem in modems))
    interfaces = [await lab.get(bearer, BEARER, "Interface") for bearer in bearers]
    assert sorted(interfaces) != []
    assert len(set(interfaces)) == 2

    lab.simulation.unplug(first)
    await lab.no_device(first)
    assert list(await lab.managed()) == [modems[1]]
    assert await lab.get(modems[1], MODEM, "State") == S.CONNECTED
    assert await lab.get(bearers[1], BEARER, "Connected") is True


# --- enabled, disabled, enabled -----------------------------------------------------------------


async def test_the_packet_service_is_attached_again_after_disabling_and_enabling(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    modem = await lab.modem(place)
    for _ in range(2):
        await lab.call(modem, MODEM, "Enable", "b", True)
        await lab.modem(place, S.REGISTERED)

        async def attached() -> bool | None:
            state = await lab.get(modem, MODEM3GPP, "PacketServiceState")
            return True if state == PacketService.ATTACHED else None

        await lab.until(attached, "the attachment")
        await lab.call(modem, MODEM, "Enable", "b", False)
        assert await lab.get(modem, MODEM, "State") == S.DISABLED


# --- kept connected -----------------------------------------------------------------------------

AUTO = """
[connection]
auto = true
apn = "internet"
"""


async def test_a_connection_that_is_configured_comes_up_by_itself_and_comes_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSES", (0.0,))
    await lab.start(AUTO)
    place = lab.plug()
    modem = await lab.modem(place, S.CONNECTED)
    (plan,) = lab.network.plans
    assert plan.tty
    assert plan.tty.name == "ttyUSB3"
    (bearer,) = await lab.get(modem, MODEM, "Bearers")
    assert await lab.get(bearer, BEARER, "Interface") == "ppp0"

    lab.network.links[-1].ended.set_result("the peer is gone")
    await lab.happens(H.CONNECTED, count=2)
    await lab.modem(place, S.CONNECTED)
    assert lab.network.up == 1
    lab.simulation.unplug(place)
    await lab.no_device(place)
    assert lab.network.up == 0


async def test_a_client_that_wants_another_connection_gets_it_instead_of_the_configured_one(
    lab: Lab,
) -> None:
    await lab.start(AUTO)
    place = lab.plug()
    lab.fault("registration", "searching")
    modem = await lab.modem(place, S.SEARCHING)
    connecting = asyncio.create_task(lab.connect(modem, apn="other", wwand_apply_ip=True))
    assert await lab.get(modem, MODEM, "State") == S.SEARCHING  # it is on its way by now
    lab.fault("registration", "home")
    bearer = await connecting
    assert (await lab.get(bearer, BEARER, "Properties"))["apn"].value == "other"
    assert await lab.get(modem, MODEM, "State") == S.CONNECTED
    assert lab.network.up == 1
    (call,) = lab.simulation.controls.status()[0]["calls"]
    assert call["apn"] == "other"
    assert len(lab.told(text="ATD")) == 1


async def test_a_network_that_drops_each_call_at_once_is_called_after_longer_and_longer_pauses(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSES", (0.01, 3600.0))
    await lab.start(AUTO)
    place = lab.plug()
    for connection in range(1, 4):
        await lab.happens(H.CONNECTED, count=connection)
        await lab.modem(place, S.CONNECTED)
        lab.simulation.controls.drop_call(place)

    async def said() -> str | None:
        device = await lab.device(place)
        assert device
        return next((word for word in [device["Reason"]] if "3600 s" in word), None)

    reason = await lab.until(said, "the pause")
    assert reason == "the connection held for 0 s only; trying again in 3600 s"
    assert len(lab.told(text="ATD")) == 3


async def test_an_order_to_disconnect_is_not_undone_by_the_configuration(lab: Lab) -> None:
    await lab.start(AUTO)
    place = lab.plug()
    modem = await lab.modem(place, S.CONNECTED)
    await lab.call(modem, SIMPLE, "Disconnect", "o", "/")
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED
    await lab.call(modem, MODEM, "Enable", "b", False)  # a turn of everything that might dial
    assert await lab.get(modem, MODEM, "State") == S.DISABLED
    assert len(lab.simulation.journal.find(H.CONNECTED)) == 1
    assert lab.network.up == 0


async def test_an_order_to_disable_is_not_undone_by_the_configuration(lab: Lab) -> None:
    await lab.start(AUTO)
    place = lab.plug()
    modem = await lab.modem(place, S.CONNECTED)
    await lab.call(modem, MODEM, "Enable", "b", False)
    told = len(lab.told())
    for _ in range(3):  # each is a turn in which something might dial
        assert await lab.get(modem, MODEM, "State") == S.DISABLED
    assert len(lab.told()) == told
