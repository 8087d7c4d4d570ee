"""What was put on the machine is on disk at every moment."""

import socket
from pathlib import Path

import pytest

from wwand.net.journal import Journal
from wwand.net.link import Changes, Route
from wwand.net.resolver import DnsEntry

CHANGES = Changes(
    "wwan0", 7, ("10.8.0.2/30",), (Route(socket.AF_INET, "", 700),), True, 1500, ("1", "1", "1")
)
DNS = DnsEntry("wwan0", "file")
FAREWELL = ("/sbin/dhcpcd", "--release", "wwan0")


def test_a_page_reads_back_as_it_was_noted(tmp_path: Path) -> None:
    page = Journal(tmp_path).page("bearer0")
    page.note_link(CHANGES)
    page.note_dns(DNS)
    page.note_farewell(FAREWELL)
    (found,) = Journal(tmp_path).pages()
    assert (found.link, found.dns, found.farewell) == (CHANGES, DNS, FAREWELL)


def test_a_deleted_page_is_gone_and_may_be_deleted_again(tmp_path: Path) -> None:
    page = Journal(tmp_path).page("bearer0")
    page.note_link(CHANGES)
    page.delete()
    page.delete()
    assert not list(Journal(tmp_path).pages())


def test_a_torn_page_is_reported_and_does_not_hide_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path)
    journal.page("bearer1").note_link(CHANGES)
    (tmp_path / "applied" / "bearer0.json").write_text('{"link": {"interf')
    (found,) = journal.pages()
    assert found.link == CHANGES
    assert "bearer0.json cannot be read" in caplog.text
    assert not (tmp_path / "applied" / "bearer0.json").exists()


def test_a_directory_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "applied").write_text("in the way")
    Journal(tmp_path).page("bearer0").note_link(CHANGES)
    assert "cannot be written" in caplog.text
