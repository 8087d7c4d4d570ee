"""What a refusal amounts to: QMI's numbers as errors of wwand, with what to do next.

Why a session ended is in `wwand.qmi.call_errors`.
"""

from collections.abc import Callable

from wwand.errors import (
    AuthenticationFailed,
    BadArgument,
    Cancelled,
    CommandFailed,
    EquipmentError,
    InProgress,
    Unauthorized,
    Unsupported,
    WrongState,
    WwandError,
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
