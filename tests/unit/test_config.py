"""The configuration file: what it may say, how tables are merged, and how errors are worded."""

from pathlib import Path

import pytest

from wwand.config import Config, ConnectionConfig, DeviceConfig, load
from wwand.device import UsbDevice, UsbId
from wwand.errors import ConfigError
from wwand.ports.roles import Role
from wwand.status import Auth, IpFamily, LayoutKind

IMEI = "353456789012348"
STICK = UsbDevice(key="1-1.4", id=UsbId(0x1C9E, 0x9605), sysfs="/sys/devices/1-1.4")


def written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    file = tmp_path / "wwand.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def refused(tmp_path: Path, text: str) -> ConfigError:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).startswith(str(file))
    return caught.value


def test_an_empty_file_means_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Config()


def test_the_default_file_may_be_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wwand.config.DEFAULT_FILE", tmp_path / "absent.toml")
    assert load() == Config()


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load(tmp_path / "absent.toml")


def test_every_key_is_understood(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            """
            [daemon]
            log-level = "debug"
            state-dir = "/srv/wwand"
            run-dir = "/run/elsewhere"
            [connection]
            auto = true
            apn = "internet"
            user = "me"
            password = "secret"
            auth = ["chap", "pap"]
            ip-type = "ipv4v6"
            allow-roaming = false
            metric = 50
            default-route = false
            dns = ["9.9.9.9", "2620:fe::fe"]
            watchdog = ["10.1.1.1"]
            [sim]
            pin = "1234"
            [plugins]
            disabled = ["huawei"]
            """,
        )
    )
    assert config.daemon.log_level == "debug"
    assert config.daemon.state_dir == Path("/srv/wwand")
    assert config.daemon.run_dir == Path("/run/elsewhere")
    assert config.disabled_plugins == {"huawei"}
    assert config.defaults.pin == "1234"
    assert config.defaults.connection == ConnectionConfig(
        auto=True,
        apn="internet",
        user="me",
        password="secret",
        auth=Auth.CHAP | Auth.PAP,
        ip_type=IpFamily.IPV4V6,
        allow_roaming=False,
        metric=50,
        default_route=False,
        dns=("9.9.9.9", "2620:fe::fe"),
        watchdog=("10.1.1.1",),
    )


def test_the_place_wins_over_the_imei_and_that_over_the_id(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            f"""
            [connection]
            apn = "default"
            user = "default"
            metric = 1
            auto = true
            [device."1C9E:9605"]
            apn = "by-id"
            user = "by-id"
            metric = 2
            modem = true
            roles = {{3 = "primary", 1 = "diag"}}
            layout = "qmi"
            configuration = 1
            [device."imei:{IMEI}"]
            apn = "by-imei"
            user = "by-imei"
            [device."1-1.4"]
            apn = "by-place"
            plugin = "generic"
            roles = {{1 = "gps"}}
            [device."1-1"]
            ignore = true
            """,
        )
    )
    device = config.for_device(STICK, IMEI)
    assert device.connection.apn == "by-place"
    assert device.connection.user == "by-imei"
    assert device.connection.metric == 2
    assert device.connection.auto
    assert device.plugin == "generic"
    assert device.modem
    assert not device.ignore
    assert device.roles == {1: Role.GPS, 3: Role.PRIMARY}
    assert (device.layout, device.configuration) == (LayoutKind.QMI, 1)
    assert config.for_device(STICK).connection.user == "by-id"


def test_a_device_nobody_mentions_has_the_defaults(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[sim]\npin = "1234"\n[device."1-2"]\npin = "9999"\n'))
    assert config.for_device(STICK) == DeviceConfig(pin="1234")


@pytest.mark.parametrize(
    ("text", "named", "hint"),
    [
        ("[conection]\n", "[conection] is unknown", "did you mean connection?"),
        ("[connection]\napm = 'x'\n", "apm in [connection] is unknown", "did you mean apn?"),
        ("[connection]\nip_type = 'ipv4'\n", "ip_type in [connection]", "did you mean ip-type?"),
        ("[sim]\nqqq = 1\n", "qqq in [sim] is unknown", "known are pin"),
        ("[device.'1-1']\ncolour = 'x'\n", 'colour in [device."1-1"]', "known are"),
    ],
)
def test_an_unknown_key_is_named_with_its_neighbour(
    tmp_path: Path, text: str, named: str, hint: str
) -> None:
    error = refused(tmp_path, text)
    assert named in str(error)
    assert error.next_step.startswith(hint)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connection = 3\n", "connection must be a table"),
        ("[connection]\nauto = 'yes'\n", "auto in [connection] must be true or false"),
        ("[connection]\napn = 3\n", "apn in [connection] must be a text"),
        ("[connection]\nmetric = true\n", "metric in [connection] must be a number"),
        ("[connection]\nmetric = -1\n", "metric in [connection] must be a number"),
        ("[connection]\nip-type = 'v4'\n", 'must be one of "ipv4", "ipv6", "ipv4v6"'),
        ("[connection]\nauth = 'chap'\n", "auth in [connection] must be a list"),
        ("[connection]\nauth = ['cap']\n", "must be one of"),
        ("[connection]\ndns = ['dns.example']\n", "a list of IP addresses"),
        ("[connection]\napn = 'a\"b'\n", "cannot be sent to a modem"),
        ("[connection]\napn = '" + "a" * 101 + "'\n", "longer than 100"),
        ("[connection]\nuser = 'ü'\n", "not ASCII"),
        ('[connection]\npassword = "a\\r"\n', "control character"),
        ("[sim]\npin = 1234\n", "pin in [sim] must be a text in quotes"),
        ("[sim]\npin = '12'\n", "must be 4 to 8 digits"),
        ("[daemon]\nstate-dir = 'x'\n", "must be an absolute path"),
        ("[daemon]\nlog-level = 'loud'\n", "must be one of"),
        ("[device.stick]\nauto = true\n", 'must be a USB id ("1c9e:9605")'),
        ("[device]\n'1-1' = 3\n", 'device."1-1" must be a table'),
        ("[device.'1-1']\nroles = {a = 'primary'}\n", "must be roles by interface number"),
        ("[device.'1-1']\nroles = {3 = 'main'}\n", "must be one of"),
        ("[device.'1-1']\nlayout = 'mbim'\n", "must be one of"),
        ("[device.'1-1']\nconfiguration = 0\n", "must be the number of a USB configuration"),
        ("[device.'1-1']\nconfiguration = true\n", "must be the number of a USB configuration"),
        ("[plugins]\ndisabled = 'huawei'\n", "must be a list"),
        ("[connection\n", "is not valid TOML"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_should_be(
    tmp_path: Path, text: str, words: str
) -> None:
    assert words in str(refused(tmp_path, text))


def test_an_error_never_shows_a_secret(tmp_path: Path) -> None:
    text = f"[device.'imei:{IMEI}']\npin = '12x4'\npassword = 'hush'\n"
    error = refused(tmp_path, text)
    assert "12x4" not in str(error)
    assert IMEI not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "[sim]\npin = '1234'\n",
        "[connection]\npassword = 'hush'\n",
        "[device.'1-1']\npin = '1234'\n",
    ],
)
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    file = written(tmp_path, text, mode)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert caught.value.next_step == f"run `chmod 600 {file}`"


def test_a_file_without_secrets_may_be_readable_by_all(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[connection]\nuser = 'me'\n", 0o644)).defaults.connection.user


def test_a_configuration_does_not_print_its_secrets(tmp_path: Path) -> None:
    text = "[sim]\npin = '4711'\n[connection]\npassword = 'hush'\n[device.'1-1']\npin = '4712'\n"
    config = load(written(tmp_path, text))
    assert "471" not in repr(config)
    assert "hush" not in repr(config)
