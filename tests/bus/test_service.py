"""What unmodified clients see of modems that the domain has."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from dbus_fast import Variant
from dbus_fast.aio import MessageBus

from tests.bus.conftest import (
    LIKE_THE_SYSTEM_BUS,
    Client,
    Refused,
    connected,
    dbus_daemon,
    run,
)
from tests.bus.domain import FakeManager, FakeModem, FakeSimulator, S
from wwand.errors import WwandError
from wwand.service.bus import NEXT
from wwand.service.root import BusService, served
from wwand.status import FailedReason, Lock

MM = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM = f"{ROOT}/Modem/0"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"


def rows(array: Iterable[Iterable[object]]) -> list[list[object]]:
    """Write structs as lists, whatever the library makes of them."""
    return [list(struct) for struct in array]


async def mmcli(address: str, *arguments: str) -> str:
    status, output = await run("mmcli", *arguments, address=address)
    assert status == 0, output
    return output


async def mmcli_json(address: str, *arguments: str) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = json.loads(await mmcli(address, *arguments, "-J"))
    return read


async def test_mmcli_lists_the_modem(bus_address: str, manager: FakeManager) -> None:
    await manager.ready_modem()
    assert f"{MODEM} [Longcheer] HS-7500" in await mmcli(bus_address, "-L")


async def test_mmcli_shows_all_of_the_modem(bus_address: str, manager: FakeManager) -> None:
    modem = await manager.ready_modem()
    await modem.enable()
    shown = (await mmcli_json(bus_address, "-m", "0"))["modem"]
    generic, threegpp = shown["generic"], shown["3gpp"]
    assert isinstance(generic, dict)
    assert isinstance(threegpp, dict)
    assert generic["state"] == "registered"
    assert generic["signal-quality"] == {"recent": "yes", "value": "61"}
    assert generic["ports"] == ["ttyUSB1 (at)", "ttyUSB2 (at)"]
    assert generic["primary-port"] == "ttyUSB2"
    assert generic["access-technologies"] == ["hsdpa"]
    assert generic["unlock-retries"] == ["sim-pin (3)", "sim-puk (10)"]
    assert generic["equipment-identifier"] == "861195001234567"
    assert threegpp["operator-name"] == "Telekom.de"
    assert threegpp["registration-state"] == "home"


async def test_mmcli_shows_the_sim(bus_address: str, manager: FakeManager) -> None:
    await manager.ready_modem()
    sim = (await mmcli_json(bus_address, "-i", "0"))["sim"]["properties"]
    assert isinstance(sim, dict)
    assert (sim["iccid"], sim["imsi"], sim["operator-code"]) == (
        "8949020000012345678",
        "262011234567890",
        "26201",
    )


async def test_mmcli_connects_and_shows_the_bearer(bus_address: str, manager: FakeManager) -> None:
    modem = await manager.ready_modem()
    connect = "--simple-connect=apn=internet,user=web,password=hush,ip-type=ipv4"
    assert "successfully connected" in await mmcli(bus_address, "-m", "0", connect)
    assert modem.state.name == "CONNECTED"
    assert modem.bearers[0].settings.password == "hush"

    bearer = (await mmcli_json(bus_address, "-b", "0"))["bearer"]
    ip4, properties = bearer["ipv4-config"], bearer["properties"]
    assert isinstance(ip4, dict)
    assert isinstance(properties, dict)
    assert ip4["method"] == "ppp"
    assert (properties["apn"], properties["user"], properties["ip-type"]) == (
        "internet",
        "web",
        "ipv4",
    )
    assert properties["password"] == "--"

    assert "successfully" in await mmcli(bus_address, "-m", "0", "--simple-disconnect")
    assert modem.state.name == "REGISTERED"


async def test_mmcli_unlocks_a_locked_modem_by_connecting(
    bus_address: str, manager: FakeManager
) -> None:
    modem = FakeModem(manager.numbers)
    await modem.start(S.INITIALIZING, S.LOCKED)
    modem.unlock_required = Lock.SIM_PIN
    manager.plug(modem)
    status, said = await run("mmcli", "-m", "0", "--simple-connect=apn=x", address=bus_address)
    assert status == 1
    assert f"the SIM asks for its PIN{NEXT}give it: `wwanctl sim pin`" in said
    await mmcli(bus_address, "-m", "0", "--simple-connect=apn=internet,pin=1234")
    assert modem.pin_given == "1234"
    assert modem.state is S.CONNECTED


async def test_mmcli_scans_for_networks(bus_address: str, manager: FakeManager) -> None:
    await (await manager.ready_modem()).enable()
    said = await mmcli(bus_address, "-m", "0", "--3gpp-scan")
    assert "26201 - Telekom.de (umts, current)" in said


async def test_mmcli_sees_modems_come_and_go(bus_address: str, manager: FakeManager) -> None:
    if shutil.which("mmcli") is None:
        pytest.skip("mmcli is not installed")
    watching = await asyncio.create_subprocess_exec(
        "stdbuf",
        "-oL",
        "mmcli",
        "-M",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus_address},
    )
    assert watching.stdout
    try:
        async with asyncio.timeout(20):
            while b"No modems were found" not in await watching.stdout.readline():
                pass
            await manager.ready_modem()
            while b"(+) " + MODEM.encode() not in (line := await watching.stdout.readline()):
                assert line
            manager.unplug(manager.devices[0])
            while b"(-) " + MODEM.encode() not in (line := await watching.stdout.readline()):
                assert line
    finally:
        watching.kill()
        await watching.communicate()


async def test_only_modems_are_managed(client: Client, manager: FakeManager) -> None:
    modem = await manager.ready_modem()
    await modem.enable()
    bearer = await client.call(MODEM, f"{MM}.Modem", "CreateBearer", "a{sv}", {})
    managed = await client.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")
    assert list(managed) == [MODEM]
    assert len(managed[MODEM][f"{MM}.Modem"]) == 37
    assert await client.get(bearer, f"{MM}.Bearer", "Connected") is False


async def test_a_plugged_modem_is_announced_once_and_whole(
    client: Client, manager: FakeManager
) -> None:
    await manager.ready_modem()
    await client.ping()
    (added,) = [m for m in client.heard if m.member == "InterfacesAdded" and m.path == ROOT]
    path, interfaces = added.body
    assert path == MODEM
    assert sorted(interfaces) == [
        f"{MM}.Modem",
        f"{MM}.Modem.Modem3gpp",
        f"{MM}.Modem.Modem3gpp.Ussd",
        f"{MM}.Modem.Signal",
        f"{MM}.Modem.Simple",
        f"{MM}.Modem.Time",
    ]
    assert interfaces[f"{MM}.Modem"]["PrimaryPort"].value == "ttyUSB2"


async def test_an_unplugged_modem_leaves_nothing_on_the_bus(
    client: Client, manager: FakeManager
) -> None:
    modem = await manager.ready_modem()
    await modem.enable()
    await client.call(MODEM, f"{MM}.Modem", "CreateBearer", "a{sv}", {})
    manager.unplug(manager.devices[0])
    await client.ping()
    (removed,) = [m for m in client.heard if m.member == "InterfacesRemoved" and m.path == ROOT]
    assert removed.body[0] == MODEM
    xml = await client.call(ROOT, "org.freedesktop.DBus.Introspectable", "Introspect")
    assert "<node name" not in xml
    assert modem.listeners == []
    assert modem.on_state == []


async def test_a_locked_modem_gets_the_rest_when_it_is_unlocked(
    client: Client, manager: FakeManager
) -> None:
    modem = FakeModem(manager.numbers)
    await modem.start(S.INITIALIZING, S.LOCKED)
    manager.plug(modem)
    await client.ping()
    (added,) = [m for m in client.heard if m.member == "InterfacesAdded" and m.path == ROOT]
    assert sorted(added.body[1]) == [f"{MM}.Modem", f"{MM}.Modem.Simple"]
    client.heard.clear()
    await client.call(f"{ROOT}/SIM/0", f"{MM}.Sim", "SendPin", "s", "1234")
    (added,) = [m for m in client.heard if m.member == "InterfacesAdded" and m.path == ROOT]
    rest = [f"{MM}.Modem.{name}" for name in ("Modem3gpp", "Signal", "Modem3gpp.Ussd", "Time")]
    assert (added.body[0], list(added.body[1])) == (MODEM, rest)


async def test_a_failed_modem_can_only_say_why(client: Client, manager: FakeManager) -> None:
    modem = FakeModem(manager.numbers)
    modem.failed_reason = FailedReason.SIM_MISSING
    await modem.start(S.INITIALIZING, S.FAILED)
    manager.plug(modem)
    managed = await client.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")
    assert list(managed[MODEM]) == [f"{MM}.Modem"]
    assert managed[MODEM][f"{MM}.Modem"]["StateFailedReason"].value == 2


async def test_busctl_introspects_every_object(bus_address: str, manager: FakeManager) -> None:
    modem = await manager.ready_modem()
    address = f"--address={bus_address}"
    status, tree = await run("busctl", address, "tree", "--list", "org.wwand1", address=bus_address)
    assert status == 0
    paths = {f"{ROOT}/Modem/0", f"{ROOT}/SIM/0", "/org/wwand1/Device/0", f"{ROOT}/Modem", "/"}
    assert paths <= set(tree.split())
    for path, interfaces in (
        (
            MODEM,
            tuple(view.spec.name for view in served(modem)),
        ),
        (ROOT, (MM, OBJECT_MANAGER)),
        ("/org/wwand1", ("org.wwand1.Manager", OBJECT_MANAGER)),
        ("/org/wwand1/Device/0", ("org.wwand1.Device",)),
    ):
        status, said = await run("busctl", address, "introspect", MM, path, address=bus_address)
        assert status == 0
        for interface in interfaces:
            assert f"{interface} " in said


async def test_a_device_tells_its_life(client: Client, manager: FakeManager) -> None:
    await manager.ready_modem()
    managed = await client.call("/org/wwand1", OBJECT_MANAGER, "GetManagedObjects", to="org.wwand1")
    (device,) = managed.values()
    told = {name: variant.value for name, variant in device["org.wwand1.Device"].items()}
    assert told["Phase"] == "modem"
    assert told["UsbId"] == "1c9e:9605"
    assert rows(told["Ports"]) == [["ttyUSB1", "tty", 1, ""], ["ttyUSB2", "tty", 2, "primary"]]
    assert rows(told["Layouts"]) == [[1, "ppp", "option", "in use"]]
    assert rows(told["Verdicts"]) == [["longcheer", 100, "it knows 1c9e:9605"]]
    assert told["Modem"] == MODEM
    assert rows(told["History"])[0] == [0.1, "found", "1c9e:f000"]


async def test_the_manager_tells_about_the_daemon(client: Client, manager: FakeManager) -> None:
    await manager.ready_modem()
    manager.simulator = FakeSimulator()
    everything = await client.call(
        "/org/wwand1", "org.freedesktop.DBus.Properties", "GetAll", "s", "org.wwand1.Manager"
    )
    assert everything["Devices"].value == ["/org/wwand1/Device/0"]
    assert rows(everything["Plugins"].value) == [["longcheer", ""], ["broken", "no module named x"]]
    assert everything["Models"].value == ["hs7500"]
    assert everything["Uptime"].value > 0
    call = ("/org/wwand1", "org.wwand1.Manager")
    assert await client.call(*call, "Simulate", "s", "hs7500") == "9-hs7500"
    rules = await client.call(*call, "ListRules", "s", "1c9e:f000")
    assert rows(rules) == [["wwand", "1c9e:f000", "eject"]]
    await client.call(*call, "Rescan")
    await client.call(ROOT, MM, "ScanDevices")
    assert manager.rescans == 2
    manager.simulator = None
    with pytest.raises(Refused, match=r"Core.Unsupported: .*real devices"):
        await client.call(*call, "Simulate", "s", "hs7500")


async def test_a_taken_name_is_an_error_that_names_the_program(
    bus: MessageBus, client: Client
) -> None:
    await client.bus.request_name(MM)
    with pytest.raises(WwandError, match=rf"owns {MM} on the bus: \S+ \(process \d+\)"):
        async with BusService(bus, FakeManager()):
            pass


async def test_a_bus_without_the_policy_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    async with dbus_daemon(tmp_path, LIKE_THE_SYSTEM_BUS) as address, connected(address) as bus:
        with pytest.raises(WwandError, match=f"does not let this user own {MM}") as raised:
            async with BusService(bus, FakeManager()):
                pass
    assert "org.wwand1.conf has to be in /etc/dbus-1/system.d" in raised.value.next_step


async def test_a_modem_that_speaks_rubbish_does_not_break_its_object(
    client: Client, manager: FakeManager
) -> None:
    modem = await manager.ready_modem()
    modem.registration.operator_name = "a\0b\udcffc"
    modem.own_numbers = ("\0",)
    status = await client.call(
        MODEM, "org.freedesktop.DBus.Properties", "GetAll", "s", f"{MM}.Modem"
    )
    assert status["OwnNumbers"] == Variant("as", [""])
    assert await client.get(MODEM, f"{MM}.Modem.Modem3gpp", "OperatorName") == "ab?c"
