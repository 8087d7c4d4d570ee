"""A SIM card: what it says about itself, and the locks in front of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from wwand.errors import WwandError
from wwand.status import FailedReason, Observable, SimType


@dataclass(frozen=True, slots=True)
class SimFacts:
    """What is read from a card; empty where it does not say or may not be read yet."""

    iccid: str = ""
    imsi: str = ""
    operator_id: str = ""
    """MCC and MNC of the home network, 5 or 6 digits."""
    operator_name: str = ""
    emergency_numbers: tuple[str, ...] = ()
    eid: str = ""
    gid1: bytes = b""
    gid2: bytes = b""
    sim_type: SimType = SimType.UNKNOWN
    esim_status: int = 0
    removability: int = 0


class Sim(Observable):
    """The card in a modem's slot; operations go to the modem, which knows how to speak to it."""

    def __init__(self, number: int, driver: "SimDriver", facts: SimFacts | None = None) -> None:
        super().__init__()
        self.number = number
        self.facts = facts or SimFacts()
        self.active = True
        self._driver = driver

    def learn(self, facts: SimFacts) -> None:
        """Take over what has been read from the card."""
        self.facts = facts
        self.changed()

    async def send_pin(self, pin: str) -> None:
        """Unlock the card."""
        await self._unlock(lambda: self._driver.send_pin(pin))

    async def send_puk(self, puk: str, pin: str) -> None:
        """Unlock a blocked card and give it a new PIN."""
        await self._unlock(lambda: self._driver.send_puk(puk, pin))

    async def _unlock(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except WwandError:
            if await self._driver.unlock_refused():
                raise
            return  # the answer was lost, or somebody else was faster
        await self._driver.unlocked()

    async def enable_pin(self, pin: str, enabled: bool) -> None:
        """Ask for the PIN at power-up from now on, or no longer."""
        await self._driver.enable_pin(pin, enabled)

    async def change_pin(self, old: str, new: str) -> None:
        """Set another PIN."""
        await self._driver.change_pin(old, new)


class PinMemory(Protocol):
    """Remembers wrong PINs over restarts (`wwand.memory`)."""

    def pin_refused(self, card: str, pin: str) -> bool:
        """Whether that card has refused that PIN before."""
        ...

    def note_refused_pin(self, card: str, pin: str) -> None:
        """Remember that it has."""
        ...

    def forget_refused_pin(self, card: str, pin: str) -> None:
        """Forget that it has: it accepts that PIN now."""
        ...


class SimDriver(Protocol):
    """What a modem does for its SIM; each protocol implements it."""

    async def send_pin(self, pin: str) -> None:
        """Enter the PIN."""
        ...

    async def send_puk(self, puk: str, pin: str) -> None:
        """Enter the PUK and a new PIN."""
        ...

    async def enable_pin(self, pin: str, enabled: bool) -> None:
        """Switch the PIN request on or off."""
        ...

    async def change_pin(self, old: str, new: str) -> None:
        """Replace the PIN."""
        ...

    async def unlocked(self) -> None:
        """The card has been unlocked: go on from where the lock stopped the modem."""
        ...

    async def unlock_refused(self) -> bool:
        """A code was not taken: learn how many tries are left; whether one is still asked for.

        Where none is, the modem goes on as after `unlocked`.
        """
        ...


class NoSim(WwandError):
    """No SIM can be used; `reason` says why the modem has failed."""

    def __init__(self, reason: FailedReason, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.reason = reason
