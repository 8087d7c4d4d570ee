"""What pppd is told."""

from pathlib import Path

import pytest

from wwand.errors import BadArgument
from wwand.net.ppp_options import PppRequest, families, options
from wwand.status import Auth, IpFamily

TTY = Path("/dev/ttyUSB3")
BOTH = IpFamily.IPV4 | IpFamily.IPV6


def lines(request: PppRequest) -> list[str]:
    return options(TTY, request).splitlines()


def test_the_tty_is_named() -> None:
    assert lines(PppRequest())[0] == '"/dev/ttyUSB3"'


def test_routes_and_scripts_of_the_system_stay_out() -> None:
    told = lines(PppRequest())
    assert {"nodefaultroute", "ip-up-script /nonexistent", "noauth", "nodetach"} <= set(told)


@pytest.mark.parametrize(
    ("family", "present", "absent"),
    [
        (IpFamily.IPV4, {"noipv6"}, {"+ipv6", "noip"}),
        (IpFamily.IPV6, {"+ipv6", "noip"}, {"noipv6"}),
        (IpFamily.IPV4V6, {"+ipv6"}, {"noip", "noipv6"}),
        (IpFamily.NONE, {"+ipv6"}, {"noip", "noipv6"}),
    ],
)
def test_only_the_wanted_families_are_negotiated(
    family: IpFamily, present: set[str], absent: set[str]
) -> None:
    told = set(lines(PppRequest(family=family)))
    assert present <= told
    assert not absent & told


@pytest.mark.parametrize("family", [IpFamily.NONE, IpFamily.IPV4V6, BOTH, IpFamily.ANY])
def test_an_open_choice_of_family_means_both(family: IpFamily) -> None:
    assert families(family) == BOTH


@pytest.mark.parametrize(
    ("auth", "refused"),
    [
        (Auth.UNKNOWN, {"mschap", "mschap-v2", "eap"}),
        (Auth.CHAP, {"pap", "mschap", "mschap-v2", "eap"}),
        (Auth.PAP, {"chap", "mschap", "mschap-v2", "eap"}),
        (Auth.MSCHAPV2 | Auth.EAP, {"pap", "chap", "mschap"}),
        (Auth.NONE, {"pap", "chap", "mschap", "mschap-v2", "eap"}),
    ],
)
def test_every_way_to_authenticate_but_the_allowed_is_refused(
    auth: Auth, refused: set[str]
) -> None:
    told = lines(PppRequest("me", "secret", auth))
    assert {word.removeprefix("refuse-") for word in told if word.startswith("refuse")} == refused


def test_modems_that_ask_for_nothing_in_particular_get_a_placeholder() -> None:
    assert {'user "wwand"', 'password "wwand"'} <= set(lines(PppRequest()))


def test_quotes_and_backslashes_stay_part_of_the_word() -> None:
    assert r'password "a\"b\\ c#d"' in lines(PppRequest("me", 'a"b\\ c#d'))


def test_a_line_end_in_a_password_cannot_smuggle_in_an_option() -> None:
    with pytest.raises(BadArgument):
        options(TTY, PppRequest("me", "x\nplugin /tmp/evil.so"))


def test_carrier_detect_is_only_trusted_when_asked_for() -> None:
    assert "local" in lines(PppRequest())
    assert "modem" in lines(PppRequest(carrier=True))


def test_echo_requests_can_be_turned_off() -> None:
    told = lines(PppRequest(echo_interval=0))
    assert "lcp-echo-interval 0" in told
    assert "lcp-echo-adaptive" not in told


def test_a_request_does_not_print_its_password() -> None:
    assert "hush" not in repr(PppRequest("me", "hush"))
