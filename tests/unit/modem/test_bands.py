"""Bands as bits of masks, and by ModemManager's numbers."""

import pytest

from wwand.modem import bands
from wwand.qmi.dms import BandCapability as B


def test_bands_go_to_masks_and_back() -> None:
    gsm = B.GSM_900_EXTENDED | B.GSM_900_PRIMARY | B.WCDMA_2100
    lte, nr5g = 1 << 2 | 1 << 70, 1 << 77
    assert bands.numbers(gsm, lte, nr5g) == (1, 5, 33, 101, 378)
    assert bands.masks((1, 5, 33, 101, 378)) == (gsm, lte, nr5g)


def test_huawei_has_the_same_bits() -> None:
    assert bands.numbers(0x2000000400180, 0x800C5) == (1, 2, 5, 10, 31, 33, 37, 38, 50)


@pytest.mark.parametrize(
    ("bit", "number"),
    [(B.GSM_PCS_1900, 3), (B.WCDMA_800, 8), (B.WCDMA_850_US, 9), (B.WCDMA_850_JAPAN, 219)],
)
def test_names_and_numbers_agree(bit: B, number: int) -> None:
    assert bands.GSM_UMTS[bit] == number


def test_every_band_of_qmi_has_a_number_but_that_of_the_railways() -> None:
    assert set(B) - set(bands.GSM_UMTS) == {B.GSM_900_RAILWAYS}
    assert set(bands.GSM_UMTS) <= set(B)
