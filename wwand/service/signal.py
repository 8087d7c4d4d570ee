"""`org.freedesktop.ModemManager1.Modem.Signal`."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dbus_fast import Variant

from wwand.errors import BadArgument
from wwand.modem.base import Modem
from wwand.service import spec
from wwand.service.polkit import DEVICE_CONTROL
from wwand.service.view import View, guarded
from wwand.status import RadioSignal, SignalThresholds

THRESHOLDS = {"rssi-threshold": ("u", "rssi"), "error-rate-threshold": ("b", "error_rate")}
"""Key → type, and field of SignalThresholds."""


class SignalView(View):
    """How a modem hears its networks, in dBm and dB."""

    spec = spec.load("org.freedesktop.ModemManager1.Modem.Signal")
    guards = guarded(spec, DEVICE_CONTROL)

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    @property
    def Rate(self) -> int:
        return int(self._modem.signal_poll.rate)

    @property
    def RssiThreshold(self) -> int:
        return self._modem.signal_thresholds.rssi

    @property
    def ErrorRateThreshold(self) -> bool:
        return self._modem.signal_thresholds.error_rate

    @property
    def Cdma(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.cdma)

    @property
    def Evdo(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.evdo)

    @property
    def Gsm(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.gsm)

    @property
    def Umts(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.umts)

    @property
    def Lte(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.lte)

    @property
    def Nr5g(self) -> dict[str, Variant]:
        return _known(self._modem.signal_values.nr5g)

    async def Setup(self, rate: int) -> None:
        await self._modem.signal_poll.set_rate(rate)

    async def SetupThresholds(self, settings: Mapping[str, Variant]) -> None:
        await self._modem.set_signal_thresholds(thresholds(settings))


def thresholds(settings: Mapping[str, Variant]) -> SignalThresholds:
    """Read the dictionary; BadArgument names a key that is unknown or has another type."""
    wanted: dict[str, Any] = {}
    for name, variant in settings.items():
        if name not in THRESHOLDS:
            raise BadArgument(f'unknown key "{name}"; known are {", ".join(THRESHOLDS)}')
        signature, field = THRESHOLDS[name]
        if variant.signature != signature:
            raise BadArgument(f'"{name}" must be of type {signature}, not {variant.signature}')
        wanted[field] = variant.value
    return SignalThresholds(**wanted)


def _known(signal: RadioSignal) -> dict[str, Variant]:
    """What was measured, by ModemManager's names."""
    found = ((field.name, getattr(signal, field.name)) for field in fields(signal))
    return {
        name.replace("_", "-"): Variant("d", value) for name, value in found if value is not None
    }
