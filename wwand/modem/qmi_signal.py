"""Strength of a signal as a bar shows it, and all that QMI tells of it.  Pure."""

from dataclasses import replace

from wwand.qmi import nas_signal
from wwand.qmi.nas_values import RadioInterface
from wwand.status import NO_SIGNAL, RadioSignal, SignalValues

LEAST, MOST = -113, -51
"""dBm of an empty and of a full bar: those of +CSQ (27.007 §8.5)."""

NOTHING = -125
"""dBm that modems tell when they hear nothing, or less."""

UNMEASURED = -32768
"""What 5G's values are while no 5G cell is used: the least that 16 bits hold."""

STEPS = (-107, -101, -95, -89, -83, -77, -71, -65)
"""dBm at which a change of signal is reported: what moves the bar by a tenth."""

MOST_STEPS = 16
"""Thresholds in one list: as many as Sierra's SDK has room for (qaGobiApiNas.h)."""

SINR_LEVELS = (-9.0, -6.0, -4.5, -3.0, -2.0, 1.0, 3.0, 6.0, 9.0)
"""dB for EV-DO's levels of SINR (libqmi: QmiNasEvdoSinrLevel)."""

RADIOS = {
    RadioInterface.CDMA_1X: "cdma",
    RadioInterface.CDMA_1XEVDO: "evdo",
    RadioInterface.GSM: "gsm",
    RadioInterface.UMTS: "umts",
    RadioInterface.TD_SCDMA: "umts",
    RadioInterface.LTE: "lte",
    RadioInterface.NR5G: "nr5g",
}
"""Fields of `SignalValues`."""


def quality(dbm: int, least: int = LEAST, most: int = MOST) -> int | None:
    """Percent of the way from an empty to a full bar; None when nothing is heard."""
    if dbm <= NOTHING or dbm >= 0:
        return None
    return round(100 * (min(max(dbm, least), most) - least) / (most - least))


def steps(delta: int) -> tuple[int, ...]:
    """Strengths that are `delta` dB apart, where a modem takes those only; more where it is few."""
    delta = max(delta, (MOST - LEAST) // MOST_STEPS + 1)
    return tuple(range(LEAST + delta, MOST, delta)) or ((LEAST + MOST) // 2,)


def _dbm(value: int) -> float | None:
    return float(value) if NOTHING < value < 0 else None


def _power(value: int) -> float | None:
    """RSRP, which is weaker than all that is received by far (38.133 §10.1.6: from -156 dBm)."""
    return float(value) if UNMEASURED < value < 0 else None


def _tenths(value: int) -> float | None:
    return None if value == UNMEASURED else value / 10


def _cdma(signal: nas_signal.CdmaSignal | None) -> RadioSignal:
    return RadioSignal(_dbm(signal.rssi), ecio=-signal.ecio / 2) if signal else NO_SIGNAL


def _evdo(signal: nas_signal.HdrSignal | None) -> RadioSignal:
    if signal is None:
        return NO_SIGNAL
    return RadioSignal(
        _dbm(signal.rssi), ecio=-signal.ecio / 2, sinr=_sinr(signal.sinr), io=float(signal.io)
    )


def _sinr(level: int | None) -> float | None:
    return SINR_LEVELS[level] if level is not None and level < len(SINR_LEVELS) else None


def _lte(signal: nas_signal.LteSignal | None) -> RadioSignal:
    if signal is None:
        return NO_SIGNAL
    return RadioSignal(
        _dbm(signal.rssi),
        rsrq=float(signal.rsrq),
        rsrp=_power(signal.rsrp),
        snr=_tenths(signal.snr),
    )


def _nr5g(signal: nas_signal.Nr5gSignal | None, rsrq: int | None) -> RadioSignal:
    if signal is None and rsrq is None:
        return NO_SIGNAL
    return RadioSignal(
        rsrp=_power(signal.rsrp) if signal else None,
        snr=_tenths(signal.snr) if signal else None,
        rsrq=None if rsrq is None or rsrq == UNMEASURED else float(rsrq),
    )


def values(said: nas_signal.GetSignalInfoResponse | nas_signal.SignalInfo) -> SignalValues:
    """What a modem tells of the radios in use."""
    gsm = said.gsm_signal_strength
    return SignalValues(
        cdma=_cdma(said.cdma_signal_strength),
        evdo=_evdo(said.hdr_signal_strength),
        gsm=NO_SIGNAL if gsm is None else RadioSignal(_dbm(gsm)),
        umts=_cdma(said.wcdma_signal_strength),
        lte=_lte(said.lte_signal_strength),
        nr5g=_nr5g(said.nr5g_signal_strength, said.nr5g_signal_strength_extended),
    )


def older_values(said: nas_signal.GetSignalStrengthResponse) -> SignalValues:
    """What a modem tells that knows the older question alone."""
    found: dict[str, dict[str, float | None]] = {}

    def note(radio: RadioInterface, name: str, value: float | None) -> None:
        if radio in RADIOS and value is not None:
            found.setdefault(RADIOS[radio], {})[name] = value

    for strength in (said.signal_strength, *(said.strength_list or ())):
        if strength:
            note(strength.radio_interface, "rssi", _dbm(strength.strength))
    for rssi in said.rssi_list or ():
        note(rssi.radio_interface, "rssi", _dbm(-rssi.rssi))
    for ecio in said.ecio_list or ():
        note(ecio.radio_interface, "ecio", -ecio.ecio / 2)
    if "evdo" in found:
        note(RadioInterface.CDMA_1XEVDO, "sinr", _sinr(said.sinr))
        note(RadioInterface.CDMA_1XEVDO, "io", None if said.io is None else float(said.io))
    if said.rsrq:
        note(said.rsrq.radio_interface, "rsrq", float(said.rsrq.rsrq))
    if said.lte_rsrp is not None:
        note(RadioInterface.LTE, "rsrp", _power(said.lte_rsrp))
    if said.lte_snr is not None:
        note(RadioInterface.LTE, "snr", _tenths(said.lte_snr))
    return SignalValues(**{name: RadioSignal(**known) for name, known in found.items()})


def with_strength(now: SignalValues, strength: nas_signal.Strength) -> SignalValues:
    """Take over the older report, which is about one radio's strength alone."""
    if (name := RADIOS.get(strength.radio_interface)) is None:
        return now
    heard: RadioSignal = getattr(now, name)
    return SignalValues(**{name: replace(heard, rssi=_dbm(strength.strength))})
