"""ModemManager's Simple interface: from a locked SIM to a connected bearer in one call."""

import asyncio
from collections.abc import Sequence

from wwand.bearers.base import Bearer
from wwand.bearers.blame import blame
from wwand.errors import Cancelled, Unauthorized, WrongState, WwandError
from wwand.modem.access_points import connect_first
from wwand.modem.base import Modem
from wwand.modem.desire import Attempt, ConnectRequest
from wwand.status import Lock, ModemState

S = ModemState

PASSING = frozenset({S.INITIALIZING, S.ENABLING, S.DISABLING})
"""States that end by themselves; NetworkManager connects while its own Enable is still running."""


class CalledOff(Cancelled):
    """Somebody does not want the connection that was being made."""


async def connect(modem: Modem, request: ConnectRequest, *, keeping: bool = False) -> Bearer:
    """Unlock, enable, register and connect; returns the connected bearer.

    `keeping` is for what wwand does by itself. A client joins that when it brings what is asked
    for; else it is called off for the client's sake. CalledOff when a disconnect comes first.
    """
    own = [each for each in modem.attempts if each.keeping and not each.called_off]
    for attempt in own:
        if attempt.request.serves(request):
            return await _join(modem, attempt, request.timeout)
    attempt = Attempt(request, keeping, asyncio.create_task(_connect(modem, request, own)))
    # the caller may be cancelled in the moment in which the attempt fails
    attempt.task.add_done_callback(lambda done: done.cancelled() or done.exception())
    modem.attempts.append(attempt)
    try:
        await asyncio.wait([attempt.task])
    finally:
        modem.attempts.remove(attempt)
        modem.changed()
        if not attempt.task.done():
            attempt.task.cancel()
            await asyncio.wait([attempt.task])
    return _outcome(attempt)


async def _join(modem: Modem, attempt: Attempt, seconds: float) -> Bearer:
    """Wait for what somebody else is making."""
    modem.log.info("what is asked for is being connected already: waiting for that")
    await asyncio.wait([attempt.task], timeout=seconds)
    if not attempt.task.done():
        raise _too_late(modem, seconds)
    return _outcome(attempt)


def _outcome(attempt: Attempt) -> Bearer:
    if attempt.task.cancelled():
        raise CalledOff(f"the connection was called off by {attempt.called_off or 'its end'}")
    return attempt.task.result()


def _too_late(modem: Modem, seconds: float) -> WwandError:
    return WwandError(
        f"{modem.name} was not connected within {seconds:.0f} s; it is {modem.state.name.lower()}",
        "look at `wwanctl explain`, then try again",
    )


async def _connect(modem: Modem, request: ConnectRequest, instead_of: Sequence[Attempt]) -> Bearer:
    try:
        async with asyncio.timeout(request.timeout):
            for other in instead_of:
                await other.call_off("a client that wants another one")
            await settled(modem)
            await unlock(modem, request.pin)
            if modem.state < S.ENABLED:
                await modem.enable()
            if request.operator_id:
                await modem.register(request.operator_id)
            await modem.wait_registered()
            bearer = await climb(modem, request)
            if request.apply_ip:
                modem.desire.request = request
            return bearer
    except TimeoutError:
        raise _too_late(modem, request.timeout) from None


async def climb(modem: Modem, request: ConnectRequest) -> Bearer:
    """Connect by the first layout that works, of those this modem object can use."""
    while True:
        try:
            bearer = await connect_first(modem, request.settings, apply_ip=request.apply_ip)
        except WwandError as error:
            if not blame(error).other_way or modem.ladder is None:
                raise
            if request.apply_ip:  # the next layout may be another modem object's
                modem.desire.request = request
            if not modem.ladder.fail(str(error)) or modem.chosen_kind is None:
                raise
            modem.log.warning("%s: trying %s", error, modem.ladder.current)
            continue
        if modem.ladder:
            modem.ladder.worked()
        return bearer


async def settled(modem: Modem) -> None:
    """Wait until what somebody else has begun with the modem is over."""
    news = asyncio.Event()
    modem.listeners.append(news.set)
    try:
        while modem.state in PASSING:
            news.clear()
            await news.wait()
    finally:
        modem.listeners.remove(news.set)


async def unlock(modem: Modem, pin: str) -> None:
    """Enter the PIN when one is asked for; Unauthorized when it is and none was given."""
    if modem.state is S.FAILED:
        raise modem.failure or WrongState(f"{modem.name} has failed")
    if modem.state is not S.LOCKED:
        return
    lock = modem.unlock_required
    if lock is not Lock.SIM_PIN or modem.sim is None:
        raise Unauthorized(
            f"the SIM asks for {lock.name.replace('_', ' ')}",
            "unlock it first: `wwanctl sim puk`" if lock is Lock.SIM_PUK else "",
        )
    if not pin:
        raise Unauthorized("the SIM asks for its PIN", "give it: `wwanctl sim pin`")
    await modem.sim.send_pin(pin)


async def end(modem: Modem, bearer: Bearer) -> None:
    """Take a bearer down as its client asks; one that wwand keeps up is not wanted any more."""
    if bearer.applies_ip:
        await disconnect(modem, bearer)
    else:
        await modem.disconnect_bearer(bearer)


async def disconnect(modem: Modem, bearer: Bearer | None) -> None:
    """Take one bearer down, or all of them; it is not wanted any more."""
    await modem.renounce("a disconnect")
    for each in [bearer] if bearer else list(modem.bearers):
        await modem.disconnect_bearer(each)
