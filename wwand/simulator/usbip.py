"""Virtual devices as real USB devices of this machine's kernel, through vhci_hcd. Needs root."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

from wwand.errors import NoDriver
from wwand.simulator.calls import Carrier
from wwand.simulator.control import Control
from wwand.simulator.journal import Journal
from wwand.simulator.library import load_model
from wwand.simulator.model import Model
from wwand.simulator.stick import Stick
from wwand.simulator.usb_device import UsbStick

VHCI = Path("/sys/devices/platform/vhci_hcd.0")

FREE = "004"
"""Status of a port with nothing attached (linux drivers/usb/usbip: VDEV_ST_NULL)."""

HIGH_SPEED = 3
"""enum usb_device_speed."""

LAST_WORDS = 0.02
"""Between the message that switches and leaving the bus: the host gets its completion."""

POLL, RELEASE_SECONDS = 0.01, 10.0
"""The kernel frees a port some time after the connection closed and tells nobody."""


class UsbBus:
    """Virtual devices on the ports of the kernel's virtual host controller."""

    def __init__(
        self, models: Sequence[str | Model], carrier: Carrier, *, latency: float = 0.0
    ) -> None:
        if not (VHCI / "attach").exists():
            raise NoDriver("there is no virtual USB host controller", "Load it: modprobe vhci_hcd")
        self.journal = Journal()
        bus = _bus_number()
        self._ports: dict[str, int] = {}
        self.sticks: dict[str, Stick] = {}
        free = _free_ports()
        if len(free) < len(models):
            raise NoDriver(f"vhci_hcd has {len(free)} free ports for {len(models)} devices")
        for model, port in zip(models, free, strict=False):
            loaded = load_model(model) if isinstance(model, str) else model
            stick = Stick(loaded, f"{bus}-{port + 1}", self.journal, carrier)
            stick.knobs.latency = latency
            self.sticks[stick.key] = stick
            self._ports[stick.key] = port
        self.controls = Control(self, self.sticks, self.journal)
        self._lives: dict[str, asyncio.Task[None]] = {}

    def plug(self, key: str) -> None:
        """Put the device of that place on the bus."""
        if key not in self._lives:
            life = asyncio.get_running_loop().create_task(self._live(self.sticks[key]))
            self._lives[key] = life

    def unplug(self, key: str) -> None:
        """Pull it out."""
        if life := self._lives.pop(key, None):
            life.cancel()

    async def close(self) -> None:
        """Pull everything out."""
        lives = list(self._lives.values())
        for key in list(self._lives):
            self.unplug(key)
        await asyncio.gather(*lives, return_exceptions=True)

    async def _live(self, stick: Stick) -> None:
        """Be on the bus, in one mode after the other."""
        mode: str | None = stick.model.starts_as
        while mode:
            mode = await self._enumerate(stick, mode)
            if mode and stick.knobs.never_return:
                return
            if mode:
                delay = stick.knobs.return_seconds
                await asyncio.sleep(stick.model.return_seconds if delay is None else delay)

    async def _enumerate(self, stick: Stick, mode: str) -> str | None:
        """Attach, serve until the device switches or the host lets go; return the next mode."""
        port = self._ports[stick.key]
        await _until_free(port)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        stick.enter(mode)
        target: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def switch(to: str) -> None:
            if not target.done():
                target.set_result(to)

        stick.restart = lambda: switch(mode)
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        serving = asyncio.create_task(UsbStick(stick, writer, switch).serve(reader))
        try:
            with theirs:  # the kernel holds it from here on
                order = f"{port} {theirs.fileno()} {(1 << 16) | (port + 1)} {HIGH_SPEED}"
                (VHCI / "attach").write_text(order)
            await asyncio.wait((serving, target), return_when=asyncio.FIRST_COMPLETED)
            if target.done():
                await asyncio.sleep(LAST_WORDS)
                return target.result()
            return None
        finally:
            serving.cancel()
            stick.leave()
            writer.close()


def _bus_number() -> int:
    """Number of the controller's high-speed bus."""
    for hub in sorted(VHCI.glob("usb*")):
        if (hub / "speed").read_text().strip() == "480":
            return int((hub / "busnum").read_text())
    raise NoDriver("vhci_hcd has no high-speed bus")


def _states() -> dict[int, str]:
    """Read the state of every high-speed port."""
    rows = (line.split() for line in (VHCI / "status").read_text().splitlines())
    return {int(row[1]): row[2] for row in rows if row[:1] == ["hs"]}


def _free_ports() -> list[int]:
    return [port for port, state in sorted(_states().items()) if state == FREE]


async def _until_free(port: int) -> None:
    async with asyncio.timeout(RELEASE_SECONDS):
        while _states()[port] != FREE:  # noqa: ASYNC110 - sysfs does not tell of changes here
            await asyncio.sleep(POLL)
