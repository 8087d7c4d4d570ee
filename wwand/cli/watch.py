"""A picture of all devices and modems that is kept up to date by signals."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from wwand.cli.client import OBJECT_MANAGER, PROPERTIES, Client
from wwand.cli.failures import NOT_THERE, Failure
from wwand.cli.objects import (
    BEARER,
    DEVICE,
    MANAGER,
    MM_ROOT,
    MODEM,
    NOTHING,
    WWAND_NAME,
    WWAND_ROOT,
    Device,
    Modem,
)


@dataclass(frozen=True)
class Change:
    """One thing that happened."""

    kind: str
    """added, removed, changed, state, stopped or started"""
    path: str = ""
    interface: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """What changed, or of `state` the arguments old, new and reason."""
    before: dict[str, Any] = field(default_factory=dict)
    """The values there were."""
    at: float = field(default_factory=time.monotonic)


class Picture:
    """Objects by path, each with its interfaces' properties."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.uptime = 0.0
        self.read_at = 0.0

    @property
    def devices(self) -> list[Device]:
        """All devices, by number."""
        found = (Device.of(path, interfaces) for path, interfaces in self._objects.items())
        return sorted(device for device in found if device)

    @property
    def modems(self) -> list[Modem]:
        """All modems, by number."""
        found = [
            Modem(path, interfaces)
            for path, interfaces in self._objects.items()
            if MODEM in interfaces
        ]
        return sorted(found)

    def device(self, path: str) -> Device | None:
        """The device at that path."""
        return Device.of(path, self._objects.get(path, {}))

    def modem(self, path: str) -> Modem | None:
        """The modem at that path."""
        interfaces = self._objects.get(path, {})
        return Modem(path, interfaces) if MODEM in interfaces else None

    def bearer(self, path: str) -> dict[str, Any] | None:
        """The properties of the bearer at that path."""
        return self._objects.get(path, {}).get(BEARER)

    async def open(self) -> None:
        """Subscribe to changes and read everything there is; Failure when wwand does not run."""
        await self._client.listen()
        await self.read()

    async def read(self) -> None:
        """Read everything anew."""
        self._objects = {}
        for root in (WWAND_ROOT, MM_ROOT):
            (objects,) = await self._client.call(root, OBJECT_MANAGER, "GetManagedObjects")
            self._objects |= {path: dict(found) for path, found in objects.items()}
        (uptime,) = await self._client.call(WWAND_ROOT, PROPERTIES, "Get", "ss", MANAGER, "Uptime")
        self.uptime, self.read_at = float(uptime), time.monotonic()
        for modem in self.modems:
            for path in modem.facts["Bearers"]:
                await self._read_bearer(path)

    def since(self, uptime: float) -> float:
        """Seconds that have passed since that time on the daemon's clock."""
        return self.uptime + (time.monotonic() - self.read_at) - uptime

    async def changes(self) -> AsyncGenerator[Change, None]:
        """Yield what happens, each after the picture has been changed by it."""
        async for signal in self._client.signals():
            path = signal.path or ""
            match signal.member:
                case "InterfacesAdded":
                    path, interfaces = signal.body
                    known = self._objects.setdefault(path, {})
                    new = not ({DEVICE, MODEM} & known.keys())
                    known.update(interfaces)
                    if new:
                        yield Change("added", path)
                case "InterfacesRemoved":
                    path, interfaces = signal.body
                    if {DEVICE, MODEM} & set(interfaces) and path in self._objects:
                        yield Change("removed", path)
                        del self._objects[path]
                case "PropertiesChanged":
                    interface, values, _ = signal.body
                    known = self._objects.get(path, {})
                    if interface not in known:
                        continue
                    before = {name: known[interface].get(name) for name in values}
                    known[interface] = {**known[interface], **values}
                    yield Change("changed", path, interface, values, before)
                    for bearer in set(values.get("Bearers", ())) - set(before.get("Bearers") or ()):
                        if await self._read_bearer(bearer):
                            yield Change("added", bearer)
                case "StateChanged":
                    old, new, reason = signal.body
                    yield Change("state", path, values={"old": old, "new": new, "reason": reason})
                case "NameOwnerChanged" if signal.body[0] == WWAND_NAME:
                    yield Change("started" if signal.body[2] else "stopped")

    async def _read_bearer(self, path: str) -> bool:
        if path == NOTHING:
            return False
        try:
            self._objects[path] = {BEARER: await self._client.properties(path, BEARER)}
        except Failure as error:  # it is gone again
            if error.name in NOT_THERE or not error.name:
                raise
            return False
        return True
