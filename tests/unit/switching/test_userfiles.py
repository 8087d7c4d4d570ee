from pathlib import Path

import pytest

from tests.unit.switching.sticks import CDROM, MODEM, THREAD
from wwand.device import ControlRequest
from wwand.errors import ConfigError
from wwand.switching import actions
from wwand.switching.actions import Control, SetConfiguration, messages
from wwand.switching.readers.userfiles import WORDS, action_of, read
from wwand.switching.rules import Match


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return file


def test_a_rule_with_everything(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"""
        [[rule]]
        id = "1c9e:f000"
        name = "Micromax"
        manufacturer = "USB Modem"
        scsi-vendor = "USBModem"
        targets = ["1c9e:9605"]
        target-class = 255
        wait-before = 0.5
        actions = ["message {THREAD}", "eject", "configuration 2"]
        """,
    )
    (rule,) = read(file)
    assert rule.id == CDROM.id
    assert rule.match == Match(manufacturer="USB Modem", scsi_vendor="USBModem")
    assert rule.targets == {MODEM.id}
    assert (rule.target_class, rule.wait_before) == (255, 0.5)
    assert rule.actions == (messages(THREAD), actions.STANDARD_EJECT, SetConfiguration(2))
    assert rule.source == str(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[rule", "mine.toml: "),
        ("[[rules]]", "mine.toml: rules is unknown"),
        ('rule = "x"', "is to be written with two brackets"),
        ('[[rule]]\nactions = ["eject"]', "rule 1: id is missing"),
        ('[[rule]]\nid = "1c9e:f000"', "rule 1: actions is missing"),
        ('[[rule]]\nid = "1c9e"\nactions = ["eject"]', "rule 1: id not a USB id"),
        ('[[rule]]\nid = "1c9e:f000"\nactions = []', "rule 1: actions is to be a list"),
        ('[[rule]]\nid = "1c9e:f000"\nactions = ["sing"]', "'sing' is no action; known are"),
        ('[[rule]]\nid = "1c9e:f000"\nactions = ["message zz"]', "rule 1: actions"),
        ('[[rule]]\nid = "1c9e:f000"\nactions = ["eject"]\nvendor = "x"', "rule 1: vendor is unkn"),
        (
            '[[rule]]\nid = "1c9e:f000"\nactions = ["eject"]\nproduct = 1',
            "rule 1: product is to be",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read(written(tmp_path, text))
    assert problem in str(error.value)
    assert "mine.toml" in str(error.value)


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_is_an_action(word: str) -> None:
    assert action_of(word).title


def test_a_control_request_in_both_directions() -> None:
    out = action_of("control 0x40 0x0b 1 0")
    assert out == Control((ControlRequest(0x40, 0x0B, 1),), "")
    sent = action_of("control 0x40 4 0 0 058c")
    assert sent == Control((ControlRequest(0x40, 4, 0, data=b"\x05\x8c"),), "")
    read_back = action_of("control 0xc0 0x88 0 0 8")
    assert read_back == Control((ControlRequest(0xC0, 0x88, 0, length=8),), "")
