"""Choose over QMI what a modem may use: generations of networks, and bands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wwand.modem import bands
from wwand.modem.qmi_modes import Preference, generations, mode_sets, rats, union
from wwand.modem.qmi_tables import MODES, bits, joined, split
from wwand.qmi import dms
from wwand.qmi.nas_selection import (
    GetSystemSelectionPreference,
    GetSystemSelectionPreferenceResponse,
    SetSystemSelectionPreference,
)
from wwand.qmi.nas_values import ChangeDuration
from wwand.status import Mode
from wwand.tasks import side_by_side

if TYPE_CHECKING:
    from wwand.modem.qmi_ports import QmiPorts

Told = tuple[GetSystemSelectionPreferenceResponse | None, dms.GetBandCapabilitiesResponse | None]


class QmiSelection:
    """Keeps a modem's modes and bands, those that it has and those that it may use."""

    def __init__(self, modem: "QmiPorts") -> None:
        self._modem = modem
        self._preference = Preference()

    async def ask(self) -> Told:
        """Ask for what may be used, and for the bands there are."""
        ask = self._modem.ask
        chosen, there = await side_by_side(
            ask(GetSystemSelectionPreference()), ask(dms.GetBandCapabilities())
        )
        return chosen, there

    def learn(
        self,
        radios: Sequence[dms.RadioInterface],
        chosen: GetSystemSelectionPreferenceResponse | None,
        there: dms.GetBandCapabilitiesResponse | None,
    ) -> None:
        """Take over what `ask` was told, on a modem with these radios."""
        self._note_modes(union(MODES[radio] for radio in radios if radio in MODES), chosen)
        if there:
            lte = (there.lte_band_capability or 0) | bits(there.extended_lte_band_capability or ())
            nr5g = bits(there.nr5g_band_capability or ())
            self._modem.supported_bands = bands.numbers(there.band_capability or 0, lte, nr5g)
        if chosen:
            self._note_bands(chosen)

    def _note_modes(
        self, everything: Mode, chosen: GetSystemSelectionPreferenceResponse | None
    ) -> None:
        modem = self._modem
        modem.current_modes = (everything or Mode.ANY, Mode.NONE)
        modem.supported_modes = (modem.current_modes,)
        if not everything or chosen is None or chosen.mode_preference is None:
            return  # what cannot be asked for cannot be chosen either
        self._preference = Preference.told(chosen)
        modem.supported_modes = mode_sets(everything, self._preference)
        allowed = generations(chosen.mode_preference) & everything or everything
        modem.current_modes = (allowed, self._preference.among(allowed))

    def _note_bands(self, chosen: GetSystemSelectionPreferenceResponse) -> None:
        lte = joined(chosen.extended_lte_band_preference) or chosen.lte_band_preference or 0
        nr5g = joined(chosen.nr5g_sa_band_preference) | joined(chosen.nr5g_nsa_band_preference)
        allowed = bands.numbers(chosen.band_preference or 0, lte, nr5g)
        self._modem.current_bands = tuple(b for b in allowed if b in self._modem.supported_bands)

    async def select_modes(self, allowed: Mode, preferred: Mode) -> None:
        """Choose one of the modem's `supported_modes`, for good."""
        wanted = self._preference.preferring(allowed, preferred)
        await self._modem.send(
            SetSystemSelectionPreference(
                mode_preference=rats(allowed),
                acquisition_order_preference=wanted.order or None,
                gsm_wcdma_acquisition_order_preference=wanted.gsm_wcdma,
                change_duration=ChangeDuration.PERMANENT,
            )
        )

    async def select_bands(self, wanted: Sequence[int]) -> None:
        """Choose some of the modem's `supported_bands`, for good."""
        plain, lte, nr5g = bands.masks(wanted)
        has_plain, has_lte, has_nr5g = bands.masks(self._modem.supported_bands)
        await self._modem.send(
            SetSystemSelectionPreference(
                band_preference=dms.BandCapability(plain) if has_plain else None,
                lte_band_preference=lte & 0xFFFFFFFFFFFFFFFF if has_lte else None,
                extended_lte_band_preference=split(lte, 4) if has_lte >> 64 else None,
                nr5g_sa_band_preference=split(nr5g, 8) if has_nr5g else None,
                nr5g_nsa_band_preference=split(nr5g, 8) if has_nr5g else None,
                change_duration=ChangeDuration.PERMANENT,
            )
        )
