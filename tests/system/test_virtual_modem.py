"""The virtual Longcheer stick, judged by programs that know nothing of it.

Debian's usb_modeswitch with its udev rule, the kernel's option driver, ModemManager and pppd,
all unmodified. The tests tell one story in order: they share the stick and the daemon.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.vm.guest import (
    Process,
    Simulator,
    eventually,
    mmcli,
    output,
    simulator,
    wait_for_devices,
)

PORTS = ("ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB3")
GATEWAY = "10.64.64.64"
USSD = ("mmcli", "-m", "any")
HANGUP = 16
"""Exit status of pppd: the modem ended the link (pppd(8))."""


@pytest.fixture(scope="module")
def stick() -> Iterator[Simulator]:
    with simulator("longcheer-mmx352g", "--latency", "0.02") as running:
        yield running


@pytest.fixture(scope="module")
def modem_manager(stick: Simulator) -> Iterator[Process]:
    """ModemManager, and a process that tells of modems that come and go."""
    wait_for_devices(*PORTS)
    with (
        Process(["ModemManager"], log=Path("/tmp/modemmanager.log")),
        Process(["gdbus", "wait", "--system", "org.freedesktop.ModemManager1"]) as there,
    ):
        there.ended()
        with Process(["mmcli", "-M"]) as watch:
            yield watch


@pytest.fixture(scope="module")
def pppd(modem_manager: Process) -> Iterator[Process]:
    """The host's pppd on the port that ModemManager has connected."""
    output("mmcli", "-m", "any", "--simple-connect=apn=internet")
    options = ("115200", "noauth", "nodefaultroute", "nodetach")
    with Process(["pppd", "/dev/ttyUSB3", *options]) as running:
        yield running


def test_usb_modeswitch_turns_the_cd_rom_into_a_modem(stick: Simulator) -> None:
    first = stick.wait("plugged")
    assert first["text"] == "1c9e:f000"
    stick.wait("plugged", text="1c9e:9605")
    messages = [entry["text"] for entry in stick.entries("message")]
    assert messages == ["55534243123456788000000080000606f50402527000000000000000000000"]


def test_the_option_driver_makes_four_ports_of_it(stick: Simulator) -> None:
    wait_for_devices(*PORTS)
    device = Path("/sys/bus/usb/devices") / stick.device()["device"]
    for number, port in enumerate(PORTS):
        interface = device / f"{device.name}:1.{number}"
        assert (interface / "driver").resolve().name == "option"
        assert (interface / port).is_dir()
    storage = device / f"{device.name}:1.4"
    assert (storage / "driver").resolve().name == "usb-storage"


def test_modem_manager_exports_it_as_its_owner_saw_it(
    stick: Simulator, modem_manager: Process
) -> None:
    modem_manager.line("/org/freedesktop/ModemManager1/Modem/")
    modem = mmcli("-m", "any")["modem"]
    generic = modem["generic"]
    assert generic["plugin"] == "longcheer"
    assert generic["manufacturer"] == "Micromax"
    assert generic["model"] == "Micromax MMX352G 3G USB Modem"
    assert generic["revision"] == "LQA0083.1.4_MG32"
    assert generic["drivers"] == ["option"]
    assert generic["primary-port"] == "ttyUSB3"
    assert [p for p in generic["ports"] if p.endswith("(at)")] == ["ttyUSB1 (at)", "ttyUSB3 (at)"]
    assert generic["unlock-retries"] == [
        "sim-pin (3)", "sim-puk (10)", "sim-pin2 (3)", "sim-puk2 (10)",
    ]  # fmt: skip
    assert "allowed: 2g, 3g; preferred: 3g" in generic["supported-modes"]
    assert modem["3gpp"]["imei"] == "910000010000114"


def test_modem_manager_sends_codes_answers_menus_and_reads_the_time(
    stick: Simulator, modem_manager: Process
) -> None:
    output("mmcli", "-m", "any", "--enable")
    assert "Your balance is INR 42.00" in output(*USSD, "--3gpp-ussd-initiate=*121#")
    assert "2. Data" in output(*USSD, "--3gpp-ussd-initiate=*101#")
    assert mmcli("-m", "any", "--3gpp-ussd-status")["modem"]["3gpp"]["ussd"]["status"] == (
        "user-response"
    )
    assert "2. Month" in output(*USSD, "--3gpp-ussd-respond=2")
    output(*USSD, "--3gpp-ussd-cancel")
    stick.ask(do="ussd", text="Hello")
    eventually(lambda: "Hello" in output(*USSD, "--3gpp-ussd-status"), "the notification is shown")
    assert "+05:30" in output("mmcli", "-m", "any", "--time")


def test_modem_manager_connects_it_and_pppd_gets_an_address(
    stick: Simulator, modem_manager: Process, pppd: Process
) -> None:
    (call,) = stick.device()["calls"]
    assert call == {"port": 3, "cid": 1, "apn": "internet"}
    pppd.line("local  IP address 10.64.64.")
    assert "1 received" in output("ping", "-c", "1", "-W", "10", GATEWAY)
    modem = mmcli("-m", "any")["modem"]
    assert modem["generic"]["state"] == "connected"
    assert modem["3gpp"]["operator-code"] == "40570"
    assert modem["3gpp"]["operator-name"] == "IDEA"
    assert modem["3gpp"]["registration-state"] == "home"


def test_pulled_out_while_connected_it_leaves_nothing_behind(
    stick: Simulator, modem_manager: Process, pppd: Process
) -> None:
    key = stick.device()["device"]
    assert output("ip", "netns", "pids", "wwand-carrier").split()
    stick.ask(do="unplug")
    modem_manager.line("(-)")
    assert stick.wait("ended")["text"] == "unplugged"
    assert stick.device() == {
        "device": key, "model": "longcheer-mmx352g", "mode": None, "id": None,
        "registration": None, "calls": [], "clients": {}, "open": [],
    }  # fmt: skip
    eventually(
        lambda: not output("ip", "netns", "pids", "wwand-carrier").split(),
        "the carrier's pppd ends with the call",
    )
    assert pppd.ended() == HANGUP
    eventually(lambda: not list(Path("/dev").glob("ttyUSB*")), "the ports go")
