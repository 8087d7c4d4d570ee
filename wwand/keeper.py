"""Keep a modem connected for as long as that is wanted."""

import asyncio
from types import TracebackType
from typing import Self

from wwand.bearers.base import BearerSettings
from wwand.bearers.blame import blame
from wwand.config import DeviceConfig
from wwand.errors import WwandError
from wwand.log import ObjectLog
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.simple import connect
from wwand.status import Lock, ModemState

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds before the next try, by how many have failed in a row; the last one from then on."""

PATIENCE = 300.0
"""Seconds for one try, with the time that the network takes to be found."""


class Keeper:
    """Connects when that is wanted and the connection is down; waits longer after each failure."""

    def __init__(self, modem: Modem) -> None:
        self.log = ObjectLog(__name__, modem.name)
        self._modem = modem
        self._desire = modem.desire
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._modem.listeners.append(self._news.set)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._modem.listeners.remove(self._news.set)
        assert self._task
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        desire = self._desire
        while True:
            request = desire.request
            if request is None or self._modem.connected_bearers or not self._possible():
                desire.failures = 0 if self._modem.connected_bearers else desire.failures
                self._news.clear()
                await self._news.wait()
                continue
            if desire.rest:
                await self._rest(desire.rest)
                desire.rest = 0.0
                continue
            try:
                await connect(self._modem, request)
                desire.failures = 0
            except WwandError as error:
                if desire.request == request:
                    self._after(error)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless somebody hurries it, or connects: then the failure counts no longer."""
        self._pause = pausing = asyncio.ensure_future(asyncio.sleep(seconds))
        pausing.add_done_callback(lambda _: self._news.set())
        try:
            while not (pausing.done() or self._modem.connected_bearers):
                self._news.clear()
                await self._news.wait()
        finally:
            pausing.cancel()
            await asyncio.wait([pausing])

    def hurry(self) -> None:
        """Try now, if it is waiting to try again: what stood in the way may be over."""
        self._desire.failures = 0
        if self._pause:
            self._pause.cancel()

    def _possible(self) -> bool:
        modem = self._modem
        return modem.state >= ModemState.DISABLED and modem.unlock_required is not Lock.SIM_PUK

    def _after(self, error: WwandError) -> None:
        desire, ladder = self._desire, self._modem.ladder
        if blame(error).fatal:
            self.log.error("not connected, and trying again will not help: %s", error)
            desire.request = None
        elif ladder and not ladder.begins_anew:
            self.log.warning("not connected: %s; going on with %s", error, ladder.current)
        else:
            desire.failures += 1
            desire.rest = PAUSES[min(desire.failures, len(PAUSES)) - 1]
            self.log.warning("not connected: %s; trying again in %.0f s", error, desire.rest)


def wanted_request(config: DeviceConfig) -> ConnectRequest | None:
    """The connection that the configuration asks for, if it does."""
    wanted = config.connection
    if not wanted.auto:
        return None
    settings = BearerSettings(
        apn=wanted.apn,
        ip_type=wanted.ip_type,
        user=wanted.user,
        password=wanted.password,
        allowed_auth=wanted.auth,
        allow_roaming=wanted.allow_roaming,
    )
    return ConnectRequest(settings, apply_ip=True, timeout=PATIENCE)
