"""ModemManager's Simple interface: from a locked SIM to a connected bearer in one call."""

import asyncio

from wwand.bearers.base import Bearer
from wwand.bearers.blame import blame
from wwand.errors import Cancelled, Unauthorized, WrongState, WwandError
from wwand.modem.access_points import connect_first
from wwand.modem.base import Modem
from wwand.modem.desire import ConnectRequest
from wwand.status import Lock, ModemState

S = ModemState

PASSING = frozenset({S.INITIALIZING, S.ENABLING, S.DISABLING})
"""States that end by themselves; NetworkManager connects while its own Enable is still running."""


async def connect(modem: Modem, request: ConnectRequest) -> Bearer:
    """Unlock, enable, register and connect; returns the connected bearer.

    Cancelled when a disconnect comes before that.
    """
    attempt = asyncio.create_task(_connect(modem, request))
    # the caller may be cancelled in the moment in which the attempt fails
    attempt.add_done_callback(lambda done: done.cancelled() or done.exception())
    modem.attempts.add(attempt)
    try:
        await asyncio.wait([attempt])
    finally:
        modem.attempts.discard(attempt)
        if not attempt.done():
            attempt.cancel()
            await asyncio.wait([attempt])
    if attempt.cancelled():
        raise Cancelled("the connection was called off by a disconnect")
    return attempt.result()


async def _connect(modem: Modem, request: ConnectRequest) -> Bearer:
    try:
        async with asyncio.timeout(request.timeout):
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
        raise WwandError(
            f"{modem.name} was not connected within {request.timeout:.0f} s; "
            f"it is {modem.state.name.lower()}",
            "look at `wwanctl explain`, then try again",
        ) from None


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


async def disconnect(modem: Modem, bearer: Bearer | None) -> None:
    """Take one bearer down, or all of them; it is not wanted any more."""
    modem.desire.request = None
    attempts = tuple(modem.attempts)
    for attempt in attempts:
        attempt.cancel()
    if attempts:
        await asyncio.wait(attempts)
    for each in [bearer] if bearer else list(modem.bearers):
        await modem.disconnect_bearer(each)
