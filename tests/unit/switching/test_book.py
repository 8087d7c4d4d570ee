import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.switching.sticks import (
    CDROM,
    MICROMAX,
    MODEM,
    PLAIN,
    THREAD,
    FakeUsb,
    micromax_at,
)
from wwand.device import Configuration, Place, UsbDevice, UsbId
from wwand.errors import ConfigError
from wwand.switching import actions
from wwand.switching.actions import LeaveAlone, SetConfiguration, messages
from wwand.switching.book import RuleBook
from wwand.switching.ladder import steps, switch
from wwand.switching.readers.modeswitch import ModeswitchData
from wwand.switching.readers.usbmode import UsbmodeData
from wwand.switching.rules import Match, SwitchRule

CARD_READER = replace(CDROM, id=UsbId(0x058F, 0x6366), manufacturer="Generic")


@pytest.fixture
def data(tmp_path: Path) -> ModeswitchData:
    """usb_modeswitch's two entries for the id of the Micromax, in its own form."""
    share = tmp_path / "share"
    share.mkdir()
    targets = 'TargetVendor=0x1c9e\nTargetProductList="9000,9605"\n'
    (share / "1c9e:f000").write_text(f'# Longcheer\n{targets}MessageContent="{PLAIN}"\n')
    (share / "1c9e:f000:uMa=USB_Modem").write_text(f'{targets}MessageContent="{THREAD}"\n')
    return ModeswitchData(tmp_path / "etc", share, (tmp_path / "conf",))


def book(
    builtin: Sequence[SwitchRule] = (),
    *,
    user_dir: Path = Path("/nonexistent"),
    modeswitch: ModeswitchData | bool = False,
) -> RuleBook:
    return RuleBook(builtin, user_dir, modeswitch, usbmode=False)


@pytest.mark.parametrize("own", [True, False], ids=["own rules", "no own rules"])
@pytest.mark.parametrize("theirs", [True, False], ids=["usb_modeswitch", "no usb_modeswitch"])
async def test_the_micromax_is_switched_with_either_source_and_with_both(
    data: ModeswitchData, own: bool, theirs: bool
) -> None:
    rules = book([MICROMAX] if own else [], modeswitch=data if theirs else False)
    place = Place(CDROM)
    usb = FakeUsb(micromax_at(place))
    if own or theirs:
        assert await switch(place, rules.rules_for(CDROM), usb, deadline=0.02) is MODEM
        assert usb.sent == [THREAD]
    else:
        assert rules.rules_for(CDROM) == []


def test_the_ladder_is_every_distinct_action_and_the_eject_last(data: ModeswitchData) -> None:
    ladder = steps(book([MICROMAX], modeswitch=data).rules_for(CDROM))
    assert [s.action for s in ladder] == [
        messages(THREAD),
        messages(PLAIN),
        actions.STANDARD_EJECT,
    ]


def test_the_eject_is_not_tried_twice() -> None:
    ejects = SwitchRule(CDROM.id, (actions.STANDARD_EJECT,))
    assert len(book([ejects]).rules_for(CDROM)) == 1


def test_a_rule_with_strings_beats_the_users_rule_without(
    tmp_path: Path, data: ModeswitchData
) -> None:
    (tmp_path / "a.toml").write_text('[[rule]]\nid = "1c9e:f000"\nactions = ["option"]\n')
    found = book([MICROMAX], user_dir=tmp_path, modeswitch=data).rules_for(CDROM)
    assert [rule.actions[0] for rule in found[:4]] == [
        messages(THREAD),
        messages(THREAD),
        actions.OPTION,
        messages(PLAIN),
    ]


def test_a_rule_for_other_strings_is_not_about_this_device(data: ModeswitchData) -> None:
    other = replace(CDROM, manufacturer="Omega")
    found = book([MICROMAX], modeswitch=data).rules_for(other)
    assert found[0].actions == (messages(PLAIN),)


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (SwitchRule(CDROM.id, (messages(THREAD),), target_class=0xFF), True),
        (SwitchRule(CDROM.id, (messages(THREAD),), target_class=0x08), False),
        (SwitchRule(CDROM.id, (messages(THREAD),), targets=frozenset({CDROM.id})), False),
        (SwitchRule(CDROM.id, (SetConfiguration(2),)), False),
        (SwitchRule(CDROM.id, (SetConfiguration(1),)), False),
        (SwitchRule(CDROM.id, (actions.SIERRA,)), True),
    ],
)
def test_a_rule_is_due_only_while_it_can_still_do_something(rule: SwitchRule, due: bool) -> None:
    assert bool(book([rule]).rules_for(CDROM)) is due


def test_a_modem_and_a_device_without_configuration_are_not_switched(
    data: ModeswitchData,
) -> None:
    rules = book([replace(MICROMAX, id=MODEM.id)], modeswitch=data)
    assert rules.rules_for(MODEM) == []
    assert rules.rules_for(replace(CDROM, active=0)) == []


def test_the_best_rule_may_say_to_leave_it_alone() -> None:
    alone = SwitchRule(CDROM.id, (LeaveAlone(),))
    assert book([alone, SwitchRule(CDROM.id, (actions.OPTION,))]).rules_for(CDROM) == []
    better = book([alone, MICROMAX]).rules_for(CDROM)
    assert better[0] is MICROMAX
    assert alone not in better


def test_a_device_is_known_by_a_rule_that_is_about_it_even_if_it_is_not_due() -> None:
    done = SwitchRule(CDROM.id, (SetConfiguration(1),))
    assert book([done]).rules_for(CDROM) == []
    assert book([done]).knows(CDROM)
    assert book([MICROMAX]).knows(CDROM)
    assert book().knows(replace(CDROM, properties={"SCSI_TYPE": "5"}))  # of a maker of modems


def test_a_device_is_not_known_by_a_rule_about_another_one_or_one_that_leaves_it_alone() -> None:
    alone = SwitchRule(CDROM.id, (LeaveAlone(),))
    assert not book().knows(CARD_READER)
    assert not book([MICROMAX]).knows(replace(MODEM, manufacturer="USB Modem"))
    assert not book([replace(MICROMAX, id=CARD_READER.id)]).knows(CARD_READER)
    assert not book([alone, SwitchRule(CDROM.id, (actions.OPTION,))]).knows(CDROM)


def test_an_unknown_cdrom_of_a_maker_of_modems_is_ejected() -> None:
    unknown = replace(CDROM, id=UsbId(0x12D1, 0x9999), properties={"SCSI_TYPE": "5"})
    (rule,) = book().rules_for(unknown)
    assert rule.actions == (actions.STANDARD_EJECT,)


@pytest.mark.parametrize(
    "device",
    [
        replace(CARD_READER, properties={"SCSI_TYPE": "0"}),
        replace(CARD_READER, properties={"SCSI_TYPE": "5"}),
        replace(CDROM, id=UsbId(0x12D1, 0x9999)),
        replace(CDROM, id=UsbId(0x12D1, 0x9999), properties={"SCSI_TYPE": "0"}),
        replace(MODEM, properties={"SCSI_TYPE": "5"}),
    ],
    ids=["card reader", "CD drive", "not known to be a CD-ROM", "disk", "modem"],
)
def test_nothing_else_is_ever_ejected(device: UsbDevice) -> None:
    assert book().rules_for(device) == []


def test_a_rule_may_wait_for_what_the_storage_calls_itself() -> None:
    rule = replace(MICROMAX, match=Match(scsi_vendor="USBModem"))
    rules = book([rule])
    assert rules.awaits_storage(CDROM)
    known = replace(CDROM, properties={"SCSI_VENDOR": "USBModem"})
    assert not rules.awaits_storage(known)
    assert rules.rules_for(known)[0] is rule
    blank = replace(CDROM, properties={"SCSI_TYPE": "5", "SCSI_MODEL": "x"})
    assert not rules.awaits_storage(blank)
    unbound = replace(
        CDROM,
        configurations=(Configuration(1, (replace(CDROM.interfaces[0], driver=""),)),),
    )
    assert not rules.awaits_storage(unbound)


def test_a_changed_file_of_the_user_is_read_again_and_a_wrong_one_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.toml"
    rules = book(user_dir=tmp_path)
    file.write_text('[[rule]]\nid = "1c9e:f000"\nactions = ["option"]\n')
    assert len(rules.known_for(CDROM.id)) == 1
    rules.check()
    file.write_text('[[rule]]\nid = "1c9e:f000"\nactions = ["sing"]\n')
    os.utime(file, ns=(1, 1))
    (tmp_path / "b.toml").write_text('[[rule]]\nid = "1c9e:f000"\nactions = ["sierra"]\n')
    assert [rule.actions for rule in rules.known_for(CDROM.id)] == [(actions.SIERRA,)]
    assert "a.toml: rule 1: actions 'sing' is no action" in caplog.text
    with pytest.raises(ConfigError, match="a.toml"):
        rules.check()


def test_every_source_is_described_with_its_count(tmp_path: Path, data: ModeswitchData) -> None:
    (tmp_path / "conf").write_text("DisableSwitching=1")
    json = tmp_path / "usb-mode.json"
    json.write_text('{"devices": {"1c9e:f000": {"*": {"config": 2}}}}')
    found = RuleBook([MICROMAX], tmp_path / "none", data, UsbmodeData(json)).describe()
    assert [(s.name, s.where.removeprefix(str(tmp_path)), s.count) for s in found] == [
        ("user", "/none", 0),
        ("wwand", "wwand_longcheer", 1),
        ("usb_modeswitch", "/etc", 0),
        ("usb_modeswitch", "/share", 2),
        ("usb_modeswitch", "/share/configPack.tar.gz", 0),
        ("usbmode", "/usb-mode.json", 1),
    ]
    assert found[2].note == "not used: DisableSwitching is set"


@pytest.mark.skipif(
    not Path("/usr/share/usb_modeswitch/configPack.tar.gz").exists(),
    reason="usb-modeswitch-data is not installed",
)
def test_the_installed_data_switches_the_micromax() -> None:
    rules = book(modeswitch=True).rules_for(CDROM)
    assert rules[0].actions == (messages(THREAD),)
    assert MODEM.id in rules[0].targets
