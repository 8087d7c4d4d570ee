"""Name servers go to whoever keeps the machine's list, and come back from there."""

# files of a few bytes in a temporary directory
# ruff: noqa: ASYNC240

from pathlib import Path

import pytest

from wwand.errors import MachineFailed
from wwand.net import resolver
from wwand.net.resolver import DnsEntry, Manager, Resolver


class Tools:
    """Stands in for `run_tool`, with only these programs installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *installed: str, status: int = 0) -> None:
        self.calls: list[tuple[tuple[str, ...], str]] = []
        self._status = status
        monkeypatch.setattr(resolver, "find_program", lambda name: name * (name in installed))

    async def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        self.calls.append((arguments, stdin))
        return self._status, "it said no" if self._status else ""


async def added(
    under_test: Resolver, interface: str, servers: tuple[str, ...], metric: int = 700
) -> DnsEntry | None:
    """Add servers; returns what was noted of that."""
    notes: list[DnsEntry | None] = []
    await under_test.add(interface, servers, metric, notes.append)
    (entry,) = notes
    return entry


@pytest.fixture
def resolv_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "etc-resolv.conf"
    file.write_text("nameserver 192.0.2.1\n")
    monkeypatch.setattr(resolver, "RESOLV_CONF", file)
    return file


async def test_systemd_resolved_is_told_where_it_is_in_use(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolv_conf.write_text("nameserver 127.0.0.53\n")
    tools = Tools(monkeypatch, "resolvectl", "resolvconf")
    under_test = Resolver(tmp_path, tools)
    entry = await added(under_test, "lo", ("10.0.0.1", "10.0.0.2"))
    assert entry == DnsEntry("lo", "systemd-resolved")
    await under_test.remove(entry)
    assert [call for call, _ in tools.calls] == [
        ("resolvectl", "dns", "lo", "10.0.0.1", "10.0.0.2"),
        ("resolvectl", "revert", "lo"),
    ]


async def test_resolved_forgets_by_itself_an_interface_that_is_gone(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Tools(monkeypatch, "resolvectl")
    await Resolver(tmp_path, tools).remove(DnsEntry("ppp99", Manager.RESOLVED.value))
    assert tools.calls == []


async def test_resolvconf_is_used_where_resolved_is_installed_but_idle(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Tools(monkeypatch, "resolvectl", "resolvconf")
    under_test = Resolver(tmp_path, tools)
    entry = await added(under_test, "wwan0", ("10.0.0.1",))
    assert entry
    await under_test.remove(entry)
    assert tools.calls == [
        (("resolvconf", "-a", "wwan0.wwand"), "nameserver 10.0.0.1\n"),
        (("resolvconf", "-d", "wwan0.wwand"), ""),
    ]


async def test_without_either_a_file_lists_the_least_metric_first(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = resolv_conf.read_text()
    under_test = Resolver(tmp_path, Tools(monkeypatch))
    second = await added(under_test, "wwan0", ("10.0.0.1", "10.0.0.9"), 700)
    first = await added(under_test, "wwan1", ("10.0.1.1", "10.0.0.9"), 50)
    assert first
    assert second
    written = (tmp_path / "resolv.conf").read_text().splitlines()[1:]
    assert written == ["nameserver 10.0.1.1", "nameserver 10.0.0.9", "nameserver 10.0.0.1"]
    await under_test.remove(first)
    assert "10.0.1.1" not in (tmp_path / "resolv.conf").read_text()
    await under_test.remove(second)
    await under_test.remove(second)
    assert not (tmp_path / "resolv.conf").exists()
    assert resolv_conf.read_text() == before


async def test_the_file_stays_while_resolv_conf_leads_to_it(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolv_conf.unlink()
    resolv_conf.symlink_to(tmp_path / "resolv.conf")
    under_test = Resolver(tmp_path, Tools(monkeypatch))
    entry = await added(under_test, "wwan0", ("10.0.0.1",))
    assert entry
    await under_test.remove(entry)
    assert "nameserver" not in resolv_conf.read_text()


async def test_servers_for_which_there_is_no_space_leave_the_others_as_they_are(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_test = Resolver(tmp_path, Tools(monkeypatch))
    first = await added(under_test, "wwan0", ("10.0.0.1",))
    assert first
    written = (tmp_path / "resolv.conf").read_text()
    full = tmp_path / "resolv.new"
    full.symlink_to("/dev/full")
    with pytest.raises(MachineFailed, match="name servers of wwan1: No space left") as failed:
        await under_test.add("wwan1", ("10.0.1.1",), 50, lambda _: None)
    assert "run-dir" in failed.value.next_step
    full.unlink()
    assert (tmp_path / "resolv.conf").read_text() == written
    await under_test.remove(first)
    assert not (tmp_path / "resolv.conf").exists()


async def test_addresses_that_are_no_servers_are_left_out(
    tmp_path: Path, resolv_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_test = Resolver(tmp_path, Tools(monkeypatch))
    assert await added(under_test, "wwan0", ("0.0.0.0", "::", "", "nonsense\nnameserver 6")) is None
    assert not (tmp_path / "resolv.conf").exists()


async def test_a_resolver_that_refuses_is_reported_only(
    tmp_path: Path,
    resolv_conf: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    under_test = Resolver(tmp_path, Tools(monkeypatch, "resolvconf", status=1))
    assert await added(under_test, "wwan0", ("10.0.0.1",))
    assert "it said no" in caplog.text
