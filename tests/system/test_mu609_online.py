"""The Huawei MU609 of the thread: online in whichever layout works, and it stays so."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.daemon import NOTHING, modem_objects, traces, wwanctl, wwanctl_json, wwand
from tests.system.vm.guest import Simulator, eventually, output, simulator

INTERNET = "10.64.64.1"
"""An address behind the carrier's network, whatever the layout."""

QMI = '[device."12d1:1573"]\nlayout = "qmi"\n'

AUTO = "[connection]\nauto = true\n"


@pytest.fixture
def mu609() -> Iterator[Simulator]:
    with simulator("huawei-mu609", "--latency", "0.02", "--unplugged") as running:
        yield running


@pytest.fixture
def without_cdc_ether() -> Iterator[None]:
    """A kernel without that module, as the owner of the thread had it."""
    folder = Path("/lib/modules") / os.uname().release
    listed = folder / "modules.dep"
    whole = listed.read_text()
    module = output("modinfo", "-n", "cdc_ether").strip()
    subprocess.run(("modprobe", "-r", "--remove-holders", "cdc_ether"), check=False)
    listed.write_text(re.sub(r"(?m)^.*cdc_ether\.ko:.*\n", "", whole))
    Path(module).rename(f"{module}.away")
    yield
    Path(f"{module}.away").rename(module)
    listed.write_text(whole)


def device() -> dict[str, object]:
    """What wwanctl tells of the only device."""
    (found,) = wwanctl_json("devices")
    return dict(found)


def used_layout() -> tuple[int, str]:
    """Configuration and kind of the layout that is in use."""
    for layout in device()["layouts"]:  # type: ignore[attr-defined]
        if layout["story"] == "in use":
            return layout["configuration"], layout["kind"]
    return 0, ""


def online(interface: str) -> bool:
    """Whether the interface that wwand uses reaches the internet."""
    return os.system(f"ping -c1 -W2 -I {interface} {INTERNET} >/dev/null") == 0


def interface() -> str:
    """The interface of the default route, empty without one."""
    words = output("ip", "route", "show", "default").split()
    return words[words.index("dev") + 1] if "dev" in words else ""


def goes_online() -> str:
    eventually(lambda: bool(interface()) and online(interface()), "a ping is answered")
    return interface()


def test_without_a_word_it_is_online_over_cdc_ether(mu609: Simulator) -> None:
    with wwand(AUTO):
        mu609.ask(do="plug")
        assert goes_online().startswith("enx")
        assert used_layout() == (2, "ecm")
        mu609.ask(do="unplug")
        eventually(lambda: traces() == NOTHING, "everything is gone")


def test_a_killed_daemon_and_a_replug_end_online_again(mu609: Simulator) -> None:
    with wwand(AUTO, killed=True) as first:
        mu609.ask(do="plug")
        goes_online()
        first.process.kill()
    with wwand(AUTO):
        goes_online()
        assert len(output("ip", "route", "show", "default").splitlines()) == 1
        mu609.ask(do="unplug")
        eventually(lambda: not interface(), "the route is gone")
        mu609.ask(do="plug")
        goes_online()
        assert used_layout() == (2, "ecm")


def test_a_connection_that_somebody_asked_for_is_made_again_after_a_kill(mu609: Simulator) -> None:
    with wwand(killed=True) as first:
        mu609.ask(do="plug")
        eventually(lambda: bool(modem_objects()), "the modem is on the bus")
        wwanctl("connect", "--apn", "internet")
        first.process.kill()
    with wwand():
        goes_online()
        wwanctl("disconnect")
        assert not interface()
    with wwand():
        eventually(lambda: bool(modem_objects()), "the modem is on the bus")
        assert not interface()


def test_without_the_kernels_driver_it_goes_online_another_way_and_says_why(
    mu609: Simulator, without_cdc_ether: None
) -> None:
    with wwand(AUTO):
        mu609.ask(do="plug")
        assert goes_online() == "ppp0"
        assert used_layout() == (2, "ppp")
        told = wwanctl("explain")
        assert "kernel module cdc_ether is not available" in told
        assert "kmod-usb-net-cdc-ether" in told


def test_the_qmi_layout_is_selected_before_ports_are_opened(mu609: Simulator) -> None:
    with wwand(AUTO + QMI):
        mu609.ask(do="plug")
        assert goes_online().startswith("ww")
        assert used_layout() == (1, "qmi")
        # no AT port was asked anything, in either configuration
        assert not mu609.entries("command")
        mu609.ask(do="unplug")
        eventually(lambda: traces() == NOTHING, "everything is gone")


def test_when_qmi_refuses_the_call_another_bearer_goes_online_and_is_remembered(
    mu609: Simulator,
) -> None:
    mu609.ask(do="fault", name="call-end", value="2.201")
    with wwand(AUTO + QMI):
        mu609.ask(do="plug")
        goes_online()
        worked = used_layout()
        assert worked[1] != "qmi"
        told = wwanctl("explain")
        assert "qmi in configuration 1 failed" in told
        mu609.ask(do="unplug")
        eventually(lambda: not interface(), "the route is gone")
        mu609.ask(do="plug")
        goes_online()
        assert used_layout() == worked
    with wwand(AUTO + QMI):
        goes_online()
        assert used_layout() == worked
