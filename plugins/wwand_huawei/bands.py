"""Bands as bits of Huawei's masks, and as ModemManager's clients number them.  Pure."""

from collections.abc import Iterable

ANY = 256
"""MM_MODEM_BAND_ANY."""

GSM_UMTS: dict[int, int] = {
    1: 0x100,  # EGSM
    2: 0x80,  # DCS
    3: 0x200000,  # PCS
    4: 0x80000,  # G850
    5: 0x400000,  # UTRAN 1: U2100
    12: 0x800000,  # UTRAN 2: U1900
    6: 0x1000000,  # UTRAN 3: U1800
    7: 0x2000000,  # UTRAN 4: U1700 (AWS)
    9: 0x4000000,  # UTRAN 5: U850
    8: 0x8000000,  # UTRAN 6: U800
    10: 0x2000000000000,  # UTRAN 8: U900
    11: 0x4000000000000,  # UTRAN 9: U1700 (Japan)
    219: 0x1000000000000000,  # UTRAN 19
}
"""ModemManager's number → the bit of ^SYSCFG and of the second parameter of ^SYSCFGEX."""

FIRST_LTE = 31
"""MM_MODEM_BAND_EUTRAN_1; the others follow in order."""

LTE_BITS = 63


def bands(mask: int, lte_mask: int) -> tuple[int, ...]:
    """Return ModemManager's numbers of the bands in the masks; bits without a number are dropped.

    LTE's band n is bit n - 1.
    """
    found = [number for number, bit in GSM_UMTS.items() if mask & bit]
    found += [FIRST_LTE + n for n in range(LTE_BITS) if lte_mask >> n & 1]
    return tuple(sorted(found))


def masks(numbers: Iterable[int]) -> tuple[int, int]:
    """Return the two masks of ModemManager's numbers."""
    mask = lte_mask = 0
    for number in numbers:
        mask |= GSM_UMTS.get(number, 0)
        if FIRST_LTE <= number < FIRST_LTE + LTE_BITS:
            lte_mask |= 1 << (number - FIRST_LTE)
    return mask, lte_mask
