"""What the service asks of the daemon's manager and of the lives of devices."""

from collections.abc import Sequence
from typing import Protocol

from wwand.device import Place, UsbDevice
from wwand.modem.base import Modem
from wwand.status import Listener
from wwand.switching.layouts import Layout


class Said(Protocol):
    """What one plugin said of one device."""

    @property
    def plugin(self) -> str:
        """Its name."""
        ...

    @property
    def score(self) -> int:
        """0 is a refusal."""
        ...

    @property
    def reason(self) -> str:
        """Why, in words."""
        ...


class Life(Protocol):
    """What is plugged in at one place, and how far it has come."""

    listeners: list[Listener]
    number: int
    place: Place
    device: UsbDevice
    phase: str
    reason: str
    next_step: str
    history: list[tuple[float, str, str]]
    """(seconds since the daemon started, phase, reason)"""
    port_notes: dict[str, str]
    plugin: str
    modem: Modem | None

    @property
    def verdicts(self) -> Sequence[Said]:
        """What each plugin said."""
        ...

    @property
    def layouts(self) -> Sequence[tuple[Layout, str]]:
        """The ways to carry data, and how each one fared."""
        ...

    def changed(self) -> None:
        """Call every listener."""
        ...

    async def switch(self) -> None:
        """Do the mode switch; returns when the device is back."""
        ...

    async def select_configuration(self, value: int) -> None:
        """Select a USB configuration."""
        ...

    async def reset(self) -> None:
        """Reset the device on the bus."""
        ...


class Simulator(Protocol):
    """Makes virtual modems."""

    @property
    def models(self) -> Sequence[str]:
        """What `plug` accepts."""
        ...

    async def plug(self, model: str) -> str:
        """Plug one in; returns its place."""
        ...

    async def fault(self, place: str, fault: str, argument: str) -> None:
        """Make one misbehave."""
        ...


class Manager(Protocol):
    """The daemon's manager; its listeners hear when a device or a modem comes or goes."""

    listeners: list[Listener]

    @property
    def devices(self) -> Sequence[Life]:
        """Oldest first."""
        ...

    @property
    def modems(self) -> Sequence[Modem]:
        """Those that are ready, failed or locked."""
        ...

    @property
    def plugins(self) -> Sequence[tuple[str, str]]:
        """(plugin, empty or why it was left out)."""
        ...

    @property
    def started(self) -> float:
        """On the monotonic clock."""
        ...

    @property
    def simulator(self) -> Simulator | None:
        """None unless the daemon simulates."""
        ...

    def changed(self) -> None:
        """Call every listener."""
        ...

    def rescan(self) -> None:
        """Look at the USB bus again."""
        ...

    def rules(self, usb_id: str) -> list[tuple[str, str, str]]:
        """(source, rule, actions)."""
        ...

    async def inhibit(self, uid: str) -> None:
        """Let go of a device."""
        ...

    async def release(self, uid: str) -> None:
        """Take it up again."""
        ...
