"""Signal strength in QMI NAS: the older question and report, and the newer one by radio."""

from enum import IntFlag
from typing import Annotated

from wwand.qmi.layout import I8, I16, I32, SHORT, U8, U16, Counted, Struct
from wwand.qmi.message import Indication, Request, Response, tlv
from wwand.qmi.nas import NAS, BandInformation
from wwand.qmi.nas_values import Radio, ServiceDomain


class SignalStrengthRequest(IntFlag):
    """What to tell beside the strength."""

    RSSI = 1
    ECIO = 2
    IO = 4
    SINR = 8
    ERROR_RATE = 16
    RSRQ = 32
    LTE_SNR = 64
    LTE_RSRP = 128


class Strength(Struct):
    """dBm, by radio."""

    strength: I8
    radio_interface: Radio


class Rssi(Struct):
    """Minus dBm, by radio."""

    rssi: U8
    radio_interface: Radio


class Ecio(Struct):
    """Minus half dB, by radio."""

    ecio: U8
    radio_interface: Radio


class Rsrq(Struct):
    """dB, by radio."""

    rsrq: I8
    radio_interface: Radio


class ErrorRate(Struct):
    """Frame or bit error rate, by radio."""

    rate: U16
    radio_interface: Radio


class StrengthIndicator(Struct):
    """Whether to report, and at which strengths."""

    report: bool
    thresholds: tuple[I8, ...]


class Indicator(Struct):
    """Whether to report, and changes of how much."""

    report: bool
    delta: U8


class RejectReason(Struct):
    """Why a network refuses."""

    service_domain: ServiceDomain
    reject_cause: U16


class CdmaSignal(Struct):
    """CDMA 1x and UMTS: dBm, and minus half dB."""

    rssi: I8
    ecio: I16


class HdrSignal(Struct):
    """EV-DO."""

    rssi: I8
    ecio: I16
    sinr: U8
    io: I32


class LteSignal(Struct):
    """LTE: dBm, dB, dBm, tenths of dB."""

    rssi: I8
    rsrq: I8
    rsrp: I16
    snr: I16


class Nr5gSignal(Struct):
    """5G: dBm, tenths of dB."""

    rsrp: I16
    snr: I16


class TdScdmaSignal(Struct):
    """TD-SCDMA."""

    rssi: I32
    rscp: I32
    ecio: I32
    sinr: I32


class SignalReport(Struct):
    """How often to report, and over how many seconds to average."""

    rate: U8
    average_period: U8


class SetEventReport(Request[Response]):
    """Choose what is reported, on modems without `ConfigSignalInfo`."""

    service, id = NAS, 0x0002
    signal_strength_indicator: StrengthIndicator | None = tlv(0x10)
    rf_band_information: bool | None = tlv(0x11)
    registration_reject_reason: bool | None = tlv(0x12)
    rssi_indicator: Indicator | None = tlv(0x13)
    ecio_indicator: Indicator | None = tlv(0x14)
    error_rate_indicator: bool | None = tlv(0x17)


class EventReport(Indication):
    """Something of what `SetEventReport` chose has changed."""

    service, id = NAS, 0x0002
    signal_strength: Strength | None = tlv(0x10)
    rf_band_information: tuple[BandInformation, ...] | None = tlv(0x11)
    registration_reject_reason: RejectReason | None = tlv(0x12)
    rssi: Rssi | None = tlv(0x13)
    ecio: Ecio | None = tlv(0x14)
    io: I32 | None = tlv(0x15)
    sinr: U8 | None = tlv(0x16)
    error_rate: ErrorRate | None = tlv(0x17)
    rsrq: Rsrq | None = tlv(0x18)
    lte_snr: I16 | None = tlv(0x19)
    lte_rsrp: I16 | None = tlv(0x1A)


class GetSignalStrengthResponse(Response):
    """Tells the strength."""

    signal_strength: Strength | None = tlv(0x01)
    strength_list: Annotated[tuple[Strength, ...], Counted(2)] | None = tlv(0x10)
    rssi_list: Annotated[tuple[Rssi, ...], Counted(2)] | None = tlv(0x11)
    ecio_list: Annotated[tuple[Ecio, ...], Counted(2)] | None = tlv(0x12)
    io: I32 | None = tlv(0x13)
    sinr: U8 | None = tlv(0x14)
    error_rate_list: Annotated[tuple[ErrorRate, ...], Counted(2)] | None = tlv(0x15)
    rsrq: Rsrq | None = tlv(0x16)
    lte_snr: I16 | None = tlv(0x17)
    lte_rsrp: I16 | None = tlv(0x18)


class GetSignalStrength(Request[GetSignalStrengthResponse]):
    """Ask for the strength, on modems without `GetSignalInfo`."""

    service, id, response = NAS, 0x0020, GetSignalStrengthResponse
    request_mask: Annotated[SignalStrengthRequest, SHORT] | None = tlv(0x10)


class GetSignalInfoResponse(Response):
    """Tells the signal of the radios in use."""

    cdma_signal_strength: CdmaSignal | None = tlv(0x10)
    hdr_signal_strength: HdrSignal | None = tlv(0x11)
    gsm_signal_strength: I8 | None = tlv(0x12)
    wcdma_signal_strength: CdmaSignal | None = tlv(0x13)
    lte_signal_strength: LteSignal | None = tlv(0x14)
    tdma_signal_strength: I8 | None = tlv(0x15)
    tdma_signal_strength_extended: TdScdmaSignal | None = tlv(0x16)
    nr5g_signal_strength: Nr5gSignal | None = tlv(0x17)
    nr5g_signal_strength_extended: I16 | None = tlv(0x18)
    """RSRQ in dB."""


class GetSignalInfo(Request[GetSignalInfoResponse]):
    """Ask for the signal."""

    service, id, response = NAS, 0x004F, GetSignalInfoResponse


class SignalInfo(Indication):
    """The signal has changed as much as was asked for."""

    service, id = NAS, 0x0051
    cdma_signal_strength: CdmaSignal | None = tlv(0x10)
    hdr_signal_strength: HdrSignal | None = tlv(0x11)
    gsm_signal_strength: I8 | None = tlv(0x12)
    wcdma_signal_strength: CdmaSignal | None = tlv(0x13)
    lte_signal_strength: LteSignal | None = tlv(0x14)
    tdma_signal_strength: I8 | None = tlv(0x15)
    nr5g_signal_strength: Nr5gSignal | None = tlv(0x17)
    nr5g_signal_strength_extended: I16 | None = tlv(0x18)


class ConfigSignalInfo(Request[Response]):
    """Choose at which values the signal is reported."""

    service, id = NAS, 0x0050
    rssi_threshold: tuple[I8, ...] | None = tlv(0x10)
    ecio_threshold: tuple[I16, ...] | None = tlv(0x11)
    sinr_threshold: tuple[U8, ...] | None = tlv(0x12)
    lte_snr_threshold: tuple[I16, ...] | None = tlv(0x13)
    io_threshold: tuple[I32, ...] | None = tlv(0x14)
    rsrq_threshold: tuple[I8, ...] | None = tlv(0x15)
    rsrp_threshold: tuple[I16, ...] | None = tlv(0x16)
    lte_report: SignalReport | None = tlv(0x17)
    rscp_threshold: tuple[I8, ...] | None = tlv(0x18)


class ConfigSignalInfoV2(Request[Response]):
    """Choose which change of the signal is reported; deltas are tenths of the unit."""

    service, id = NAS, 0x006C
    gsm_rssi_threshold_list: tuple[I16, ...] | None = tlv(0x1C)
    gsm_rssi_delta: U16 | None = tlv(0x1D)
    wcdma_rssi_threshold_list: tuple[I16, ...] | None = tlv(0x1E)
    wcdma_rssi_delta: U16 | None = tlv(0x1F)
    wcdma_ecio_threshold_list: tuple[I16, ...] | None = tlv(0x20)
    wcdma_ecio_delta: U16 | None = tlv(0x21)
    lte_rssi_threshold_list: tuple[I16, ...] | None = tlv(0x22)
    lte_rssi_delta: U16 | None = tlv(0x23)
    lte_snr_threshold_list: tuple[I16, ...] | None = tlv(0x24)
    lte_snr_delta: U16 | None = tlv(0x25)
    lte_rsrq_threshold_list: tuple[I16, ...] | None = tlv(0x26)
    lte_rsrq_delta: U16 | None = tlv(0x27)
    lte_rsrp_threshold_list: tuple[I16, ...] | None = tlv(0x28)
    lte_rsrp_delta: U16 | None = tlv(0x29)
    lte_report: SignalReport | None = tlv(0x2A)
    nr5g_snr_delta: U16 | None = tlv(0x34)
    nr5g_rsrp_delta: U16 | None = tlv(0x36)
    nr5g_report: SignalReport | None = tlv(0x37)
    nr5g_rsrq_delta: U16 | None = tlv(0x39)
