"""What the host lets the modem use: technologies, bands, domains."""

from dataclasses import dataclass, field

from wwand.qmi.dms import BandCapability
from wwand.qmi.nas_values import (
    AcquisitionOrder,
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
    order: AcquisitionOrder = AcquisitionOrder.AUTOMATIC
    modes: RatModePreference = field(init=False)
    bands: BandCapability = field(init=False)
    lte_bands: int = field(init=False)

    def __post_init__(self) -> None:
        self.modes = radio.modes(self.facts)
        self.bands = radio.bands(self.facts)
        self.lte_bands = radio.lte_bands(self.facts)

    def choose(self, modes: RatModePreference) -> bool:
        """Use only these technologies; False when the modem has none of them."""
        allowed = modes & radio.modes(self.facts)
        if not allowed:
            return False
        self.modes = allowed
        network, usual = self.modem.network, self.modem.model.network.technology
        interface, _ = radio.TECHNOLOGIES[usual]
        if radio.MODES[interface] in allowed:
            network.technology = usual
        else:
            best = (act for where, act in radio.BEST.items() if radio.MODES[where] in allowed)
            network.technology = next(best)
        self.modem.changed()
        return True
