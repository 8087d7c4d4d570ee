"""How calls end: with an answer, or with an error that has the right name."""

import asyncio
import logging
from dataclasses import replace

import pytest
from dbus_fast import Message, MessageFlag, Variant
from dbus_fast.aio import MessageBus

from tests.bus.conftest import Client, Refused, connected
from tests.bus.domain import STICK, FakeManager, FakeModem
from wwand.service.root import BusService

MM = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM = f"{ROOT}/Modem/0"
PROPERTIES = "org.freedesktop.DBus.Properties"
DBUS_ERROR = "org.freedesktop.DBus.Error"


@pytest.fixture
async def modem(manager: FakeManager) -> FakeModem:
    return await manager.ready_modem()


@pytest.mark.parametrize(
    ("interface", "member", "signature", "body"),
    [
        ("Modem", "SetPrimarySimSlot", "u", [1]),
        ("Modem", "GetCellInfo", "", []),
        ("Modem", "SetCurrentModes", "(uu)", [[4, 0]]),
        ("Modem", "SetCurrentBands", "au", [[1, 2]]),
        ("Modem", "SetCurrentCapabilities", "u", [4]),
        ("Modem", "SetPowerState", "u", [2]),
        ("Modem", "Command", "su", ["AT", 3]),
        ("Modem.Modem3gpp", "Register", "s", ["26201"]),
        ("Modem.Modem3gpp", "SetEpsUeModeOperation", "u", [1]),
        ("Modem.Modem3gpp", "SetInitialEpsBearerSettings", "a{sv}", [{}]),
        ("Modem.Modem3gpp", "SetNr5gRegistrationSettings", "a{sv}", [{}]),
        ("Modem.Modem3gpp", "DisableFacilityLock", "(us)", [[16, "1234"]]),
        ("Modem.Modem3gpp", "SetCarrierLock", "ay", [b"\x01"]),
        ("Modem.Modem3gpp", "SetPacketServiceState", "u", [1]),
    ],
)
async def test_what_a_modem_cannot_do_is_unsupported(
    client: Client,
    modem: FakeModem,
    interface: str,
    member: str,
    signature: str,
    body: list[object],
) -> None:
    with pytest.raises(Refused) as refused:
        await client.call(MODEM, f"{MM}.{interface}", member, signature, *body)
    assert refused.value.name == f"{MM}.Error.Core.Unsupported"
    assert refused.value.text


async def test_what_a_sim_or_the_daemon_cannot_do_is_unsupported(
    client: Client, modem: FakeModem
) -> None:
    with pytest.raises(Refused, match=r"Core\.Unsupported"):
        await client.call(
            f"{ROOT}/SIM/0", f"{MM}.Sim", "SetPreferredNetworks", "a(su)", [["26201", 4]]
        )
    with pytest.raises(Refused, match=r"Core\.Unsupported"):
        await client.call(ROOT, MM, "ReportKernelEvent", "a{sv}", {})


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "body", "error"),
    [
        (MODEM, f"{MM}.Nothing", "Do", "", [], "UnknownInterface"),
        (MODEM, f"{MM}.Modem", "Nothing", "", [], "UnknownMethod"),
        (MODEM, f"{MM}.Modem", "Enable", "s", ["x"], "InvalidArgs"),
        (f"{ROOT}/Modem/7", f"{MM}.Modem", "Enable", "b", [True], "UnknownObject"),
        (MODEM, PROPERTIES, "Get", "ss", [f"{MM}.Modem", "Nothing"], "UnknownProperty"),
        (MODEM, PROPERTIES, "Get", "ss", [f"{MM}.Nothing", "State"], "UnknownInterface"),
        (f"{ROOT}/Modem/7", PROPERTIES, "Get", "ss", [f"{MM}.Modem", "State"], "UnknownObject"),
        (MODEM, PROPERTIES, "Get", "s", [f"{MM}.Modem"], "InvalidArgs"),
        (MODEM, PROPERTIES, "GetAll", "s", [f"{MM}.Nothing"], "UnknownInterface"),
        (MODEM, PROPERTIES, "GetAll", "ss", ["", ""], "InvalidArgs"),
        (MODEM, PROPERTIES, "Nothing", "", [], "UnknownMethod"),
        (
            MODEM,
            PROPERTIES,
            "Set",
            "ssv",
            [f"{MM}.Modem", "State", Variant("i", 1)],
            "PropertyReadOnly",
        ),
        (
            MODEM,
            PROPERTIES,
            "Set",
            "ssv",
            [f"{MM}.Modem", "Nothing", Variant("i", 1)],
            "UnknownProperty",
        ),
        (
            f"{ROOT}/None",
            "org.freedesktop.DBus.Introspectable",
            "Introspect",
            "",
            [],
            "UnknownObject",
        ),
        (
            MODEM,
            "org.freedesktop.DBus.ObjectManager",
            "GetManagedObjects",
            "",
            [],
            "UnknownInterface",
        ),
    ],
)
async def test_a_call_to_what_is_not_there_has_dbus_own_error(
    client: Client,
    modem: FakeModem,
    path: str,
    interface: str,
    member: str,
    signature: str,
    body: list[object],
    error: str,
) -> None:
    with pytest.raises(Refused) as refused:
        await client.call(path, interface, member, signature, *body)
    assert refused.value.name == f"{DBUS_ERROR}.{error}"


async def test_a_call_may_leave_the_interface_out(client: Client, modem: FakeModem) -> None:
    assert await client.call(MODEM, None, "ListBearers") == []
    with pytest.raises(Refused, match="UnknownInterface"):
        await client.call(MODEM, None, "Nothing")


async def test_a_call_that_wants_no_answer_gets_none(client: Client, modem: FakeModem) -> None:
    answers: list[Message] = []
    client.bus.add_message_handler(answers.append)
    await client.bus.send(
        Message(
            destination=MM,
            path=MODEM,
            interface=f"{MM}.Modem",
            member="Enable",
            signature="b",
            body=[True],
            flags=MessageFlag.NO_REPLY_EXPECTED,
        )
    )
    await client.signal("StateChanged")
    await client.ping()
    assert modem.state.name == "REGISTERED"
    assert len([a for a in answers if a.reply_serial]) == 1  # the ping's


async def test_a_call_in_flight_ends_when_the_modem_is_unplugged(
    client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    call = asyncio.create_task(client.call(MODEM, f"{MM}.Modem", "Reset"))
    async with asyncio.timeout(10):
        await modem.hanging.wait()
    manager.unplug(manager.devices[0])
    with pytest.raises(Refused, match=r"Core\.Aborted: .* went away during Reset"):
        await call


async def test_calls_are_answered_when_the_daemon_stops(bus: MessageBus, client: Client) -> None:
    manager = FakeManager()
    async with BusService(bus, manager, private=True):
        modem = await manager.ready_modem()
        call = asyncio.create_task(client.call(MODEM, f"{MM}.Modem", "Reset"))
        async with asyncio.timeout(10):
            await modem.hanging.wait()
    assert not [t for t in asyncio.all_tasks() if t.get_name().endswith("Reset")]
    with pytest.raises(Refused, match=r"Core\.Aborted"):
        await call
    assert manager.listeners == []
    assert modem.listeners == []
    removed = await client.signal("InterfacesRemoved")
    assert removed.body[0] == MODEM


async def test_a_bug_is_logged_and_not_told(
    client: Client, modem: FakeModem, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refused) as refused:
        await client.call(MODEM, f"{MM}.Modem", "FactoryReset", "s", "")
    assert refused.value.name == f"{MM}.Error.Core.Failed"
    assert "fake" not in refused.value.text
    assert "the fake modem has a bug" in caplog.text


async def test_the_next_step_is_told_with_the_error(client: Client, modem: FakeModem) -> None:
    with pytest.raises(Refused) as refused:
        await client.call(
            "/org/wwand1/Device/0", "org.wwand1.Device", "SelectConfiguration", "u", 7
        )
    assert refused.value.name == f"{MM}.Error.Core.NotFound"
    assert refused.value.text.endswith("has no configuration 7 – see `wwanctl devices`")  # noqa: RUF001


async def test_a_bearer_of_another_kind_of_path_is_not_found(
    client: Client, modem: FakeModem
) -> None:
    for path in (MODEM, f"{ROOT}/Bearer/99", "/"):
        with pytest.raises(Refused, match=r"Core\.NotFound"):
            await client.call(MODEM, f"{MM}.Modem", "DeleteBearer", "o", path)


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "body", "names"),
    [
        (MODEM, "Modem.Simple", "Connect", "a{sv}", [{"colour": Variant("s", "x")}], "colour"),
        (MODEM, "Modem.Simple", "Connect", "a{sv}", [{"apn": Variant("u", 1)}], "apn"),
        (MODEM, "Modem.Simple", "Connect", "a{sv}", [{"apn": Variant("s", 'a"\r')}], "apn"),
        (MODEM, "Modem", "CreateBearer", "a{sv}", [{"user": Variant("s", "a\nb")}], "user"),
        (MODEM, "Modem", "SetPowerState", "u", [9], "power state"),
        (MODEM, "Modem", "Command", "su", ["AT\rATZ", 3], "command"),
        (MODEM, "Modem.Modem3gpp", "Register", "s", ['1"'], "operator"),
        (MODEM, "Modem.Signal", "SetupThresholds", "a{sv}", [{"x": Variant("u", 1)}], '"x"'),
        (f"{ROOT}/SIM/0", "Sim", "SendPin", "s", ['1"2'], "PIN"),
        (f"{ROOT}/SIM/0", "Sim", "SendPuk", "ss", ["1\r", "1"], "PUK"),
    ],
)
async def test_a_bad_argument_is_named_and_never_repeated(
    client: Client,
    modem: FakeModem,
    path: str,
    interface: str,
    member: str,
    signature: str,
    body: list[object],
    names: str,
) -> None:
    with pytest.raises(Refused) as refused:
        await client.call(path, f"{MM}.{interface}", member, signature, *body)
    assert refused.value.name == f"{MM}.Error.Core.InvalidArgs"
    assert names in refused.value.text


async def test_set_logging_takes_modemmanagers_levels(
    client: Client, manager: FakeManager, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    await client.call(ROOT, MM, "SetLogging", "s", "ERR")
    assert logging.getLogger().level == logging.ERROR
    with pytest.raises(Refused, match=r"InvalidArgs.*DEBUG"):
        await client.call(ROOT, MM, "SetLogging", "s", "LOUD")


async def test_an_inhibition_ends_with_the_client_who_asked_for_it(
    bus_address: str, client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    async with connected(bus_address) as other:
        other_client = Client(other)
        await other_client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, True)
        assert manager.inhibited == {STICK.sysfs}
        with pytest.raises(Refused, match=r"Core\.InProgress"):
            await client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, True)
        with pytest.raises(Refused, match=r"Core\.NotFound"):
            await client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, False)
    async with asyncio.timeout(10):
        await manager.released.wait()
    assert manager.inhibited == set()


async def test_a_client_may_hold_back_two_devices(
    bus_address: str, manager: FakeManager, modem: FakeModem
) -> None:
    second = replace(STICK, key="1-2", sysfs="/sys/devices/1-2")
    manager.plug(FakeModem(manager.numbers, second))
    async with connected(bus_address) as other:
        client = Client(other)
        for device in (STICK, second):
            await client.call(ROOT, MM, "InhibitDevice", "sb", device.sysfs, True)
        await client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, False)
        assert manager.inhibited == {second.sysfs}
        manager.released.clear()
    async with asyncio.timeout(10):
        await manager.released.wait()
    assert manager.inhibited == set()


async def test_an_inhibition_is_taken_back_by_its_client(
    client: Client, manager: FakeManager, modem: FakeModem
) -> None:
    await client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, True)
    await client.call(ROOT, MM, "InhibitDevice", "sb", STICK.sysfs, False)
    assert manager.inhibited == set()
    with pytest.raises(Refused, match=r"Core\.NotFound: no device"):
        await client.call(ROOT, MM, "InhibitDevice", "sb", "/sys/nothing", True)


async def test_polling_a_property_makes_no_task(client: Client, modem: FakeModem) -> None:
    before = asyncio.all_tasks()
    for _ in range(10):
        assert await client.get(MODEM, f"{MM}.Modem", "State") == 3
    assert asyncio.all_tasks() == before
