"""`org.wwand1.Device`."""

from wwand.service import paths, spec
from wwand.service.domain import Life
from wwand.service.polkit import WWAND_DEVICE_CONTROL
from wwand.service.view import View, guarded, text


class WwandDeviceView(View):
    """What is plugged in at one place of the USB bus, on its way from plug to online."""

    spec = spec.load("org.wwand1.Device")
    guards = guarded(spec, WWAND_DEVICE_CONTROL)

    def __init__(self, life: Life) -> None:
        self._life = life

    @property
    def Phase(self) -> str:
        return self._life.phase

    @property
    def Reason(self) -> str:
        return self._life.reason

    @property
    def NextStep(self) -> str:
        return self._life.next_step

    @property
    def UsbId(self) -> str:
        return str(self._life.device.id)

    @property
    def Place(self) -> str:
        return self._life.place.key

    @property
    def SysfsPath(self) -> str:
        return self._life.device.sysfs

    @property
    def Manufacturer(self) -> str:
        return self._life.device.manufacturer

    @property
    def Product(self) -> str:
        return self._life.device.product

    @property
    def Drivers(self) -> list[str]:
        return list(self._life.device.drivers)

    @property
    def Ports(self) -> list[list[object]]:
        notes = self._life.port_notes
        return [
            [port.name, port.kind.value, port.interface, text(notes.get(port.name, ""))]
            for port in self._life.device.ports
        ]

    @property
    def Configurations(self) -> bytes:
        return bytes(c.value for c in self._life.device.configurations)

    @property
    def ActiveConfiguration(self) -> int:
        return self._life.device.active

    @property
    def Layouts(self) -> list[list[object]]:
        return [
            [layout.configuration, layout.kind.value, layout.driver, text(story)]
            for layout, story in self._life.layouts
        ]

    @property
    def Plugin(self) -> str:
        return self._life.plugin

    @property
    def Verdicts(self) -> list[list[object]]:
        return [[v.plugin, v.score, text(v.reason)] for v in self._life.verdicts]

    @property
    def Modem(self) -> str:
        modem = self._life.modem
        return f"{paths.MODEM}{modem.number}" if modem else paths.NONE

    @property
    def History(self) -> list[list[object]]:
        return [[when, phase, text(reason)] for when, phase, reason in self._life.history]

    async def Switch(self) -> None:
        await self._life.switch()

    async def SelectConfiguration(self, value: int) -> None:
        await self._life.select_configuration(value)

    async def Reset(self) -> None:
        await self._life.reset()
