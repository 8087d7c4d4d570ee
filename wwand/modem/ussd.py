"""A dialogue of codes with the network (3GPP TS 22.090): a code, an answer, perhaps a menu.

There is one at a time. What the network says goes to whoever waits for it; what it says of its own
accord is a notification, or a request that somebody should answer.
"""

import asyncio
from typing import TYPE_CHECKING

from wwand.errors import BadArgument, Cancelled, EquipmentError, WrongState, WwandError
from wwand.modem.services import UssdState
from wwand.status import ModemState, StateChangeReason

if TYPE_CHECKING:
    from wwand.modem.base import Modem

S = ModemState
IDLE, ACTIVE, USER_RESPONSE = UssdState.IDLE, UssdState.ACTIVE, UssdState.USER_RESPONSE

ANSWER = 100.0
"""Seconds until the network is taken to be silent: what ModemManager gives QMI modems."""

NETWORK_TIMEOUT = 31
"""+CME number (27.007 §9.2)."""


class Ussd:
    """The dialogue of one modem."""

    def __init__(self, modem: "Modem") -> None:
        self._modem = modem
        self._answer: asyncio.Future[str] | None = None
        self.driver = modem.make_ussd_driver(self)
        modem.on_state.append(self._state_changed)

    # --- what clients ask ------------------------------------------------------------------------

    async def initiate(self, code: str) -> str:
        """Send a code and return what the network answers."""
        self._modem.require(S.ENABLED, "USSD")
        if self._modem.dialogue.state is not IDLE:
            raise WrongState("a dialogue with the network is open already", "answer or cancel it")
        return await self._exchange(code, answers=False)

    async def respond(self, text: str) -> str:
        """Answer what the network asked, and return what it says to that."""
        self._modem.require(S.ENABLED, "USSD")
        if self._modem.dialogue.state is not USER_RESPONSE:
            raise WrongState("the network does not wait for an answer", "send a code first")
        return await self._exchange(text, answers=True)

    async def cancel(self) -> None:
        """End the dialogue; who waits for an answer is told."""
        self._modem.require(S.ENABLED, "USSD")
        if self._modem.dialogue.state is IDLE:
            raise WrongState("there is no dialogue with the network to cancel")
        try:
            await self.driver.cancel()
        finally:
            self.ended(Cancelled("the dialogue with the network was cancelled"))

    async def _exchange(self, text: str, *, answers: bool) -> str:
        before = self._modem.dialogue
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answer = answer
        notification = before.notification if answers else ""
        self._modem.note_dialogue(state=ACTIVE, request="", notification=notification)
        try:
            async with asyncio.timeout(ANSWER):
                try:
                    await self.driver.send(text, answers=answers)
                except BadArgument:
                    self._modem.note_dialogue(state=before.state, request=before.request)
                    raise
                except WwandError:
                    if not answer.done():  # some firmware answers first, and then says ERROR
                        raise
                return await answer
        except TimeoutError:
            self._modem.tasks.spawn("ending the dialogue", self.driver.cancel())
            raise EquipmentError(
                NETWORK_TIMEOUT,
                "NetworkTimeout",
                f"the network has not answered within {ANSWER:g} s",
                "try again later; the operator may not know this code",
            ) from None
        finally:
            if self._answer is answer:
                self._answer = None
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen, even where another error came first
            if self._modem.dialogue.state is ACTIVE:
                self._modem.note_dialogue(state=IDLE)

    # --- what the driver hears --------------------------------------------------------------------

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for what the network says."""
        return self._answer is not None and not self._answer.done()

    def told(self, text: str, *, wants_answer: bool) -> None:
        """The network has said something, and may wait for an answer."""
        state = USER_RESPONSE if wants_answer else IDLE
        if self._answer and not self._answer.done():
            self._modem.note_dialogue(state=state)
            self._answer.set_result(text)
        elif wants_answer:
            self._modem.note_dialogue(state=state, request=text, notification="")
        else:
            self._modem.note_dialogue(state=state, request="", notification=text)

    def ended(self, why: WwandError) -> None:
        """The dialogue is over."""
        self._modem.note_dialogue(state=IDLE, request="")
        if self._answer and not self._answer.done():
            self._answer.set_exception(why)

    def _state_changed(self, _old: S, new: S, _reason: StateChangeReason) -> None:
        if new < S.ENABLED and (self.awaited or self._modem.dialogue.state is not IDLE):
            self.ended(Cancelled("the modem was disabled"))
