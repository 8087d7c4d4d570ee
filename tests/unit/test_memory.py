"""What the daemon remembers over restarts."""

from pathlib import Path

import pytest

from wwand.bearers.apn import Profile
from wwand.memory import KEPT, Memory
from wwand.status import Auth

CARD = "8991101200003204510"
PROFILE = Profile("internet", "me", "hush", Auth.PAP | Auth.CHAP)


def test_a_profile_that_works_is_known_after_a_restart(tmp_path: Path) -> None:
    Memory(tmp_path).note_profile(CARD, PROFILE)
    assert Memory(tmp_path).profile(CARD) == PROFILE
    assert Memory(tmp_path).profile("another card") is None


def test_a_profile_is_for_root_alone_and_does_not_name_the_card(tmp_path: Path) -> None:
    Memory(tmp_path / "state").note_profile(CARD, PROFILE)
    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert CARD not in file.read_text()


def test_the_same_profile_is_not_written_again(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_profile(CARD, PROFILE)
    (tmp_path / "memory.json").unlink()
    memory.note_profile(CARD, PROFILE)
    assert not (tmp_path / "memory.json").exists()


def test_profiles_and_refused_pins_live_side_by_side(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_refused_pin(CARD, "1111")
    memory.note_profile(CARD, PROFILE)
    again = Memory(tmp_path)
    assert again.pin_refused(CARD, "1111")
    assert again.profile(CARD) == PROFILE


def test_a_pin_that_is_accepted_after_all_is_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for pin in ("1111", "2222"):
        memory.note_refused_pin(CARD, pin)
    memory.forget_refused_pin(CARD, "1111")
    memory.forget_refused_pin(CARD, "3333")
    again = Memory(tmp_path)
    assert not again.pin_refused(CARD, "1111")
    assert again.pin_refused(CARD, "2222")


@pytest.mark.parametrize("content", [b"[]", b"\xff", b"{", b"null"])
def test_what_is_not_readable_is_begun_anew(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "memory.json").write_bytes(content)
    memory = Memory(tmp_path)
    assert not memory.pin_refused(CARD, "1111")
    memory.note_refused_pin(CARD, "1111")
    assert Memory(tmp_path).pin_refused(CARD, "1111")
    assert "beginning anew" in caplog.text


def test_the_oldest_cards_are_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for number in range(KEPT + 1):
        memory.note_profile(f"card {number}", PROFILE)
    assert memory.profile("card 0") is None
    assert memory.profile(f"card {KEPT}") == PROFILE


def test_a_profile_of_another_version_is_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.note_profile(CARD, PROFILE)
    file = tmp_path / "memory.json"
    file.write_text(file.read_text().replace('"user"', '"somebody"'))
    assert Memory(tmp_path).profile(CARD) is None
