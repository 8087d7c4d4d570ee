"""From a CD-ROM to online and back, with real drivers, pppd and a real system bus."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.daemon import (
    GATEWAY,
    LOG,
    NOTHING,
    command_lines,
    held_by,
    modem_objects,
    own_pppds,
    pings,
    traces,
    wwanctl,
    wwanctl_json,
    wwand,
)
from tests.system.network_manager import bring_down, bring_up, knows, network_manager, nmcli_devices
from tests.system.vm.guest import Process, Simulator, eventually, mmcli, output, simulator

PASSWORD = "s3cr3t-w0rd"


@pytest.fixture
def stick() -> Iterator[Simulator]:
    with simulator("longcheer-mmx352g", "--latency", "0.02", "--unplugged") as running:
        yield running


@pytest.fixture
def daemon() -> Iterator[Process]:
    with wwand() as running:
        yield running


def plug_and_wait(stick: Simulator) -> None:
    stick.ask(do="plug")
    eventually(lambda: bool(modem_objects()), "the modem is on the bus")


def test_wwanctl_takes_a_cd_rom_online_and_an_unplug_leaves_nothing(
    daemon: Process, stick: Simulator
) -> None:
    stick.ask(do="plug")
    secret = Path("/run/password")
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    wwanctl(
        "connect",
        "--apn",
        "internet",
        "--user",
        "me",
        "--password-file",
        str(secret),
        "--wait",
        "60",
    )
    assert pings()
    assert "ppp0" in output("ip", "route", "show", "default")
    assert not [line for line in command_lines().values() if PASSWORD in line]
    assert PASSWORD not in LOG.read_text()
    (message,) = stick.entries("message")  # usb_modeswitch kept off: only ours came
    assert message["text"] == "55534243123456788000000080000606f50402527000000000000000000000"

    stick.ask(do="unplug")
    eventually(lambda: traces() == NOTHING, f"everything is gone: {traces()}")


def test_the_modem_looks_as_its_owner_saw_it(daemon: Process, stick: Simulator) -> None:
    plug_and_wait(stick)
    modem = mmcli("-m", "any")["modem"]["generic"]
    assert modem["manufacturer"] == "Micromax"
    assert modem["plugin"] == "longcheer"
    assert modem["primary-port"] == "ttyUSB3"
    assert modem["ports"] == ["ttyUSB1 (at)", "ttyUSB3 (at)"]
    assert modem["drivers"] == ["option", "usb-storage"]


def test_disconnect_takes_everything_back_and_connecting_again_works(
    daemon: Process, stick: Simulator
) -> None:
    plug_and_wait(stick)
    for _ in range(2):
        wwanctl("connect", "--apn", "internet")
        assert pings()
        wwanctl("disconnect")
        left = traces()
        assert left | {"objects": []} == NOTHING


def test_auto_goes_online_without_a_word_and_comes_back_after_a_drop(stick: Simulator) -> None:
    with wwand('[connection]\nauto = true\napn = "internet"\n'):
        stick.ask(do="plug")
        eventually(pings, "online")
        stick.ask(do="drop")
        eventually(lambda: not own_pppds(), "pppd noticed the drop")
        eventually(pings, "online again")
        stick.ask(do="unplug")
        eventually(lambda: traces() == NOTHING, "everything is gone")


@pytest.mark.parametrize("pppd_too", [False, True], ids=["alone", "with-pppd"])
def test_a_daemon_that_is_killed_leaves_nothing_that_the_next_one_does_not_clean_up(
    stick: Simulator, pppd_too: bool
) -> None:
    config = '[connection]\nauto = true\napn = "internet"\n'
    with wwand(config, killed=True) as first:
        stick.ask(do="plug")
        eventually(pings, "online")
        children = own_pppds()
        first.process.kill()
        first.process.wait()
        for pid in children if pppd_too else ():
            os.kill(pid, signal.SIGKILL)
    with wwand(config):
        eventually(pings, "online again")
        assert len(own_pppds()) == 1


def test_unmodified_mmcli_drives_it(daemon: Process, stick: Simulator) -> None:
    with Process(["mmcli", "-M"]) as watch:
        watch.line("No modems were found")
        stick.ask(do="plug")
        watch.line("(+) /org/freedesktop/ModemManager1/Modem/")
        assert "[Micromax] Micromax MMX352G" in output("mmcli", "-L")
        output("mmcli", "-m", "any", "-e")
        output("mmcli", "-m", "any", "--simple-connect=apn=internet")
        assert mmcli("-m", "any")["modem"]["generic"]["state"] == "connected"
        pppd = ["pppd", "/dev/ttyUSB3", "115200", "noauth", "nodefaultroute", "nodetach"]
        with Process(pppd):
            eventually(pings, "the client's own pppd is online")
        output("mmcli", "-m", "any", "--simple-disconnect")
        output("mmcli", "-m", "any", "-d")
        sim = mmcli("-m", "any")["modem"]["generic"]["sim"]
        assert mmcli("-i", sim)["sim"]["properties"]["operator-code"] == "40570"
        stick.ask(do="unplug")
        watch.line("(-) /org/freedesktop/ModemManager1/Modem/")


def test_two_sticks_at_once_are_both_online() -> None:
    with (
        simulator("longcheer-mmx352g", "longcheer-mmx352g", "--latency", "0.02"),
        wwand('[connection]\nauto = true\napn = "internet"\n'),
    ):
        eventually(lambda: pings(GATEWAY, "ppp0"), "the one is online")
        eventually(lambda: pings(GATEWAY, "ppp1"), "the other is online")


def test_what_is_no_modem_is_never_opened() -> None:
    with simulator("cp210x-adapter", "usb-disk") as others, wwand() as daemon:
        eventually(lambda: len(wwanctl_json("devices", "--all")) == 2, "both devices are known")
        eventually(lambda: Path("/dev/ttyUSB0").exists(), "the adapter has its driver")
        phases = {d["usb_id"]: d["phase"] for d in wwanctl_json("devices", "--all")}
        assert set(phases.values()) == {"ignored"}
        assert not others.entries("opened")
        assert not others.entries("message")
        assert not [name for name in held_by(daemon) if "ttyUSB" in name]
        with Path("/dev/ttyUSB0").open("rb", buffering=0):  # such an opening would be seen
            others.wait("opened")


def test_network_manager_brings_a_gsm_connection_up(stick: Simulator, tmp_path: Path) -> None:
    with wwand(), network_manager(tmp_path):
        stick.ask(do="plug")
        knows("ttyUSB3:gsm", "disconnected")
        bring_up()
        eventually(pings, "online through NetworkManager's pppd")
        bring_down()
        eventually(lambda: not own_pppds(), "NetworkManager's pppd ended")
        stick.ask(do="unplug")
        eventually(lambda: "ttyUSB3" not in nmcli_devices(), "NM knows that it is gone")
