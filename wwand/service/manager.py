"""`org.freedesktop.ModemManager1`: the daemon as ModemManager's clients see it."""

import logging
from collections.abc import Mapping

from dbus_fast import Variant

from wwand.errors import BadArgument, Unsupported
from wwand.service import spec
from wwand.service.domain import Manager
from wwand.service.inhibitions import Inhibitions
from wwand.service.polkit import CONTROL
from wwand.service.view import View, guarded

SERVED = "1.25.95"
"""The level of ModemManager's API that is served: three numbers, since clients compare them."""

LEVELS = {
    "ERR": logging.ERROR,
    "WARN": logging.WARNING,
    "MSG": logging.INFO,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}
"""ModemManager's levels; its MSG is what wwand logs as INFO."""


class ManagerView(View):
    """The root of ModemManager's tree."""

    spec = spec.load("org.freedesktop.ModemManager1")
    guards = guarded(spec, CONTROL)

    def __init__(self, manager: Manager, inhibitions: Inhibitions) -> None:
        self._manager = manager
        self._inhibitions = inhibitions

    @property
    def Version(self) -> str:
        return SERVED

    async def ScanDevices(self) -> None:
        self._manager.rescan()

    async def SetLogging(self, level: str) -> None:
        if level not in LEVELS:
            raise BadArgument(f"there is no level {level!r}; there are {', '.join(LEVELS)}")
        logging.getLogger().setLevel(LEVELS[level])

    async def ReportKernelEvent(self, properties: Mapping[str, Variant]) -> None:
        raise Unsupported("kernel events come from udev")

    async def InhibitDevice(self, uid: str, inhibit: bool) -> None:
        if inhibit:
            await self._inhibitions.begin(uid)
        else:
            await self._inhibitions.end(uid)
