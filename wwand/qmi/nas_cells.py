"""The cells in reach in QMI NAS."""

from wwand.qmi.layout import I16, PLMN, U8, U16, U32, U64, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.nas import NAS


class GeranCell(Struct):
    """A GSM neighbour; a cell id of all ones is not known."""

    cell_id: U32
    plmn: PLMN
    lac: U16
    geran_absolute_rf_channel_number: U16
    base_station_identity_code: U8
    rx_level: U16


class GeranInfo(Struct):
    """The serving GSM cell."""

    cell_id: U32
    plmn: PLMN
    lac: U16
    geran_absolute_rf_channel_number: U16
    base_station_identity_code: U8
    timing_advance: U32
    rx_level: U16
    cell: tuple[GeranCell, ...]


class UmtsCell(Struct):
    """A UMTS neighbour."""

    utra_absolute_rf_channel_number: U16
    primary_scrambling_code: U16
    rscp: I16
    ecio: I16


class UmtsGeranCell(Struct):
    """A GSM neighbour of a UMTS cell."""

    geran_absolute_rf_channel_number: U16
    network_color_code: U8
    base_station_color_code: U8
    rssi: I16


class UmtsInfo(Struct):
    """The serving UMTS cell."""

    cell_id: U16
    plmn: PLMN
    lac: U16
    utra_absolute_rf_channel_number: U16
    primary_scrambling_code: U16
    rscp: I16
    ecio: I16
    cell: tuple[UmtsCell, ...]
    neighboring_geran: tuple[UmtsGeranCell, ...]


class LteCell(Struct):
    """An LTE cell; tenths of dB and dBm."""

    physical_cell_id: U16
    rsrq: I16
    rsrp: I16
    rssi: I16
    cell_selection_rx_level: I16


class IntrafrequencyLteInfo(Struct):
    """The serving LTE cell and its neighbours on the same channel."""

    ue_in_idle: bool
    plmn: PLMN
    tracking_area_code: U16
    global_cell_id: U32
    eutra_absolute_rf_channel_number: U16
    serving_cell_id: U16
    cell_reselection_priority: U8
    s_non_intra_search_threshold: U8
    serving_cell_low_threshold: U8
    s_intra_search_threshold: U8
    cell: tuple[LteCell, ...]


class LteFrequency(Struct):
    """Another LTE channel."""

    eutra_absolute_rf_channel_number: U16
    cell_selection_rx_level_low_threshold: U8
    cell_selection_rx_level_high_threshold: U8
    cell_reselection_priority: U8
    cell: tuple[LteCell, ...]


class InterfrequencyLteInfo(Struct):
    """LTE neighbours on other channels."""

    ue_in_idle: bool
    frequency: tuple[LteFrequency, ...]


class LteGsmCell(Struct):
    """A GSM neighbour of an LTE cell."""

    geran_absolute_rf_channel_number: U16
    band_is_1900: bool
    cell_id_valid: bool
    base_station_identity_code: U8
    rssi: I16
    cell_selection_rx_level: I16


class LteGsmFrequency(Struct):
    """GSM channels near an LTE cell."""

    cell_reselection_priority: U8
    cell_reselection_high_threshold: U8
    cell_reselection_low_threshold: U8
    ncc_permitted: U8
    cell: tuple[LteGsmCell, ...]


class LteGsmInfo(Struct):
    """GSM neighbours of the serving LTE cell."""

    ue_in_idle: bool
    frequency: tuple[LteGsmFrequency, ...]


class LteWcdmaCell(Struct):
    """A UMTS neighbour of an LTE cell."""

    primary_scrambling_code: U16
    cpich_rscp: I16
    cpich_ecno: I16
    cell_selection_rx_level: I16


class LteWcdmaFrequency(Struct):
    """A UMTS channel near an LTE cell."""

    utra_absolute_rf_channel_number: U16
    cell_reselection_priority: U8
    cell_reselection_high_threshold: U16
    cell_reselection_low_threshold: U16
    cell: tuple[LteWcdmaCell, ...]


class LteWcdmaInfo(Struct):
    """UMTS neighbours of the serving LTE cell."""

    ue_in_idle: bool
    frequency: tuple[LteWcdmaFrequency, ...]


class Nr5gCell(Struct):
    """The serving 5G cell; tenths of dB and dBm."""

    plmn: PLMN
    tracking_area_code: PLMN
    global_cell_id: U64
    physical_cell_id: U16
    rsrq: I16
    rsrp: I16
    snr: I16


class GetCellLocationInfoResponse(Response):
    """Tells the cells."""

    geran_info_v2: GeranInfo | None = tlv(0x10)
    umts_info_v2: UmtsInfo | None = tlv(0x11)
    intrafrequency_lte_info_v2: IntrafrequencyLteInfo | None = tlv(0x13)
    interfrequency_lte_info: InterfrequencyLteInfo | None = tlv(0x14)
    lte_info_neighboring_gsm: LteGsmInfo | None = tlv(0x15)
    lte_info_neighboring_wcdma: LteWcdmaInfo | None = tlv(0x16)
    umts_cell_id: U32 | None = tlv(0x17)
    lte_info_timing_advance: U32 | None = tlv(0x1E)
    nr5g_arfcn: U32 | None = tlv(0x2E)
    nr5g_cell_information: Nr5gCell | None = tlv(0x2F)


class GetCellLocationInfo(Request[GetCellLocationInfoResponse]):
    """Ask for the cells in reach."""

    service, id, response = NAS, 0x0043, GetCellLocationInfoResponse
