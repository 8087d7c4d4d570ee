"""What one round of one stack gave; passed from the guest to the host as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LATENCY = 0.02
"""Seconds the virtual modem takes for each AT command and QMI message."""

CARRIER = "wwand-carrier"
"""The network namespace that the virtual modem's calls end in."""

PEER, AUTO, WITH_NM = "peer", "wwand", "wwand + NetworkManager"
"""The stacks: usb_modeswitch, ModemManager and NetworkManager; wwand with `auto`; wwand for NM."""

STEPS = (
    "message",
    "switched",
    "back",
    "ttys",
    "card",
    "opened",
    "command",
    "object",
    "registered",
    "dialled",
    "connected",
    "up",
    "address",
    "ping",
)
"""The life of a modem in a round, in the order it usually has; `ttys` and `card` are udev's words,
`connected` the network's, `up` the bus's."""


@dataclass
class Round:
    """One plug, from no modem to the first ping answered, and what was tried after it."""

    stack: str
    seconds: dict[str, float] = field(default_factory=dict)
    """When each of `STEPS` that the model has was reached, since the plug."""
    messages: int = 0
    """Switch messages the stick got."""
    commands: int = 0
    """AT commands on all ports until the modem was registered."""
    asked: dict[str, int] = field(default_factory=dict)
    """AT commands (`command`) and QMI messages (`qmi`) until the first ping was answered."""
    chain: int = 0
    """AT commands on the busiest port until the modem was on the bus."""
    reads: dict[str, float] = field(default_factory=dict)
    """Seconds for `Get` of Modem.State and `GetAll` of Modem, median of many."""
    resident: dict[str, float] = field(default_factory=dict)
    """VmRSS of each daemon in MiB, one modem connected."""
    rates: dict[str, float] = field(default_factory=dict)
    """MiB/s of a transfer while the manager is `idle`, is so `beside` other work, and is `loaded`;
    its share `busy` of a processor then."""
    again: dict[str, float] = field(default_factory=dict)
    """When each step was reached anew, since the network had dropped the connection."""

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
