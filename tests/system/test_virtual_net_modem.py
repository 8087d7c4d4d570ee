"""Virtual modems with network interfaces, judged by the kernel's drivers and a DHCP client.

One device at a time, at 1-1; the tests of the MU609 come last and share it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.vm.guest import (
    Simulator,
    ask,
    eventually,
    output,
    simulator,
    wait_for_devices,
)

INTERNET = "10.64.64.1"
"""An address in the carrier's network that answers."""

RAW_IP = """
summary = "a QMI modem that knows raw IP only, and connects by +CGACT"
[modes.modem]
id = "2c7c:0125"
[[modes.modem.interfaces]]
class = "ff/00/00"
endpoints = ["83 interrupt 10 9", "82 bulk", "02 bulk"]
speaks = "at"
[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["89 interrupt 8 9", "88 bulk", "05 bulk"]
speaks = "qmi"
[qmi]
link_layer = "raw-ip"
fixed_link_layer = true
[at]
activation_connects = true
"""

LEASE = """#!/bin/sh
echo "$1 address=$ip mask=$subnet router=$router dns=$dns"
test "$1" = bound || exit 0
ip address flush dev "$interface"
ip address add "$ip/$mask" dev "$interface"
ip route replace default via "$router" dev "$interface"
"""


def drivers() -> dict[int, str]:
    """The interfaces of the only device, in its active configuration, and their drivers."""
    found = {}
    for interface in Path("/sys/bus/usb/devices").glob("1-1:*"):
        driver = interface / "driver"
        name = driver.resolve().name if driver.exists() else ""
        found[int(interface.name.partition(".")[2])] = name
    return found


def network_interface() -> str:
    """The only network interface that is a USB device's, under the name that udev gave it."""
    output("udevadm", "settle", "--timeout=60")
    (found,) = Path("/sys/bus/usb/devices").glob("1-1:*/net/*")
    return found.name


def carrier(interface: str) -> bool:
    return (Path("/sys/class/net") / interface / "carrier").read_text().strip() == "1"


def lease(interface: str, folder: Path) -> str:
    """Run a DHCP client once; return what it was told."""
    script = folder / "lease"
    script.write_text(LEASE)
    script.chmod(0o755)
    command = ("busybox", "udhcpc", "-i", interface, "-n", "-q", "-t", "5", "-s", str(script))
    told = re.search("bound (.*)", output(*command))
    assert told
    return told[1]


def pings(address: str = INTERNET) -> bool:
    try:
        output("ping", "-c1", "-W5", address)
    except AssertionError:
        return False
    return True


def test_the_e3372_is_switched_and_takes_commands_on_its_ncm_interface(tmp_path: Path) -> None:
    with simulator("huawei-e3372") as stick:
        stick.wait("plugged", text="12d1:1506")
        stick.wait("registration", text="1")
        wait_for_devices("ttyUSB0", "ttyUSB1", "cdc-wdm0")
        assert drivers() == {
            0: "option", 1: "option", 2: "huawei_cdc_ncm", 3: "usb-storage", 4: "usb-storage",
        }  # fmt: skip
        interface = network_interface()
        assert "E3372" in ask("cdc-wdm0", "AT+CGMM")
        ask("cdc-wdm0", 'AT^NDISDUP=1,1,"internet"')
        stick.wait("connected")
        assert '^NDISSTATQRY: 1,,,"IPV4",0,,,"IPV6"' in ask("cdc-wdm0", "AT^NDISSTATQRY?")
        output("ip", "link", "set", interface, "up")
        assert lease(interface, tmp_path).startswith("address=10.65.0.2 ")
        assert pings()
        output("ping", "-c3", "-i0.2", "-W5", "-s1400", INTERNET)


def test_a_hilink_stick_is_a_router_that_gives_an_address(tmp_path: Path) -> None:
    with simulator("huawei-hilink") as stick:
        stick.wait("plugged", text="12d1:14dc")
        eventually(lambda: drivers().get(0) == "cdc_ether", "cdc_ether is bound")
        interface = network_interface()
        output("ip", "link", "set", interface, "up")
        eventually(lambda: carrier(interface), "the carrier is there")
        told = lease(interface, tmp_path)
        assert told.startswith("address=192.168.8.100 mask=255.255.255.0 router=192.168.8.1 ")
        assert pings("192.168.8.1")
        assert pings()


def test_a_qmi_interface_carries_bare_ip_packets(tmp_path: Path) -> None:
    model = tmp_path / "raw.toml"
    model.write_text(RAW_IP)
    with simulator(str(model)) as modem:
        modem.wait("registration", text="1")
        wait_for_devices("ttyUSB0", "cdc-wdm0")
        assert drivers() == {0: "option", 1: "qmi_wwan"}
        interface = network_interface()
        (Path("/sys/class/net") / interface / "qmi" / "raw_ip").write_text("Y")
        output("ip", "link", "set", interface, "up")
        ask("ttyUSB0", 'AT+CGDCONT=1,"IP","internet";+CGACT=1,1')
        output("ip", "address", "add", "10.65.0.2/30", "dev", interface)
        output("ip", "route", "add", "default", "dev", interface)
        assert pings()
        ask("ttyUSB0", "AT+CGACT=0,1")
        assert not pings()


def test_an_lte_modem_of_no_known_vendor_binds_the_drivers_for_qmi() -> None:
    with simulator("qmi-lte") as modem:
        modem.wait("registration", text="1")
        wait_for_devices(*(f"ttyUSB{number}" for number in range(4)), "cdc-wdm0")
        assert drivers() == {**dict.fromkeys(range(4), "option"), 4: "qmi_wwan"}
        assert network_interface().startswith("ww")


@pytest.fixture(scope="module")
def mu609() -> Iterator[Simulator]:
    with simulator("huawei-mu609", "--latency", "0.02") as running:
        running.wait("registration", text="1")
        wait_for_devices(*(f"ttyUSB{number}" for number in range(5)))
        yield running


def test_the_mu609_comes_up_in_its_second_configuration(mu609: Simulator) -> None:
    assert drivers() == {0: "cdc_ether", 1: "cdc_ether", **dict.fromkeys(range(2, 7), "option")}
    assert network_interface() == "enx00a0c6000001"


def test_its_ethernet_device_carries_data_while_the_call_is_up(
    mu609: Simulator, tmp_path: Path
) -> None:
    interface = network_interface()
    output("ip", "link", "set", interface, "up")
    eventually(lambda: not carrier(interface), "no carrier before the call")
    ask("ttyUSB2", 'AT^NDISDUP=1,1,"internet"')
    mu609.wait("connected", text="internet")
    eventually(lambda: carrier(interface), "the carrier is there")
    told = lease(interface, tmp_path)
    assert told == "address=10.65.0.2 mask=255.255.255.252 router=10.65.0.1 dns=10.64.64.1"
    assert "^DHCP: 0200410A,FCFFFFFF,0100410A,0100410A,0140400A,0," in ask("ttyUSB2", "AT^DHCP?")
    assert pings()
    mu609.ask(do="drop")
    eventually(lambda: not carrier(interface), "the carrier goes with the call")
    assert not pings()


def test_its_other_configuration_has_a_qmi_interface(mu609: Simulator) -> None:
    chosen = Path("/sys/bus/usb/devices/1-1/bConfigurationValue")
    chosen.write_text("1")
    wait_for_devices(*(f"ttyUSB{number}" for number in range(5)), "cdc-wdm0")
    assert drivers() == {**dict.fromkeys(range(5), "option"), 5: "qmi_wwan"}
    assert network_interface().startswith("ww")
    assert "huawei" in ask("ttyUSB2", "AT+CGMI")
    chosen.write_text("2")
    wait_for_devices("ttyUSB4")
    assert drivers()[0] == "cdc_ether"
    assert not Path("/dev/cdc-wdm0").exists()
