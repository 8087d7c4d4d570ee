"""Thresholds of a signal as D-Bus has them."""

import pytest
from dbus_fast import Variant

from wwand.errors import BadArgument
from wwand.service.signal import thresholds
from wwand.status import SignalThresholds


def test_thresholds_are_read() -> None:
    given = {"rssi-threshold": Variant("u", 10), "error-rate-threshold": Variant("b", True)}
    assert thresholds(given) == SignalThresholds(10, error_rate=True)
    assert thresholds({}) == SignalThresholds()


@pytest.mark.parametrize(
    ("name", "value"), [("rsrp-threshold", Variant("u", 1)), ("rssi-threshold", Variant("i", -1))]
)
def test_what_is_no_threshold_is_named(name: str, value: Variant) -> None:
    with pytest.raises(BadArgument, match=name):
        thresholds({name: value})
