"""Virtual Huawei sticks from plug to connected, through the whole life of a device."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from wwand_huawei.modem import HuaweiModem

from tests.unit.test_life import Bench, Watched
from wwand.bearers.base import BearerSettings
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.router import RouterModem
from wwand.modem.simple import connect, disconnect
from wwand.simulator.journal import Happened
from wwand.simulator.library import load_model, read_model
from wwand.simulator.model import Model
from wwand.status import AccessTechnology, IpConfig, IpMethod, Lock, Mode, ModemState, PortType

S = ModemState
MU609 = load_model("huawei-mu609")
E3372 = load_model("huawei-e3372")
HILINK = load_model("huawei-hilink")
INTERNET = ConnectRequest(BearerSettings(apn="internet"))


@pytest.fixture
async def plugged(tmp_path: Path) -> AsyncIterator["Plugged"]:
    async with Watched() as simulation:
        bench = Bench(simulation, tmp_path)
        following = bench.start()
        yield Plugged(bench)
        following.cancel()
        await asyncio.wait([following])


class Plugged:
    """A manager with one virtual stick."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    async def modem(self, model: Model) -> Modem:
        self.bench.plug(model)
        life = await self.bench.phase("modem")
        assert life.modem
        return life.modem

    def commands(self) -> list[str]:
        journal = self.bench.simulation.journal
        return [entry.text for entry in journal.find(Happened.COMMAND)]

    def count(self, start: str) -> int:
        return sum(text.startswith(start) for text in self.commands())


@pytest.mark.parametrize(
    ("model", "technology", "port"),
    [(MU609, AccessTechnology.HSPA, "ttyUSB0"), (E3372, AccessTechnology.LTE, "ttyUSB0")],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_a_stick_goes_online_over_its_network_interface(
    plugged: Plugged, model: Model, technology: AccessTechnology, port: str
) -> None:
    modem = await plugged.modem(model)
    assert isinstance(modem, HuaweiModem)
    assert modem.primary_port
    assert modem.primary_port.name == port
    bearer = await connect(modem, INTERNET)
    assert bearer.interface in [p.port.name for p in modem.ports if p.type is PortType.NET]
    assert bearer.ip4.method is IpMethod.STATIC
    assert bearer.ip4.network
    assert modem.state is S.CONNECTED
    assert modem.registration.technology
    assert await modem.load_access_technology() == technology
    assert plugged.count('AT^NDISDUP=1,1,"internet"') == 1
    assert plugged.count("ATD") == 0
    await disconnect(modem, None)
    assert plugged.commands()[-1] == "AT^NDISSTATQRY?"
    assert plugged.count("AT^GETPORTMODE") == 0


async def test_a_network_that_ends_the_connection_is_noticed_by_the_report(
    plugged: Plugged,
) -> None:
    modem = await plugged.modem(E3372)
    await connect(modem, INTERNET)
    lost = asyncio.Event()
    modem.on_state.append(lambda _old, new, _why: lost.set() if new is S.REGISTERED else None)
    before = plugged.count("AT^NDISSTATQRY?")
    plugged.bench.simulation.controls.drop_call()
    async with asyncio.timeout(5):
        await lost.wait()
    assert not modem.connected_bearers
    assert plugged.count("AT^NDISSTATQRY?") <= before + 1


async def test_a_modem_whose_dial_command_is_refused_falls_back_to_ppp(plugged: Plugged) -> None:
    modem = await plugged.modem(MU609)
    plugged.bench.simulation.controls.fault("refuse-ndisdup")
    bearer = await connect(modem, INTERNET)
    assert bearer.ip4 == IpConfig(IpMethod.PPP)
    assert plugged.count("AT^NDISDUP=1,1") == 1
    assert plugged.count("ATD*99") == 1


OLD_STICK = """
summary = "a stick whose interfaces tell nothing"

[modes.modem]
id = "12d1:1001"

[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["81 interrupt 64 5", "82 bulk", "01 bulk"]
speaks = "at"

[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["83 bulk", "02 bulk"]
speaks = "at"
dials = true

[at]
dialect = "huawei"

[at.replies]
"^GETPORTMODE" = "^GETPORTMODE:TYPE:WCDMA:Qualcomm,PCUI:0,MDM:1,CDROM:2,SD:3"
"""


async def test_calls_are_made_on_the_port_that_the_firmware_names(plugged: Plugged) -> None:
    modem = await plugged.modem(read_model("old-stick", OLD_STICK))
    assert modem.primary_port
    assert modem.primary_port.name == "ttyUSB1"
    bearer = await connect(modem, INTERNET)
    assert bearer.interface == "ttyUSB1"
    dropped = asyncio.Event()
    modem.on_state.append(lambda _old, new, _why: dropped.set() if new is S.REGISTERED else None)
    plugged.bench.simulation.controls.drop_call()
    async with asyncio.timeout(10):
        await dropped.wait()
        await connect(modem, INTERNET)
    assert plugged.count("ATD*99") == 2


async def test_a_pin_is_entered_and_its_tries_are_known(plugged: Plugged) -> None:
    card = replace(MU609.sim, pin="1234", pin_enabled=True)
    modem = await plugged.modem(replace(MU609, sim=card))
    assert modem.unlock_required is Lock.SIM_PIN
    assert modem.unlock_retries[Lock.SIM_PIN] == 3
    bearer = await connect(modem, replace(INTERNET, pin="1234"))
    assert bearer.ip4.address


async def test_modes_are_read_and_set(plugged: Plugged) -> None:
    modem = await plugged.modem(E3372)
    everything = Mode.G2 | Mode.G3 | Mode.G4
    assert modem.current_modes == (everything, Mode.NONE)
    assert (everything, Mode.G4) in modem.supported_modes
    await modem.set_modes(Mode.G3, Mode.NONE)
    assert await modem.command("AT^SYSCFGEX?", 3) == (
        '^SYSCFGEX:"02",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF'
    )


async def test_a_router_stick_is_a_modem_with_a_network_card_and_nothing_else(
    plugged: Plugged,
) -> None:
    modem = await plugged.modem(HILINK)
    assert isinstance(modem, RouterModem)
    assert modem.plugin == "huawei"
    assert [p.type for p in modem.ports] == [PortType.NET]
    bearer = await connect(modem, INTERNET)
    assert bearer.ip4 == IpConfig(IpMethod.DHCP)
    assert bearer.interface == modem.ports[0].port.name
    assert plugged.commands() == []
