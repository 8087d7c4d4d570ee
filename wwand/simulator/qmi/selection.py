"""What the host lets the modem use: technologies, bands, domains."""

from dataclasses import dataclass, field

from wwand.qmi.dms import BandCapability
from wwand.qmi.nas_values import (
    AcquisitionOrder,
    RadioInterface,
    RatModePreference,
    RoamingPreference,
    ServiceDomainPreference,
)
from wwand.simulator.engine import Modem
from wwand.simulator.model import QmiFacts
from wwand.simulator.qmi import radio


@dataclass
class Selection:
    """The system selection preference; it acts on the modem's network."""

    modem: Modem
    facts: QmiFacts
    roaming: RoamingPreference = RoamingPreference.ANY
    domain: ServiceDomainPreference = ServiceDomainPreference.CS_PS
    gsm_wcdma: AcquisitionOrder = AcquisitionOrder.AUTOMATIC
    order: tuple[RadioInterface, ...] = field(init=False)
    """Where it looks first, of a modem with LTE: older ones have only `gsm_wcdma`."""
    modes: RatModePreference = field(init=False)
    bands: BandCapability = field(init=False)
    lte_bands: int = field(init=False)

    def __post_init__(self) -> None:
        self.modes = radio.modes(self.facts)
        self.bands = radio.bands(self.facts)
        self.lte_bands = radio.lte_bands(self.facts)
        self.order = tuple(r for r in radio.BEST if r in radio.radios(self.facts))

    @property
    def has_order(self) -> bool:
        """Whether the firmware knows of an order of all its radios."""
        return RadioInterface.LTE in self.order

    def prefer(self, order: tuple[RadioInterface, ...]) -> bool:
        """Look in that order; False when it is not one of all the modem's radios."""
        if not self.has_order or sorted(order) != sorted(self.order):
            return False
        self.order = order
        return True

    @property
    def _wanted(self) -> tuple[RadioInterface, ...]:
        """The radios that are allowed, the preferred one first."""
        order = self.order
        if not self.has_order and self.gsm_wcdma is AcquisitionOrder.GSM:
            order = order[::-1]
        return tuple(r for r in order if radio.MODES[r] in self.modes)

    def choose(self, modes: RatModePreference) -> bool:
        """Use only these technologies; False when the modem has none of them."""
        allowed = modes & radio.modes(self.facts)
        if not allowed:
            return False
        self.modes = allowed
        usual = self.modem.model.network.technology
        newest, _ = radio.TECHNOLOGIES[usual]
        there = [r for r in self._wanted if r <= newest] or self._wanted
        self.modem.network.technology = usual if there[0] is newest else radio.BEST[there[0]]
        self.modem.changed()
        return True
