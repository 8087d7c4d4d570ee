"""Virtual QMI modems, judged by qmicli and ModemManager, which know nothing of them."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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

INTERNET = "10.64.64.1"
"""An address in the carrier's network that answers."""

WDM = "/dev/cdc-wdm0"
ANY = ("mmcli", "-m", "any")
TTYS = tuple(f"ttyUSB{number}" for number in range(4))

needs_qmicli = pytest.mark.skipif(
    shutil.which("qmicli") is None, reason="no qmicli (Debian: libqmi-utils)"
)


def network_interface() -> str:
    """The only network interface that is a USB device's."""
    (found,) = Path("/sys/bus/usb/devices").glob("1-1:*/net/*")
    return found.name


def qmicli(*arguments: str) -> str:
    """Run qmicli on the modem; return what it printed."""
    return output("qmicli", "-d", WDM, *arguments)


def leaked(modem: Simulator) -> dict[str, list[int]]:
    """Client ids that nobody has released."""
    clients: dict[str, list[int]] = modem.device()["clients"]
    return clients


@pytest.fixture(scope="module")
def lte() -> Iterator[Simulator]:
    with simulator("qmi-lte") as running:
        running.wait("registration", text="1")
        wait_for_devices(*TTYS, "cdc-wdm0")
        yield running


@needs_qmicli
@pytest.mark.parametrize("way", ["directly", "through the proxy"])
def test_qmicli_reads_the_modem(lte: Simulator, way: str) -> None:
    proxy = [] if way == "directly" else ["--device-open-proxy"]
    for question, told in {
        "--dms-get-ids": "IMEI: '910000040000415'",
        "--dms-get-manufacturer": "QUALCOMM INCORPORATED",
        "--nas-get-serving-system": "Registration state: 'registered'",
        "--nas-get-signal-info": "RSRP: '-89 dBm'",
        "--uim-get-card-status": "Application state: 'ready'",
        "--wda-get-data-format": "Link layer protocol: '802-3'",
    }.items():
        assert told in qmicli(*proxy, question)
    assert leaked(lte) == {}


@needs_qmicli
@pytest.mark.parametrize(("framing", "raw"), [("802-3", "N"), ("raw-ip", "Y")])
def test_a_call_that_qmicli_starts_carries_packets(lte: Simulator, framing: str, raw: str) -> None:
    interface = network_interface()
    output("ip", "link", "set", interface, "down")
    # qmi_wwan of Linux 6.1 takes an Ethernet address that begins with 4 or 6 for an IP packet
    output("ip", "link", "set", interface, "address", "02:00:00:00:00:01")
    qmicli(f"--wda-set-data-format={framing}")
    (Path("/sys/class/net") / interface / "qmi" / "raw_ip").write_text(raw)
    output("ip", "link", "set", interface, "up")
    started = qmicli("--wds-start-network=apn=internet", "--client-no-release-cid")
    handle, client = (re.findall(r"(?:handle|CID): '(\d+)'", started)[i] for i in (0, 1))
    same = (f"--client-cid={client}", "--client-no-release-cid")
    told = qmicli(*same, "--wds-get-current-settings")
    address = re.search(r"IPv4 address: (\S+)", told)
    gateway = re.search(r"IPv4 gateway address: (\S+)", told)
    assert address
    assert gateway
    output("ip", "address", "replace", f"{address[1]}/30", "dev", interface)
    output("ip", "route", "replace", "default", "via", gateway[1], "dev", interface)
    output("ping", "-c1", "-W10", INTERNET)
    assert "TX packets OK: 0" not in qmicli(*same, "--wds-get-packet-statistics")
    qmicli(f"--client-cid={client}", f"--wds-stop-network={handle}")
    assert lte.device()["calls"] == []
    assert leaked(lte) == {}
    output("ip", "address", "flush", "dev", interface)


@needs_qmicli
def test_qmicli_shows_why_a_call_was_refused(lte: Simulator) -> None:
    lte.ask(do="fault", name="call-end", value="33")
    with pytest.raises(AssertionError, match=r"\[3gpp\] option-unsubscribed"):
        qmicli("--wds-start-network=apn=internet")
    lte.ask(do="fault", name="call-end", value="none")
    assert leaked(lte) == {}


@contextmanager
def modem_manager() -> Iterator[Process]:
    """ModemManager, and a process that tells of modems that come and go."""
    with (
        Process(["ModemManager", "--debug"], log=Path("/tmp/modemmanager.log")),
        Process(["gdbus", "wait", "--system", "org.freedesktop.ModemManager1"]) as there,
    ):
        there.ended()
        with Process(["mmcli", "-M"]) as watch:
            yield watch


def put_addresses(bearer: str) -> None:
    """Do what NetworkManager does with a bearer's addresses."""
    config = mmcli("-b", bearer)["bearer"]
    interface, ipv4 = config["status"]["interface"], config["ipv4-config"]
    assert ipv4["method"] == "static"
    output("ip", "link", "set", interface, "up")
    address = f"{ipv4['address']}/{ipv4['prefix']}"
    output("ip", "address", "replace", address, "dev", interface)
    output("ip", "route", "replace", "default", "via", ipv4["gateway"], "dev", interface)


def test_modem_manager_connects_the_lte_modem_sees_the_network_end_it_and_sends_codes(
    lte: Simulator,
) -> None:
    with modem_manager() as watch:
        watch.line("/org/freedesktop/ModemManager1/Modem/", deadline=120)
        output("mmcli", "-m", "any", "--simple-connect=apn=internet")
        modem = mmcli("-m", "any")["modem"]
        assert modem["generic"]["state"] == "connected"
        assert modem["generic"]["primary-port"] == "cdc-wdm0"
        assert modem["3gpp"]["imei"] == "910000040000415"
        assert modem["3gpp"]["operator-code"] == "00101"
        assert modem["3gpp"]["registration-state"] == "home"
        assert modem["generic"]["access-technologies"] == ["lte"]
        (call,) = lte.device()["calls"]
        assert (call["port"], call["apn"]) == (4, "internet")
        (bearer,) = modem["generic"]["bearers"]
        put_addresses(bearer)
        output("ping", "-c1", "-W10", INTERNET)
        lte.ask(do="drop", cause=39)
        eventually(
            lambda: mmcli("-m", "any")["modem"]["generic"]["state"] == "registered",
            "ModemManager has seen the end of the call",
        )
        assert "12.50 EUR" in output(*ANY, "--3gpp-ussd-initiate=*100#")
        assert "Баланс" in output(*ANY, "--3gpp-ussd-initiate=*103#")
        assert "2. Data" in output(*ANY, "--3gpp-ussd-initiate=*101#")
        output(*ANY, "--3gpp-ussd-respond=2")  # ModemManager shows what comes as a request
        eventually(lambda: "2. Month" in output(*ANY, "--3gpp-ussd-status"), "the next menu")
        output(*ANY, "--3gpp-ussd-respond=2")
        eventually(lambda: "10 GB" in output(*ANY, "--3gpp-ussd-status"), "the end of it")
        lte.ask(do="ussd", text="Yes or no?", answer=True)
        eventually(
            lambda: "Yes or no?" in output(*ANY, "--3gpp-ussd-status"), "the request is shown"
        )
        output(*ANY, "--3gpp-ussd-respond=да")
        eventually(lambda: "Thank you" in output(*ANY, "--3gpp-ussd-status"), "the thanks")
        lte.ask(do="unplug")
        watch.line("(-)")


def test_modem_manager_connects_the_mu609_in_its_first_configuration() -> None:
    with simulator("huawei-mu609", "--latency", "0.02") as mu609:
        mu609.wait("registration", text="1")
        wait_for_devices(*TTYS)
        Path("/sys/bus/usb/devices/1-1/bConfigurationValue").write_text("1")
        wait_for_devices(*TTYS, "cdc-wdm0")
        with modem_manager() as watch:
            watch.line("/org/freedesktop/ModemManager1/Modem/", deadline=120)
            output("mmcli", "-m", "any", "--simple-connect=apn=internet")
            modem = mmcli("-m", "any")["modem"]
            assert modem["generic"]["state"] == "connected"
            assert modem["generic"]["plugin"] == "huawei"
            assert modem["generic"]["primary-port"] == "cdc-wdm0"
            assert modem["3gpp"]["imei"] == "910000020000211"
            put_addresses(modem["generic"]["bearers"][0])
            output("ping", "-c1", "-W10", INTERNET)
            assert mu609.device()["calls"][0]["apn"] == "internet"
