"""`org.freedesktop.ModemManager1.Sim`."""

from wwand.at.arguments import plain
from wwand.errors import Unsupported
from wwand.modem.sim import Sim
from wwand.service import spec
from wwand.service.polkit import DEVICE_CONTROL
from wwand.service.view import View, guarded


class SimView(View):
    """A SIM card, and the locks in front of it."""

    spec = spec.load("org.freedesktop.ModemManager1.Sim")
    guards = guarded(spec, DEVICE_CONTROL)

    def __init__(self, sim: Sim) -> None:
        self._sim = sim

    @property
    def Active(self) -> bool:
        return self._sim.active

    @property
    def SimIdentifier(self) -> str:
        return self._sim.facts.iccid

    @property
    def Imsi(self) -> str:
        return self._sim.facts.imsi

    @property
    def Eid(self) -> str:
        return self._sim.facts.eid

    @property
    def OperatorIdentifier(self) -> str:
        return self._sim.facts.operator_id

    @property
    def OperatorName(self) -> str:
        return self._sim.facts.operator_name

    @property
    def EmergencyNumbers(self) -> list[str]:
        return list(self._sim.facts.emergency_numbers)

    @property
    def PreferredNetworks(self) -> list[object]:
        return []

    @property
    def Gid1(self) -> bytes:
        return self._sim.facts.gid1

    @property
    def Gid2(self) -> bytes:
        return self._sim.facts.gid2

    @property
    def SimType(self) -> int:
        return self._sim.facts.sim_type

    @property
    def EsimStatus(self) -> int:
        return self._sim.facts.esim_status

    @property
    def Removability(self) -> int:
        return self._sim.facts.removability

    async def SendPin(self, pin: str) -> None:
        await self._sim.send_pin(plain("the PIN", pin))

    async def SendPuk(self, puk: str, pin: str) -> None:
        await self._sim.send_puk(plain("the PUK", puk), plain("the PIN", pin))

    async def EnablePin(self, pin: str, enabled: bool) -> None:
        await self._sim.enable_pin(plain("the PIN", pin), enabled)

    async def ChangePin(self, old_pin: str, new_pin: str) -> None:
        await self._sim.change_pin(plain("the old PIN", old_pin), plain("the new PIN", new_pin))

    async def SetPreferredNetworks(self, preferred_networks: list[list[object]]) -> None:
        raise Unsupported("the list of preferred networks cannot be changed")
