"""Connect through the access point that was asked for, or find the one that works for the SIM."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from wwand.bearers.apn import Profile, candidates, profile_of
from wwand.bearers.base import Bearer, BearerSettings
from wwand.bearers.blame import blame
from wwand.errors import WwandError
from wwand.modem.base import Modem
from wwand.status import Capability

ALWAYS_ON = Capability.LTE | Capability.NR5G
"""Networks that give every SIM a default bearer when it registers (23.401 §4.7.2.1)."""


async def connect_first(modem: Modem, asked: BearerSettings, *, apply_ip: bool) -> Bearer:
    """Connect through the first access point that works; raises what refused the last one.

    A refused password ends it at once: more of them may have the SIM blocked.
    """
    for bearer in tuple(modem.bearers):
        await bearer.gone_down()
    for bearer in modem.connected_bearers:
        if _fits(modem, bearer, apply_ip) and _serves(bearer.settings, asked):
            return bearer
    for other in modem.connected_bearers:
        await modem.disconnect_bearer(other)
    failed: list[tuple[Bearer, WwandError]] = []
    async with aclosing(_ladder(modem, asked)) as ladder:
        async for settings in ladder:
            if failed:
                await modem.delete_bearer(failed[-1][0])
            bearer = _prepared(modem, settings, apply_ip)
            try:
                await modem.connect_bearer(bearer)
            except WwandError as error:
                if not blame(error).other_profile:
                    raise
                failed.append((bearer, error))
                modem.log.info("APN %s: %s", settings.apn or "of the network's choice", error)
            else:
                _remember(modem, bearer)
                return bearer
    _, refusal = failed[-1]
    if len(failed) > 1:
        refusal.next_step = (
            f"{len(failed)} access points were tried; give the operator's own: "
            "`wwanctl connect --apn NAME`"
        )
    raise refusal


async def _ladder(modem: Modem, asked: BearerSettings) -> AsyncGenerator[BearerSettings, None]:
    """What to try for a request, best first; the list of operators is read when all else failed."""
    if asked.apn or modem.sim is None:
        yield asked
        return
    card, facts = _card(modem), modem.sim.facts
    remembered = modem.profiles.profile(card) if modem.profiles and card else None
    has_default = bool(modem.current_capabilities & ALWAYS_ON)
    sure = candidates(asked, remembered, (), has_default=has_default)
    sure = sure[: bool(remembered) + has_default]
    for settings in sure:
        yield settings
    known = await asyncio.to_thread(_known, facts.operator_id, facts.operator_name)
    for settings in candidates(asked, remembered, known, has_default=has_default)[len(sure) :]:
        yield settings


def _known(operator: str, name: str) -> tuple[Profile, ...]:
    from wwand.bearers import providers  # XML is heavy, and most SIMs never need it

    return providers.known(operator, name)


def _serves(settings: BearerSettings, asked: BearerSettings) -> bool:
    """Whether these settings are what was asked for, the access point perhaps found by wwand."""
    if settings == asked or asked.apn:
        return settings == asked
    found = profile_of(settings)
    plain = replace(asked, apn=found.apn)
    if asked.user or asked.password:
        return settings == plain
    given = replace(plain, user=found.user, password=found.password, allowed_auth=found.auth)
    return settings == given


def _prepared(modem: Modem, settings: BearerSettings, apply_ip: bool) -> Bearer:
    """A bearer with just these settings: one that is there already, or a new one."""
    for bearer in modem.bearers:
        if _fits(modem, bearer, apply_ip) and bearer.settings == settings:
            return bearer
    return modem.create_bearer(settings, apply_ip=apply_ip)


def _fits(modem: Modem, bearer: Bearer, apply_ip: bool) -> bool:
    kind = modem.chosen_kind
    return kind in (None, bearer.kind) and bearer.applies_ip == apply_ip


def _remember(modem: Modem, bearer: Bearer) -> None:
    """Note what works; of a call whose PPP is left to the client that is not known yet."""
    card = _card(modem)
    if modem.profiles and card and (bearer.applies_ip or bearer.tty is None):
        modem.profiles.note_profile(card, profile_of(bearer.settings))


def _card(modem: Modem) -> str:
    """What tells the SIM from others; empty where it does not say."""
    return (modem.sim.facts.iccid or modem.sim.facts.imsi) if modem.sim else ""
