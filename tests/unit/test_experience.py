"""What is known of a device at its next plug."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from wwand.bearers.base import BearerSettings
from wwand.device import UsbDevice, UsbId
from wwand.experience import CONNECTION, Experience
from wwand.memory import Memory
from wwand.modem.desire import ConnectRequest
from wwand.status import Auth, IpFamily

STICK = UsbDevice("1-1", UsbId(0x12D1, 0x1573), "/sys/x", serial="353456789012348")
REQUEST = ConnectRequest(
    BearerSettings("internet", IpFamily.IPV4V6, "me", "secret", Auth.CHAP | Auth.PAP),
    pin="1234",
    operator_id="26201",
    apply_ip=True,
)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


def test_a_connection_that_was_asked_for_is_known_to_the_next_daemon(
    memory: Memory, tmp_path: Path
) -> None:
    Experience(memory, STICK).note_connection(REQUEST)
    known = Experience(Memory(tmp_path), STICK).connection
    assert known
    assert known.settings == REQUEST.settings
    assert (known.operator_id, known.apply_ip) == ("26201", True)
    Experience(memory, STICK).note_connection(None)
    assert Experience(Memory(tmp_path), STICK).connection is None


def test_neither_pin_nor_serial_number_is_written_and_only_root_reads_the_rest(
    memory: Memory, tmp_path: Path
) -> None:
    Experience(memory, STICK).note_connection(REQUEST)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert '"1234"' not in file.read_text()
    assert STICK.serial not in file.read_text()


def test_a_device_without_a_serial_number_is_known_by_its_place(memory: Memory) -> None:
    bare = replace(STICK, serial="")
    Experience(memory, bare).configuration = 1
    assert Experience(memory, bare).configuration == 1
    assert Experience(memory, replace(bare, key="1-2")).configuration == 0


def test_an_order_for_one_device_is_none_for_another(memory: Memory) -> None:
    Experience(memory, STICK).configuration = 2
    assert Experience(memory, replace(STICK, serial="other")).configuration == 0


@pytest.mark.parametrize("fact", [5, {"settings": {"apn": 1}}, {"settings": {"colour": "x"}}, []])
def test_what_another_version_wrote_is_as_good_as_nothing(
    memory: Memory, tmp_path: Path, fact: object
) -> None:
    experience = Experience(memory, STICK)
    experience.note_connection(REQUEST)
    (name,) = json.loads((tmp_path / "memory.json").read_text())[CONNECTION]
    memory.note(CONNECTION, name, fact)
    assert experience.connection is None
