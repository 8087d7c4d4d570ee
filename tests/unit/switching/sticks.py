"""Devices before and after, a place they are plugged in, and USB access that remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wwand.device import (
    BulkPlan,
    Configuration,
    ControlRequest,
    Endpoint,
    Interface,
    Place,
    Transfer,
    UsbDevice,
    UsbId,
)
from wwand.switching.actions import messages
from wwand.switching.rules import Match, SwitchRule

THREAD = "55534243123456788000000080000606f50402527000000000000000000000"
"""What switched a Micromax MMX352G, as its owner found out."""
PLAIN = "555342431234567800000000000001ff000000000000000000000000000000"
"""What the plain entry for its id sends; it does not switch this one."""

BULK = (Endpoint(0x81, Transfer.BULK), Endpoint(0x01, Transfer.BULK))
STORAGE = Interface(0, 8, 6, 0x50, BULK, driver="usb-storage")
SERIAL = tuple(Interface(n, 0xFF, 0xFF, 0xFF, BULK, driver="option") for n in range(4))

CDROM = UsbDevice(
    key="1-1.4",
    id=UsbId(0x1C9E, 0xF000),
    sysfs="/nowhere/1-1.4",
    busnum=1,
    devnum=10,
    manufacturer="USB Modem",
    product="USB Modem",
    serial="1234567890ABCDEF",
    configurations=(Configuration(1, (STORAGE,)),),
    active=1,
)
MODEM = replace(
    CDROM, id=UsbId(0x1C9E, 0x9605), devnum=11, configurations=(Configuration(1, SERIAL),)
)
AGAIN = replace(CDROM, devnum=11)

MICROMAX = SwitchRule(
    CDROM.id,
    (messages(THREAD),),
    name="Micromax MMX352G",
    match=Match(manufacturer="USB Modem"),
    targets=frozenset({MODEM.id}),
    source="wwand_longcheer",
)

Call = BulkPlan | ControlRequest | int | str


@dataclass
class FakeUsb:
    """Remembers what was done, and lets the device react to it."""

    react: Callable[[Call], None] = lambda call: None
    done: list[Call] = field(default_factory=list)

    def _do(self, call: Call) -> None:
        self.done.append(call)
        self.react(call)

    async def bulk(self, device: UsbDevice, transfers: BulkPlan) -> None:
        self._do(transfers)

    async def control(self, device: UsbDevice, request: ControlRequest) -> bytes:
        self._do(request)
        return bytes(request.length)

    async def configure(self, device: UsbDevice, value: int) -> None:
        self._do(value)

    async def reset(self, device: UsbDevice) -> None:
        self._do("reset")

    async def keep(self, device: UsbDevice) -> None:
        pass

    @property
    def sent(self) -> list[str]:
        """The messages, in hexadecimal."""
        return [m.hex() for call in self.done if isinstance(call, BulkPlan) for m in call.messages]


def micromax_at(place: Place, *, left: UsbDevice | None = MODEM) -> Callable[[Call], None]:
    """React as the stick of the thread: to one message only."""

    def react(call: Call) -> None:
        if isinstance(call, BulkPlan) and bytes.fromhex(THREAD) in call.messages:
            place.update(None)
            if left:
                place.update(left)

    return react
