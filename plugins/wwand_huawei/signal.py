"""How strong the network is, in Huawei's way: ^HCSQ, ^RSSI, ^RSSILVL, ^CSQLVL.  Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from wwand.at.command import query, read, report
from wwand.errors import BadReply
from wwand.status import AccessTechnology as Act
from wwand.status import RadioSignal, SignalValues

TECHNOLOGIES = {
    "GSM": Act.GSM,
    "WCDMA": Act.UMTS,
    "TD-SCDMA": Act.UMTS,
    "LTE": Act.LTE,
    "CDMA": Act.ONE_XRTT,
    "EVDO": Act.EVDO0,
    "CDMA-EVDO": Act.ONE_XRTT | Act.EVDO0,
}


def _scaled(most: int, of: Callable[[int], float]) -> Callable[[int], float | None]:
    return lambda value: of(value) if 0 <= value <= most else None


RSSI = _scaled(96, lambda v: v - 121.0)
"""dBm; the same for GSM, WCDMA and LTE."""
RSCP = _scaled(96, lambda v: v - 121.0)
ECIO = _scaled(65, lambda v: v / 2 - 32.5)
RSRP = _scaled(97, lambda v: v - 141.0)
SINR = _scaled(251, lambda v: round(v / 5 - 20.2, 1))
RSRQ = _scaled(34, lambda v: v / 2 - 20.0)

UNKNOWN_LEVEL = 255

FIELDS = {
    Act.GSM: (("rssi", RSSI),),
    Act.UMTS: (("rssi", RSSI), ("rscp", RSCP), ("ecio", ECIO)),
    Act.LTE: (("rssi", RSSI), ("rsrp", RSRP), ("sinr", SINR), ("rsrq", RSRQ)),
}
"""What the numbers of ^HCSQ are, in order."""

NAMES = {Act.GSM: "gsm", Act.UMTS: "umts", Act.LTE: "lte"}
"""Fields of `SignalValues`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What ^HCSQ says: the raw numbers, and what they mean in dBm and dB; None: not measured."""

    technology: Act
    values: tuple[int, ...]
    rssi: float | None = None
    rscp: float | None = None
    ecio: float | None = None
    rsrp: float | None = None
    sinr: float | None = None
    rsrq: float | None = None

    @property
    def by_radio(self) -> SignalValues:
        """The same under the name of the radio."""
        radio = RadioSignal(self.rssi, self.rscp, self.ecio, self.rsrp, self.rsrq, snr=self.sinr)
        name = NAMES.get(self.technology)
        return SignalValues(**{name: radio}) if name else SignalValues()


def _signal(name: str, *values: str) -> Signal:
    technology = TECHNOLOGIES.get(name.upper())
    if technology is None:
        raise BadReply(f"no signal of a known network: {name!r}")
    while values and not values[-1]:
        values = values[:-1]
    raw = tuple(int(value or UNKNOWN_LEVEL) for value in values)
    meaning = {
        field: scale(value)
        for (field, scale), value in zip(FIELDS.get(technology, ()), raw, strict=False)
    }
    return Signal(technology, raw, **meaning)


extended = query("AT^HCSQ?", prefix="^HCSQ")(_signal)
extended_report = report("^HCSQ")(_signal)


def read_percent(line: str, prefix: str) -> int:
    """Read ^RSSILVL, ^HRSSILVL, ^CSQLVL and ^HDRCSQLVL, which all report percent."""
    percent: int = read(line, prefix, _first)
    if not 0 <= percent <= 100:
        raise BadReply(f"{prefix} is no percentage")
    return percent


def _first(value: int, *_rest: str) -> int:
    return value


UNKNOWN_STRENGTH = 99
"""As in +CSQ (27.007 §8.5)."""

BEST_STRENGTH = 31


@report("^RSSI")
def strength(index: int, *_rest: str) -> int | None:
    """In percent; None while it is not known."""
    if index < 0 or index == UNKNOWN_STRENGTH:
        return None
    return round(min(index, BEST_STRENGTH) * 100 / BEST_STRENGTH)
