"""A modem that hangs: how that is found out, and what is done, each time something stronger.

Its ports are opened anew, it is told to restart, it is reset on the USB bus; then it is stuck.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from wwand.at.channel import AtChannel
from wwand.device import Port, UsbAccess, UsbDevice
from wwand.errors import ModemMute, ModemTimeout, PortGone, WrongState, WwandError
from wwand.log import ObjectLog
from wwand.modem.at import AtModem
from wwand.modem.base import Modem
from wwand.ports.roles import Role, role_of
from wwand.ports.transport import open_port
from wwand.switching.guard import LoopGuard

ASK = 5.0
"""Seconds for the answer to the simplest question, as in the channel's own resynchronisation."""

PATIENCE = 30.0
"""Seconds without an answer after which a modem hangs; more while a slow command may keep it busy.

27.007 knows no limit; modems that are searching or attaching go without an answer for ten or so.
"""

QUIET = 60.0
"""Seconds without a word after which a modem is asked for one; looking at the signal is oftener."""

STEADY = 300.0
"""Seconds for which a modem has to answer, so that its next hang begins with the mildest step."""

LEAVING = 15.0
"""Seconds for a modem that was told to restart to leave the bus; most do within five."""

RETURNING = 5.0
"""Seconds for the kernel to bind its drivers anew after a reset."""

RESETS, WITHIN = 4, 3600.0
"""How many resets are tried in how many seconds: a modem that needs more has a fault of its own."""


# --- finding out ----------------------------------------------------------------------------------


class Line(Protocol):
    """An open port on which a modem is spoken to."""

    name: str
    log: ObjectLog
    doubtful: asyncio.Event
    """Set while something was left without an answer."""
    heard: float
    """When octets came last, on the loop's clock."""

    @property
    def askable(self) -> bool:
        """Whether it is open and carries no data."""
        ...

    @property
    def busy_for(self) -> float:
        """Seconds that a command which was given up may still take."""
        ...

    async def attention(self, timeout: float) -> bool:
        """Whether the modem answers the simplest question."""
        ...

    async def close(self) -> None:
        """Close it."""
        ...


class Watch:
    """Asks a modem that gave no answer, or was quiet for long, on all its ports."""

    def __init__(self, lines: Callable[[], Collection[Line]], received: Callable[[], int]) -> None:
        """Look at these ports; `received` counts the octets of data that came."""
        self._lines = lines
        self._received = received
        self._called = asyncio.Event()

    def look_now(self) -> None:
        """Ask without waiting for a doubt."""
        self._called.set()

    async def until_mute(self) -> None:
        """Return when no port answers any more and no data come in.

        A port is closed when it does not answer and another one does: the last one is never closed.
        """
        while True:
            await self._doubt()
            lines = [line for line in self._lines() if line.askable]
            before = self._received()
            answers = await asyncio.gather(*(self._answers(line) for line in lines))
            if lines and not any(answers):
                if self._received() == before:
                    return
                names = ", ".join(line.name for line in lines)
                lines[0].log.info("%s: no answer, but data come in; asking again later", names)
                await self._rest()
                continue
            for line, answer in zip(lines, answers, strict=True):
                if not answer:
                    line.log.warning("%s alone does not answer: closing it", line.name)
                    await line.close()

    async def _rest(self) -> None:
        """Leave a modem that is in doubt alone for a while: it has just been asked for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET):
                await self._called.wait()

    async def _doubt(self) -> None:
        """Wait for a reason to ask."""
        while True:
            lines = [line for line in self._lines() if line.askable]
            now = asyncio.get_running_loop().time()
            silence = min((now - line.heard for line in lines), default=0.0)
            doubts = [self._called, *(line.doubtful for line in lines)]
            if silence >= QUIET or any(doubt.is_set() for doubt in doubts):
                self._called.clear()
                return
            waiting = [asyncio.create_task(doubt.wait()) for doubt in doubts]
            try:
                await asyncio.wait(
                    waiting, timeout=QUIET - silence, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for task in waiting:
                    task.cancel()

    async def _answers(self, line: Line) -> bool:
        """Ask again and again, for as long as a healthy modem might be busy.

        Others who ask on the same port make a question take longer than `ASK`. A port that was
        closed meanwhile, or began to carry data, is not one that hangs.
        """
        loop, asked = asyncio.get_running_loop(), 0.0
        while asked < PATIENCE or line.busy_for:
            began = loop.time()
            try:
                if await line.attention(ASK):
                    return True
            except (PortGone, WrongState):
                return True
            asked += max(ASK, loop.time() - began)
        return False


# --- what is done ---------------------------------------------------------------------------------


class Step(Enum):
    """What helps a modem that hangs, the mildest first; the value is what people read."""

    REOPEN = "opening its ports anew"
    RESTART = "telling it to restart"
    USB_RESET = "resetting it on the USB bus"


@dataclass(frozen=True)
class Patient:
    """The modem that hangs, and what is at hand."""

    device: UsbDevice
    kind: type[Modem]
    roles: Mapping[int, Role]
    """What is known of its ports, by USB interface number."""
    usb: UsbAccess
    news: Callable[[], Awaitable[object]]
    """Returns when there is another snapshot of the device."""

    @property
    def log(self) -> ObjectLog:
        """Names the place."""
        return ObjectLog(__name__, self.device.key)

    async def restart(self) -> bool:
        """Tell it to restart on every port that might hear it; whether anything came of that.

        A firmware that cannot answer may still listen. When it leaves the bus, this is cancelled.
        """
        ways = []
        for port in self.device.ports:
            role = role_of(port, self.device, self.roles)
            if port.path and role.speaks_at:
                ways.append(self._tell(port))
            elif port.path and role is Role.QMI:
                ways.append(self._order(port))
        return any(await asyncio.gather(*ways))

    async def _order(self, port: Port) -> bool:
        from wwand.modem import qmi_restart  # only for those that have such a port

        try:
            told = await qmi_restart.restart(port, ASK)
        except PortGone:
            return True
        except (WwandError, OSError) as error:
            self.log.debug("%s: cannot order a restart: %s", port.name, error)
            return False
        await self.settle(LEAVING)
        return told

    async def _tell(self, port: Port) -> bool:
        kind = self.kind if issubclass(self.kind, AtModem) else AtModem
        channel = AtChannel(f"{self.device.key}/{port.name}")
        try:
            await open_port(port, channel)
        except (WwandError, OSError) as error:
            channel.log.debug("cannot tell it to restart: %s", error)
            return False
        async with channel:
            for command in kind.restart_commands:
                try:
                    await channel.send(command, timeout=LEAVING)
                except PortGone:
                    return True
                except ModemTimeout:
                    return False
                except WwandError as error:
                    channel.log.debug("%s", error)
                    continue
                await self.settle(LEAVING)
                return True
        return False

    async def reset(self) -> bool:
        """Reset it on the bus; a device that comes back as itself gets its drivers anew."""
        await self.usb.reset(self.device)
        await self.settle(RETURNING)
        return True

    async def settle(self, seconds: float) -> None:
        """Wait until something changes about the device, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news()


class Recovery:
    """What has been done about the modem at one place; outlives its coming and going."""

    def __init__(self, guard: LoopGuard, clock: Callable[[], float] = time.monotonic) -> None:
        self._guard = guard
        self._clock = clock
        self.expected = False
        """Whether it has ever answered: only then is its silence a hang."""
        self._answers_since: float | None = None
        """None until it answers again after a step."""
        self._left = list(Step)

    def answered(self) -> None:
        """Note that the modem is ready."""
        self.expected = True
        self._answers_since = self._clock()

    async def climb(self, mute: ModemMute, patient: Patient, note: Callable[[str], None]) -> None:
        """Take the next step, or those after it while they have no effect.

        Raises WwandError with a next step for people when all are used up, or too many resets were
        needed lately.
        """
        since, self._answers_since = self._answers_since, None
        if since is not None and self._clock() - since >= STEADY:
            self._left = list(Step)
        while self._left:
            step = self._left.pop(0)
            if step is not Step.REOPEN:
                self._guard.admit(patient.device.key)
            note(f"{mute}; {step.value}")
            match step:
                case Step.REOPEN:
                    return
                case Step.RESTART:
                    worked = await patient.restart()
                case Step.USB_RESET:
                    worked = await patient.reset()
            if worked:
                return
        raise WwandError(
            f"{mute}, and neither a restart nor a reset on the USB bus helped",
            "unplug it for ten seconds and plug it in again",
        )


class Recoveries:
    """The recovery of each modem, by place and USB id."""

    def __init__(self) -> None:
        self._guard = LoopGuard(RESETS, WITHIN, refuse=reset_too_often)
        self._known: dict[tuple[str, str], Recovery] = {}

    def of(self, device: UsbDevice) -> Recovery:
        """The one of this device, also when it has left and come back since."""
        key = device.key, str(device.id)
        return self._known.setdefault(key, Recovery(self._guard))


def reset_too_often(key: str, times: int, seconds: float, left: float) -> WwandError:
    """What is said of a modem that hangs again and again."""
    return WwandError(
        f"the modem at {key} was reset {times} times in {seconds / 60:.0f} minutes and hangs again",
        "try another USB port or a hub with its own power supply, and a newer firmware; unplug it"
        f" and plug it in again. It will be reset again in {left / 60:.0f} minutes at the earliest",
    )
