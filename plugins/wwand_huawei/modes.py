"""Generations and bands: ^SYSCFGEX, ^SYSCFG of firmware without LTE, ^PREFMODE of the first.  Pure.

A setting keeps the numbers that a set command takes, and says what they mean.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wwand.at.command import AtCommand, action, query, query_text
from wwand.at.fields import numbers, split
from wwand.errors import BadReply
from wwand.modem.base import Modes
from wwand.status import Mode

BOTH = Mode.G2 | Mode.G3

ANY_BAND = 0x3FFFFFFF
ANY_LTE_BAND = 0x7FFFFFFFFFFFFFFF
NO_CHANGE = "40000000"
"""A mask of bands that leaves them as they are."""

KEEP = f"{NO_CHANGE},2,4"
"""Bands, roaming and domain of service as they are."""

SET_TIMEOUT = 10
"""Seconds: the modem leaves the network and looks for another."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One combination of generations, and the command that chooses it."""

    modes: Modes
    value: str
    """What the set command takes for it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a test command offers: combinations, and masks of all bands."""

    choices: tuple[Choice, ...]
    bands: int = 0
    """GSM and UMTS."""
    lte_bands: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is set."""

    modes: Modes
    bands: int = 0
    """As the modem says it: `ANY_BAND` stands for all."""
    lte_bands: int = 0

    def within(self, offer: Offer) -> "Setting":
        """The same, with all bands by their own bits."""
        bands = offer.bands if self.bands & ANY_BAND == ANY_BAND else self.bands
        lte = offer.lte_bands if self.lte_bands & ANY_LTE_BAND == ANY_LTE_BAND else self.lte_bands
        return Setting(self.modes, bands, lte)


def _mask(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"(?:0[xX])?[0-9A-Fa-f]{1,16}", text):
        raise BadReply(f"not a mask of bands: {text!r}")
    return int(text, 16)


def _all_bands(text: str, anything: int) -> int:
    """Join the masks of `(400000,"WCDMA2100"),(3fffffff,"All bands")`, but for the one for all."""
    found = 0
    for row in re.findall(r"\(\s*((?:0[xX])?[0-9A-Fa-f]{1,16})\s*,", text):
        mask = _mask(row)
        found |= 0 if mask & anything == anything else mask
    return found


def _parameters(text: str, least: int) -> list[str]:
    """The parameters of a test answer, each with its outer brackets taken off."""
    found = [re.sub(r"^\((.*)\)$", r"\1", field, flags=re.DOTALL) for field in split(text)]
    if len(found) < least:
        raise BadReply(f"only {len(found)} parameters: {text!r}")
    return found


# --- ^SYSCFG --------------------------------------------------------------------------------------

BY_ORDER = {0: Mode.NONE, 1: Mode.G2, 2: Mode.G3}
"""<acqorder>: which generation is looked for first; 3 leaves that as it is."""

BY_MODE = {2: BOTH, 13: Mode.G2, 14: Mode.G3}
"""<mode>; 16 leaves it as it is."""

DEFAULT_MODES = (2, 13, 14)
DEFAULT_ORDERS = (0, 1, 2)
"""What firmware can do whose test answer says nothing."""


@query_text("AT^SYSCFG=?", prefix="^SYSCFG")
def offered(text: str) -> Offer:
    """Combinations of mode and order; an order makes sense only where there are two generations."""
    if not text.strip(" ,"):
        return Offer(_choices(DEFAULT_MODES, DEFAULT_ORDERS))
    modes, orders, bands = _parameters(text, 3)[:3]
    return Offer(
        _choices(numbers(modes) or DEFAULT_MODES, numbers(orders) or DEFAULT_ORDERS),
        _all_bands(bands, ANY_BAND),
    )


def _choices(modes: Sequence[int], orders: Sequence[int]) -> tuple[Choice, ...]:
    found = []
    for mode in modes:
        if mode == 2:
            found += [Choice((BOTH, BY_ORDER[n]), f"2,{n}") for n in orders if n in BY_ORDER]
        elif mode in BY_MODE:
            found.append(Choice((BY_MODE[mode], Mode.NONE), f"{mode},0"))
    return tuple(found)


@query("AT^SYSCFG?", prefix="^SYSCFG")
def chosen(mode: int, order: int = 0, bands: str = "", *_rest: str) -> Setting:
    """Some firmware has an order beside a single generation: it says nothing."""
    if mode not in BY_MODE or (mode == 2 and order not in BY_ORDER):
        raise ValueError("a mode that cannot be")
    preferred = BY_ORDER[order] if mode == 2 else Mode.NONE
    return Setting((BY_MODE[mode], preferred), _mask(bands))


def choose(value: str) -> AtCommand[None]:
    """Choose modes by a `Choice`'s value."""
    return action(f"AT^SYSCFG={value},{KEEP}", timeout=SET_TIMEOUT)


def choose_bands(bands: int, lte_bands: int) -> AtCommand[None]:
    """Choose bands by their mask; this firmware has none of LTE."""
    del lte_bands
    return action(f"AT^SYSCFG=16,3,{bands:X},2,4", timeout=SET_TIMEOUT)


# --- ^SYSCFGEX ------------------------------------------------------------------------------------

GENERATIONS = {
    "01": Mode.G2,
    "02": Mode.G3,
    "03": Mode.G4,
    "04": Mode.G2,  # CDMA 1x
    "06": Mode.G4,  # WiMAX
    "07": Mode.G3,  # EV-DO
}
"""Codes of <acqorder>, which lines them up with the preferred one in front."""

AUTOMATIC = "00"
UNCHANGED = "99"


def _order(value: str, everything: Mode) -> Modes | None:
    """What `0302` means; None for what is no order."""
    if value == AUTOMATIC:
        return everything, Mode.NONE
    codes = re.findall("..", value)
    if not codes or len(value) % 2 or any(code not in GENERATIONS for code in codes):
        return None
    allowed = Mode.NONE
    for code in codes:
        allowed |= GENERATIONS[code]
    single = allowed == GENERATIONS[codes[0]]
    return allowed, Mode.NONE if single else GENERATIONS[codes[0]]


@query_text("AT^SYSCFGEX=?", prefix="^SYSCFGEX")
def offered_extended(text: str) -> Offer:
    """Orders as they are listed; 00 stands for all generations that any of them has."""
    orders, bands, *rest = _parameters(text, 2)
    values = split(orders)
    everything = Mode.NONE
    for value in values:
        found = _order(value, Mode.NONE)
        everything |= found[0] if found else Mode.NONE
    choices = []
    for value in values:
        modes = _order(value, everything)
        if modes and modes[0]:
            choices.append(Choice(modes, f'"{value}"'))
    if not choices:
        raise BadReply(f"no order of modes: {text!r}")
    lte = rest[2] if len(rest) > 2 else ""
    return Offer(tuple(choices), _all_bands(bands, ANY_BAND), _all_bands(lte, ANY_LTE_BAND))


def chosen_extended(offer: Offer) -> AtCommand[Setting]:
    """What is set, among what is offered."""
    by_value = {choice.value.strip('"'): choice.modes for choice in offer.choices}
    everything = Mode.NONE
    for choice in offer.choices:
        everything |= choice.modes[0]

    def build(
        order: str, bands: str = "", _roam: str = "", _domain: str = "", lte: str = "", *_rest: str
    ) -> Setting:
        modes = by_value.get(order) or _order(order, everything)
        if modes is None or not modes[0]:
            raise ValueError("an order that cannot be")
        return Setting(modes, _mask(bands), _mask(lte)).within(offer)

    return query("AT^SYSCFGEX?", prefix="^SYSCFGEX")(build)


def choose_extended(value: str) -> AtCommand[None]:
    """Choose modes by a `Choice`'s value."""
    return action(f"AT^SYSCFGEX={value},{KEEP},{NO_CHANGE},,", timeout=SET_TIMEOUT)


def choose_bands_extended(bands: int, lte_bands: int) -> AtCommand[None]:
    """Choose bands by their masks."""
    text = f'AT^SYSCFGEX="{UNCHANGED}",{bands:X},2,4,{lte_bands:X},,'
    return action(text, timeout=SET_TIMEOUT)


# --- ^PREFMODE ------------------------------------------------------------------------------------

PREFERENCES: dict[int, Modes] = {2: (BOTH, Mode.G2), 4: (BOTH, Mode.G3), 8: (BOTH, Mode.NONE)}


@query_text("AT^PREFMODE=?", prefix="^PREFMODE")
def offered_preferences(text: str) -> Offer:
    """Which generation is preferred; both are always allowed."""
    known = [n for n in numbers(text) if n in PREFERENCES]
    if not known:
        raise BadReply(f"no preference: {text!r}")
    return Offer(tuple(Choice(PREFERENCES[n], str(n)) for n in known))


@query("AT^PREFMODE?", prefix="^PREFMODE")
def chosen_preference(value: int) -> Setting:
    """Which generation is preferred."""
    if value not in PREFERENCES:
        raise ValueError("a preference that cannot be")
    return Setting(PREFERENCES[value])


def choose_preference(value: str) -> AtCommand[None]:
    """Choose by a `Choice`'s value."""
    return action(f"AT^PREFMODE={value}", timeout=SET_TIMEOUT)


# --- the three of them ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """One of the three commands: what to ask, and how to set."""

    offers: AtCommand[Offer]
    setting: Callable[[Offer], AtCommand[Setting]]
    choose: Callable[[str], AtCommand[None]]
    choose_bands: Callable[[int, int], AtCommand[None]] | None = None


FAMILIES = (
    Family(offered_extended, chosen_extended, choose_extended, choose_bands_extended),
    Family(offered, lambda _: chosen, choose, choose_bands),
    Family(offered_preferences, lambda _: chosen_preference, choose_preference),
)
"""The newest first: firmware that has it has some of the older ones as well."""
