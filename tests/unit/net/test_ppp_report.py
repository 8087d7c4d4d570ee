"""What is read out of pppd's words; lines as pppd 2.4.9 wrote them."""

import pytest

from wwand.errors import AuthenticationFailed, CallFailed, NoDriver, PortGone, WwandError
from wwand.net.ppp_report import STATUSES, PppReport, explained, failure
from wwand.status import IpConfig, IpFamily, IpMethod

SESSION = """\
Using interface ppp0
Connect: ppp0 <--> /dev/ttyUSB3
CHAP authentication succeeded: Access granted
CHAP authentication succeeded
local  LL address fe80::994d:bc1c:7d44:34dd
remote LL address fe80::54d9:36b2:5d03:27c5
local  IP address 10.9.0.2
remote IP address 10.9.0.1
primary   DNS address 10.9.0.53
secondary DNS address 10.9.0.54
"""


def heard(text: str, report: PppReport | None = None) -> PppReport:
    report = report or PppReport()
    for line in text.splitlines():
        report = report.heard(line)
    return report


def test_a_session_tells_interface_addresses_and_name_servers() -> None:
    report = heard(SESSION)
    assert report.link.interface == "ppp0"
    assert report.link.ip4 == IpConfig(
        IpMethod.PPP, "10.9.0.2", 32, "10.9.0.1", ("10.9.0.53", "10.9.0.54")
    )
    assert report.link.ip6 == IpConfig(
        IpMethod.PPP, "fe80::994d:bc1c:7d44:34dd", 128, "fe80::54d9:36b2:5d03:27c5"
    )
    assert report.link.families == IpFamily.IPV4 | IpFamily.IPV6
    assert report.remark == ""


def test_a_family_is_up_only_when_both_ends_are_known() -> None:
    report = heard("local  IP address 10.9.0.2\n")
    assert report.link.families == IpFamily.NONE


def test_a_second_negotiation_replaces_the_first() -> None:
    again = "local  IP address 10.9.0.7\nremote IP address 10.9.0.1\nprimary   DNS address 1.1.1.1"
    link = heard(again, heard(SESSION)).link
    assert link.ip4
    assert (link.ip4.address, link.ip4.dns) == ("10.9.0.7", ("1.1.1.1",))


def test_name_servers_that_modems_invent_are_left_out() -> None:
    text = SESSION.replace("10.9.0.53", "10.11.12.13").replace("10.9.0.54", "10.11.12.14")
    link = heard(text).link
    assert link.ip4
    assert link.ip4.dns == ()


@pytest.mark.parametrize(
    ("line", "family"),
    [
        ("IPCP: timeout sending Config-Requests", IpFamily.IPV4),
        ("IPCP terminated by peer (refused)", IpFamily.IPV4),
        ("Protocol-Reject for 'IP Control Protocol' (0x8021) received", IpFamily.IPV4),
        ("IPV6CP: timeout sending Config-Requests", IpFamily.IPV6),
        ("Protocol-Reject for 'IPv6 Control Protocol' (0x8057) received", IpFamily.IPV6),
        ("Protocol-Reject for 0x8057 received", IpFamily.IPV6),
    ],
)
def test_a_family_that_will_not_come_is_noticed(line: str, family: IpFamily) -> None:
    report = heard(line, heard(SESSION))
    assert report.refused == family
    assert report.link.families == (IpFamily.IPV4 | IpFamily.IPV6) & ~family


def test_the_peers_own_words_are_kept_for_the_reason() -> None:
    report = heard("CHAP authentication failed: no such user\nConnection terminated.")
    assert explained(19, report.remark) == (
        "the network refused the user name or password (CHAP authentication failed: no such user)"
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (0, CallFailed),
        (1, WwandError),
        (4, NoDriver),
        (7, PortGone),
        (10, CallFailed),
        (15, CallFailed),
        (16, CallFailed),
        (17, CallFailed),
        (19, AuthenticationFailed),
        (-9, WwandError),
        (99, WwandError),
    ],
)
def test_an_exit_status_says_who_is_to_blame(status: int, error: type[WwandError]) -> None:
    assert type(failure(status)) is error


def test_every_exit_status_of_the_manual_has_words() -> None:
    assert set(range(20)) <= STATUSES.keys()


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        ("No response to 4 echo-requests", "the modem no longer answers"),
        ("LCP terminated by peer (user request)", "the network ended the connection"),
        ("", "the modem hung up"),
    ],
)
def test_a_hang_up_is_traced_to_what_came_before_it(remark: str, words: str) -> None:
    assert explained(16, remark).startswith(words)


def test_a_signal_is_named() -> None:
    assert explained(-9) == "pppd was ended by signal 9"


@pytest.mark.parametrize("way", ["PAP", "CHAP"])
def test_a_hang_up_after_a_refused_password_is_the_passwords(way: str) -> None:
    assert isinstance(failure(16, f"{way} authentication failed"), AuthenticationFailed)
