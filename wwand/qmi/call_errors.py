"""Why a session was refused or ended: the modem's reasons as errors of wwand."""

from wwand.errors import AuthenticationFailed, CallFailed, EquipmentError, WwandError
from wwand.qmi.call_end_tables import (
    EQUIPMENT_3GPP,
    EQUIPMENT_CM,
    EQUIPMENT_INTERNAL,
    CallEndReason,
    Reason3gpp,
    ReasonCm,
    ReasonInternal,
    ReasonIpv6,
    ReasonPpp,
    VerboseType,
)
from wwand.qmi.errors import words
from wwand.qmi.values import OpenEnum


def call_error(
    what: str, reason: CallEndReason | None, kind: VerboseType | None = None, number: int = 0
) -> WwandError:
    """Return why a session ended; `kind` and `number` are the verbose reason, if one was given."""
    match kind:
        case VerboseType.NET_3GPP:
            return _network_error(what, Reason3gpp(number))
        case VerboseType.INTERNAL:
            return _equipment_error(what, ReasonInternal(number), EQUIPMENT_INTERNAL)
        case VerboseType.CM:
            return _equipment_error(what, ReasonCm(number), EQUIPMENT_CM)
        case VerboseType.PPP:
            return _ppp_error(what, ReasonPpp(number))
        case VerboseType.IPV6:
            return CallFailed("NoCarrier", f"{what}: {words(ReasonIpv6(number))}")
    if reason is None:
        return CallFailed("NoCarrier", f"{what}, without a reason")
    if reason is CallEndReason.GENERIC_AUTHENTICATION_FAILED:
        return _network_error(what, Reason3gpp.AUTHENTICATION_FAILED)
    if reason is CallEndReason.GENERIC_NO_SERVICE:
        return _equipment_error(what, ReasonCm.NO_SERVICE, EQUIPMENT_CM)
    named = reason.name.removeprefix("GSM_WCDMA_")
    if named in Reason3gpp.__members__:
        return _network_error(what, Reason3gpp[named])
    return CallFailed("NoCarrier", f"{what}: {words(reason).removeprefix('generic ')}")


def _network_error(what: str, cause: Reason3gpp) -> WwandError:
    if cause is Reason3gpp.AUTHENTICATION_FAILED:
        return AuthenticationFailed(
            f"{what}: the access point refuses the user name or password",
            "check user, password and kind of authentication with the operator",
        )
    return _equipment_error(what, cause, EQUIPMENT_3GPP)


def _ppp_error(what: str, cause: ReasonPpp) -> WwandError:
    if cause in (ReasonPpp.AUTHENTICATION_FAILURE, ReasonPpp.PAP_FAILURE, ReasonPpp.CHAP_FAILURE):
        return _network_error(what, Reason3gpp.AUTHENTICATION_FAILED)
    return CallFailed("NoCarrier", f"{what}: PPP {words(cause)}")


def _equipment_error(
    what: str, cause: OpenEnum, table: dict[OpenEnum, tuple[int, str]]
) -> WwandError:
    said = f"{what}: {words(cause)}"
    if cause not in table:
        return CallFailed("NoCarrier", said)
    number, nick = table[cause]
    step = "check the access point's name (APN) with the operator" if number == 127 else ""
    return EquipmentError(number, nick, said, step)
