"""Whether a network serves the modem: the reports of all domains, and what they amount to."""

from dataclasses import dataclass, field

from wwand.status import AccessTechnology, RegistrationState

R = RegistrationState

SERVED = (R.HOME, R.ROAMING, R.HOME_CSFB_NOT_PREFERRED, R.ROAMING_CSFB_NOT_PREFERRED)
PARTLY = (R.HOME_SMS_ONLY, R.ROAMING_SMS_ONLY, R.EMERGENCY_ONLY, R.ATTACHED_RLOS)


@dataclass(slots=True)
class Registered:
    """The last word of each domain, and the operator."""

    domains: dict[str, RegistrationState] = field(default_factory=dict)
    """`creg`, `cgreg`, `cereg`, `c5greg` → its state; absent: the modem does not report it."""
    technology: AccessTechnology = AccessTechnology.UNKNOWN
    """What the registration reports say about the radio link."""
    area: int = 0
    """LAC or TAC of the serving cell."""
    cell: int = 0
    operator_code: str = ""
    operator_name: str = ""

    @property
    def state(self) -> RegistrationState:
        """The best of all domains: data first, then speech, then the reason why there is none."""
        said = [self.domains[d] for d in ("c5greg", "cereg", "cgreg", "creg") if d in self.domains]
        for wanted in (*SERVED, *PARTLY, R.SEARCHING, R.DENIED, R.IDLE):
            if wanted in said:
                return wanted
        return R.UNKNOWN

    @property
    def registered(self) -> bool:
        """Whether a network serves the modem."""
        return self.state.registered

    @property
    def searching(self) -> bool:
        """Whether the modem is looking for a network."""
        return self.state is R.SEARCHING

    @property
    def packet_domains(self) -> list[RegistrationState]:
        """The states of the domains that carry data (PS, EPS, 5GS)."""
        return [s for d, s in self.domains.items() if d != "creg"]

    def clear(self) -> None:
        """Forget everything: the radio is off."""
        self.domains = {}
        self.technology = AccessTechnology.UNKNOWN
        self.area = self.cell = 0
        self.operator_code = self.operator_name = ""
