"""Connect through the access point that was asked for, or find the one that works for the SIM."""

import asyncio

from wwand.bearers.apn import Profile, candidates, profile_of
from wwand.bearers.base import Bearer, BearerSettings
from wwand.bearers.blame import blame
from wwand.errors import WwandError
from wwand.modem.base import Modem
from wwand.status import Capability

ALWAYS_ON = Capability.LTE | Capability.NR5G
"""Networks that give every SIM a default bearer when it registers (23.401 §4.7.2.1)."""


async def settings_for(modem: Modem, asked: BearerSettings) -> tuple[BearerSettings, ...]:
    """What to try for a request, best first."""
    if asked.apn or modem.sim is None:
        return (asked,)
    facts = modem.sim.facts
    memory = modem.profiles
    remembered = memory.profile(_card(modem)) if memory and _card(modem) else None
    known = await asyncio.to_thread(_known, facts.operator_id, facts.operator_name)
    has_default = bool(modem.current_capabilities & ALWAYS_ON)
    return candidates(asked, remembered, known, has_default=has_default)


def _known(operator: str, name: str) -> tuple[Profile, ...]:
    from wwand.bearers import providers  # XML is heavy, and most SIMs never need it

    return providers.known(operator, name)


async def connect_first(
    modem: Modem, ladder: tuple[BearerSettings, ...], *, apply_ip: bool
) -> Bearer:
    """Connect with the first settings that work; raises what refused the last ones.

    A refused password ends it at once: more of them may have the SIM blocked.
    """
    for settings in ladder:
        bearer = reusable(modem, settings, apply_ip)
        if bearer and bearer.connected:
            return bearer
    for other in modem.connected_bearers:
        await modem.disconnect_bearer(other)
    for at, settings in enumerate(ladder, 1):
        bearer = reusable(modem, settings, apply_ip)
        bearer = bearer or modem.create_bearer(settings, apply_ip=apply_ip)
        try:
            await modem.connect_bearer(bearer)
        except WwandError as error:
            if not blame(error).other_profile or len(ladder) == 1:
                raise
            modem.log.warning("APN %s does not work: %s", named(settings), error)
            if at == len(ladder):
                error.next_step = (
                    f"{at} access points were tried; give the operator's own: "
                    "`wwanctl connect --apn NAME`"
                )
                raise
            await modem.delete_bearer(bearer)
        else:
            _remember(modem, bearer)
            return bearer
    raise AssertionError("a ladder has a rung")


def reusable(modem: Modem, settings: BearerSettings, apply_ip: bool) -> Bearer | None:
    """A bearer that has just these settings already."""
    kind = modem.chosen_kind
    for bearer in modem.bearers:
        if kind not in (None, bearer.kind):
            continue
        if bearer.settings == settings and bearer.applies_ip == apply_ip:
            return bearer
    return None


def named(settings: BearerSettings) -> str:
    """An access point in words."""
    return settings.apn or "of the network's choice"


def _remember(modem: Modem, bearer: Bearer) -> None:
    """Note what works; of a call whose PPP is left to the client that is not known yet."""
    card = _card(modem)
    if modem.profiles and card and (bearer.applies_ip or bearer.tty is None):
        modem.profiles.note_profile(card, profile_of(bearer.settings))


def _card(modem: Modem) -> str:
    """What tells the SIM from others; empty where it does not say."""
    return (modem.sim.facts.iccid or modem.sim.facts.imsi) if modem.sim else ""
