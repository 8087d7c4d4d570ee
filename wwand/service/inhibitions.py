"""Devices that clients keep wwand away from, each for as long as its client is on the bus."""

import asyncio

from wwand.errors import InProgress, NotFound
from wwand.service.bus import caller
from wwand.service.callers import Departures
from wwand.service.domain import Manager


class Inhibitions:
    """Who holds which device back."""

    def __init__(self, manager: Manager, departures: Departures) -> None:
        self._manager = manager
        self._departures = departures
        self._holders: dict[str, str] = {}
        """uid → unique name of the client"""
        self._releasing: set[asyncio.Task[None]] = set()

    async def begin(self, uid: str) -> None:
        """Hold a device back for whoever is calling."""
        name = caller.get().name
        if uid in self._holders:
            raise InProgress(f"{uid} is inhibited already")
        self._holders[uid] = name
        try:
            await self._manager.inhibit(uid)
        except BaseException:
            del self._holders[uid]
            raise
        await self._departures.watch(name, lambda: self._left(name))

    async def end(self, uid: str) -> None:
        """Let wwand have the device again; only the client who holds it back can."""
        name = caller.get().name
        if self._holders.get(uid) != name:
            raise NotFound(f"{uid} is not inhibited by this client")
        del self._holders[uid]
        if name not in self._holders.values():
            self._departures.forget(name)
        await self._manager.release(uid)

    def _left(self, name: str) -> None:
        for uid in [u for u, holder in self._holders.items() if holder == name]:
            del self._holders[uid]
            task = asyncio.ensure_future(self._manager.release(uid))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)
