"""What one round of one stack gave; passed from the guest to the host as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MODEL = "longcheer-mmx352g"
LATENCY = 0.02
"""Seconds the virtual modem takes for each AT command."""

GATEWAY = "10.64.64.64"
"""The other end of the virtual modem's calls."""

PEER, AUTO, WITH_NM = "peer", "wwand", "wwand + NetworkManager"
"""The stacks: usb_modeswitch, ModemManager and NetworkManager; wwand with `auto`; wwand for NM."""

STEPS = (
    "message",
    "switched",
    "back",
    "ttys",
    "opened",
    "command",
    "object",
    "registered",
    "dialled",
    "connected",
    "address",
    "ping",
)
"""The life of a stick in a round, in the order it usually has."""


@dataclass
class Round:
    """One plug, from no stick to the first ping answered."""

    stack: str
    seconds: dict[str, float] = field(default_factory=dict)
    """When each of `STEPS` was reached, since the plug."""
    messages: int = 0
    """Switch messages the stick got."""
    commands: int = 0
    """AT commands on all ports until the modem was registered."""
    chain: int = 0
    """AT commands on the busiest port until the modem was on the bus."""
    reads: dict[str, float] = field(default_factory=dict)
    """Seconds for `Get` of Modem.State and `GetAll` of Modem, median of many."""
    resident: dict[str, float] = field(default_factory=dict)
    """VmRSS of each daemon in MiB, one modem connected."""

    def between(self, first: str, then: str) -> float:
        """Seconds from one step to another."""
        return self.seconds[then] - self.seconds[first]

    def as_json(self) -> dict[str, Any]:
        """Return what `of` takes."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Round":
        """Read one back."""
        return cls(**data)
