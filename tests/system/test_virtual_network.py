"""The virtual network's calls, and devices that are no modems; no manager runs beside."""

import os
from pathlib import Path

import pytest

from tests.system.vm.guest import Process, simulator, wait_for_devices

HANGUP, AUTHENTICATION_FAILED = 16, 19
"""Exit statuses of pppd: the modem ended the link, we failed to authenticate (pppd(8))."""

GUARDED = """
summary = "a modem whose access point asks for a password"
[modes.modem]
id = "1c9e:9605"
[[modes.modem.interfaces]]
class = "ff/ff/ff"
endpoints = ["81 bulk", "01 bulk"]
speaks = "at"
dials = true
[network]
user = "guest"
password = "let me in"
"""


@pytest.mark.parametrize(("password", "result"), [("let me in", "up"), ("let me out", "refused")])
def test_a_call_must_authenticate_where_the_model_says_so(
    tmp_path: Path, password: str, result: str
) -> None:
    model = tmp_path / "guarded.toml"
    model.write_text(GUARDED)
    options = tmp_path / "options"
    options.write_text(f'user guest\npassword "{password}"\n')
    with simulator(str(model)) as network:
        wait_for_devices("ttyUSB0")
        network.wait("registration", text="1")
        chat = "chat -t 20 '' ATE0 OK ATD*99# CONNECT ''"
        with Process(
            ["pppd", "/dev/ttyUSB0", "noauth", "nodetach", "nodefaultroute",
             "file", str(options), "connect", chat]
        ) as pppd:  # fmt: skip
            if result == "up":
                pppd.line("local  IP address 10.64.64.")
            else:
                assert pppd.ended() == AUTHENTICATION_FAILED


def test_devices_that_are_no_modems_tell_whether_they_were_touched() -> None:
    with simulator("usb-disk", "cp210x-adapter") as bystanders:
        wait_for_devices("ttyUSB0", "sda")
        assert bystanders.entries("opened") == bystanders.entries("bytes") == []
        port = os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY)
        os.write(port, b"AT\r")
        os.close(port)
        adapter = bystanders.wait("closed")["device"]
        assert bystanders.device(adapter)["model"] == "cp210x-adapter"
        assert [e["text"] for e in bystanders.entries("bytes")] == [b"AT\r".hex()]
        assert bystanders.entries("message") == []


def test_two_sticks_are_switched_and_called_side_by_side() -> None:
    with simulator("longcheer-mmx352g", "longcheer-mmx352g") as sticks:
        for key in ("1-1", "1-2"):
            sticks.wait("plugged", device=key, text="1c9e:9605")
        wait_for_devices(*(f"ttyUSB{number}" for number in range(8)))
        dialling = [
            next(Path("/sys/bus/usb/devices").glob(f"{key}:1.3/ttyUSB*")).name
            for key in ("1-1", "1-2")
        ]
        chat = "chat -t 20 '' ATE0 OK ATD*99# CONNECT ''"
        options = ("noauth", "nodetach", "nodefaultroute", "connect", chat)
        with (
            Process(["pppd", f"/dev/{dialling[0]}", *options]) as one,
            Process(["pppd", f"/dev/{dialling[1]}", *options]) as two,
        ):
            lines = {p.line("local  IP address 10.64.64.") for p in (one, two)}
            assert len(lines) == 2
            sticks.ask(do="drop", device="1-1")
            assert one.ended() == HANGUP
            assert sticks.device("1-2")["calls"]
