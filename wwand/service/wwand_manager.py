"""`org.wwand1.Manager`."""

import time

from wwand import __version__
from wwand.errors import Unsupported
from wwand.service import paths, spec
from wwand.service.domain import Manager, Simulator
from wwand.service.polkit import WWAND_CONTROL
from wwand.service.view import OPEN, View, guarded


class WwandManagerView(View):
    """The daemon, and the devices it looks after."""

    spec = spec.load("org.wwand1.Manager")
    guards = guarded(spec, WWAND_CONTROL, ListRules=OPEN)

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    @property
    def Version(self) -> str:
        return __version__

    @property
    def Uptime(self) -> float:
        return time.monotonic() - self._manager.started

    @property
    def Devices(self) -> list[str]:
        return [f"{paths.DEVICE}{life.number}" for life in self._manager.devices]

    @property
    def Plugins(self) -> list[list[str]]:
        return [list(row) for row in self._manager.plugins]

    @property
    def Models(self) -> list[str]:
        simulator = self._manager.simulator
        return list(simulator.models) if simulator else []

    async def Rescan(self) -> None:
        self._manager.rescan()

    async def ListRules(self, usb_id: str) -> list[list[str]]:
        return [list(row) for row in self._manager.rules(usb_id)]

    async def Simulate(self, model: str) -> str:
        return await self._simulator().plug(model)

    async def SimulateFault(self, place: str, fault: str, argument: str) -> None:
        await self._simulator().fault(place, fault, argument)

    def _simulator(self) -> Simulator:
        if self._manager.simulator is None:
            raise Unsupported(
                "this daemon looks after real devices only", "start one with `wwand --simulate`"
            )
        return self._manager.simulator
