"""Which generations a QMI modem may use, and which of them it looks for first.  Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

from wwand.modem.base import Modes
from wwand.modem.qmi_tables import RADIOS, RATS
from wwand.qmi.nas_selection import GetSystemSelectionPreferenceResponse
from wwand.qmi.nas_values import AcquisitionOrder, RadioInterface, RatModePreference
from wwand.status import Mode

BOTH = Mode.G2 | Mode.G3

GSM_WCDMA = {
    Mode.NONE: AcquisitionOrder.AUTOMATIC,
    Mode.G3: AcquisitionOrder.WCDMA,
    Mode.G2: AcquisitionOrder.GSM,
}


@dataclass(frozen=True, slots=True)
class Preference:
    """What firmware says of where it looks first, in one of two ways or not at all."""

    order: tuple[RadioInterface, ...] = ()
    """All its radios, the preferred one first."""
    gsm_wcdma: AcquisitionOrder | None = None
    """2G or 3G, of firmware that tells no order: it is older than LTE."""

    @classmethod
    def told(cls, said: GetSystemSelectionPreferenceResponse) -> "Preference":
        """What the modem told."""
        return cls(
            said.acquisition_order_preference or (), said.gsm_wcdma_acquisition_order_preference
        )

    def possible(self, allowed: Mode) -> tuple[Mode, ...]:
        """What can be preferred; with an order, something always is."""
        if allowed.bit_count() > 1:
            listed = [m for m, radio in RADIOS.items() if m in allowed and radio in self.order]
            if listed:
                return tuple(listed)
            if allowed == BOTH and self.gsm_wcdma is not None and not self.order:
                return tuple(GSM_WCDMA)
        return (Mode.NONE,)

    def among(self, allowed: Mode) -> Mode:
        """What is preferred."""
        possible = self.possible(allowed)
        if Mode.NONE not in possible:
            return min(possible, key=lambda mode: self.order.index(RADIOS[mode]))
        return next((m for m in possible if GSM_WCDMA[m] is self.gsm_wcdma), Mode.NONE)

    def preferring(self, allowed: Mode, preferred: Mode) -> "Preference":
        """What puts another mode in front; nothing where none can be. An order stays complete."""
        if self.possible(allowed) == (Mode.NONE,):
            return Preference()
        if not self.order:
            return Preference((), GSM_WCDMA[preferred])
        radio = RADIOS[preferred]
        rest = (each for each in self.order if each is not radio)
        return Preference((radio, *rest))


def mode_sets(everything: Mode, preference: Preference) -> tuple[Modes, ...]:
    """All sets of the generations that a modem has, the small ones first."""
    found = []
    for count in range(1, everything.bit_count() + 1):
        for some in combinations(everything, count):
            allowed = union(some)
            found += [(allowed, preferred) for preferred in preference.possible(allowed)]
    return tuple(found)


def union(modes: Iterable[Mode]) -> Mode:
    """All of them."""
    return reduce(or_, modes, Mode.NONE)


def rats(modes: Mode) -> RatModePreference:
    """The bits that stand for generations."""
    return reduce(or_, (rat for mode, rat in RATS.items() if mode in modes), RatModePreference(0))


def generations(wanted: RatModePreference) -> Mode:
    """The generations that bits stand for."""
    return union(mode for mode, rat in RATS.items() if rat in wanted)
