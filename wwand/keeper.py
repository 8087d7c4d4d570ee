"""Keep a modem connected for as long as that is wanted."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from wwand.bearers.base import BearerSettings
from wwand.bearers.blame import blame
from wwand.config import DeviceConfig
from wwand.errors import WwandError
from wwand.log import ObjectLog
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.modem.simple import CalledOff, connect
from wwand.status import Lock, ModemState
from wwand.switching.layouts import Layout

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before the next try, by how many have failed in a row; the last one from then on."""

HELD = 60.0
"""Seconds for which a connection has to hold, so that the failures before it count no longer.

A network that takes every call and drops it at once does so within seconds; the first try after
that is made without a pause.
"""

PATIENCE = 300.0
"""Seconds for one try, with the time that the network takes to be found."""


class Keeper:
    """Connects when that is wanted and the connection is down; waits longer after each failure."""

    def __init__(self, modem: Modem, note: Callable[[str], None]) -> None:
        """Keep this one; `note` is told what it waits for."""
        self.log = ObjectLog(__name__, modem.name)
        self._modem = modem
        self._note = note
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
        modem, desire = self._modem, self._desire
        while True:
            if modem.connected_bearers:
                await self._until_lost()
            request = desire.request
            if (
                request is None
                or modem.connected_bearers
                or modem.attempts  # a client's
                or not self._possible()
            ):
                await self._something()
            elif desire.rest:
                await self._rest(desire.rest)
                desire.rest = 0.0
            else:
                await self._try(request)

    async def _something(self) -> None:
        """Wait until something about the modem has changed."""
        self._news.clear()
        await self._news.wait()

    async def _try(self, request: ConnectRequest) -> None:
        ladder = self._modem.ladder
        before = ladder.current if ladder else None
        try:
            await connect(self._modem, request, keeping=True)
        except CalledOff as error:
            self.log.info("%s", error)
        except WwandError as error:
            if self._desire.request == request:
                self._after(error, before)
        except Exception as error:  # no bug may end the keeping
            self.log.exception("connecting: a bug")
            if self._desire.request == request:
                self._after(WwandError(f"wwand failed: {error!r}"), before)

    async def _until_lost(self) -> None:
        """Return when there is no connection any more; one that did not hold is a failure."""
        modem, desire = self._modem, self._desire
        if desire.failures:
            self._note("connected again")
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(HELD):
                while modem.connected_bearers:
                    await self._something()
        except TimeoutError:
            desire.failures = 0
            while modem.connected_bearers:
                await self._something()
            return
        if desire.request is None or modem.attempts:  # it was taken down
            return
        desire.failures += 1
        if desire.failures > 1:
            held = asyncio.get_running_loop().time() - began
            self._put_off(f"the connection held for {held:.0f} s only", desire.failures - 1)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless somebody hurries it, or connects: then the failure counts no longer."""
        self._pause = pausing = asyncio.ensure_future(asyncio.sleep(seconds))
        pausing.add_done_callback(lambda _: self._news.set())
        try:
            while not (pausing.done() or self._modem.connected_bearers):
                await self._something()
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

    def _after(self, error: WwandError, before: Layout | None) -> None:
        """Decide how to go on: at once only with a layout that has not failed in this round."""
        desire, ladder = self._desire, self._modem.ladder
        if blame(error).fatal:
            self._note(f"not connected, and trying again will not help: {error}")
            desire.request = None
        elif ladder and ladder.current != before and not ladder.begins_anew:
            self._note(f"not connected: {error}; going on with {ladder.current}")
        else:
            desire.failures += 1
            self._put_off(f"not connected: {error}", desire.failures)

    def _put_off(self, why: str, number: int) -> None:
        """Have the next try wait, the longer the higher the number."""
        self._desire.rest = PAUSES[min(number, len(PAUSES)) - 1]
        self._note(f"{why}; trying again in {self._desire.rest:.0f} s")


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
