"""Wishes that cross: what others want of a modem while its connection is being made or ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.unit.at.fake import DEADLINE
from tests.unit.modem.test_at_modem import bench
from wwand.bearers.base import Bearer, BearerSettings
from wwand.device import UsbDevice, UsbId
from wwand.errors import Cancelled, WrongState, WwandError
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.numbers import Numbers
from wwand.modem.router import RouterModem
from wwand.modem.simple import CalledOff, connect, disconnect
from wwand.service import paths
from wwand.service.bearer import BearerView
from wwand.service.modem import ModemView
from wwand.status import IpConfig, LayoutKind, RegistrationState
from wwand.status import ModemState as S

REQUEST = ConnectRequest(BearerSettings(apn="internet"), apply_ip=True, timeout=DEADLINE)
OTHER = ConnectRequest(BearerSettings(apn="other"), apply_ip=True, timeout=DEADLINE)


class Link:
    """An IP configuration that has nothing to take back."""

    interface = "wwan0"

    def __init__(self) -> None:
        self.ip4: IpConfig | None = None
        self.ip6: IpConfig | None = None
        self.error: WwandError | None = None
        self.on_change: Callable[[], None] | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def take_down(self) -> None:
        pass


class Steps:
    """The two steps of all bearers of a test: each goes on when it is let, and is counted."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.may_start, self.may_stop = asyncio.Event(), asyncio.Event()
        self.starting, self.stopping = asyncio.Event(), asyncio.Event()
        self.may_stop.set()


class SlowBearer(Bearer):
    """Comes up, and goes down, when the test lets it."""

    kind = LayoutKind.ECM

    def __init__(self, steps: Steps, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._steps = steps

    async def start(self) -> None:
        self._steps.starting.set()
        await self._steps.may_start.wait()
        self._steps.done.append(f"started {self.settings.apn}")

    async def stop(self) -> None:
        self._steps.stopping.set()
        await self._steps.may_stop.wait()
        self._steps.done.append(f"stopped {self.settings.apn}")


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture(params=["router", "at"])
async def modem(
    request: pytest.FixtureRequest, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Modem]:
    """A registered modem of each of the two families that enable and disable on their own."""

    async def applied(_bearer: Bearer) -> Link:
        return Link()

    def make_bearer(_modem: Modem, *arguments: Any) -> Bearer:
        return SlowBearer(steps, *arguments)

    async with bench() as b:
        made: Modem = b.modem
        if request.param == "router":
            made = RouterModem(UsbDevice("1-1", UsbId(0x12D1, 0x14DC), ""), "huawei", Numbers())
        monkeypatch.setattr(type(made), "make_bearer", make_bearer)
        made.applier = applied
        await made.start()
        await made.enable()
        yield made
        steps.may_start.set()
        steps.may_stop.set()
        await made.close()


async def begun(modem: Modem, steps: Steps, request: ConnectRequest) -> "asyncio.Task[Bearer]":
    """Have somebody connect, as far as the modem's dialling."""
    task = asyncio.create_task(connect(modem, request))
    await steps.starting.wait()
    assert is_in(modem, S.CONNECTING)
    return task


def is_in(modem: Modem, state: S) -> bool:
    """Whether the modem is in that state now."""
    return modem.state is state


def reachable(modem: Modem) -> bool:
    """Whether all that is up can be taken down by who looks at the modem."""
    return modem.state is S.CONNECTED and len(modem.connected_bearers) == 1


async def comes_up_and_goes_down(
    modem: Modem, steps: Steps, connecting: "asyncio.Task[Bearer]"
) -> None:
    """Let what was begun go on: it is reachable, and can be taken down."""
    steps.may_start.set()
    bearer = await connecting
    assert modem.connected_bearers == [bearer]
    await disconnect(modem, None)
    assert steps.done == ["started internet", "stopped internet"]


async def test_a_new_bearer_does_not_push_out_the_one_that_is_being_connected(
    modem: Modem, steps: Steps
) -> None:
    first = await begun(modem, steps, REQUEST)
    with pytest.raises(WrongState):
        modem.create_bearer(OTHER.settings)
    await comes_up_and_goes_down(modem, steps, first)


async def test_a_bearer_that_is_deleted_while_it_connects_leaves_nothing_up(
    modem: Modem, steps: Steps
) -> None:
    first = await begun(modem, steps, REQUEST)
    await modem.delete_bearer(modem.bearers[0])
    with pytest.raises(Cancelled):
        await first
    assert steps.done == ["stopped internet"]
    assert (modem.bearers, modem.state) == ([], S.REGISTERED)


@pytest.mark.parametrize("asked", [REQUEST, OTHER], ids=["the same", "another"])
async def test_of_two_clients_that_connect_the_second_is_told_so_and_the_first_is_not_harmed(
    modem: Modem, steps: Steps, asked: ConnectRequest
) -> None:
    first = await begun(modem, steps, REQUEST)
    with pytest.raises(WrongState):
        await connect(modem, asked)
    await comes_up_and_goes_down(modem, steps, first)


async def test_a_disable_calls_off_what_is_being_connected_for_good(
    modem: Modem, steps: Steps
) -> None:
    first = await begun(modem, steps, REQUEST)
    await modem.disable()
    with pytest.raises(CalledOff):
        await first
    assert (modem.state, modem.connected_bearers) == (S.DISABLED, [])
    assert modem.desire.request is None
    assert steps.done == ["stopped internet"]


async def test_a_disable_ends_a_bearer_that_a_client_connects_by_hand(
    modem: Modem, steps: Steps
) -> None:
    bearer = modem.create_bearer(REQUEST.settings)
    connecting = asyncio.create_task(modem.connect_bearer(bearer))
    await steps.starting.wait()
    await modem.disable()
    with pytest.raises(Cancelled):
        await connecting
    assert (modem.state, bearer.connected) == (S.DISABLED, False)


async def test_who_disconnects_twice_does_not_cut_the_first_ones_cleaning_up_short(
    modem: Modem, steps: Steps
) -> None:
    steps.may_stop.clear()
    first = await begun(modem, steps, REQUEST)
    ways = [asyncio.create_task(disconnect(modem, None))]
    await steps.stopping.wait()
    ways.append(asyncio.create_task(disconnect(modem, None)))
    ways.append(asyncio.create_task(modem.disconnect_bearer(modem.bearers[0])))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(way.done() for way in ways)
    steps.may_stop.set()
    await asyncio.gather(*ways)
    with pytest.raises(CalledOff):
        await first
    assert steps.done == ["stopped internet"]


@pytest.mark.parametrize("turns", range(6))
async def test_a_disconnect_in_the_moment_of_success_is_the_end_of_the_wish_too(
    modem: Modem, steps: Steps, turns: int
) -> None:
    first = await begun(modem, steps, REQUEST)
    steps.may_start.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    await disconnect(modem, None)
    await asyncio.wait([first])
    assert (modem.connected_bearers, modem.desire.request) == ([], None)


async def test_a_client_that_leaves_as_its_bearer_comes_up_leaves_nothing_up(
    modem: Modem, steps: Steps
) -> None:
    bearer = modem.create_bearer(REQUEST.settings)
    connecting = asyncio.create_task(bearer.connect())
    await steps.starting.wait()

    def leave() -> None:
        if bearer.connected:
            connecting.cancel()

    bearer.listeners.append(leave)
    steps.may_start.set()
    await asyncio.wait([connecting])
    assert connecting.cancelled()
    assert steps.done == ["started internet", "stopped internet"]


async def test_a_connect_while_another_disconnects_returns_what_stays_up(
    modem: Modem, steps: Steps
) -> None:
    steps.may_start.set()
    await connect(modem, REQUEST)
    steps.may_stop.clear()
    ending = asyncio.create_task(disconnect(modem, None))
    await steps.stopping.wait()
    again = asyncio.create_task(connect(modem, REQUEST))
    await asyncio.wait([again], timeout=0)
    steps.may_stop.set()
    await ending
    assert (await again).connected
    assert reachable(modem)


async def test_a_connect_while_the_networks_end_is_cleaned_up_connects_anew(
    modem: Modem, steps: Steps
) -> None:
    steps.may_start.set()
    bearer = await connect(modem, REQUEST)
    steps.may_stop.clear()
    ending = asyncio.create_task(bearer.drop("the network's end"))
    await steps.stopping.wait()
    again = asyncio.create_task(connect(modem, REQUEST))
    await asyncio.wait([again], timeout=0)
    steps.may_stop.set()
    await ending
    assert (await again).connected
    assert reachable(modem)
    assert steps.done.count("started internet") == 2


async def test_a_report_of_the_network_ends_neither_connecting_nor_disconnecting(
    modem: Modem, steps: Steps
) -> None:
    first = await begun(modem, steps, REQUEST)
    modem.registration.domains["cgreg"] = RegistrationState.SEARCHING
    modem.settle()
    assert is_in(modem, S.CONNECTING)
    with pytest.raises(WrongState):
        await modem.connect_bearer(modem.bearers[0])
    steps.may_start.set()
    await first
    steps.may_stop.clear()
    ending = asyncio.create_task(disconnect(modem, None))
    await steps.stopping.wait()
    modem.settle()
    assert is_in(modem, S.DISCONNECTING)
    steps.may_stop.set()
    await ending
    assert modem.state < S.CONNECTING


@pytest.mark.parametrize("way", ["disconnected", "deleted"])
async def test_what_a_client_ends_by_its_bearer_is_not_made_again(
    modem: Modem, steps: Steps, way: str
) -> None:
    steps.may_start.set()
    bearer = await connect(modem, REQUEST)
    wishes = [modem.desire.request]
    if way == "disconnected":
        await BearerView(modem, bearer).Disconnect()
    else:
        await ModemView(modem).DeleteBearer(f"{paths.BEARER}{bearer.number}")
    wishes.append(modem.desire.request)
    assert wishes == [REQUEST, None]
    assert steps.done == ["started internet", "stopped internet"]
