"""Modems, bearers and devices as the domain has them, without hardware or a daemon."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from wwand.bearers.base import Bearer, BearerSettings
from wwand.device import Place, Port, PortKind, UsbDevice, UsbId
from wwand.errors import NotFound
from wwand.modem.base import Modem, ModemPort
from wwand.modem.numbers import Numbers
from wwand.modem.sim import Sim, SimFacts
from wwand.plugin import Verdict
from wwand.status import (
    AccessTechnology,
    Capability,
    Identity,
    IpConfig,
    IpFamily,
    IpMethod,
    LayoutKind,
    Lock,
    ModemState,
    NetworkOffer,
    Observable,
    PortType,
    PowerState,
    RegistrationState,
    StateChangeReason,
)
from wwand.switching.layouts import Layout

S = ModemState

TTY = Port("ttyUSB2", PortKind.TTY, 2, "option", Path("/dev/ttyUSB2"))
DATA = Port("ttyUSB1", PortKind.TTY, 1, "option", Path("/dev/ttyUSB1"))
STICK = UsbDevice(
    key="1-1",
    id=UsbId(0x1C9E, 0x9605),
    sysfs="/sys/devices/pci0000:00/usb1/1-1",
    manufacturer="Longcheer",
    product="HSPA MODEM",
    ports=(DATA, TTY),
)


class FakeBearer(Bearer):
    """Connects at once, or when `gate` opens."""

    gate: asyncio.Event | None = None

    async def start(self) -> None:
        if self.gate:
            await self.gate.wait()
        self.interface = "ttyUSB1"
        self.ip4 = IpConfig(IpMethod.PPP)

    async def stop(self) -> None:
        pass


class FakeModem(Modem):
    """A registered HSPA stick with an unlocked SIM."""

    def __init__(self, numbers: Numbers, device: UsbDevice = STICK) -> None:
        super().__init__(device, "longcheer", numbers)
        self.identity = Identity("Longcheer", "HS-7500", "1.02", "A1", "861195001234567")
        self.ports = [ModemPort(TTY, PortType.AT), ModemPort(DATA, PortType.AT)]
        self.primary_port = TTY
        self.unlock_required = Lock.NONE
        self.unlock_retries = {Lock.SIM_PIN: 3, Lock.SIM_PUK: 10}
        self.power_state = PowerState.ON
        self.supported_capabilities = (Capability.GSM_UMTS,)
        self.current_capabilities = Capability.GSM_UMTS
        self.supported_ip_families = IpFamily.IPV4
        self.access_technologies = AccessTechnology.HSDPA
        self.signal_quality = (61, True)
        self.registration.domains["creg"] = RegistrationState.HOME
        self.registration.operator_code = "26201"
        self.registration.operator_name = "Telekom.de"
        self.sim = Sim(
            next(numbers.sim),
            self,
            SimFacts(iccid="8949020000012345678", imsi="262011234567890", operator_id="26201"),
        )
        self.hanging = asyncio.Event()
        """Set when a reset has begun, which never ends."""
        self.bearer_gate: asyncio.Event | None = None
        self.pin_given = ""

    async def start(self, *states: ModemState) -> None:
        for state in states or (S.INITIALIZING, S.DISABLED):
            self.become(state)

    async def enable(self) -> None:
        for state in (S.ENABLING, S.ENABLED, S.REGISTERED):
            self.become(state, StateChangeReason.USER_REQUESTED)

    async def wait_registered(self) -> None:
        pass

    def make_bearer(self, number: int, settings: BearerSettings, applier: object) -> Bearer:
        bearer = FakeBearer(number, settings)
        bearer.gate = self.bearer_gate
        return bearer

    async def reset(self) -> None:
        self.hanging.set()
        await asyncio.get_running_loop().create_future()

    async def factory_reset(self, code: str) -> None:
        raise RuntimeError("the fake modem has a bug")

    async def scan(self) -> list[NetworkOffer]:
        return [NetworkOffer(2, "Telekom.de", "TDG", "26201", AccessTechnology.UMTS)]

    async def send_pin(self, pin: str) -> None:
        self.pin_given = pin

    async def unlocked(self) -> None:
        self.unlock_required = Lock.NONE
        self.become(S.INITIALIZING)
        self.become(S.DISABLED)


@dataclass(eq=False)
class FakeLife(Observable):
    """A device that became a modem."""

    number: int
    modem: Modem | None
    device: UsbDevice = STICK
    phase: str = "modem"
    reason: str = ""
    next_step: str = ""
    history: list[tuple[float, str, str]] = field(
        default_factory=lambda: [(0.1, "found", "1c9e:f000"), (1.5, "modem", "modem0 is ready")]
    )
    port_notes: dict[str, str] = field(default_factory=lambda: {"ttyUSB2": "primary"})
    plugin: str = "longcheer"
    verdicts: list[Verdict] = field(
        default_factory=lambda: [Verdict("longcheer", 100, "it knows 1c9e:9605")]
    )

    layouts: list[tuple[Layout, str]] = field(
        default_factory=lambda: [(Layout(1, LayoutKind.PPP, 2, "option"), "in use")]
    )

    def __post_init__(self) -> None:
        self.place = Place(self.device)

    async def switch(self) -> None:
        self.phase = "switching"
        self.changed()

    async def select_configuration(self, value: int) -> None:
        raise NotFound(f"{self.device} has no configuration {value}", "see `wwanctl devices`")

    async def reset(self) -> None:
        pass


class FakeManager(Observable):
    """Announces whatever the test plugs in."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[FakeLife] = []
        self.plugins = [("longcheer", ""), ("broken", "no module named x")]
        self.started = time.monotonic()
        self.simulator: FakeSimulator | None = None
        self.numbers = Numbers()
        self.inhibited: set[str] = set()
        self.released = asyncio.Event()
        self.rescans = 0

    @property
    def modems(self) -> list[Modem]:
        return [life.modem for life in self.devices if life.modem]

    def plug(self, modem: Modem) -> FakeLife:
        life = FakeLife(len(self.devices), modem, modem.device)
        self.devices.append(life)
        self.changed()
        return life

    def unplug(self, life: FakeLife) -> None:
        self.devices.remove(life)
        self.changed()

    async def ready_modem(self) -> FakeModem:
        """Plug in a modem that is disabled, as one is after its start."""
        modem = FakeModem(self.numbers)
        await modem.start()
        self.plug(modem)
        return modem

    def rescan(self) -> None:
        self.rescans += 1

    def rules(self, usb_id: str) -> list[tuple[str, str, str]]:
        return [("wwand", usb_id, "eject")]

    async def inhibit(self, uid: str) -> None:
        if uid not in [life.device.sysfs for life in self.devices]:
            raise NotFound(f"no device {uid}")
        self.inhibited.add(uid)

    async def release(self, uid: str) -> None:
        self.inhibited.discard(uid)
        self.released.set()


class FakeSimulator:
    """Has one model."""

    models: tuple[str, ...] = ("hs7500",)

    async def plug(self, model: str) -> str:
        return f"9-{model}"

    async def fault(self, place: str, fault: str, argument: str) -> None:
        pass
