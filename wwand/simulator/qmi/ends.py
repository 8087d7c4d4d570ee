"""Why calls end or are refused: a coarse reason, and a verbose one from one of several tables."""

from dataclasses import dataclass

from wwand.errors import BadArgument
from wwand.qmi.call_end_tables import CallEndReason, Reason3gpp, ReasonCm, VerboseType


@dataclass(frozen=True, slots=True)
class End:
    """One end of a call."""

    reason: CallEndReason
    type: VerboseType
    verbose: int


CLIENT_END = End(CallEndReason.GENERIC_CLIENT_END, VerboseType.CM, ReasonCm.CLIENT_END)
NO_SERVICE = End(CallEndReason.GENERIC_NO_SERVICE, VerboseType.CM, ReasonCm.NO_SERVICE)
OFFLINE = End(CallEndReason.GENERIC_NO_SERVICE, VerboseType.CM, ReasonCm.OFFLINE)


def network_end(cause: int) -> End:
    """The end that the network gave a cause of session management for (24.008 §10.5.6.6)."""
    if cause == Reason3gpp.AUTHENTICATION_FAILED:
        reason = CallEndReason.GENERIC_AUTHENTICATION_FAILED
    else:
        name = f"GSM_WCDMA_{Reason3gpp(cause).name}"
        known = CallEndReason.__members__
        reason = known.get(name, CallEndReason.GENERIC_UNSPECIFIED)
    return End(reason, VerboseType.NET_3GPP, cause)


def read_end(text: str) -> End:
    """Read `33`, a cause of 24.008, or `2.210`, a verbose type and reason; raises BadArgument."""
    kind, dot, number = text.partition(".")
    try:
        if not dot:
            return network_end(int(kind))
        return End(CallEndReason.GENERIC_UNSPECIFIED, VerboseType(int(kind)), int(number))
    except ValueError:
        raise BadArgument(f"an end of a call is CAUSE or TYPE.REASON, not {text}") from None
