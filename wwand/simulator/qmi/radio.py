"""The radio in QMI's numbers: technologies, bands, levels."""

from wwand.qmi.dms import BandCapability
from wwand.qmi.nas_values import DataCapability, RadioInterface, RatModePreference
from wwand.simulator.model import QmiFacts

RADIOS = {
    "gsm": RadioInterface.GSM,
    "umts": RadioInterface.UMTS,
    "lte": RadioInterface.LTE,
}
"""Names of `[qmi] radio`."""

MODES = {
    RadioInterface.GSM: RatModePreference.GSM,
    RadioInterface.UMTS: RatModePreference.UMTS,
    RadioInterface.LTE: RatModePreference.LTE,
}

BANDS = {
    RadioInterface.GSM: BandCapability.GSM_DCS_1800
    | BandCapability.GSM_900_EXTENDED
    | BandCapability.GSM_900_PRIMARY
    | BandCapability.GSM_850
    | BandCapability.GSM_PCS_1900,
    RadioInterface.UMTS: BandCapability.WCDMA_2100 | BandCapability.WCDMA_900,
    RadioInterface.LTE: BandCapability(0),
}
"""Bands of a modem sold in Europe; those of LTE are a TLV of their own."""

LOW = (1 << 64) - 1
"""What that TLV has room for."""

ACTIVE = {
    RadioInterface.GSM: (45, 62),
    RadioInterface.UMTS: (80, 10700),
    RadioInterface.LTE: (122, 1300),
}
"""Where it is: active band (libqmi: QmiNasActiveBand; GSM 900, WCDMA 2100, E-UTRAN 3), channel."""

GPRS, UTRAN, EDGE, HSDPA, HSUPA, HSPA, LTE = 0, 2, 3, 4, 5, 6, 7
"""<AcT> of 27.007 §7.3."""

TECHNOLOGIES: dict[int, tuple[RadioInterface, tuple[DataCapability, ...]]] = {
    GPRS: (RadioInterface.GSM, (DataCapability.GPRS,)),
    1: (RadioInterface.GSM, (DataCapability.GPRS,)),
    UTRAN: (RadioInterface.UMTS, (DataCapability.WCDMA,)),
    EDGE: (RadioInterface.GSM, (DataCapability.GPRS, DataCapability.EDGE)),
    HSDPA: (RadioInterface.UMTS, (DataCapability.HSDPA,)),
    HSUPA: (RadioInterface.UMTS, (DataCapability.HSDPA, DataCapability.HSUPA)),
    HSPA: (RadioInterface.UMTS, (DataCapability.HSDPA, DataCapability.HSUPA)),
    LTE: (RadioInterface.LTE, (DataCapability.LTE,)),
}
"""<AcT> as radio interface and data capabilities."""

BEST = {RadioInterface.LTE: LTE, RadioInterface.UMTS: HSPA, RadioInterface.GSM: EDGE}
"""What a network offers on a radio interface, from the newest on."""

RATES = {
    RadioInterface.GSM: (236_800, 236_800),
    RadioInterface.UMTS: (5_760_000, 14_400_000),
    RadioInterface.LTE: (50_000_000, 150_000_000),
}
"""Bits per second up and down: EDGE class 12, HSUPA category 6 with HSDPA 10, LTE category 4."""


def radios(facts: QmiFacts) -> tuple[RadioInterface, ...]:
    """The radio interfaces of a model."""
    return tuple(RADIOS[name] for name in facts.radio)


def modes(facts: QmiFacts) -> RatModePreference:
    """All technologies that a model may use."""
    found = RatModePreference(0)
    for radio in radios(facts):
        found |= MODES[radio]
    return found


def bands(facts: QmiFacts) -> BandCapability:
    """All GSM and UMTS bands of a model."""
    found = BandCapability(0)
    for radio in radios(facts):
        found |= BANDS[radio]
    return found


def lte_bands(facts: QmiFacts) -> int:
    """All LTE bands of a model; bit n - 1 stands for band n."""
    return sum(1 << (band - 1) for band in facts.lte_bands) if "lte" in facts.radio else 0


def newest(facts: QmiFacts) -> RadioInterface:
    """The best radio interface of a model."""
    return next(radio for radio in BEST if radio in radios(facts))


def dbm(signal: int) -> int:
    """The strength that a <rssi> of +CSQ stands for (27.007 §8.5)."""
    return 2 * signal - 113
