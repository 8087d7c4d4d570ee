"""Why the network refused: causes of session management, and what modems write after +CEER."""

import pytest

from wwand.at import causes
from wwand.at.error_tables import CME


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("+CEER: Missing or unknown APN", 127),
        ("+CEER: requested service option not subscribed (#33)", 133),
        ('+CEER: "SM deactivation","user authentication failed"', 129),
        ("+CEER: SM: Missing or unknown APN", 127),
        ("+CEER: EMM/ESM cause 27", 127),
        ("+CEER: PDP reject, cause=29", 129),
        ("+CEER: No cause information available", 0),
        ("+CEER: 0,0,0", 0),
        ("+CEER: ", 0),
        ("No report available", 0),
        ("+CEER: cause 999", 0),
    ],
)
def test_the_cause_is_found_in_what_modems_write(text: str, code: int) -> None:
    assert causes.last_end.parse([text]) == code


@pytest.mark.parametrize(
    ("cause", "nick"),
    [
        (8, "OperatorDeterminedBarring"),
        (27, "MissingOrUnknownApn"),
        (29, "UserAuthenticationFailed"),
        (33, "ServiceOptionNotSubscribed"),
        (38, "NetworkFailureActivation"),
        (50, "Ipv4OnlyAllowed"),
        (66, "RequestedApnNotSupported"),
        (250, "GprsUnknown"),
    ],
)
def test_a_cause_becomes_the_error_that_27_007_names_after_it(cause: int, nick: str) -> None:
    error = causes.refusal(cause, "the call")
    assert error.nick == nick
    assert str(error).startswith("the call: ")


def test_every_cause_leads_to_a_number_that_has_words() -> None:
    assert set(causes.SM_CAUSES.values()) <= set(CME)


def test_a_cause_that_a_user_can_mend_says_how() -> None:
    assert "APN" in causes.refusal(27, "the call").next_step
