"""Bands as bits of masks, and as ModemManager's clients number them.  Pure.

QMI and Huawei's AT commands have the same bits, as both come from Qualcomm's firmware.
"""

from collections.abc import Collection

ANY = 256
"""MM_MODEM_BAND_ANY."""

GSM_UMTS = {
    1 << 7: 2,  # DCS
    1 << 8: 1,  # EGSM
    1 << 9: 1,  # PGSM
    1 << 16: 14,  # G450
    1 << 17: 15,  # G480
    1 << 18: 16,  # G750
    1 << 19: 4,  # G850
    1 << 21: 3,  # PCS
    1 << 22: 5,  # UTRAN 1: U2100
    1 << 23: 12,  # UTRAN 2: U1900
    1 << 24: 6,  # UTRAN 3: U1800
    1 << 25: 7,  # UTRAN 4: U1700 (AWS)
    1 << 26: 9,  # UTRAN 5: U850
    1 << 27: 8,  # UTRAN 6: U800
    1 << 48: 13,  # UTRAN 7: U2600
    1 << 49: 10,  # UTRAN 8: U900
    1 << 50: 11,  # UTRAN 9: U1700 (Japan)
    1 << 60: 219,  # UTRAN 19: U850 (Japan)
    1 << 61: 211,  # UTRAN 11: U1500
}
"""Bit (libqmi: QmiDmsBandCapability; Huawei: ^SYSCFG) → number (ModemManager-enums.h)."""

LTE_OFFSET, NR_OFFSET = 30, 300
"""E-UTRAN band n has the number 30 + n, NR band n 300 + n."""

LTE_BANDS, NR_BANDS = range(1, 128), range(1, 512)


def numbers(gsm_umts: int, lte: int = 0, nr: int = 0) -> tuple[int, ...]:
    """The numbers of all bands whose bits are set; bit n - 1 stands for LTE's or NR's band n."""
    found = {number for bit, number in GSM_UMTS.items() if gsm_umts & bit}
    found |= {LTE_OFFSET + band for band in LTE_BANDS if lte >> (band - 1) & 1}
    found |= {NR_OFFSET + band for band in NR_BANDS if nr >> (band - 1) & 1}
    return tuple(sorted(found))


def masks(wanted: Collection[int]) -> tuple[int, int, int]:
    """The bits that stand for bands by their numbers: GSM and UMTS, LTE, NR."""
    gsm_umts = sum(bit for bit, number in GSM_UMTS.items() if number in wanted)
    lte = sum(1 << (band - 1) for band in LTE_BANDS if LTE_OFFSET + band in wanted)
    nr = sum(1 << (band - 1) for band in NR_BANDS if NR_OFFSET + band in wanted)
    return gsm_umts, lte, nr
