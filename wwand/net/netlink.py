"""The daemon's one netlink socket, imported and opened when it is first needed."""

import asyncio
import importlib
import importlib.util
import logging
import sys
from types import ModuleType
from typing import Any

from wwand.errors import WwandError


class NetlinkFailed(WwandError):
    """The kernel refused a change; `code` is its errno."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the kernel refused a change of the network set-up: {message}")
        self.code = code


class Netlink:
    """A lazily opened AsyncIPRoute; one for the life of the daemon, as each costs a port id."""

    def __init__(self) -> None:
        self._socket: Any = None
        self._make: Any = None
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """Import what the first request needs, beside what else runs; seconds on a slow machine."""
        async with self._loading:
            if self._make is None:
                self._make = await asyncio.to_thread(_iproute)

    async def index(self, interface: str) -> int:
        """Return an interface's index; 0 when there is none of that name."""
        found = await self._call("link_lookup", ifname=interface)
        return int(found[0]) if found else 0

    async def link(self, command: str, **given: Any) -> list[Any]:
        """Do `ip link`; raises NetlinkFailed."""
        return await self._call("link", command, **given)

    async def addr(self, command: str, **given: Any) -> list[Any]:
        """Do `ip address`; raises NetlinkFailed."""
        return await self._call("addr", command, **given)

    async def route(self, command: str, **given: Any) -> list[Any]:
        """Do `ip route`; raises NetlinkFailed."""
        return await self._call("route", command, **given)

    async def _call(self, method: str, *command: str, **given: Any) -> list[Any]:
        if self._socket is None:
            await self.load()
            self._socket = self._socket or self._make()
        from pyroute2.netlink.exceptions import NetlinkError  # loaded with the above

        try:
            return list(await getattr(self._socket, method)(*command, **given))
        except NetlinkError as error:
            raise NetlinkFailed(error.code, str(error)) from error
        except OSError as error:
            # ENOBUFS: an answer was lost, and the socket is of no more use (pyroute2's own words)
            await self.close()
            raise NetlinkFailed(error.errno or 0, str(error)) from error

    async def close(self) -> None:
        """Close the socket if it was opened."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _iproute() -> Any:
    """Import AsyncIPRoute without the rest of pyroute2, whose package file imports everything.

    That saves 6 of 13 MiB of resident memory (pyroute2 0.9.7, Python 3.11). A package with nothing
    in it stands in meanwhile and is taken out again: a plugin's `import pyroute2` gets the whole.
    """
    # At debug it dumps every message, several times
    logging.getLogger("pyroute2").setLevel(logging.WARNING)
    spec = None if "pyroute2" in sys.modules else importlib.util.find_spec("pyroute2")
    if spec is None:
        return importlib.import_module("pyroute2.iproute.linux").AsyncIPRoute
    sys.modules["pyroute2"] = importlib.util.module_from_spec(spec)
    without_ssl = sys.modules.get("ssl", spec) is None  # see wwand.__main__
    if without_ssl:  # pyroute2's prober of hosts imports it, and is not used here
        sys.modules["ssl"] = ModuleType("ssl")
    try:
        return importlib.import_module("pyroute2.iproute.linux").AsyncIPRoute
    finally:
        del sys.modules["pyroute2"]
        if without_ssl:
            sys.modules["ssl"] = None  # type: ignore[assignment]
