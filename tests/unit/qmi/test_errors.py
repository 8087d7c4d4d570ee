"""What refusals and the ends of sessions amount to."""

import pytest

from wwand.errors import (
    AuthenticationFailed,
    CallFailed,
    CommandFailed,
    EquipmentError,
    Unsupported,
    WwandError,
)
from wwand.qmi.call_end_tables import (
    CallEndReason,
    Reason3gpp,
    ReasonCm,
    ReasonInternal,
    ReasonIpv6,
    ReasonPpp,
    VerboseType,
)
from wwand.qmi.call_errors import call_error
from wwand.qmi.error_tables import ProtocolError
from wwand.qmi.errors import KINDS, error_for

MM = "org.freedesktop.ModemManager1.Error"


@pytest.mark.parametrize(
    ("code", "dbus_name"),
    [
        (ProtocolError.INCORRECT_PIN, "MobileEquipment.IncorrectPassword"),
        (ProtocolError.NO_SIM, "MobileEquipment.SimNotInserted"),
        (ProtocolError.NOT_SUPPORTED, "Core.Unsupported"),
        (ProtocolError.ACCESS_DENIED, "Core.Unauthorized"),
        (ProtocolError.ABORTED, "Core.Cancelled"),
        (ProtocolError.OPERATION_IN_PROGRESS, "Core.InProgress"),
        (ProtocolError.NO_EFFECT, "Core.WrongState"),
        (ProtocolError.INVALID_PROFILE, "Core.InvalidArgs"),
        (ProtocolError.INTERNAL, "Core.Failed"),
        (ProtocolError(999), "Core.Failed"),
    ],
)
def test_a_refusal_has_the_name_that_clients_know(code: ProtocolError, dbus_name: str) -> None:
    error = error_for("NAS Network Scan", code)
    assert error.dbus_name == f"{MM}.{dbus_name}"
    assert str(error).startswith("NAS Network Scan: ")


def test_an_error_says_what_to_do_where_that_is_known() -> None:
    assert (
        "rfkill" in error_for("DMS Set Operating Mode", ProtocolError.HARDWARE_RESTRICTED).next_step
    )


def test_no_number_stands_in_two_rows() -> None:
    codes = [code for row in KINDS.values() for code in row]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("reason", "kind", "number", "expected", "nick"),
    [
        (None, VerboseType.NET_3GPP, Reason3gpp.UNKNOWN_APN, EquipmentError, "MissingOrUnknownApn"),
        (None, VerboseType.NET_3GPP, 29, AuthenticationFailed, ""),
        (None, VerboseType.NET_3GPP, 53, CallFailed, "NoCarrier"),
        (None, VerboseType.PPP, ReasonPpp.CHAP_FAILURE, AuthenticationFailed, ""),
        (None, VerboseType.PPP, ReasonPpp.TIMEOUT, CallFailed, "NoCarrier"),
        (None, VerboseType.CM, ReasonCm.NO_SERVICE, EquipmentError, "NoNetwork"),
        (
            *(None, VerboseType.INTERNAL, ReasonInternal.PDN_IPV6_CALL_DISALLOWED),
            *(EquipmentError, "Ipv4OnlyAllowed"),
        ),
        (None, VerboseType.IPV6, ReasonIpv6.PREFIX_UNAVAILABLE, CallFailed, "NoCarrier"),
        (None, VerboseType.MIP, 67, CallFailed, "NoCarrier"),
        (CallEndReason.GSM_WCDMA_UNKNOWN_APN, None, 0, EquipmentError, "MissingOrUnknownApn"),
        (CallEndReason.GENERIC_AUTHENTICATION_FAILED, None, 0, AuthenticationFailed, ""),
        (CallEndReason.GENERIC_NO_SERVICE, None, 0, EquipmentError, "NoNetwork"),
        (CallEndReason.GENERIC_UNSPECIFIED, None, 0, CallFailed, "NoCarrier"),
        (None, None, 0, CallFailed, "NoCarrier"),
    ],
)
def test_the_end_of_a_session_has_its_class(
    reason: CallEndReason | None,
    kind: VerboseType | None,
    number: int,
    expected: type[WwandError],
    nick: str,
) -> None:
    error = call_error("no session", reason, kind, number)
    assert type(error) is expected
    assert getattr(error, "nick", "") == nick
    assert str(error).startswith("no session")


def test_the_finer_reason_counts() -> None:
    coarse = CallEndReason.GENERIC_UNSPECIFIED
    error = call_error("no session", coarse, VerboseType.NET_3GPP, Reason3gpp.OPTION_UNSUBSCRIBED)
    assert isinstance(error, EquipmentError)
    assert error.code == 133


def test_errors_are_told_apart() -> None:
    assert type(error_for("x", ProtocolError.INVALID_QMI_COMMAND)) is Unsupported
    assert type(error_for("x", ProtocolError.MALFORMED_MESSAGE)) is CommandFailed
