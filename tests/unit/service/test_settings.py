"""Bearer settings as D-Bus dictionaries."""

from typing import Any

import pytest
from dbus_fast import Variant
from hypothesis import given
from hypothesis import strategies as st

from wwand.bearers.base import BearerSettings
from wwand.errors import BadArgument
from wwand.service.settings import (
    KEYS,
    bearer_properties,
    bearer_settings,
    connect_request,
    ip_config,
    split_apply_ip,
)
from wwand.status import Auth, IpConfig, IpFamily, IpMethod


def test_what_mmcli_sends_for_an_apn_means_no_profile() -> None:
    settings = bearer_settings({"apn": Variant("s", "x"), "profile-id": Variant("i", -1)})
    assert settings == BearerSettings(apn="x")


def test_what_networkmanager_sends_is_understood() -> None:
    request = connect_request(
        {
            "apn": Variant("s", "web.vodafone.de"),
            "user": Variant("s", "u"),
            "password": Variant("s", "p"),
            "operator-id": Variant("s", "26202"),
            "pin": Variant("s", "1234"),
            "allow-roaming": Variant("b", False),
            "allowed-auth": Variant("u", 6),
            "ip-type": Variant("u", 4),
            "number": Variant("s", "*99#"),
        }
    )
    assert (request.pin, request.operator_id, request.apply_ip) == ("1234", "26202", False)
    settings = request.settings
    assert (settings.apn, settings.user, settings.password) == ("web.vodafone.de", "u", "p")
    assert not settings.allow_roaming
    assert settings.allowed_auth is Auth.PAP | Auth.CHAP
    assert settings.ip_type is IpFamily.IPV4V6


def test_any_ip_type_leaves_the_choice_to_wwand() -> None:
    assert bearer_settings({"ip-type": Variant("u", 0xFFFFFFF7)}).ip_type is IpFamily.NONE


def test_applying_ip_gets_more_time_than_modemmanagers_clients_give() -> None:
    plain = connect_request({})
    applied = connect_request({"wwand-apply-ip": Variant("b", True)})
    assert plain.timeout < 30
    assert (applied.apply_ip, applied.timeout) == (True, 60)
    assert connect_request({"wwand-apply-ip": Variant("b", False)}) == plain


def test_create_bearer_takes_the_key_too() -> None:
    settings, apply_ip = split_apply_ip(
        {"apn": Variant("s", "x"), "wwand-apply-ip": Variant("b", True)}
    )
    assert (settings.apn, apply_ip) == ("x", True)
    assert split_apply_ip({}) == (BearerSettings(), False)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"colour": Variant("s", "red")}, 'unknown key "colour"'),
        ({"apn": Variant("u", 1)}, '"apn" must be of type s, not u'),
        ({"profile-id": Variant("u", 1)}, '"profile-id" must be of type i, not u'),
        ({"pin": Variant("u", 1234)}, '"pin" must be of type s'),
        ({"wwand-apply-ip": Variant("s", "yes")}, '"wwand-apply-ip" must be of type b'),
        ({"user": Variant("s", 'a"b')}, "user"),
        ({"password": Variant("s", "topsecret\r")}, "password"),
        ({"apn": Variant("s", "x" * 256)}, "apn"),
    ],
)
def test_what_is_wrong_is_named(properties: dict[str, Variant], said: str) -> None:
    with pytest.raises(BadArgument) as error:
        connect_request(properties)
    assert said in str(error.value)
    assert "topsecret" not in str(error.value)


def test_pin_and_operator_are_no_keys_of_a_bearer() -> None:
    with pytest.raises(BadArgument, match="pin"):
        bearer_settings({"pin": Variant("s", "1234")})


def test_a_password_never_comes_back() -> None:
    written = bearer_properties(BearerSettings(apn="x", user="u", password="hush"))
    assert set(written) == {"apn", "user", "allow-roaming"}


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "s": st.text("abc.@-_0", max_size=20),
    "u": st.integers(0, 7),
    "i": st.integers(-1, 20),
    "b": st.booleans(),
}


def values(signature: str) -> st.SearchStrategy[Variant]:
    return st.builds(Variant, st.just(signature), VALUES[signature])


@given(
    st.fixed_dictionaries(
        {}, optional={n: values(key.signature) for n, key in KEYS.items() if n != "password"}
    )
)
def test_what_is_written_reads_as_the_same_settings(properties: dict[str, Variant]) -> None:
    settings = bearer_settings(properties)
    assert bearer_settings(bearer_properties(settings)) == settings


def test_an_ip_configuration_says_only_what_is_known() -> None:
    assert ip_config(IpConfig()) == {"method": Variant("u", 0)}
    full = IpConfig(IpMethod.STATIC, "10.1.2.3", 30, "10.1.2.1", ("1.1.1.1", "9.9.9.9"), 1430)
    assert {name: v.value for name, v in ip_config(full).items()} == {
        "method": 2,
        "address": "10.1.2.3",
        "prefix": 30,
        "gateway": "10.1.2.1",
        "dns1": "1.1.1.1",
        "dns2": "9.9.9.9",
        "mtu": 1430,
    }
