"""QMI's numbers in those of `wwand.status`: technologies and modes; masks of bands.  Pure."""

from collections.abc import Sequence

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

RADIOS = {
    Mode.G5: RadioInterface.NR5G,
    Mode.G4: RadioInterface.LTE,
    Mode.G3: RadioInterface.UMTS,
    Mode.G2: RadioInterface.GSM,
}
"""What stands for a generation in an acquisition order, the newest first."""

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


def joined(words: tuple[int, ...] | None) -> int:
    """Masks of 64 bits each, the lowest bands first, as one number."""
    return sum(word << 64 * place for place, word in enumerate(words or ()))


def split(bits: int, count: int) -> tuple[int, ...]:
    """One number as so many masks of 64 bits."""
    return tuple(bits >> 64 * place & 0xFFFFFFFFFFFFFFFF for place in range(count))


def bits(bands: Sequence[int]) -> int:
    """Bands by their numbers, as bit n - 1 for band n."""
    return sum(1 << (band - 1) for band in set(bands) if band)
