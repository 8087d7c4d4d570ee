"""The ladder of access points: which ones to try for a SIM when nobody has named one; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from wwand.bearers.base import BearerSettings
from wwand.status import Auth

MOST = 5
"""How many are tried: a network that refuses so many has another reason."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An access point and what it wants to be told."""

    apn: str
    user: str = ""
    password: str = field(default="", repr=False)
    auth: Auth = Auth.UNKNOWN
    """Ways to authenticate that may be used; UNKNOWN leaves the choice open."""


class ProfileMemory(Protocol):
    """Remembers over restarts what worked (`wwand.memory`)."""

    def profile(self, card: str) -> Profile | None:
        """What worked last with that card."""
        ...

    def note_profile(self, card: str, profile: Profile) -> None:
        """Remember that this has worked."""
        ...


def candidates(
    asked: BearerSettings,
    remembered: Profile | None,
    known: Iterable[Profile],
    *,
    has_default: bool,
) -> tuple[BearerSettings, ...]:
    """Order the settings to try: the APN that is asked for, or else all that may be meant.

    That is what worked last, the network's default where there is one (LTE gives every SIM a
    default bearer), what is known of the SIM's operator, and the default in any case.
    """
    if asked.apn:
        return (asked,)
    default = Profile("")
    ladder = [remembered] if remembered else []
    ladder += [default, *known] if has_default else [*list(known)[: MOST - 2], default]
    settings = (_with(asked, profile) for profile in ladder)
    return tuple(dict.fromkeys(settings))[:MOST]


def profile_of(settings: BearerSettings) -> Profile:
    """The access point in a bearer's settings."""
    return Profile(settings.apn, settings.user, settings.password, settings.allowed_auth)


def _with(asked: BearerSettings, profile: Profile) -> BearerSettings:
    """The settings for an access point; credentials that were asked for win."""
    if asked.user or asked.password:
        return replace(asked, apn=profile.apn)
    return replace(
        asked,
        apn=profile.apn,
        user=profile.user,
        password=profile.password,
        allowed_auth=asked.allowed_auth or profile.auth,
    )
