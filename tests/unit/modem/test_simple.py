"""Simple.Connect beside what others do with the modem at the same time."""

import asyncio

import pytest

from wwand.bearers.base import Applier, Bearer, BearerSettings
from wwand.device import UsbDevice, UsbId
from wwand.errors import InProgress, ModemTimeout
from wwand.modem.base import Modem, Numbers
from wwand.modem.desire import ConnectRequest
from wwand.modem.simple import connect
from wwand.status import ModemState as S
from wwand.status import RegistrationState

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
        await self.goes_on.wait()
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
