"""Find out which ports of a device speak AT: all of them asked at once, none waited for in vain."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from wwand.at.channel import AtChannel
from wwand.device import Port, UsbDevice
from wwand.errors import ModemMute, ModemTimeout, PortBusy, PortGone
from wwand.log import ObjectLog
from wwand.ports.roles import Role, preference, role_of
from wwand.ports.transport import open_port

BOOT = 20.0
"""Seconds a modem may take from its ports' appearance until its firmware answers."""

SHORT = 3.0
"""Seconds given to a port that may well have nothing to say."""

ONE_TRY = 1.0
"""Seconds after which AT is sent once more."""


class Prober:
    """The ports of one device while they are found out; those that answer stay open.

    `note` is told what was learned of each port; `on_answer` of each port that speaks AT.
    """

    def __init__(
        self, device: UsbDevice, table: Mapping[int, Role], note: Callable[[str, str], None]
    ) -> None:
        self.answering: dict[Port, AtChannel] = {}
        self.on_answer: list[Callable[[Port, AtChannel], None]] = []
        self.log = ObjectLog(__name__, device.key)
        self._device = device
        self._table = table
        self._note = note
        self._probes: dict[Port, asyncio.Task[None]] = {}
        self._silent: dict[Port, str] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def offer(self, device: UsbDevice) -> None:
        """Take up the ports that this snapshot has and the ones before had not."""
        self._device = device
        for port in device.ports:
            if port in self._probes or port in self._silent:
                continue
            role = role_of(port, device, self._table)
            if role.speaks_at and port.path:
                self._note(port.name, "being asked for AT")
                self._probes[port] = asyncio.create_task(self._probe(port, role))
            else:
                self._note(port.name, role.value)
                self._silent[port] = role.value
        for port in [p for p in self._probes if p not in device.ports]:
            letting_go = self._let_go(self._probes.pop(port), self.answering.pop(port, None))
            task = asyncio.create_task(letting_go)
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def primary(self) -> Port:
        """Return the port to send commands to and dial on; WwandError when none answers."""
        while True:
            self._news.clear()
            if port := self._decide():
                return port
            await self._news.wait()

    async def reopen(self, port: Port) -> AtChannel:
        """Open a port again that was hung up; PortGone when it is not there any more."""
        if port not in self._device.ports:
            raise PortGone(f"{port.name} is gone")
        why = await self._ask(port, Role.PRIMARY)
        if why:
            raise PortGone(f"{port.name} {why}")
        return self.answering[port]

    async def close(self) -> None:
        """Stop probing, and close every port."""
        ending = [self._let_go(task, self.answering.get(p)) for p, task in self._probes.items()]
        await asyncio.gather(*ending, *self._leaving)

    def _let_go(
        self, probe: asyncio.Task[None], channel: AtChannel | None
    ) -> Coroutine[Any, Any, None]:
        """End a probe and close its port; one that carries data does not notice an unplug."""
        probe.cancel()  # now: an answer that comes first would make one more open port
        return self._closed(probe, channel)

    @staticmethod
    async def _closed(probe: asyncio.Task[None], channel: AtChannel | None) -> None:
        await asyncio.wait([probe])
        if channel:
            await channel.close()

    def _decide(self) -> Port | None:
        pending = [p for p, task in self._probes.items() if not task.done()]
        named = [p for p in self._device.ports if self._role(p) is Role.PRIMARY]
        for port in named:
            if port in self.answering:
                return port
        if any(p in pending for p in named) or (self.answering and pending):
            return None
        if self.answering:
            return min(self.answering, key=lambda p: preference(p, self._device))
        if pending or not self._probes:
            return None
        told = "; ".join(
            f"{port.name} {why}" for port, why in sorted(self._silent.items(), key=str)
        )
        raise ModemMute(
            f"no port answers AT commands: {told}",
            "unplug the modem for ten seconds and plug it in again",
        )

    def _role(self, port: Port) -> Role:
        return role_of(port, self._device, self._table)

    async def _probe(self, port: Port, role: Role) -> None:
        try:
            why = await self._ask(port, role)
        except (PortBusy, PortGone, OSError) as error:
            why = f"cannot be used: {error}"
        if why:
            self._silent[port] = why
            self._note(port.name, why)
            self.log.info("%s %s", port.name, why)
        self._news.set()

    async def _ask(self, port: Port, role: Role) -> str:
        """Probe one port; returns why it is no AT port, empty when it is one."""
        channel = AtChannel(f"{self._device.key}/{port.name}")
        await open_port(port, channel)
        loop = asyncio.get_running_loop()
        began = loop.time()
        answers = False
        try:
            answers = await channel.attention(ONE_TRY)
            if not answers and role is Role.PRIMARY:
                # a pppd that was killed leaves the call up, and the port deaf to commands
                with contextlib.suppress(ModemTimeout, TimeoutError):
                    async with asyncio.timeout(SHORT):  # two guard times of a second, and ATH
                        await channel.leave_data_mode(stray=True)
            while not answers:
                answers = await channel.attention(ONE_TRY)
                if channel.looks_like_garbage:
                    return "sends something that is not AT"
                waited = loop.time() - began
                patience = BOOT if role is Role.PRIMARY and not self.answering else SHORT
                if not answers and waited >= patience:
                    return f"does not answer AT ({waited:.0f} s)"
        finally:
            if not answers:
                await channel.close()
        self.answering[port] = channel
        self._note(port.name, Role.PRIMARY.value if role is Role.PRIMARY else "at")
        for listener in tuple(self.on_answer):
            listener(port, channel)
        return ""
