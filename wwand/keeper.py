"""Keep a modem connected for as long as that is wanted."""

import asyncio
from types import TracebackType
from typing import Self

from wwand.bearers.base import BearerSettings
from wwand.config import DeviceConfig
from wwand.errors import AuthenticationFailed, BadArgument, EquipmentError, Unauthorized, WwandError
from wwand.log import ObjectLog
from wwand.modem.base import ConnectRequest, Modem
from wwand.modem.simple import connect
from wwand.status import Lock, ModemState

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds before the next try, by how many have failed in a row; the last one from then on."""

FATAL = (BadArgument, Unauthorized, AuthenticationFailed)
"""Errors that no second try mends: somebody has to change something first."""

FATAL_NUMBERS = frozenset({10, 13, 15, 27, 29, 33, 149})
"""+CME numbers with the same fate: SIM, APN, authentication and subscription (27.007 §9.2)."""


class Keeper:
    """Connects when that is wanted and the connection is down; waits longer after each failure."""

    def __init__(self, modem: Modem, config: DeviceConfig) -> None:
        self.log = ObjectLog(__name__, modem.name)
        self._modem = modem
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        if config.connection.auto:
            modem.wanted = ConnectRequest(wanted_settings(config), apply_ip=True, timeout=300)

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
        failures = 0
        while True:
            request = self._modem.wanted
            if request is None or self._modem.connected_bearers or not self._possible():
                failures = 0 if self._modem.connected_bearers else failures
                self._news.clear()
                await self._news.wait()
                continue
            try:
                await connect(self._modem, request)
                failures = 0
            except WwandError as error:
                failures += 1
                if self._modem.wanted is request:
                    await self._after(error, failures)

    def _possible(self) -> bool:
        modem = self._modem
        return modem.state >= ModemState.DISABLED and modem.unlock_required is not Lock.SIM_PUK

    async def _after(self, error: WwandError, failures: int) -> None:
        fatal = isinstance(error, FATAL) or (
            isinstance(error, EquipmentError) and error.code in FATAL_NUMBERS
        )
        if fatal:
            self.log.error("not connected, and trying again will not help: %s", error)
            self._modem.wanted = None
            return
        pause = PAUSES[min(failures, len(PAUSES)) - 1]
        self.log.warning("not connected: %s; trying again in %.0f s", error, pause)
        await asyncio.sleep(pause)


def wanted_settings(config: DeviceConfig) -> BearerSettings:
    """The bearer that the configuration asks for."""
    wanted = config.connection
    return BearerSettings(
        apn=wanted.apn,
        ip_type=wanted.ip_type,
        user=wanted.user,
        password=wanted.password,
        allowed_auth=wanted.auth,
        allow_roaming=wanted.allow_roaming,
    )
