"""What a refusal amounts to: QMI's numbers as errors of wwand, with what to do next."""

from collections.abc import Callable

from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    CallFailed,
    Cancelled,
    CommandFailed,
    EquipmentError,
    InProgress,
    Unauthorized,
    Unsupported,
    WrongState,
    WwandError,
)
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
from wwand.qmi.error_tables import EQUIPMENT, ProtocolError
from wwand.qmi.values import OpenEnum

P = ProtocolError

KINDS: dict[Callable[[str], WwandError], frozenset[ProtocolError]] = {
    Unsupported: frozenset(
        {
            *(P.NOT_SUPPORTED, P.INVALID_QMI_COMMAND, P.INVALID_SERVICE_TYPE),
            *(P.DEVICE_UNSUPPORTED, P.NETWORK_UNSUPPORTED, P.REQUESTED_NUMBER_UNSUPPORTED),
        }
    ),
    WrongState: frozenset(
        {
            *(P.INVALID_TRANSITION, P.INCOMPATIBLE_STATE, P.INVALID_OPERATION, P.NO_EFFECT),
            *(P.OUT_OF_CALL, P.DEVICE_NOT_READY, P.HARDWARE_RESTRICTED),
        }
    ),
    InProgress: frozenset({P.DEVICE_IN_USE, P.OPERATION_IN_PROGRESS}),
    Cancelled: frozenset({P.ABORTED, P.NETWORK_ABORTED}),
    Unauthorized: frozenset({P.ACCESS_DENIED, P.AUTHENTICATION_LOCK, P.NO_PERMISSION}),
    AuthenticationFailed: frozenset({P.AUTHENTICATION_FAILED}),
    BadArgument: frozenset({P.INVALID_PROFILE, P.INVALID_PROFILE_TYPE, P.INVALID_PDP_TYPE}),
}

NEXT_STEPS = {
    P.HARDWARE_RESTRICTED: "switch the radio on: a switch or `rfkill` keeps it off",
    P.CLIENT_IDS_EXHAUSTED: "stop other programs that use the modem, or reset it",
    P.INCORRECT_PIN: "try another code: a few wrong ones block the card",
    P.NO_SIM: "put a SIM in",
}


def words(member: OpenEnum) -> str:
    """A number's name as people read it."""
    return member.name.lower().replace("_", " ")


def error_for(what: str, code: ProtocolError) -> WwandError:
    """Return the error that a refusal of `what` with that number amounts to."""
    said = f"{what}: {words(code)}"
    step = NEXT_STEPS.get(code, "")
    if code in EQUIPMENT:
        number, nick = EQUIPMENT[code]
        return EquipmentError(number, nick, said, step)
    made = next((kind for kind, codes in KINDS.items() if code in codes), CommandFailed)
    error = made(said)
    error.next_step = step
    return error


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
