"""`wwanctl` as people run it, against the whole daemon with virtual modems."""

import asyncio
import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bus.conftest import connected
from tests.bus.daemon import DEADLINE, MODEM, Lab, S, comes_true, laboratory, slow

IMEI = "910000010000114"

PROGRAM = (sys.executable, "-m", "wwand.cli")


@pytest.fixture
async def lab(bus_address: str, tmp_path: Path) -> AsyncIterator[Lab]:
    async with laboratory(bus_address, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Run:
    """What came of a run."""

    status: int
    text: str
    error: str

    @property
    def data(self) -> Any:
        return json.loads(self.text)


def environment(address: str) -> dict[str, str]:
    return {**os.environ, "WWAND_BUS": address, "TERM": "xterm"}


@asynccontextmanager
async def running(address: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run it next to the test; what it prints is read line by line."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(address)
    )
    try:
        async with asyncio.timeout(2 * DEADLINE):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def wwanctl(address: str, *arguments: str, typed: str = "") -> Run:
    """Run it to its end."""
    async with running(address, *arguments) as process:
        text, error = await process.communicate(typed.encode())
        assert process.returncode is not None
        return Run(process.returncode, text.decode(), error.decode())


async def ended(process: asyncio.subprocess.Process) -> Run:
    text, error = await process.communicate()
    assert process.returncode is not None
    return Run(process.returncode, text.decode(), error.decode())


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """Read what it prints until a line has these words."""
    assert process.stdout
    read = []
    while line := (await process.stdout.readline()).decode():
        read.append(line)
        if words in line:
            return line
    raise AssertionError(f"{words!r} was not printed: {read}")


async def ready(lab: Lab, **facts: Any) -> str:
    """Start the daemon with one stick, and wait until that is a modem."""
    await lab.start()
    place = lab.plug(**facts)
    return await lab.modem(place, S.DISABLED)


# --- without a daemon, or without a modem -----------------------------------------------------


async def test_without_a_daemon_it_says_how_to_start_it(bus_address: str) -> None:
    for command in ("list", "explain", "connect", "monitor", "devices"):
        run = await wwanctl(bus_address, command)
        assert run == Run(1, "", "wwanctl: wwand is not running – systemctl start wwand\n")  # noqa: RUF001


async def test_a_real_modemmanager_is_told_from_wwand(bus_address: str) -> None:
    async with connected(bus_address) as other:
        await other.request_name("org.freedesktop.ModemManager1")
        run = await wwanctl(bus_address, "explain")
    assert run.status == 1
    assert "ModemManager looks after the modems" in run.error
    assert "systemctl disable --now ModemManager" in run.error


async def test_without_a_bus_it_says_so() -> None:
    run = await wwanctl("unix:path=/nonexistent/bus", "list")
    assert run.status == 1
    assert run.error.startswith("wwanctl: there is no message bus (unix:path=/nonexistent/bus)")
    assert run.error.count("\n") == 1


async def test_connect_does_not_wait_for_what_nobody_has_plugged_in(lab: Lab) -> None:
    await lab.start()
    run = await wwanctl(lab.address, "connect")
    assert run.status == 1
    assert run.error.startswith("wwanctl: there is no modem – plug one in")  # noqa: RUF001
    assert (await wwanctl(lab.address, "list", "--json")).data == []
    assert "plug it in" in (await wwanctl(lab.address, "explain")).text


# --- looking ----------------------------------------------------------------------------------


async def test_a_modem_is_listed_shown_and_explained(lab: Lab) -> None:
    await ready(lab)
    modems, shown, story = await asyncio.gather(
        wwanctl(lab.address, "list"),
        wwanctl(lab.address, "show"),
        wwanctl(lab.address, "explain"),
    )
    assert "MMX352G" in modems.text
    assert "disabled" in modems.text
    assert "ttyUSB3 (AT)" in shown.text
    for words in ("switching", "settling", "drives it", "ttyUSB3", "`wwanctl connect 0`"):
        assert words in story.text
    for run in (modems, shown, story):
        assert (run.status, run.error) == (0, "")
        assert "\x1b" not in run.text
        assert IMEI not in run.text


async def test_the_signal_is_shown_where_the_modem_tells_it(lab: Lab) -> None:
    modem = await ready(lab, model="qmi-lte")
    await lab.call(modem, MODEM, "Enable", "b", True)

    async def told() -> dict[str, Any] | None:
        return await lab.get(modem, f"{MODEM}.Signal", "Lte") or None

    await lab.until(told, "the signal")
    assert "RSRP -89 dBm, RSRQ -10 dB, SNR 12 dB" in (await wwanctl(lab.address, "show")).text
    shown = await wwanctl(lab.address, "show", "--json")
    assert shown.data["signal"]["lte"]["rsrp"] == "-89 dBm"


async def test_private_values_are_printed_on_request_alone(lab: Lab) -> None:
    await ready(lab)
    masked = await wwanctl(lab.address, "--json", "show")
    assert IMEI not in masked.text
    assert masked.data["hardware"]["imei"] == "***********0114"
    shown = await wwanctl(lab.address, "show", "--private", "--json", IMEI)
    assert shown.data["hardware"]["imei"] == IMEI


async def test_devices_that_are_left_alone_are_counted_and_listed_on_request(lab: Lab) -> None:
    await lab.start()
    place = lab.plug("cp210x-adapter")
    await lab.phase(place, "ignored")
    few = await wwanctl(lab.address, "devices")
    assert "1 other device is left alone: wwanctl devices --all" in few.text
    assert place not in few.text
    every = await wwanctl(lab.address, "devices", "--all", "--json")
    assert [(d["place"], d["phase"]) for d in every.data] == [(place, "ignored")]


async def test_each_command_that_looks_prints_one_document(lab: Lab) -> None:
    await ready(lab)
    lines = ("devices", "list", "show", "explain", "modes", "rules", "rules 1c9e:f000", "sim show")
    for line in (*lines, "simulate --list"):
        run = await wwanctl(lab.address, "--json", *line.split())
        assert run.status == 0, run
        assert run.data


# --- ordering ---------------------------------------------------------------------------------


async def test_connect_waits_for_the_modem_and_tells_each_step(lab: Lab) -> None:
    await lab.start()
    lab.plug()
    lab.simulation.controls.unplug("1-1")
    lab.fault("return-delay", 2, key="1-1")
    lab.simulation.controls.plug("1-1")
    await lab.phase("1-1", "switching")
    run = await wwanctl(lab.address, "connect", "--apn", "internet")
    assert (run.status, run.error) == (0, "")
    lines = run.text.splitlines()
    steps = [line.split()[1] for line in lines if line.startswith("✓")]
    assert steps == ["switched", "ports", "modem", "registered", "online"]
    assert lines[5].startswith("Online through ppp0 after ")
    assert lines[6:] == ["  address  10.64.1.7/32", "  DNS      10.64.1.1"]
    (plan,) = lab.network.plans
    assert plan.ppp


class Terminal:
    """A pseudo terminal with wwanctl on it, and what that shows."""

    def __init__(self, process: asyncio.subprocess.Process, descriptor: int) -> None:
        self.process = process
        self.text = ""
        self._descriptor = descriptor
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            self.text += os.read(self._descriptor, 4096).decode(errors="replace")
        except OSError:  # EIO: nobody is at the other end any more
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._news.set()

    async def shows(self, words: str) -> None:
        """Wait until these words have been shown."""
        while words not in self.text:
            self._news.clear()
            await self._news.wait()

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self._descriptor, os.fsencode(f"{line}\n"))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)


@asynccontextmanager
async def terminal(address: str, *arguments: str) -> AsyncIterator[Terminal]:
    """Run it on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, *arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(address)
    )
    os.close(theirs)
    shown = Terminal(process, ours)
    try:
        async with asyncio.timeout(2 * DEADLINE):
            yield shown
    finally:
        shown.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_connect_on_a_terminal_shows_what_it_waits_for(lab: Lab) -> None:
    await lab.start()
    async with terminal(lab.address, "connect", "--wait", "30") as shown:
        await shown.shows("waiting for a modem")
        lab.plug()
        await shown.shows("Online through")
        assert await shown.process.wait() == 0
    assert "\x1b[32m✓\x1b[0m online" in shown.text
    drawn = shown.text.replace("\x1b[K", "\r").replace("\n", "\r").split("\r")
    assert all(len(re.sub(r"\x1b\[\d*m", "", line)) <= 80 for line in drawn)


async def test_connect_with_json_prints_the_steps_in_the_document(lab: Lab) -> None:
    await ready(lab)
    run = await wwanctl(lab.address, "connect", "--json", "--ip-type", "ipv4", "--no-roaming")
    assert run.status == 0, run
    assert [step["step"] for step in run.data["steps"]] == ["registered", "online"]
    assert run.data["bearer"]["interface"] == "ppp0"
    assert run.data["bearer"]["roaming"] is False


async def test_a_connection_without_ip_is_left_to_others(lab: Lab) -> None:
    modem = await ready(lab)
    run = await wwanctl(lab.address, "connect", "--no-ip")
    assert "modem0 is connected on ttyUSB3; its addresses are up to you." in run.text
    assert lab.network.plans == []
    assert (await wwanctl(lab.address, "disconnect")).text == "modem0 is disconnected.\n"
    assert await lab.get(modem, MODEM, "State") == S.REGISTERED


async def test_a_connection_that_fails_marks_the_step_and_gives_the_reason(lab: Lab) -> None:
    await ready(lab)
    lab.fault("no-carrier")
    run = await wwanctl(lab.address, "connect")
    assert run.status == 1
    assert "✗ online" in run.text
    assert run.error.startswith("wwanctl: ")
    assert run.error.count("\n") == 1


async def test_a_locked_sim_is_unlocked_by_what_is_typed(lab: Lab) -> None:
    await lab.start()
    place = lab.simulation.add("longcheer-mmx352g")
    lab.fault("sim", "pin", key=place)
    lab.simulation.plug(place)
    modem = await lab.modem(place, S.LOCKED)

    refused = await wwanctl(lab.address, "connect")
    assert refused.status == 1
    assert "wwanctl sim pin" in refused.error

    short = await wwanctl(lab.address, "sim", "pin", typed="12\n")
    assert (short.status, "4 to 8 digits" in short.error) == (1, True)
    wrong = await wwanctl(lab.address, "sim", "pin", typed="9999\n")
    assert wrong.status == 1
    assert "(2 tries left)" in wrong.error
    file = lab.directory / "pin"
    file.touch(0o600)
    file.write_text("1234\n")
    right = await wwanctl(lab.address, "sim", "pin", "--pin-file", str(file))
    assert (right.status, right.text) == (0, "The SIM is unlocked.\n")
    assert await lab.modem(place, S.DISABLED) == modem
    for run in (refused, short, wrong, right):
        assert "1234" not in run.text + run.error


async def test_an_at_command_prints_the_modems_answer(lab: Lab) -> None:
    await ready(lab)
    run = await wwanctl(lab.address, "at", "AT+CGMI")
    assert (run.status, run.text) == (0, "Micromax\n")
    named = await wwanctl(lab.address, "--json", "at", "0", "ATI")
    assert named.data["answer"][0] == "Manufacturer: Micromax"
    refused = await wwanctl(lab.address, "at", "AT+NOSUCH")
    assert (refused.status, refused.error.count("\n")) == (1, 1)


async def test_networks_are_scanned_chosen_and_limited(lab: Lab) -> None:
    await ready(lab, model=slow(COPS_TEST=0.1))
    assert (await wwanctl(lab.address, "enable")).status == 0
    scan = await wwanctl(lab.address, "scan", "--json")
    codes = {row["code"]: row["status"] for row in scan.data}
    assert codes["40570"] == "current"
    chosen = await wwanctl(lab.address, "register", "40570")
    assert chosen.text == "modem0 is registered with IDEA.\n"
    modes = await wwanctl(lab.address, "modes", "2g", "--json")
    assert modes.data["current"] == {"allowed": "2g", "preferred": "none"}
    assert (await wwanctl(lab.address, "modes", "5g")).status == 1
    assert (await wwanctl(lab.address, "modes", "7g")).status == 2


async def test_a_generation_is_preferred_by_name_or_by_default(lab: Lab) -> None:
    await ready(lab, model="qmi-lte")
    chosen = await wwanctl(lab.address, "modes", "2g|3g", "2g", "--json")
    assert chosen.data["current"] == {"allowed": "2g|3g", "preferred": "2g"}
    newest = await wwanctl(lab.address, "modes", "3g|4g", "--json")
    assert newest.data["current"] == {"allowed": "3g|4g", "preferred": "4g"}
    nonsense = await wwanctl(lab.address, "modes", "3g|4g", "2g")
    assert nonsense.status == 1
    assert "3g|4g preferring 3g" in nonsense.error


async def test_of_two_modems_one_has_to_be_named(lab: Lab) -> None:
    await ready(lab)
    second = lab.plug()
    await lab.modem(second)
    run = await wwanctl(lab.address, "enable")
    assert run.status == 1
    assert "there are 2 modems: 0 (" in run.error
    assert (await wwanctl(lab.address, "enable", second)).status == 0


async def test_a_simulating_daemon_takes_virtual_modems_and_faults(lab: Lab) -> None:
    await lab.start()
    plugged = await wwanctl(lab.address, "simulate", "longcheer-mmx352g")
    assert plugged.text == "A longcheer-mmx352g is plugged in at 1-1.\n"
    await lab.modem("1-1")
    assert (await wwanctl(lab.address, "simulate", "--fault", "1-1", "unplug")).status == 0
    await lab.no_device("1-1")
    wrong = await wwanctl(lab.address, "simulate", "no-such-model")
    assert wrong.status == 1
    assert "longcheer-mmx352g" in wrong.error


# --- following --------------------------------------------------------------------------------


async def test_monitor_tells_what_happens_until_it_is_interrupted(lab: Lab) -> None:
    await ready(lab)
    async with running(lab.address, "monitor") as process:
        await line_with(process, "modem0    Micromax")
        place = lab.plug()
        await line_with(process, f"{place}       switching")
        await line_with(process, "modem1    (+) ")
        modem = await lab.modem(place)
        await lab.connect(modem)
        await line_with(process, "registered → connecting (asked for)")
        await line_with(process, "bearer0   up on ttyUSB7")
        lab.simulation.controls.unplug(place)
        await line_with(process, "modem1    (-) ")
        await lab.stop()
        await line_with(process, "wwand     stopped")
        process.send_signal(signal.SIGINT)
        assert await ended(process) == Run(0, "", "")


async def test_monitor_with_json_prints_a_document_a_line(lab: Lab) -> None:
    await ready(lab)
    async with running(lab.address, "monitor", "--json") as process:
        first = json.loads(await line_with(process, "1-1"))
        assert (first["event"], first["phase"]) == ("device", "modem")
        lab.simulation.controls.unplug("1-1")
        removed = json.loads(await line_with(process, "device-removed"))
        assert removed["object"] == "1-1"
        process.send_signal(signal.SIGINT)
        assert (await ended(process)).status == 0


async def test_monitor_goes_on_when_the_daemon_is_started_again(lab: Lab) -> None:
    await lab.start()
    place = lab.plug()
    await lab.modem(place)
    async with running(lab.address, "monitor") as process:
        await line_with(process, "modem0")
        lab.simulation.controls.unplug(place)
        await lab.stop()
        await line_with(process, "wwand     stopped")
        await lab.start()
        await line_with(process, "wwand     started")
        lab.plug()
        await line_with(process, "(+)")


# --- ending early -----------------------------------------------------------------------------


async def test_an_interrupted_connect_leaves_no_connection(lab: Lab) -> None:
    modem = await ready(lab)
    lab.simulation.controls.unplug("1-1")
    await lab.no_device("1-1")
    place = lab.plug(slow(D_SET=4))
    modem = await lab.modem(place)
    async with running(lab.address, "connect") as process:
        await line_with(process, "registered")  # what it is at work on is the call
        await lab.state_change(modem, S.CONNECTING)
        process.send_signal(signal.SIGINT)
        run = await ended(process)
    assert (run.status, run.error) == (130, "")
    assert "✗ online" in run.text
    await lab.modem(place, S.REGISTERED)
    assert lab.network.up == 0


async def test_connect_ends_when_the_daemon_does(lab: Lab) -> None:
    await lab.start()
    async with terminal(lab.address, "connect", "--wait", "30") as shown:
        await shown.shows("waiting for a modem")
        await lab.stop()
        assert await shown.process.wait() == 1
        await shown.shows("wwanctl: wwand stopped")


async def test_connect_ends_when_the_modem_is_unplugged(lab: Lab) -> None:
    modem = await ready(lab)
    lab.fault("registration", "searching")
    async with running(lab.address, "connect") as process:
        await lab.state_change(modem, S.SEARCHING)
        lab.simulation.controls.unplug("1-1")
        run = await ended(process)
    assert run.status == 1
    assert run.error.count("\n") == 1
    await comes_true(lambda: lab.network.up == 0)
