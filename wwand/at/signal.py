"""How strong the network is: 27.007 §8.5 (+CSQ), §8.69 (+CESQ), §8.9 (+CIND), §8.10 (+CMER)."""

from collections.abc import Callable
from dataclasses import dataclass

from wwand.at.arguments import number
from wwand.at.command import AtCommand, action, query, query_text, report
from wwand.at.fields import groups, numbers, rows, split
from wwand.errors import BadReply
from wwand.status import RadioSignal, SignalValues

UNKNOWN = 99
UNKNOWN_LEVEL = 255

RXQUAL = (0.14, 0.28, 0.57, 1.13, 2.26, 4.53, 9.05, 18.10)
"""Percent of broken bits that the levels of RXQUAL stand for (45.008 §8.2.4)."""


@dataclass(frozen=True, slots=True)
class SignalQuality:
    """What +CSQ says; None while it is not known."""

    index: int | None
    """0 to 31."""
    error_index: int | None
    """0 to 7: RXQUAL."""

    @property
    def dbm(self) -> int | None:
        """Received signal strength."""
        return None if self.index is None else -113 + 2 * self.index

    @property
    def percent(self) -> int | None:
        """The strength as a bar shows it."""
        return None if self.index is None else round(self.index * 100 / 31)


def _scaled(level: int, most: int, of: Callable[[int], float]) -> float | None:
    """The value of a level; None for 99 or 255, and for what no level is."""
    return of(level) if 0 <= level <= most else None


@dataclass(frozen=True, slots=True)
class ExtendedSignal:
    """What +CESQ says, as the levels it says it in; each stands for the lower end of a step."""

    rxlev: int
    ber: int
    rscp_level: int
    ecn0_level: int
    rsrq_level: int
    rsrp_level: int
    ss_rsrq_level: int = UNKNOWN_LEVEL
    ss_rsrp_level: int = UNKNOWN_LEVEL
    ss_sinr_level: int = UNKNOWN_LEVEL

    @property
    def rssi(self) -> float | None:
        """GSM, dBm (45.008 §8.1.4)."""
        return _scaled(self.rxlev, 63, lambda level: level - 111.0)

    @property
    def error_rate(self) -> float | None:
        """GSM, percent (45.008 §8.2.4)."""
        return _scaled(self.ber, 7, RXQUAL.__getitem__)

    @property
    def rscp(self) -> float | None:
        """UMTS, dBm (25.133 §9.1.1.3)."""
        return _scaled(self.rscp_level, 96, lambda level: level - 121.0)

    @property
    def ecio(self) -> float | None:
        """UMTS, dB (25.133 §9.1.2.3)."""
        return _scaled(self.ecn0_level, 49, lambda level: level / 2 - 24.5)

    @property
    def rsrq(self) -> float | None:
        """LTE, dB (36.133 §9.1.7)."""
        return _scaled(self.rsrq_level, 34, lambda level: level / 2 - 20.0)

    @property
    def rsrp(self) -> float | None:
        """LTE, dBm (36.133 §9.1.4)."""
        return _scaled(self.rsrp_level, 97, lambda level: level - 141.0)

    @property
    def ss_rsrq(self) -> float | None:
        """5G, dB (38.133 §10.1.11)."""
        return _scaled(self.ss_rsrq_level, 127, lambda level: level / 2 - 43.5)

    @property
    def ss_rsrp(self) -> float | None:
        """5G, dBm (38.133 §10.1.6)."""
        return _scaled(self.ss_rsrp_level, 126, lambda level: level - 157.0)

    @property
    def ss_sinr(self) -> float | None:
        """5G, dB (38.133 §10.1.16)."""
        return _scaled(self.ss_sinr_level, 127, lambda level: level / 2 - 23.5)

    @property
    def values(self) -> SignalValues:
        """All of it, by radio technology."""
        return SignalValues(
            gsm=RadioSignal(self.rssi, error_rate=self.error_rate),
            umts=RadioSignal(rscp=self.rscp, ecio=self.ecio),
            lte=RadioSignal(rsrq=self.rsrq, rsrp=self.rsrp),
            nr5g=RadioSignal(rsrq=self.ss_rsrq, rsrp=self.ss_rsrp, snr=self.ss_sinr),
        )


@dataclass(frozen=True, slots=True)
class Indicator:
    """Something the modem reports with +CIEV."""

    index: int
    """From 1: what +CIEV counts by."""
    name: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class IndicatorReports:
    """What +CMER can be set to."""

    modes: tuple[int, ...]
    """1 discards and 2 keeps reports while the port carries data, 3 mixes them in."""
    levels: tuple[int, ...]
    """<ind>: 1 reports what +CIND? was not asked for, 2 all."""


@query("AT+CSQ", prefix="+CSQ")
def quality(index: int, error_index: int = UNKNOWN) -> SignalQuality:
    """27.007 §8.5."""
    return SignalQuality(
        index if 0 <= index <= 31 else None, error_index if 0 <= error_index <= 7 else None
    )


@query("AT+CESQ", prefix="+CESQ")
def extended(
    rxlev: int,
    ber: int,
    rscp: int,
    ecn0: int,
    rsrq: int,
    rsrp: int,
    ss_rsrq: int = UNKNOWN_LEVEL,
    ss_rsrp: int = UNKNOWN_LEVEL,
    ss_sinr: int = UNKNOWN_LEVEL,
) -> ExtendedSignal:
    """27.007 §8.69; the last three, about 5G, since release 15."""
    return ExtendedSignal(rxlev, ber, rscp, ecn0, rsrq, rsrp, ss_rsrq, ss_rsrp, ss_sinr)


@query_text("AT+CIND=?", prefix="+CIND")
def indicators(text: str) -> tuple[Indicator, ...]:
    """27.007 §8.9: what can be reported; entries without a name keep their number."""
    found = []
    for index, row in enumerate(rows(text), start=1):
        name, *values = split(row)
        span = numbers(",".join(values))
        if name and span:
            found.append(Indicator(index, name.lower(), span[0], span[-1]))
    if not found:
        raise BadReply("no indicators in +CIND")
    return tuple(found)


@query("AT+CIND?", prefix="+CIND")
def indicator_values(*values: str) -> tuple[int, ...]:
    """27.007 §8.9: the values in the order of `indicators`; 0 for one that is empty."""
    return tuple(int(value or 0) for value in values)


@report("+CIEV")
def indicator_changed(index: int, value: int) -> tuple[int, int]:
    """27.007 §8.10."""
    return index, value


@query_text("AT+CMER=?", prefix="+CMER")
def indicator_reports(text: str) -> IndicatorReports:
    """27.007 §8.10."""
    values = [tuple(numbers(group)) for group in groups(text)]
    return IndicatorReports(values[0], values[3] if len(values) > 3 else ())


def report_indicators(mode: int, level: int) -> AtCommand[None]:
    """27.007 §8.10."""
    return action(f"AT+CMER={number('mode', mode, 0, 3)},0,0,{number('level', level, 0, 2)}")
