import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from wwand import keeper
from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.bearers.ladder import Ladder
from wwand.config import ConnectionConfig, DeviceConfig
from wwand.device import UsbDevice, UsbId
from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    CallFailed,
    EquipmentError,
    ModemTimeout,
    Unauthorized,
    WwandError,
)
from wwand.keeper import PAUSES, Keeper
from wwand.modem.base import Modem
from wwand.modem.desire import Attempt, ConnectRequest
from wwand.modem.numbers import Numbers
from wwand.modem.simple import CalledOff
from wwand.status import IpFamily, LayoutKind, Lock, ModemState
from wwand.switching.layouts import Layout

S = ModemState
DEADLINE = 5.0
TOLD: list[str] = []
NO_CARRIER = CallFailed("NoCarrier", "no carrier")
BUSY = CallFailed("Busy", "busy")
ECM, PPP = Layout(1, LayoutKind.ECM, 0, "cdc_ether"), Layout(1, LayoutKind.PPP, 2, "option")
AUTO = DeviceConfig(connection=ConnectionConfig(auto=True, apn="internet", user="me"))
MANUAL = DeviceConfig()


class FakeBearer(Bearer):
    async def start(self) -> None:
        self.interface = "ppp0"

    async def stop(self) -> None:
        pass


class FakeModem(Modem):
    """Registered, and makes bearers that come up at once."""

    def __init__(self) -> None:
        super().__init__(UsbDevice("1-1", UsbId(0x1C9E, 0x9605), "/nowhere"), "generic", Numbers())
        for state in (S.INITIALIZING, S.DISABLED):
            self.become(state)

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        return FakeBearer(number, settings, applier)


class Attempts:
    """Stands in place of `connect`: fails as it is told, then connects."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.requests: list[ConnectRequest] = []
        self.made: asyncio.Queue[ConnectRequest] = asyncio.Queue()

    async def __call__(
        self, modem: Modem, request: ConnectRequest, *, keeping: bool = False
    ) -> Bearer:
        assert keeping
        self.requests.append(request)
        self.made.put_nowait(request)
        if self.errors:
            raise self.errors.pop(0)
        bearer = modem.bearers[0] if modem.bearers else modem.create_bearer(request.settings)
        await bearer.connect()
        modem.changed()
        return bearer

    async def next(self) -> ConnectRequest:
        async with asyncio.timeout(DEADLINE):
            return await self.made.get()


class Pauses:
    """Stands in place of `asyncio.sleep`: lasts until it is told to end."""

    def __init__(self, *, ends: bool) -> None:
        self.lasted: list[float] = []
        self.begun = asyncio.Event()
        self._end = asyncio.Event()
        if ends:
            self._end.set()

    async def __call__(self, seconds: float) -> None:
        self.lasted.append(seconds)
        self.begun.set()
        await self._end.wait()


@pytest.fixture(autouse=True)
def told() -> list[str]:
    """What the keeper tells to wait for."""
    TOLD.clear()
    return TOLD


@pytest.fixture
def modem() -> FakeModem:
    return FakeModem()


@pytest.fixture
def all_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection counts as one that held."""
    monkeypatch.setattr(keeper, "HELD", 0.0)


@asynccontextmanager
async def kept(
    monkeypatch: pytest.MonkeyPatch,
    modem: Modem,
    config: DeviceConfig,
    *errors: Exception,
    pauses_end: bool = True,
) -> AsyncIterator[tuple[Attempts, Pauses]]:
    attempts, pauses = Attempts(*errors), Pauses(ends=pauses_end)
    own_asyncio = SimpleNamespace(**{**vars(asyncio), "sleep": pauses})
    monkeypatch.setattr(keeper, "asyncio", own_asyncio)
    monkeypatch.setattr(keeper, "connect", attempts)
    before = asyncio.all_tasks()
    modem.desire.request = keeper.wanted_request(config)
    async with Keeper(modem, TOLD.append):
        yield attempts, pauses
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()
    assert modem.listeners == []


async def turns(modem: Modem) -> None:
    """Let everything that can happen now happen, and look at the modem once more."""
    for _ in range(10):
        modem.changed()
        await asyncio.sleep(0)


async def test_what_is_configured_is_connected_without_being_asked(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO) as (attempts, _):
        request = await attempts.next()
        assert request.settings == BearerSettings(apn="internet", user="me")
        assert request.apply_ip
        await turns(modem)
        assert len(attempts.requests) == 1
        assert modem.connected_bearers


async def test_nothing_is_connected_that_nobody_wants(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, MANUAL) as (attempts, _):
        await turns(modem)
        assert attempts.requests == []


async def test_a_lost_connection_is_made_again(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO) as (attempts, pauses):
        await attempts.next()
        await turns(modem)
        await modem.bearers[0].drop("the network ended it")
        modem.changed()
        await attempts.next()
        assert pauses.lasted == []


async def test_each_failure_in_a_row_is_followed_by_a_longer_pause_up_to_the_last(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [NO_CARRIER, ModemTimeout("no answer")] * 5
    async with kept(monkeypatch, modem, AUTO, *failures) as (attempts, pauses):
        for _ in range(len(failures) + 1):
            await attempts.next()
        assert pauses.lasted == [*PAUSES, PAUSES[-1], PAUSES[-1]]
        assert sorted(PAUSES) == list(PAUSES)


async def test_a_failure_that_leaves_the_layout_as_it_is_is_followed_by_a_pause(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    modem.ladder = Ladder((ECM, PPP))
    modem.ladder.fail("no lease")
    async with kept(monkeypatch, modem, AUTO, BUSY, BUSY) as (attempts, pauses):
        for _ in range(3):
            await attempts.next()
        assert pauses.lasted == [1.0, 2.0]
    assert modem.ladder.current == PPP
    assert told[0].endswith("trying again in 1 s")


async def test_the_next_layout_is_tried_at_once_and_the_first_one_again_after_a_pause(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    modem.ladder = ladder = Ladder((ECM, PPP))
    before: list[int] = []

    async def fail(*_arguments: object, **_options: object) -> Bearer:
        before.append(len(pauses.lasted))
        if len(before) > 2:
            modem.desire.request = None
        ladder.fail("no carrier")
        raise NO_CARRIER

    async with kept(monkeypatch, modem, AUTO) as (_, pauses):
        monkeypatch.setattr(keeper, "connect", fail)
        await turns(modem)
    assert before == [0, 0, 1]


async def test_a_bug_in_one_try_is_told_and_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, modem: FakeModem, caplog: pytest.LogCaptureFixture
) -> None:
    failure = OSError(12, "Cannot allocate memory")
    async with kept(monkeypatch, modem, AUTO, failure) as (attempts, pauses):
        await attempts.next()
        await attempts.next()
        assert pauses.lasted == [PAUSES[0]]
    assert "connecting: a bug" in caplog.text
    assert "Cannot allocate memory" in TOLD[0]


async def test_what_is_dropped_again_and_again_is_made_again_at_once_then_after_longer_pauses(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    async with kept(monkeypatch, modem, AUTO) as (attempts, pauses):
        for _ in range(len(PAUSES) + 3):
            await attempts.next()
            await turns(modem)
            await modem.bearers[0].drop("the network ended it")
            modem.changed()
        await attempts.next()
        assert pauses.lasted == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert "the connection held for 0 s only; trying again in 5 s" in told
    assert "connected again" in told


@pytest.mark.usefixtures("all_hold")
async def test_a_connection_that_held_is_made_again_at_once_each_time(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO) as (attempts, pauses):
        for _ in range(5):
            await attempts.next()
            await turns(modem)
            await modem.bearers[0].drop("the network ended it")
            modem.changed()
        assert pauses.lasted == []


async def test_a_connection_that_somebody_takes_down_is_no_failure(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO) as (attempts, pauses):
        await attempts.next()
        await turns(modem)
        modem.desire.request = None
        await modem.bearers[0].disconnect()
        await turns(modem)
        assert modem.desire.failures == 0
        assert pauses.lasted == []


async def test_while_a_client_connects_nothing_else_is_tried(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Attempt(ConnectRequest(), keeping=False, task=asyncio.Future())  # type: ignore[arg-type]
    modem.attempts.append(client)
    async with kept(monkeypatch, modem, AUTO) as (attempts, _):
        await turns(modem)
        assert attempts.requests == []
        modem.attempts.remove(client)
        modem.changed()
        await attempts.next()


async def test_what_is_called_off_for_a_client_is_no_failure(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = CalledOff("called off by a client that wants another one")
    async with kept(monkeypatch, modem, AUTO, off) as (attempts, pauses):
        await attempts.next()
        await attempts.next()
        assert pauses.lasted == []


@pytest.mark.usefixtures("all_hold")
async def test_a_success_makes_the_next_pause_short_again(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO, NO_CARRIER, NO_CARRIER) as (attempts, pauses):
        for _ in range(3):
            await attempts.next()
        await turns(modem)
        attempts.errors = [NO_CARRIER]
        await modem.bearers[0].drop("lost")
        modem.changed()
        for _ in range(2):
            await attempts.next()
        assert pauses.lasted == [PAUSES[0], PAUSES[1], PAUSES[0]]


@pytest.mark.usefixtures("all_hold")
async def test_a_pause_does_not_outlast_the_connection_that_somebody_else_makes_in_it(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO, NO_CARRIER, pauses_end=False) as (attempts, pauses):
        await attempts.next()
        await pauses.begun.wait()
        bearer = modem.create_bearer(BearerSettings())
        await bearer.connect()
        await turns(modem)
        await bearer.drop("the network ended it")
        modem.changed()
        await attempts.next()
        assert pauses.lasted == [PAUSES[0]]


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("wrong password"),
        Unauthorized("the SIM asks for its PIN"),
        BadArgument("no such APN"),
        EquipmentError(10, "SimNotInserted", "no SIM"),
        EquipmentError(27, "MissingOrUnknownApn", "no such APN"),
        EquipmentError(33, "ServiceOptionNotSubscribed", "not subscribed"),
    ],
    ids=lambda error: error.dbus_name.rpartition(".")[2],
)
async def test_what_no_second_try_mends_is_not_tried_again(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch, error: WwandError
) -> None:
    async with kept(monkeypatch, modem, AUTO, error) as (attempts, pauses):
        await attempts.next()
        await turns(modem)
        assert len(attempts.requests) == 1
        assert pauses.lasted == []
        assert modem.desire.request is None


async def test_a_passing_trouble_of_the_network_is_tried_again(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_network = EquipmentError(30, "NoNetwork", "no network")
    async with kept(monkeypatch, modem, AUTO, no_network) as (attempts, _):
        await attempts.next()
        await attempts.next()


async def test_a_locked_modem_waits_until_it_is_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    modem = FakeModem()
    modem.become(S.LOCKED)
    modem.unlock_required = Lock.SIM_PIN
    async with kept(monkeypatch, modem, AUTO) as (attempts, _):
        await turns(modem)
        assert attempts.requests == []
        modem.unlock_required = Lock.NONE
        modem.become(S.INITIALIZING)
        modem.become(S.DISABLED)
        await attempts.next()


async def test_what_a_caller_wants_meanwhile_replaces_what_failed(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO, NO_CARRIER) as (attempts, _):
        await attempts.next()
        wanted = ConnectRequest(BearerSettings(apn="other"), apply_ip=True)
        modem.desire.request = wanted
        assert await attempts.next() in (wanted, attempts.requests[0])
        await turns(modem)
        assert modem.desire.request is wanted


async def test_an_unplug_during_a_pause_ends_it(
    modem: FakeModem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(monkeypatch, modem, AUTO, NO_CARRIER, pauses_end=False) as (_, pauses):
        async with asyncio.timeout(DEADLINE):
            await pauses.begun.wait()


def test_everything_of_the_configuration_gets_into_the_bearer() -> None:
    config = DeviceConfig(
        connection=ConnectionConfig(
            auto=True, apn="a", user="u", password="p", ip_type=IpFamily.IPV6, allow_roaming=False
        )
    )
    request = keeper.wanted_request(config)
    assert request
    assert request.settings == BearerSettings(
        apn="a", user="u", password="p", ip_type=IpFamily.IPV6, allow_roaming=False
    )


async def test_somebody_who_knows_better_can_end_a_pause(
    monkeypatch: pytest.MonkeyPatch, modem: FakeModem
) -> None:
    made: list[Keeper] = []
    monkeypatch.setattr(Keeper, "__init__", noting(Keeper.__init__, made))
    async with kept(monkeypatch, modem, AUTO, NO_CARRIER, pauses_end=False) as (attempts, pauses):
        await attempts.next()
        async with asyncio.timeout(DEADLINE):
            await pauses.begun.wait()
        made[0].hurry()
        await attempts.next()
        assert modem.desire.failures == 0


def noting(init: Callable[..., None], made: list[Keeper]) -> Callable[..., None]:
    def noted(self: Keeper, *arguments: object) -> None:
        init(self, *arguments)
        made.append(self)

    return noted
