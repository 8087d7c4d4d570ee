"""QMI's numbers in those of `wwand.status`: technologies, modes, bands.  Pure.

Band numbers of `wwand.status` are ModemManager's (ModemManager-enums.h).
"""

from wwand.qmi.dms import BandCapability as B
from wwand.qmi.dms import RadioInterface as DmsRadio
from wwand.qmi.nas_values import DataCapability as D
from wwand.qmi.nas_values import RadioInterface, RatModePreference
from wwand.status import AccessTechnology as T
from wwand.status import Capability, Mode

CAPABILITIES = {
    DmsRadio.CDMA20001X: Capability.CDMA_EVDO,
    DmsRadio.EVDO: Capability.CDMA_EVDO,
    DmsRadio.GSM: Capability.GSM_UMTS,
    DmsRadio.UMTS: Capability.GSM_UMTS,
    DmsRadio.LTE: Capability.LTE,
    DmsRadio.TDS: Capability.TDS,
    DmsRadio.NR5G: Capability.NR5G,
}

MODES = {
    DmsRadio.GSM: Mode.G2,
    DmsRadio.UMTS: Mode.G3,
    DmsRadio.LTE: Mode.G4,
    DmsRadio.NR5G: Mode.G5,
}
"""The generation that each radio of a modem adds."""

RATS = {
    Mode.G2: RatModePreference.GSM,
    Mode.G3: RatModePreference.UMTS,
    Mode.G4: RatModePreference.LTE,
    Mode.G5: RatModePreference.NR5G,
}

TECHNOLOGIES = {
    RadioInterface.CDMA_1X: T.ONE_XRTT,
    RadioInterface.CDMA_1XEVDO: T.EVDO0,
    RadioInterface.GSM: T.GSM,
    RadioInterface.UMTS: T.UMTS,
    RadioInterface.TD_SCDMA: T.UMTS,
    RadioInterface.LTE: T.LTE,
    RadioInterface.NR5G: T.NR5G,
}

DATA_TECHNOLOGIES = {
    D.GPRS: T.GPRS,
    D.EDGE: T.EDGE,
    D.HSDPA: T.HSDPA,
    D.HSUPA: T.HSUPA,
    D.WCDMA: T.UMTS,
    D.CDMA: T.ONE_XRTT,
    D.EVDO_REV_0: T.EVDO0,
    D.EVDO_REV_A: T.EVDOA,
    D.GSM: T.GSM,
    D.EVDO_REV_B: T.EVDOB,
    D.LTE: T.LTE,
    D.HSDPA_PLUS: T.HSPA_PLUS,
    D.DC_HSDPA_PLUS: T.HSPA_PLUS,
}

BANDS = {
    B.GSM_900_EXTENDED: 1,
    B.GSM_900_PRIMARY: 1,
    B.GSM_DCS_1800: 2,
    B.GSM_PCS_1900: 3,
    B.GSM_850: 4,
    B.WCDMA_2100: 5,
    B.WCDMA_DCS_1800: 6,
    B.WCDMA_1700_US: 7,
    B.WCDMA_800: 8,
    B.WCDMA_850_US: 9,
    B.WCDMA_900: 10,
    B.WCDMA_1700_JAPAN: 11,
    B.WCDMA_PCS_1900: 12,
    B.WCDMA_2600: 13,
    B.GSM_450: 14,
    B.GSM_480: 15,
    B.GSM_750: 16,
    B.WCDMA_1500: 211,
    B.WCDMA_850_JAPAN: 219,
}
"""GSM and UMTS."""

LTE_OFFSET = 30
"""E-UTRAN band n has the number 30 + n, NR band n 300 + n."""

NR_OFFSET = 300

LTE_BANDS, NR_BANDS = range(1, 128), range(1, 512)


def technologies(data: tuple[D, ...] | None, radios: tuple[RadioInterface, ...]) -> T:
    """The radio link: what data it carries is finer than what radio it is."""
    found = T.UNKNOWN
    for each in data or ():
        found |= DATA_TECHNOLOGIES.get(each, T.UNKNOWN)
    if found:
        return found
    for radio in radios:
        found |= TECHNOLOGIES.get(radio, T.UNKNOWN)
    return found


def band_numbers(bands: B, lte: int, nr: int = 0) -> tuple[int, ...]:
    """The numbers of all bands whose bits are set; bit n - 1 stands for LTE's or NR's band n."""
    found = {number for bit, number in BANDS.items() if bands & bit}
    found |= {LTE_OFFSET + band for band in LTE_BANDS if lte >> (band - 1) & 1}
    found |= {NR_OFFSET + band for band in NR_BANDS if nr >> (band - 1) & 1}
    return tuple(sorted(found))


def band_bits(numbers: tuple[int, ...]) -> tuple[B, int, int]:
    """The bits that stand for band numbers: GSM and UMTS, LTE, NR."""
    bands = B(0)
    for bit, number in BANDS.items():
        if number in numbers:
            bands |= bit
    lte = sum(1 << (n - LTE_OFFSET - 1) for n in numbers if n - LTE_OFFSET in LTE_BANDS)
    nr = sum(1 << (n - NR_OFFSET - 1) for n in numbers if n - NR_OFFSET in NR_BANDS)
    return bands, lte, nr


def joined(words: tuple[int, ...] | None) -> int:
    """Masks of 64 bits each, the lowest bands first, as one number."""
    return sum(word << 64 * place for place, word in enumerate(words or ()))


def split(bits: int, count: int) -> tuple[int, ...]:
    """One number as so many masks of 64 bits."""
    return tuple(bits >> 64 * place & 0xFFFFFFFFFFFFFFFF for place in range(count))
