"""Which access points are tried for a SIM, and in which order."""

from pathlib import Path

import pytest

from wwand.bearers import providers
from wwand.bearers.apn import MOST, Profile, candidates
from wwand.bearers.base import BearerSettings
from wwand.status import Auth, IpFamily

KNOWN = (Profile("internet"), Profile("web", "guest", "guest", Auth.PAP))
ASKED = BearerSettings(ip_type=IpFamily.IPV4V6, allow_roaming=False)


def apns(
    asked: BearerSettings = ASKED,
    remembered: Profile | None = None,
    known: tuple[Profile, ...] = KNOWN,
    *,
    has_default: bool = False,
) -> list[str]:
    return [s.apn for s in candidates(asked, remembered, known, has_default=has_default)]


def test_an_apn_that_is_asked_for_is_the_only_one() -> None:
    asked = BearerSettings("iot.example", user="me")
    assert candidates(asked, Profile("old"), KNOWN, has_default=True) == (asked,)


def test_what_worked_last_comes_first() -> None:
    assert apns(remembered=Profile("old")) == ["old", "internet", "web", ""]


def test_the_networks_default_comes_before_the_list_where_every_sim_has_one() -> None:
    assert apns(has_default=True) == ["", "internet", "web"]
    assert apns(remembered=Profile("old"), has_default=True) == ["old", "", "internet", "web"]


def test_without_a_list_the_networks_default_is_left() -> None:
    assert apns(known=()) == [""]


def test_nothing_is_tried_twice() -> None:
    assert apns(remembered=Profile("internet")) == ["internet", "web", ""]
    assert apns(remembered=Profile(""), has_default=True) == ["", "internet", "web"]


@pytest.mark.parametrize("has_default", [True, False])
def test_a_long_list_is_cut_and_the_default_is_among_the_rest(has_default: bool) -> None:
    many = tuple(Profile(f"apn{number}") for number in range(20))
    found = apns(known=many, remembered=Profile("old"), has_default=has_default)
    assert len(found) == MOST
    assert "" in found


def test_the_rest_of_what_was_asked_for_stays() -> None:
    first, second, _ = candidates(ASKED, None, KNOWN, has_default=False)
    assert first == BearerSettings("internet", IpFamily.IPV4V6, allow_roaming=False)
    assert (second.user, second.password, second.allowed_auth) == ("guest", "guest", Auth.PAP)


def test_credentials_that_were_asked_for_win() -> None:
    asked = BearerSettings(user="me", password="hush")
    _, second, _ = candidates(asked, None, KNOWN, has_default=False)
    assert (second.user, second.password, second.allowed_auth) == ("me", "hush", Auth.UNKNOWN)


def test_no_password_is_in_a_profiles_words() -> None:
    assert "hush" not in repr(Profile("a", "me", "hush"))


PROVIDERS = """<?xml version="1.0"?>
<!DOCTYPE serviceproviders SYSTEM "serviceproviders.2.dtd">
<serviceproviders format="2.0">
<country code="xx">
  <provider>
    <name>Small Virtual</name>
    <gsm>
      <network-id mcc="001" mnc="01"/>
      <apn value="virtual"><usage type="internet"/></apn>
      <apn value="pictures"><usage type="mms"/></apn>
    </gsm>
  </provider>
  <provider primary="true">
    <name xml:lang="de">Netz</name>
    <name>Owner</name>
    <gsm>
      <network-id mcc="001" mnc="01"/>
      <network-id mcc="001" mnc="02"/>
      <apn value="internet">
        <usage type="internet"/>
        <username>guest</username><password>word</password>
        <authentication method="pap"/>
      </apn>
      <apn value="old"></apn>
      <apn value="virtual"><usage type="internet"/></apn>
    </gsm>
  </provider>
  <provider><name>Other</name><gsm><network-id mcc="001" mnc="010"/>
    <apn value="three-digits"/></gsm></provider>
  <provider><name>CDMA</name><cdma/></provider>
</country>
</serviceproviders>
"""
INTERNET = Profile("internet", "guest", "word", Auth.PAP)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "serviceproviders.xml"
    file.write_text(PROVIDERS)
    return file


def test_the_networks_owner_comes_first_and_only_the_internet_counts(file: Path) -> None:
    assert providers.known("00101", file=file) == (INTERNET, Profile("old"), Profile("virtual"))


def test_the_provider_named_on_the_sim_comes_before_the_owner(file: Path) -> None:
    found = providers.known("00101", "small virtual", file)
    assert found == (Profile("virtual"), INTERNET, Profile("old"))


def test_a_network_of_three_digits_is_another_one(file: Path) -> None:
    assert providers.known("001010", file=file) == (Profile("three-digits"),)
    assert providers.known("00102", file=file)[0] == INTERNET


@pytest.mark.parametrize("operator", ["", "001", "99999"])
def test_an_unknown_network_has_none(operator: str, file: Path) -> None:
    assert providers.known(operator, file=file) == ()


def test_without_the_file_nothing_is_known(tmp_path: Path) -> None:
    assert providers.known("00101", file=tmp_path / "absent") == ()


def test_a_broken_file_is_reported_and_not_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.xml").write_text(PROVIDERS[:300])
    assert providers.known("00101", file=tmp_path / "broken.xml") == ()
    assert "cannot be read" in caplog.text
