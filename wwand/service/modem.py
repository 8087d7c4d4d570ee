"""`org.freedesktop.ModemManager1.Modem`."""

from collections.abc import Mapping

from dbus_fast import Variant

from wwand.at.arguments import plain
from wwand.errors import Unsupported
from wwand.modem import simple
from wwand.modem.base import Modem, ModemPort
from wwand.service import paths, spec
from wwand.service.arguments import choice, line
from wwand.service.polkit import CONTROL, DEVICE_CONTROL
from wwand.service.settings import split_apply_ip
from wwand.service.view import OPEN, View, guarded
from wwand.status import Capability, Mode, PowerState


class ModemView(View):
    """One modem.

    A raw AT command can lock a SIM or brick the modem, so Command asks for an administrator, where
    ModemManager, outside of debug mode, refuses it altogether.
    """

    spec = spec.load("org.freedesktop.ModemManager1.Modem")
    guards = guarded(spec, DEVICE_CONTROL, ListBearers=OPEN, Command=CONTROL)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    @property
    def Sim(self) -> str:
        sim = self._modem.sim
        return f"{paths.SIM}{sim.number}" if sim else paths.NONE

    @property
    def SimSlots(self) -> list[str]:
        return []

    @property
    def PrimarySimSlot(self) -> int:
        return 0

    @property
    def Bearers(self) -> list[str]:
        return [f"{paths.BEARER}{bearer.number}" for bearer in self._modem.bearers]

    @property
    def SupportedCapabilities(self) -> list[int]:
        return list(self._modem.supported_capabilities)

    @property
    def CurrentCapabilities(self) -> int:
        return self._modem.current_capabilities

    @property
    def MaxBearers(self) -> int:
        return self._modem.max_bearers

    @property
    def MaxActiveBearers(self) -> int:
        return self._modem.max_bearers

    @property
    def MaxActiveMultiplexedBearers(self) -> int:
        return 0

    @property
    def Manufacturer(self) -> str:
        return self._modem.identity.manufacturer

    @property
    def Model(self) -> str:
        return self._modem.identity.model

    @property
    def Revision(self) -> str:
        return self._modem.identity.revision

    @property
    def CarrierConfiguration(self) -> str:
        return ""

    @property
    def CarrierConfigurationRevision(self) -> str:
        return ""

    @property
    def HardwareRevision(self) -> str:
        return self._modem.identity.hardware_revision

    @property
    def DeviceIdentifier(self) -> str:
        return self._modem.device_identifier

    @property
    def Device(self) -> str:
        return self._modem.device.sysfs

    @property
    def Physdev(self) -> str:
        return self._modem.device.sysfs

    @property
    def Drivers(self) -> list[str]:
        return list(self._modem.device.drivers)

    @property
    def Plugin(self) -> str:
        return self._modem.plugin

    @property
    def PrimaryPort(self) -> str:
        port = self._modem.primary_port
        return port.name if port else ""

    @property
    def Ports(self) -> list[list[object]]:
        return _listed(self._modem.ports)

    @property
    def IgnoredPorts(self) -> list[list[object]]:
        return _listed(self._modem.ignored_ports)

    @property
    def EquipmentIdentifier(self) -> str:
        return self._modem.identity.imei

    @property
    def UnlockRequired(self) -> int:
        return self._modem.unlock_required

    @property
    def UnlockRetries(self) -> dict[int, int]:
        return {int(lock): tries for lock, tries in self._modem.unlock_retries.items()}

    @property
    def State(self) -> int:
        return self._modem.state

    @property
    def StateFailedReason(self) -> int:
        return self._modem.failed_reason

    @property
    def AccessTechnologies(self) -> int:
        return self._modem.access_technologies

    @property
    def SignalQuality(self) -> list[object]:
        return list(self._modem.signal_quality)

    @property
    def OwnNumbers(self) -> list[str]:
        return list(self._modem.own_numbers)

    @property
    def PowerState(self) -> int:
        return self._modem.power_state

    @property
    def SupportedModes(self) -> list[list[int]]:
        return [list(pair) for pair in self._modem.supported_modes]

    @property
    def CurrentModes(self) -> list[int]:
        return list(self._modem.current_modes)

    @property
    def SupportedBands(self) -> list[int]:
        return list(self._modem.supported_bands)

    @property
    def CurrentBands(self) -> list[int]:
        return list(self._modem.current_bands)

    @property
    def SupportedIpFamilies(self) -> int:
        return self._modem.supported_ip_families

    async def Enable(self, enable: bool) -> None:
        if enable:
            await self._modem.enable()
        else:
            await self._modem.disable()

    async def ListBearers(self) -> list[str]:
        return self.Bearers

    async def CreateBearer(self, properties: Mapping[str, Variant]) -> str:
        settings, apply_ip = split_apply_ip(properties)
        bearer = self._modem.create_bearer(settings, apply_ip=apply_ip)
        return f"{paths.BEARER}{bearer.number}"

    async def DeleteBearer(self, bearer: str) -> None:
        doomed = self._modem.bearer(paths.number(bearer, paths.BEARER))
        await simple.end(self._modem, doomed)
        await self._modem.delete_bearer(doomed)

    async def Reset(self) -> None:
        await self._modem.reset()

    async def FactoryReset(self, code: str) -> None:
        await self._modem.factory_reset(plain("the code", code))

    async def SetPowerState(self, state: int) -> None:
        await self._modem.set_power_state(choice("the power state", PowerState, state))

    async def SetCurrentCapabilities(self, capabilities: int) -> None:
        await self._modem.set_capabilities(Capability(capabilities))

    async def SetCurrentModes(self, modes: list[int]) -> None:
        allowed, preferred = modes
        await self._modem.set_modes(Mode(allowed), Mode(preferred))

    async def SetCurrentBands(self, bands: list[int]) -> None:
        await self._modem.set_bands(bands)

    async def SetPrimarySimSlot(self, sim_slot: int) -> None:
        raise Unsupported(f"{self._modem.name} has one SIM slot")

    async def GetCellInfo(self) -> list[dict[str, Variant]]:
        raise Unsupported(f"{self._modem.name} does not tell about cells")

    async def Command(self, cmd: str, timeout: int) -> str:
        return await self._modem.command(line("the command", cmd), timeout)


def _listed(ports: list[ModemPort]) -> list[list[object]]:
    return [[p.port.name, int(p.type)] for p in sorted(ports, key=lambda p: p.port.name)]
