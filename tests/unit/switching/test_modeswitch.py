import io
import tarfile
from pathlib import Path

import pytest

from wwand.device import BulkPlan, UsbId
from wwand.switching import actions
from wwand.switching.actions import LeaveAlone, Messages, NotOffered, SetConfiguration
from wwand.switching.readers.modeswitch import ModeswitchData, match_of, parse, rule_of
from wwand.switching.rules import Match, SwitchRule

HUAWEI = UsbId(0x12D1, 0x1F01)
LONGCHEER = UsbId(0x1C9E, 0xF000)
INSTALLED = Path("/usr/share/usb_modeswitch/configPack.tar.gz")


def read(text: str, usb_id: UsbId = HUAWEI, **options: bool) -> SwitchRule:
    rule = rule_of(usb_id, str(usb_id), text, "a test", **options)
    assert rule
    return rule


def pack(folder: Path, members: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "configPack.tar.gz", "w:gz") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def data(tmp_path: Path) -> ModeswitchData:
    (tmp_path / "etc").mkdir()
    return ModeswitchData(tmp_path / "etc", tmp_path / "share", (tmp_path / "conf",))


def test_keys_values_quotes_and_comments() -> None:
    text = '# a stick\nTargetVendor= 0x1199\n;no=1\n!no=1\nMessageContent="5553"\nbare\n'
    assert parse(text) == {"TargetVendor": "0x1199", "MessageContent": "5553"}
    assert "late" not in parse("#\n" * 50 + "late=1")


def test_a_message_with_targets_and_a_wait() -> None:
    rule = read(
        '# Some stick\nTargetVendor=0x1c9e\nTargetProductList="9603,9605"\n'
        'MessageContent="5553"\nMessageEndpoint=0x05\nResponseEndpoint=85\nReleaseDelay=4000\n'
        "WaitBefore=2\nInterface=0x01\n",
        LONGCHEER,
    )
    assert rule.name == "Some stick"
    assert rule.targets == {UsbId(0x1C9E, 0x9603), UsbId(0x1C9E, 0x9605)}
    assert rule.wait_before == 2
    assert rule.actions == (Messages(BulkPlan((b"US",), 1, 5, 0x85, 4.0)),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("StandardEject=1", actions.STANDARD_EJECT),
        ("HuaweiNewMode=1", actions.HUAWEI_NEW),
        ("HuaweiMode=yes", actions.HUAWEI),
        ("SierraMode=1", actions.SIERRA),
        ("OptionMode=true", actions.OPTION),
        ("PantechMode=4", actions.pantech(4)),
        ("PantechMode=1", actions.JustWait()),
        ("Configuration=3", SetConfiguration(3)),
        ("Configuration=0", LeaveAlone()),
        ("CiscoMode=1", NotOffered("CiscoMode")),
        ("HuaweiMode=1\nSierraMode=1", NotOffered("HuaweiMode with SierraMode")),
        # a special mode shuts a message out, as in the original
        ('OptionMode=1\nMessageContent="5553"', actions.OPTION),
        ("HuaweiMode=0\nStandardEject=1", actions.STANDARD_EJECT),
        ("DetachStorageOnly=1", Messages(BulkPlan(()))),
    ],
)
def test_one_method(text: str, expected: actions.Action) -> None:
    assert read(text).actions == (expected,)


def test_a_message_may_follow_the_eject_and_a_configuration_comes_last() -> None:
    both = read('StandardEject=1\nMessageContent="5553"\nConfiguration=2').actions
    assert both == (Messages(BulkPlan((*actions.EJECT_MESSAGES, b"US"))), SetConfiguration(2))


def test_the_global_choice_of_the_alternative_huawei_command() -> None:
    assert read("HuaweiNewMode=1", alternative_huawei=True).actions == (actions.HUAWEI_ALT,)
    assert read("HuaweiMode=1", alternative_huawei=True).actions == (actions.HUAWEI,)


def test_the_vendor_stays_when_only_the_product_is_named() -> None:
    assert read("TargetProduct=0x14db\nHuaweiNewMode=1").targets == {UsbId(0x12D1, 0x14DB)}


@pytest.mark.parametrize("text", ['MessageContent="55zz"', "TargetClass=xyz", "PantechMode=much"])
def test_a_file_that_makes_no_sense_is_left_out(text: str) -> None:
    assert rule_of(HUAWEI, "12d1:1f01", text, "a test") is None


def test_strings_in_names() -> None:
    assert match_of("uMa=USB_Modem:sMo=U209") == Match("USB_Modem", scsi_model="U209")
    assert match_of("") == Match()
    assert match_of("?") is None
    assert match_of("uXx=1") is None


def test_the_order_is_etc_share_vendor_archive_and_strings_before_none(
    data: ModeswitchData,
) -> None:
    pack(data.share, {"12d1:1f01": "HuaweiMode=1", "12d1:1f01:uMa=A": "OptionMode=1"})
    (data.etc / "12d1:1f01:uPr=B").write_text("StandardEject=1")
    (data.share / "12d1:1f01:uMa=Z").write_text("SierraMode=1")
    (data.share / "12d1:1f01:uMa=C").write_text("QuantaMode=1")
    (data.share / "12d1:#linux").write_text("HuaweiNewMode=1")
    assert [rule.actions[0] for rule in data.rules(HUAWEI)] == [
        actions.STANDARD_EJECT,
        actions.SIERRA,
        actions.QUANTA,
        actions.HUAWEI_NEW,
        actions.OPTION,
        actions.HUAWEI,
    ]
    assert data.rules(HUAWEI)[-1].source.endswith("configPack.tar.gz (12d1:1f01)")


def test_a_file_in_etc_stands_in_for_the_delivered_one(data: ModeswitchData) -> None:
    pack(data.share, {"12d1:1f01": "HuaweiMode=1"})
    (data.etc / "12d1:1f01").write_text("Configuration=0")
    assert [rule.leaves_alone for rule in data.rules(HUAWEI)] == [True]


def test_the_global_file_can_switch_all_of_it_off(data: ModeswitchData) -> None:
    pack(data.share, {"12d1:1f01": "HuaweiNewMode=1"})
    (conf,) = data.settings
    conf.write_text("HuaweiAltModeGlobal=1\nDisableSwitching=0\n")
    assert data.rules(HUAWEI)[0].actions == (actions.HUAWEI_ALT,)
    conf.write_text("DisableSwitching=yes\n")
    assert data.rules(HUAWEI) == []
    assert data.disabled()


def test_a_broken_archive_is_an_empty_one(data: ModeswitchData) -> None:
    data.share.mkdir()
    (data.share / "configPack.tar.gz").write_bytes(b"\x1f\x8b no")
    assert data.rules(HUAWEI) == []


@pytest.mark.skipif(not INSTALLED.exists(), reason="usb-modeswitch-data is not installed")
def test_every_installed_file_becomes_a_rule_of_which_two_are_not_offered() -> None:
    data = ModeswitchData()
    with tarfile.open(INSTALLED) as archive:
        names = [name for name in archive.getnames() if ":" in name]
    rules = {rule.source: rule for name in names for rule in data.rules(UsbId.parse(name[:9]))}
    assert len(rules) == len(names)
    lacking = [a for r in rules.values() for a in r.actions if isinstance(a, NotOffered)]
    assert sorted(a.method for a in lacking) == ["CiscoMode", "MobileActionMode"]
