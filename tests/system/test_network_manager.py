"""Unmodified clients of ModemManager drive wwand over modems with network interfaces.

wwand leaves the addresses to them: it connects, and says what the network gave. All tests share one
daemon and, from the first that needs it, one NetworkManager; the sticks come and go.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.daemon import LOG, NOTHING, held_by, pings, traces, wwanctl, wwand
from tests.system.network_manager import (
    bring_down,
    bring_up,
    knows,
    network_manager,
    nmcli_devices,
)
from tests.system.vm.guest import Process, Simulator, eventually, mmcli, output, simulator
from wwand import simulator as virtual

INTERNET = "10.64.64.1"
"""An address in the carrier's network that answers; also its name server."""

PROXY = Path("/usr/libexec/qmi-proxy")

needs_libqmi = pytest.mark.skipif(
    not PROXY.exists() or shutil.which("qmicli") is None,
    reason="no qmi-proxy or no qmicli (Debian: libqmi-proxy, libqmi-utils)",
)

LTE, MU609_QMI, MU609_MUTE, E3372, HILINK = "1-1", "1-2", "1-3", "1-4", "1-5"
"""Where the sticks are plugged in."""

CONFIG = f'[device."{MU609_QMI}"]\nlayout = "qmi"\n'


@pytest.fixture(scope="module")
def sticks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    models = ["qmi-lte", "huawei-mu609", without_dhcp_query(tmp_path_factory.mktemp("models"))]
    models += ["huawei-e3372", "huawei-hilink"]
    with simulator(*models, "--latency", "0.02", "--unplugged") as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def daemon(sticks: Simulator) -> Iterator[Process]:
    with wwand(CONFIG) as running:
        yield running
    assert "Traceback" not in LOG.read_text()


@pytest.fixture(scope="module")
def manager(daemon: Process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with network_manager(tmp_path_factory.mktemp("nm")) as running:
        yield running


def without_dhcp_query(folder: Path) -> str:
    """An MU609 whose firmware does not tell what the network gave: it refuses ^DHCP."""
    text = (Path(virtual.__file__).parent / "models" / "huawei-mu609.toml").read_text()
    refused = 'refuses = ["+CEREG",'
    assert refused in text
    model = folder / "huawei-mu609-dhcp.toml"
    model.write_text(text.replace(refused, 'refuses = ["^DHCP", "+CEREG",'))
    return str(model)


@contextmanager
def plugged(sticks: Simulator, place: str) -> Iterator[None]:
    """One stick is there; when it is pulled out nothing of it is left."""
    sticks.ask(do="plug", device=place)
    try:
        yield
    finally:
        sticks.ask(do="unplug", device=place)
    eventually(lambda: traces() == NOTHING, "everything is gone")


def calls(sticks: Simulator, place: str) -> list[Any]:
    """The data calls that are up, as the stick knows them."""
    found: list[Any] = sticks.device(place)["calls"]
    return found


def card() -> str:
    """The only network interface that is a USB device's, by the name that udev has given it."""
    output("udevadm", "settle", "--timeout=60")
    (found,) = Path("/sys/bus/usb/devices").glob("1-*:*/net/*")
    return found.name


def modem() -> Any:
    """What mmcli tells of the only modem."""
    return mmcli("-m", "any")["modem"]


def bearer() -> Any:
    """What mmcli tells of its only bearer."""
    (path,) = modem()["generic"]["bearers"]
    return mmcli("-b", path)["bearer"]


# --- mmcli and qmicli ----------------------------------------------------------------------------


def test_mmcli_drives_a_qmi_modem_from_the_list_to_a_bearer_and_back(sticks: Simulator) -> None:
    with plugged(sticks, LTE):
        eventually(lambda: "QUECTEL" in output("mmcli", "-L"), "mmcli lists the modem")
        generic = modem()["generic"]
        assert generic["state"] == "disabled"
        assert generic["plugin"] == "generic"
        assert generic["primary-port"] == "cdc-wdm0"
        assert set(generic["ports"]) == {"cdc-wdm0 (qmi)", f"{card()} (net)"}
        assert set(generic["drivers"]) == {"option", "qmi_wwan"}
        assert generic["supported-ip-families"] == ["ipv4", "ipv6", "ipv4v6"]
        output("mmcli", "-m", "any", "-e")
        output("mmcli", "-m", "any", "--simple-connect=apn=internet")
        shown = modem()
        assert shown["generic"]["state"] == "connected"
        assert shown["generic"]["access-technologies"] == ["lte"]
        assert shown["generic"]["signal-quality"] == {"recent": "yes", "value": "71"}
        assert shown["3gpp"]["imei"] == "910000040000415"
        assert shown["3gpp"]["registration-state"] == "home"
        assert shown["3gpp"]["operator-code"] == "00101"
        assert shown["3gpp"]["operator-name"] == "Test Network"
        told = bearer()
        assert told["status"]["connected"] == "yes"
        assert told["status"]["interface"] == card()
        ipv4 = told["ipv4-config"]
        assert (ipv4["method"], ipv4["dns"], ipv4["mtu"]) == ("static", [INTERNET], "1500")
        assert ipv4["address"].startswith("10.65.")
        assert ipv4["gateway"].startswith("10.65.")
        # the addresses are the client's business
        assert not output("ip", "-4", "-o", "address", "show", "dev", card())
        output("mmcli", "-m", "any", "--simple-disconnect")
        assert modem()["generic"]["state"] == "registered"
        assert not calls(sticks, LTE)
        output("mmcli", "-m", "any", "-d")
        assert modem()["generic"]["state"] == "disabled"
        sim = mmcli("-i", modem()["generic"]["sim"])["sim"]["properties"]
        assert sim["imsi"].startswith("00101")
        assert sim["operator-code"] == "00101"


@needs_libqmi
def test_qmicli_reads_through_the_proxy_that_wwand_uses_too(
    sticks: Simulator, daemon: Process
) -> None:
    with Process([str(PROXY), "--no-exit"]):
        eventually(lambda: "@qmi-proxy" in Path("/proc/net/unix").read_text(), "the proxy runs")
        with plugged(sticks, LTE):
            wwanctl("connect", "--apn", "internet", "--wait", "120")
            assert pings(INTERNET, card())
            assert not [name for name in held_by(daemon) if "cdc-wdm" in name]
            for question, answer in {
                "--dms-get-ids": "IMEI: '910000040000415'",
                "--nas-get-serving-system": "Registration state: 'registered'",
                "--nas-get-signal-info": "RSRP: '-89 dBm'",
            }.items():
                assert answer in output("qmicli", "-p", "-d", "/dev/cdc-wdm0", question)
            assert pings(INTERNET, card())
            assert modem()["generic"]["state"] == "connected"
            wwanctl("disconnect")
            assert not calls(sticks, LTE)


# --- NetworkManager ------------------------------------------------------------------------------


def goes_online(device: str, method: str) -> None:
    """Have NetworkManager connect, and set the addresses in its own way."""
    knows(f"{device}:gsm", "disconnected")
    bring_up()
    told, interface = bearer(), card()
    assert told["status"]["interface"] == interface
    assert told["ipv4-config"]["method"] == method
    eventually(lambda: pings(INTERNET, interface), "a ping is answered")
    assert f"dev {interface}" in output("ip", "route", "show", "default")


@pytest.mark.parametrize(
    ("place", "device", "method"),
    [
        (LTE, "cdc-wdm0", "static"),
        (MU609_QMI, "cdc-wdm0", "static"),
        (E3372, "ttyUSB0", "static"),
        (MU609_MUTE, "ttyUSB0", "dhcp"),
    ],
    ids=["qmi", "mu609-qmi", "ncm", "ecm-dhcp"],
)
@pytest.mark.usefixtures("manager")
def test_network_manager_takes_a_modem_online_notices_a_drop_and_connects_again(
    sticks: Simulator, place: str, device: str, method: str
) -> None:
    with plugged(sticks, place):
        goes_online(device, method)
        sticks.ask(do="drop", device=place)
        knows(f"{device}:gsm", "disconnected")
        assert not output("ip", "route", "show", "default")
        goes_online(device, method)
        bring_down()
        assert not calls(sticks, place)
    eventually(lambda: device not in nmcli_devices(), "NetworkManager knows that it is gone")


@pytest.mark.usefixtures("manager")
def test_network_manager_keeps_the_card_of_a_router_stick_as_ethernet(sticks: Simulator) -> None:
    with plugged(sticks, HILINK):
        eventually(lambda: "HUAWEI" in output("mmcli", "-L"), "the stick is on the bus")
        knows(f"{card()}:ethernet", "connected")  # with the profile that it makes for such a card
        assert pings(INTERNET, card())
