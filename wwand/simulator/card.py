"""The SIM card: locks with their counters, and its files (3GPP TS 31.102)."""

from dataclasses import dataclass, field

from wwand.simulator.model import SimFacts
from wwand.simulator.replies import Refused

PIN_TRIES, PUK_TRIES = 3, 10
"""3GPP TS 31.101 §9.5: tries before a code is blocked."""

CME_NO_SIM, CME_PIN, CME_PUK, CME_FAILURE, CME_WRONG = 10, 11, 12, 13, 16


def swapped(digits: str) -> str:
    """Write digits as the card stores them: two to an octet, the first in the low nibble."""
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))


@dataclass
class Card:
    """A card as the modem sees it; unplugging does not change its locks' counters."""

    facts: SimFacts
    present: bool = True
    pin: str = ""
    pin_enabled: bool = False
    unlocked: bool = False
    pin_tries: int = PIN_TRIES
    puk_tries: int = PUK_TRIES
    pin2_tries: int = PIN_TRIES
    puk2_tries: int = PUK_TRIES
    messages: dict[int, tuple[int, str]] = field(default_factory=dict)
    """SMS store: index -> (<stat> of 27.005 §3.1, PDU with SMSC)."""
    in_modem: dict[int, tuple[int, str]] = field(default_factory=dict)
    """The modem's own store, which outlives a power cycle as well."""

    def __post_init__(self) -> None:
        self.pin = self.facts.pin
        self.pin_enabled = self.facts.pin_enabled

    @property
    def lock(self) -> str:
        """The <code> of +CPIN? (27.007 §8.3); raises Refused without a card."""
        if not self.present or not self.puk_tries:
            raise Refused(CME_FAILURE if self.present else CME_NO_SIM)
        if not self.pin_tries:
            return "SIM PUK"
        return "SIM PIN" if self.pin_enabled and not self.unlocked else "READY"

    @property
    def ready(self) -> bool:
        """Whether its files can be read."""
        try:
            return self.lock == "READY"
        except Refused:
            return False

    def power_cycled(self) -> None:
        """Ask for the PIN again."""
        self.unlocked = False

    def need_ready(self) -> None:
        """Raise what every command answers while the card is locked or absent."""
        if (lock := self.lock) != "READY":
            raise Refused(CME_PUK if lock == "SIM PUK" else CME_PIN)

    def verify(self, pin: str) -> None:
        """Check the PIN and count; raises Refused when it is wrong."""
        if self.lock == "SIM PUK":
            raise Refused(CME_PUK)
        if pin != self.pin:
            self.pin_tries -= 1
            raise Refused(CME_WRONG if self.pin_tries else CME_PUK)
        self.pin_tries = PIN_TRIES
        self.unlocked = True

    def unblock(self, puk: str, new_pin: str) -> None:
        """Set a new PIN with the PUK; raises Refused when it is wrong."""
        if puk != self.facts.puk:
            self.puk_tries -= 1
            raise Refused(CME_WRONG if self.puk_tries else CME_FAILURE)
        self.pin, self.pin_tries, self.puk_tries = new_pin, PIN_TRIES, PUK_TRIES
        self.unlocked = True

    def file(self, number: int) -> bytes | None:
        """Return an elementary file's contents, None when the card has none of that number."""
        facts = self.facts
        if number == 0x2FE2:  # EF ICCID
            return bytes.fromhex(swapped(facts.iccid).ljust(20, "F"))
        if number == 0x6F07:  # EF IMSI: length, then parity nibble 9 before the first digit
            body = swapped("9" + facts.imsi)
            return bytes.fromhex(f"{len(body) // 2:02X}{body}".ljust(18, "F"))
        if number == 0x6FAD:  # EF AD: octet 4 is the length of the MNC
            return bytes((0, 0, 0, facts.mnc_length))
        if number == 0x6F46 and facts.operator:  # EF SPN: display condition, GSM default alphabet
            return (b"\x00" + facts.operator.encode("ascii")).ljust(17, b"\xff")
        return None
