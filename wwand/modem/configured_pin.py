"""The PIN of the configuration: entered once, and never again into a card that refused it."""

from typing import TYPE_CHECKING

from wwand.errors import CommandFailed, EquipmentError, WrongState, WwandError
from wwand.modem.sim import PinMemory
from wwand.status import Lock

if TYPE_CHECKING:
    from wwand.modem.staged import StagedModem

REFUSALS = frozenset({11, 12, 16, 17, 18})
"""+CME numbers by which a card asks for a code still, or for another (27.007 §9.2)."""

UNKNOWN = 100
"""The +CME number that says nothing (27.007 §9.2)."""

TRIES = 3
"""Of a PIN (31.101 §9.5.1)."""


class ConfiguredPin:
    """Unlocks the card of one modem, and knows from `memory` which PINs it has refused."""

    def __init__(self, modem: "StagedModem", pin: str = "", memory: PinMemory | None = None):
        self._modem = modem
        self._pin = pin
        self._memory = memory

    def __bool__(self) -> bool:
        """Whether there is a PIN that has not been entered yet."""
        return bool(self._pin)

    async def enter(self) -> Lock:
        """Enter it unless that is known to be useless; returns the lock then."""
        pin, self._pin = self._pin, ""  # never twice: three wrong ones block the card
        modem, log = self._modem, self._modem.log
        if (left := await self._left()) < TRIES:
            log.warning("%d tries are left for the PIN: not trying the configured one", left)
            return Lock.SIM_PIN
        card = await modem.load_card()
        if self._memory and self._memory.pin_refused(card, pin):
            log.warning("this SIM has refused the configured PIN before: not trying it again")
            return Lock.SIM_PIN
        try:
            await modem.enter_pin(pin)
        except (CommandFailed, EquipmentError, WrongState) as error:
            if not await self._is_refusal(error):
                log.warning("the configured PIN could not be entered: %s", error)
            else:
                log.error("the SIM refuses the configured PIN: %s", error)
                if self._memory:
                    self._memory.note_refused_pin(card, pin)
        else:
            await modem.await_unlocked()
        return await modem.load_lock()

    async def card(self) -> str:
        """The card that is about to be given a code, for `accepted`."""
        return await self._modem.load_card() if self._memory else ""

    def accepted(self, card: str, pin: str) -> None:
        """Forget that the card refused this PIN: it has one like that now."""
        if self._memory:
            self._memory.forget_refused_pin(card, pin)

    async def _is_refusal(self, error: WwandError) -> bool:
        """Tell a wrong PIN from a card or modem that is not ready to take one.

        A bare ERROR is what firmware without numbers says to a wrong PIN; where a number says
        nothing, a try that is not missing shows that the card was not even asked.
        """
        if isinstance(error, EquipmentError) and error.code == UNKNOWN:
            return await self._left(otherwise=0) < TRIES
        return isinstance(error, CommandFailed) or (
            isinstance(error, EquipmentError) and error.code in REFUSALS
        )

    async def _left(self, otherwise: int = TRIES) -> int:
        return (await self._modem.load_retries()).get(Lock.SIM_PIN, otherwise)
