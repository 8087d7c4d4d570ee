"""Simple.Connect beside what others do with the modem at the same time."""

import asyncio
from dataclasses import replace

import pytest

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import UsbDevice, UsbId
from wwand.errors import InProgress, ModemTimeout, WwandError
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.numbers import Numbers
from wwand.modem.simple import CalledOff, connect, disconnect
from wwand.status import IpFamily, RegistrationState
from wwand.status import ModemState as S

REQUEST = ConnectRequest(BearerSettings(apn="internet"), timeout=5)


class IdleBearer(Bearer):
    """A bearer that is up as soon as it is asked for."""

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass


class SlowModem(Modem):
    """Enables when the test lets it."""

    def __init__(self) -> None:
        super().__init__(UsbDevice("1-1", UsbId(0x1C9E, 0x9605), ""), "generic", Numbers())
        self.goes_on = asyncio.Event()
        self.works = True
        self.enabled = 0
        self.become(S.INITIALIZING)
        self.become(S.DISABLED)

    async def enable(self) -> None:
        if self.state is S.ENABLING:
            raise InProgress("enabling")
        self.enabled += 1
        self.become(S.ENABLING)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.become(S.DISABLED)
            raise
        if not self.works:
            self.works = True
            self.become(S.DISABLED)
            raise ModemTimeout("enabling")
        self.registration.domains["creg"] = RegistrationState.HOME
        self.become(S.ENABLED)
        self.settle()

    async def wait_registered(self) -> None:
        assert self.registration.registered

    def make_bearer(self, number: int, settings: BearerSettings, applier: Applier | None) -> Bearer:
        return IdleBearer(number, settings, applier)


async def both(modem: SlowModem) -> tuple[asyncio.Task[None], asyncio.Task[Bearer]]:
    """One client enables, and before that is over another connects."""
    enabling = asyncio.create_task(modem.enable())
    await asyncio.sleep(0)
    assert modem.state is S.ENABLING
    connecting = asyncio.create_task(connect(modem, REQUEST))
    await asyncio.sleep(0)
    modem.goes_on.set()
    return enabling, connecting


async def test_a_connect_waits_for_the_enabling_that_another_client_has_begun() -> None:
    modem = SlowModem()
    enabling, connecting = await both(modem)
    assert (await connecting).connected
    await enabling
    assert modem.enabled == 1
    assert modem.listeners == []


async def test_a_connect_enables_itself_when_the_other_client_failed_to() -> None:
    modem = SlowModem()
    modem.works = False
    enabling, connecting = await both(modem)
    with pytest.raises(ModemTimeout):
        await enabling
    assert (await connecting).connected
    assert modem.enabled == 2


# --- what wwand itself is connecting ------------------------------------------------------------

KEPT = ConnectRequest(BearerSettings(apn="internet", user="me"), timeout=300)


async def kept(modem: SlowModem, asked: ConnectRequest) -> tuple["asyncio.Task[Bearer]", ...]:
    """Have wwand make KEPT by itself, and a client ask for something meanwhile."""
    keeping = asyncio.create_task(connect(modem, KEPT, keeping=True))
    while modem.state is not S.ENABLING:  # noqa: ASYNC110 - a few turns
        await asyncio.sleep(0)
    asking = asyncio.create_task(connect(modem, asked))
    for _ in range(5):
        await asyncio.sleep(0)
    return keeping, asking


@pytest.mark.parametrize(
    "settings",
    [
        BearerSettings(),
        BearerSettings(apn="internet"),
        BearerSettings(apn="internet", user="me", number="*99#"),
    ],
    ids=["nothing", "the access point", "everything"],
)
async def test_a_client_that_wants_the_same_joins_what_wwand_is_connecting(
    settings: BearerSettings,
) -> None:
    modem = SlowModem()
    keeping, asking = await kept(modem, ConnectRequest(settings, timeout=5))
    modem.goes_on.set()
    assert await asking is await keeping
    assert modem.enabled == 1
    assert modem.attempts == []


@pytest.mark.parametrize(
    "change",
    [
        {"settings": BearerSettings(apn="other")},
        {"settings": BearerSettings(user="you")},
        {"settings": BearerSettings(ip_type=IpFamily.IPV6)},
        {"operator_id": "26201"},
    ],
    ids=["access point", "user", "IP type", "network"],
)
async def test_a_client_that_wants_something_else_gets_that_instead(
    change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    modem = SlowModem()
    registered: list[str] = []

    async def register(operator: str) -> None:
        registered.append(operator)

    monkeypatch.setattr(modem, "register", register)
    asked = replace(ConnectRequest(timeout=5), **change)  # type: ignore[arg-type]
    keeping, asking = await kept(modem, asked)
    modem.goes_on.set()
    with pytest.raises(CalledOff, match="by a client that wants another one"):
        await keeping
    assert (await asking).settings == asked.settings
    assert registered == [asked.operator_id] * bool(asked.operator_id)
    assert modem.attempts == []


def test_who_leaves_the_addresses_to_wwand_is_not_served_by_who_does_not() -> None:
    assert not KEPT.serves(replace(KEPT, apply_ip=True))


async def test_a_client_that_has_joined_is_told_why_it_failed() -> None:
    modem = SlowModem()
    modem.works = False
    keeping, asking = await kept(modem, ConnectRequest(timeout=5))
    modem.goes_on.set()
    for each in (keeping, asking):
        with pytest.raises(ModemTimeout):
            await each


async def test_a_client_that_has_joined_waits_no_longer_than_it_said() -> None:
    modem = SlowModem()
    keeping, asking = await kept(modem, ConnectRequest(timeout=0.05))
    with pytest.raises(WwandError, match="was not connected within 0 s"):
        await asking
    modem.goes_on.set()
    assert (await keeping).connected


async def test_a_client_that_has_joined_and_leaves_leaves_the_attempt_alone() -> None:
    modem = SlowModem()
    keeping, asking = await kept(modem, ConnectRequest(timeout=5))
    asking.cancel()
    modem.goes_on.set()
    assert (await keeping).connected


async def test_a_disconnect_calls_off_what_wwand_makes_and_who_has_joined() -> None:
    modem = SlowModem()
    keeping, asking = await kept(modem, ConnectRequest(timeout=5))
    await disconnect(modem, None)
    for each in (keeping, asking):
        with pytest.raises(CalledOff, match="by a disconnect"):
            await each
    assert modem.attempts == []
