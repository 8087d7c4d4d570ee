"""QMI DMS, device management: who the modem is, whether its radio is on, and its clock."""

from enum import IntFlag
from typing import Annotated

from wwand.qmi.layout import LONGLONG, SHORT, U8, U16, U32, U48, U64, Counted, Struct
from wwand.qmi.message import Request, Response, tlv
from wwand.qmi.values import OpenEnum, Service

DMS = Service.DMS


class DataServiceCapability(OpenEnum):
    """Circuit and packet services."""

    NONE = 0
    CS = 1
    PS = 2
    SIMULTANEOUS_CS_PS = 3
    NON_SIMULTANEOUS_CS_PS = 4


class SimCapability(OpenEnum):
    """Whether there is a reader."""

    NOT_SUPPORTED = 1
    SUPPORTED = 2


class RadioInterface(OpenEnum):
    """What the radio speaks; not the same numbers as in NAS."""

    CDMA20001X = 1
    EVDO = 2
    GSM = 4
    UMTS = 5
    LTE = 8
    TDS = 9
    NR5G = 10


class OperatingMode(OpenEnum):
    """Whether the radio is on."""

    ONLINE = 0
    LOW_POWER = 1
    FACTORY_TEST = 2
    OFFLINE = 3
    RESET = 4
    SHUTTING_DOWN = 5
    PERSISTENT_LOW_POWER = 6
    MODE_ONLY_LOW_POWER = 7
    UNKNOWN = 0xFF


class OfflineReason(IntFlag):
    """What keeps the radio off."""

    HOST_IMAGE_MISCONFIGURATION = 1
    PRI_IMAGE_MISCONFIGURATION = 2
    PRI_VERSION_INCOMPATIBLE = 4
    DEVICE_MEMORY_FULL = 8


class TimeSource(OpenEnum):
    """Whose clock it is."""

    DEVICE = 0
    CDMA_NETWORK = 1
    HDR_NETWORK = 2


class BandCapability(IntFlag):
    """GSM and UMTS bands; the same bits as NAS's band preference."""

    GSM_DCS_1800 = 1 << 7
    GSM_900_EXTENDED = 1 << 8
    GSM_900_PRIMARY = 1 << 9
    GSM_450 = 1 << 16
    GSM_480 = 1 << 17
    GSM_750 = 1 << 18
    GSM_850 = 1 << 19
    GSM_900_RAILWAYS = 1 << 20
    GSM_PCS_1900 = 1 << 21
    WCDMA_2100 = 1 << 22
    WCDMA_PCS_1900 = 1 << 23
    WCDMA_DCS_1800 = 1 << 24
    WCDMA_1700_US = 1 << 25
    WCDMA_850_US = 1 << 26
    WCDMA_800 = 1 << 27
    WCDMA_2600 = 1 << 48
    WCDMA_900 = 1 << 49
    WCDMA_1700_JAPAN = 1 << 50
    WCDMA_850_JAPAN = 1 << 60
    WCDMA_1500 = 1 << 61


class Capabilities(Struct):
    """What the modem can do."""

    max_tx_channel_rate: U32
    max_rx_channel_rate: U32
    data_service_capability: DataServiceCapability
    sim_capability: SimCapability
    radio_interface_list: tuple[RadioInterface, ...]


class DeviceTime(Struct):
    """Counts of 1.25 ms since 1980-01-06."""

    time_count: U48
    time_source: Annotated[TimeSource, SHORT]


class Reset(Request[Response]):
    """Forget what this client has asked for."""

    service, id = DMS, 0x0000


class GetCapabilitiesResponse(Response):
    """Tells the capabilities."""

    info: Capabilities | None = tlv(0x01)


class GetCapabilities(Request[GetCapabilitiesResponse]):
    """Ask what the modem can do."""

    service, id, response = DMS, 0x0020, GetCapabilitiesResponse


class GetManufacturerResponse(Response):
    """Tells the maker."""

    manufacturer: str | None = tlv(0x01)


class GetManufacturer(Request[GetManufacturerResponse]):
    """Ask who made the modem."""

    service, id, response = DMS, 0x0021, GetManufacturerResponse


class GetModelResponse(Response):
    """Tells the model."""

    model: str | None = tlv(0x01)


class GetModel(Request[GetModelResponse]):
    """Ask for the model."""

    service, id, response = DMS, 0x0022, GetModelResponse


class GetRevisionResponse(Response):
    """Tells the firmware."""

    revision: str | None = tlv(0x01)


class GetRevision(Request[GetRevisionResponse]):
    """Ask for the firmware."""

    service, id, response = DMS, 0x0023, GetRevisionResponse


class GetMsisdnResponse(Response):
    """Tells the own number."""

    msisdn: str | None = tlv(0x01, secret=True)


class GetMsisdn(Request[GetMsisdnResponse]):
    """Ask for the own number."""

    service, id, response = DMS, 0x0024, GetMsisdnResponse


class GetIdsResponse(Response):
    """Tells the serial numbers."""

    esn: str | None = tlv(0x10, secret=True)
    imei: str | None = tlv(0x11, secret=True)
    meid: str | None = tlv(0x12, secret=True)
    imei_software_version: str | None = tlv(0x13)


class GetIds(Request[GetIdsResponse]):
    """Ask for the serial numbers."""

    service, id, response = DMS, 0x0025, GetIdsResponse


class PowerInfo(Struct):
    """The battery, of a modem that has one."""

    power_state_flags: U8
    battery_level: U8


class GetPowerStateResponse(Response):
    """Tells about the battery."""

    info: PowerInfo | None = tlv(0x01)


class GetPowerState(Request[GetPowerStateResponse]):
    """Ask for the battery."""

    service, id, response = DMS, 0x0026, GetPowerStateResponse


class GetHardwareRevisionResponse(Response):
    """Tells the hardware."""

    revision: str | None = tlv(0x01)


class GetHardwareRevision(Request[GetHardwareRevisionResponse]):
    """Ask for the hardware."""

    service, id, response = DMS, 0x002C, GetHardwareRevisionResponse


class GetOperatingModeResponse(Response):
    """Tells the mode, and what keeps the radio off."""

    mode: OperatingMode | None = tlv(0x01)
    offline_reason: Annotated[OfflineReason, SHORT] | None = tlv(0x10)
    hardware_restricted_mode: bool | None = tlv(0x11)


class GetOperatingMode(Request[GetOperatingModeResponse]):
    """Ask whether the radio is on."""

    service, id, response = DMS, 0x002D, GetOperatingModeResponse


class SetOperatingMode(Request[Response]):
    """Switch the radio, or restart the modem."""

    service, id = DMS, 0x002E
    timeout = 20.0
    mode: OperatingMode | None = tlv(0x01)


class GetTimeResponse(Response):
    """Tells the time."""

    device_time: DeviceTime | None = tlv(0x01)
    system_time: U64 | None = tlv(0x10)
    user_time: U64 | None = tlv(0x11)


class GetTime(Request[GetTimeResponse]):
    """Ask for the time."""

    service, id, response = DMS, 0x002F, GetTimeResponse


class RestoreFactoryDefaults(Request[Response]):
    """Forget all settings; needs the service programming code."""

    service, id = DMS, 0x003A
    service_programming_code: str | None = tlv(0x01, secret=True)


class GetBandCapabilitiesResponse(Response):
    """Tells the bands."""

    band_capability: Annotated[BandCapability, LONGLONG] | None = tlv(0x01)
    lte_band_capability: U64 | None = tlv(0x10)
    """Bit n - 1 stands for band n."""
    extended_lte_band_capability: Annotated[tuple[U16, ...], Counted(2)] | None = tlv(0x12)
    nr5g_band_capability: Annotated[tuple[U16, ...], Counted(2)] | None = tlv(0x13)


class GetBandCapabilities(Request[GetBandCapabilitiesResponse]):
    """Ask for the bands."""

    service, id, response = DMS, 0x0045, GetBandCapabilitiesResponse


class GetSoftwareVersionResponse(Response):
    """Tells the version."""

    version: str | None = tlv(0x01)


class GetSoftwareVersion(Request[GetSoftwareVersionResponse]):
    """Ask for the version of the modem's software."""

    service, id, response = DMS, 0x0051, GetSoftwareVersionResponse


class SwiGetCurrentFirmwareResponse(Response):
    """Tells the parts of Sierra Wireless's firmware; texts end with NUL."""

    model: str | None = tlv(0x10)
    boot_version: str | None = tlv(0x11)
    amss_version: str | None = tlv(0x12)
    sku_id: str | None = tlv(0x13)
    package_id: str | None = tlv(0x14)
    carrier_id: str | None = tlv(0x15)
    pri_version: str | None = tlv(0x16)
    carrier: str | None = tlv(0x17)
    config_version: str | None = tlv(0x18)


class SwiGetCurrentFirmware(Request[SwiGetCurrentFirmwareResponse]):
    """Ask a modem of Sierra Wireless (1199) for its firmware."""

    service, id, response = DMS, 0x5556, SwiGetCurrentFirmwareResponse
