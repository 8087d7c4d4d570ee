"""Unmodified clients of ModemManager against the real program with a virtual stick."""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bus.conftest import run
from tests.bus.daemon import DEADLINE, MM_ROOT, MODEM, Process, S, name_appears, process

MODEM_0 = f"{MM_ROOT}/Modem/0"
NM = "org.freedesktop.NetworkManager"


@pytest.fixture
async def wwand(bus_address: str, tmp_path: Path) -> AsyncIterator[Process]:
    """The program, with a stick that has become a modem."""
    async with process(bus_address, tmp_path) as running:
        await running.object_appears(MODEM_0)
        yield running


async def mmcli(wwand: Process, *arguments: str) -> str:
    status, output = await run("mmcli", *arguments, address=wwand.address)
    assert status == 0, output
    return output


async def mmcli_json(wwand: Process, *arguments: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(await mmcli(wwand, *arguments, "-J"))
    return read


async def test_mmcli_lists_and_shows_modem_and_sim(wwand: Process) -> None:
    name = "[Micromax] Micromax MMX352G 3G USB Modem"
    assert f"{MODEM_0} {name}" in await mmcli(wwand, "-L")
    generic = (await mmcli_json(wwand, "-m", "any"))["modem"]["generic"]
    assert generic["state"] == "disabled"
    assert generic["plugin"] == "longcheer"
    assert generic["primary-port"] == "ttyUSB3"
    assert generic["drivers"] == ["option", "usb-storage"]
    sim = (await mmcli_json(wwand, "-i", "0"))["sim"]["properties"]
    assert (sim["operator-code"], sim["operator-name"]) == ("40570", "IDEA")


async def test_mmcli_enables_connects_and_takes_it_all_back(wwand: Process) -> None:
    assert "successfully enabled" in await mmcli(wwand, "-m", "0", "-e")
    connect = "--simple-connect=apn=internet,user=me,password=hush"
    assert "successfully connected" in await mmcli(wwand, "-m", "0", connect)
    shown = (await mmcli_json(wwand, "-m", "0"))["modem"]
    assert shown["generic"]["state"] == "connected"
    assert shown["3gpp"]["registration-state"] == "home"
    bearer = (await mmcli_json(wwand, "-b", "0"))["bearer"]
    assert bearer["status"]["connected"] == "yes"
    assert bearer["status"]["interface"] == "ttyUSB3"
    assert bearer["ipv4-config"]["method"] == "ppp"

    assert "successfully disconnected" in await mmcli(wwand, "-m", "0", "--simple-disconnect")
    assert "successfully disabled" in await mmcli(wwand, "-m", "0", "-d")
    assert await wwand.client.get(MODEM_0, MODEM, "State") == S.DISABLED


async def test_mmcli_reads_the_signal_of_a_qmi_modem(wwand: Process) -> None:
    signal = await signal_of_another(wwand, "qmi-lte")
    assert signal["lte"] == {
        "error-rate": "--",
        "rsrp": "-89.00",
        "rsrq": "-10.00",
        "rssi": "-69.00",
        "snr": "12.00",
    }
    assert signal["refresh"]["rate"] == "5"
    assert "--" in signal["gsm"]["rssi"]


async def test_mmcli_reads_the_signal_of_a_huawei_stick(wwand: Process) -> None:
    lte = (await signal_of_another(wwand, "huawei-e3372"))["lte"]
    assert (lte["rssi"], lte["rsrp"], lte["rsrq"]) == ("-73.00", "-98.00", "-10.00")


async def test_mmcli_is_told_where_a_stick_cannot_tell_more(wwand: Process) -> None:
    await mmcli(wwand, "-m", "0", "-e")
    status, said = await run("mmcli", "-m", "0", "--signal-setup=5", address=wwand.address)
    assert status == 1
    assert "Core.Unsupported" in said


async def signal_of_another(wwand: Process, model: str) -> dict[str, Any]:
    """Plug one more modem in, and have mmcli read its signal every five seconds."""
    await wwand.simulate(model)
    await wwand.object_appears(f"{MM_ROOT}/Modem/1")
    await mmcli(wwand, "-m", "1", "--timeout=60", "-e")
    async with asyncio.timeout(DEADLINE):
        while True:
            heard = len(wwand.client.heard)
            if await wwand.client.get(f"{MM_ROOT}/Modem/1", MODEM, "State") == S.REGISTERED:
                break
            while len(wwand.client.heard) == heard:
                await wwand.client.news()
    assert "uccessfully" in await mmcli(wwand, "-m", "1", "--signal-setup=5")
    thresholds = "--signal-setup-thresholds=rssi-threshold=10"
    assert "uccessfully" in await mmcli(wwand, "-m", "1", thresholds)
    read: dict[str, Any] = (await mmcli_json(wwand, "-m", "1", "--signal-get"))["modem"]["signal"]
    assert read["threshold"]["rssi"] == "10"
    return read


async def test_mmcli_sees_sticks_come_and_go(wwand: Process) -> None:
    async with started(
        "stdbuf", "-oL", "mmcli", "-M", address=wwand.address, stdout=asyncio.subprocess.PIPE
    ) as watching:
        assert watching.stdout
        await says(watching.stdout, MODEM_0)
        place = await wwand.simulate()
        await says(watching.stdout, f"(+) {MM_ROOT}/Modem/1")
        await wwand.fault(place, "unplug")
        await says(watching.stdout, f"(-) {MM_ROOT}/Modem/1")


async def test_networkmanager_offers_the_modem_as_a_device(wwand: Process, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root, for NetworkManager in namespaces of its own")
    settings = tmp_path / "NetworkManager.conf"
    settings.write_text(SETTINGS)
    command = ("unshare", "-n", "-m", "sh", "-c", ALONE, "sh", str(settings), str(tmp_path))
    with (tmp_path / "nm.log").open("w") as log:
        async with started(*command, address=wwand.address, stdout=log, stderr=log) as manager:
            await name_appears(wwand.client, NM)
            said = ""
            try:
                async with asyncio.timeout(20):
                    while "ttyUSB3:gsm:disconnected" not in said:
                        heard = len(wwand.client.heard)
                        said = await nmcli(wwand)
                        while len(wwand.client.heard) == heard:
                            await wwand.client.news()
            except TimeoutError:
                raise AssertionError(f"{said}\n{(tmp_path / 'nm.log').read_text()}") from None
            assert manager.returncode is None


SETTINGS = """[main]
plugins=keyfile
dhcp=internal
auth-polkit=false
rc-manager=unmanaged
dns=none
"""

ALONE = """
mount --make-rprivate / &&
mount -t tmpfs tmpfs /run && mkdir /run/NetworkManager &&
mount -t tmpfs tmpfs /var/lib/NetworkManager &&
mount -t tmpfs tmpfs /etc/NetworkManager &&
exec NetworkManager -n --config="$1" --config-dir="$2/none" --intern-config="$2/intern" \
    --state-file="$2/nm.state"
"""
"""NetworkManager must see no network of this machine, and leave nothing on its disk."""


async def nmcli(wwand: Process) -> str:
    command = ("nmcli", "-t", "-f", "DEVICE,TYPE,STATE", "device")
    _, output = await run(*command, address=wwand.address)
    return output


@asynccontextmanager
async def started(
    *command: str, address: str, **streams: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program on the bus, and kill it at the end."""
    needed = [word for word in command if word in ("mmcli", "stdbuf", "unshare")]
    needed += ["NetworkManager", "nmcli"] if "unshare" in needed else []
    if missing := [name for name in needed if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "LC_ALL": "C.UTF-8"}
    running = await asyncio.create_subprocess_exec(*command, env=environment, **streams)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.kill()
        await running.communicate()


async def says(stream: asyncio.StreamReader, wanted: str) -> None:
    """Read lines until one holds what is wanted."""
    said: list[str] = []
    try:
        async with asyncio.timeout(20):
            while wanted not in (line := (await stream.readline()).decode()):
                assert line, said
                said.append(line)
    except TimeoutError:
        raise AssertionError(f"{wanted!r} not in {said}") from None
