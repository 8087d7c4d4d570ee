"""The enumerations of QMI UIM (names and values: libqmi's qmi-enums-uim.h)."""

from wwand.qmi.values import OpenEnum


class SessionType(OpenEnum):
    """Which application is meant."""

    PRIMARY_GW_PROVISIONING = 0
    PRIMARY_1X_PROVISIONING = 1
    SECONDARY_GW_PROVISIONING = 2
    SECONDARY_1X_PROVISIONING = 3
    NONPROVISIONING_SLOT_1 = 4
    NONPROVISIONING_SLOT_2 = 5
    CARD_SLOT_1 = 6
    CARD_SLOT_2 = 7
    LOGICAL_CHANNEL_SLOT_1 = 8
    LOGICAL_CHANNEL_SLOT_2 = 9


class UimPinId(OpenEnum):
    """Which PIN (libqmi: PinId)."""

    UNKNOWN = 0
    PIN1 = 1
    PIN2 = 2
    UPIN = 3
    HIDDEN_KEY = 4


class CardState(OpenEnum):
    """Whether there is a card."""

    ABSENT = 0
    PRESENT = 1
    ERROR = 2


class PinState(OpenEnum):
    """What a PIN asks for."""

    NOT_INITIALIZED = 0
    ENABLED_NOT_VERIFIED = 1
    ENABLED_VERIFIED = 2
    DISABLED = 3
    BLOCKED = 4
    PERMANENTLY_BLOCKED = 5


class CardError(OpenEnum):
    """What is wrong with a card."""

    UNKNOWN = 0
    POWER_DOWN = 1
    POLL = 2
    NO_ATR_RECEIVED = 3
    VOLTAGE_MISMATCH = 4
    PARITY = 5
    POSSIBLY_REMOVED = 6
    TECHNICAL = 7


class ApplicationType(OpenEnum):
    """What an application is for (libqmi: CardApplicationType)."""

    UNKNOWN = 0
    SIM = 1
    USIM = 2
    RUIM = 3
    CSIM = 4
    ISIM = 5


class ApplicationState(OpenEnum):
    """How far an application is (libqmi: CardApplicationState)."""

    UNKNOWN = 0
    DETECTED = 1
    PIN1_OR_UPIN_PIN_REQUIRED = 2
    PUK1_OR_UPIN_PUK_REQUIRED = 3
    CHECK_PERSONALIZATION_STATE = 4
    PIN1_BLOCKED = 5
    ILLEGAL = 6
    READY = 7


class PersonalizationState(OpenEnum):
    """Whether a personalisation lock is in the way."""

    UNKNOWN = 0
    IN_PROGRESS = 1
    READY = 2
    CODE_REQUIRED = 3
    PUK_CODE_REQUIRED = 4
    PERMANENTLY_BLOCKED = 5


class PersonalizationFeature(OpenEnum):
    """Which personalisation lock."""

    GW_NETWORK = 0
    GW_NETWORK_SUBSET = 1
    GW_SERVICE_PROVIDER = 2
    GW_CORPORATE = 3
    GW_UIM = 4
    CDMA_NETWORK_TYPE_1 = 5
    CDMA_NETWORK_TYPE_2 = 6
    CDMA_HRPD = 7
    CDMA_SERVICE_PROVIDER = 8
    CDMA_CORPORATE = 9
    CDMA_RUIM = 10
    UNKNOWN = 11


class FileType(OpenEnum):
    """What a file on a card is."""

    TRANSPARENT = 0
    CYCLIC = 1
    LINEAR_FIXED = 2
    DEDICATED_FILE = 3
    MASTER_FILE = 4


class PhysicalCardState(OpenEnum):
    """Whether there is a card in a physical slot."""

    UNKNOWN = 0
    ABSENT = 1
    PRESENT = 2


class SlotState(OpenEnum):
    """Whether a physical slot is in use."""

    INACTIVE = 0
    ACTIVE = 1


class CardProtocol(OpenEnum):
    """How old a card is."""

    UNKNOWN = 0
    ICC = 1
    UICC = 2
