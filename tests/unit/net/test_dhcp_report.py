"""What a client's script tells, and what wwand makes of it; the script itself is run, too."""

import os
import subprocess
from pathlib import Path

import pytest

from wwand.net.dhcp_clients import REPORT, SCRIPT
from wwand.net.dhcp_report import Event, Report, read
from wwand.status import IpConfig, IpMethod

LEASE = IpConfig(
    IpMethod.DHCP, "10.64.1.2", 30, "10.64.1.1", ("10.64.1.53", "10.64.1.54"), mtu=1430
)
UDHCPC = {
    "ip": "10.64.1.2",
    "subnet": "255.255.255.252",
    "router": "10.64.1.1",
    "dns": "10.64.1.53 10.64.1.54",
    "mtu": "1430",
}
OTHERS = {
    "new_ip_address": "10.64.1.2",
    "new_subnet_mask": "255.255.255.252",
    "new_routers": "10.64.1.1",
    "new_domain_name_servers": "10.64.1.53 10.64.1.54",
    "new_interface_mtu": "1430",
}


def told(tmp_path: Path, *arguments: str, **variables: str) -> list[str]:
    """Run the script as a client does; returns the lines of its one report."""
    fifo = tmp_path / "report"
    os.mkfifo(fifo)
    fd = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        environment = {"PATH": os.environ["PATH"], REPORT: str(fifo), **variables}
        subprocess.run([SCRIPT, *arguments], env=environment, check=True, timeout=10)
        *lines, last, rest = os.read(fd, 65536).decode().split("\n")
    finally:
        os.close(fd)
    assert (last, rest) == ("", "")
    return lines


@pytest.mark.parametrize("event", ["bound", "renew"])
def test_udhcpc_gives_a_lease(tmp_path: Path, event: str) -> None:
    assert read(told(tmp_path, event, **UDHCPC)) == Report(Event.GIVEN, LEASE)


@pytest.mark.parametrize("reason", ["BOUND", "RENEW", "REBIND", "REBOOT"])
def test_dhclient_and_dhcpcd_give_a_lease(tmp_path: Path, reason: str) -> None:
    assert read(told(tmp_path, reason=reason, **OTHERS)) == Report(Event.GIVEN, LEASE)


@pytest.mark.parametrize("event", ["deconfig", "nak"])
def test_udhcpc_loses_its_lease(tmp_path: Path, event: str) -> None:
    assert read(told(tmp_path, event, interface="wan0")) == Report(Event.LOST)


@pytest.mark.parametrize("reason", ["EXPIRE", "FAIL", "STOP", "NAK"])
def test_dhclient_and_dhcpcd_lose_their_lease(tmp_path: Path, reason: str) -> None:
    assert read(told(tmp_path, reason=reason, old_ip_address="10.64.1.2")) == Report(Event.LOST)


@pytest.mark.parametrize("event", ["leasefail", "PREINIT", "STOPPED", "CARRIER"])
def test_other_events_say_nothing(tmp_path: Path, event: str) -> None:
    assert read(told(tmp_path, event)) is None


def test_nothing_waits_when_wwand_is_gone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report")
    for report in (tmp_path / "report", tmp_path / "absent"):
        subprocess.run([SCRIPT, "bound"], env={REPORT: str(report)}, check=True, timeout=10)
    assert not (tmp_path / "absent").exists()


def test_a_lease_without_a_router_mask_or_servers_is_one_address() -> None:
    report = read(["event bound", "address 10.64.1.2", "mask ", "routers ", "dns ", "mtu "])
    assert report == Report(Event.GIVEN, IpConfig(IpMethod.DHCP, "10.64.1.2", 32))


def test_nonsense_of_a_server_is_left_out() -> None:
    lines = ["event bound", "address 10.64.1.2", "mask 255.0.255.0", "routers 0.0.0.0 x"]
    report = read([*lines, "dns 10.1.1.1 fe80::1", "mtu 68"])
    assert report == Report(
        Event.GIVEN, IpConfig(IpMethod.DHCP, "10.64.1.2", 32, "", ("10.1.1.1",))
    )


def test_a_lease_without_an_address_is_none() -> None:
    assert read(["event bound", "address "]) is None
    assert read([]) is None
