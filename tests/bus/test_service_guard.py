"""Who may do what: polkit's word, and the system bus's own policy."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.bus.conftest import (
    LIKE_THE_SYSTEM_BUS,
    Client,
    connected,
    dbus_daemon,
    run,
)
from tests.bus.domain import FakeManager
from wwand.service.root import BusService

MM = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM = f"{ROOT}/Modem/0"
DBUS = Path(__file__).parents[2] / "dbus"
NOBODY = 65534

AS_USER = NOBODY if os.getuid() == 0 else None
"""Root needs no permission: play somebody else."""


class FakePolkit:
    """An authority that says the same to everybody, and remembers what it was asked."""

    def __init__(self, *, allow: bool) -> None:
        self.allow = allow
        self.asked: list[tuple[str, int]] = []

    def handle(self, message: Message) -> Message | None:
        if (
            message.member != "CheckAuthorization"
            or message.message_type is not MessageType.METHOD_CALL
        ):
            return None
        (kind, details), action, _, flags, _ = message.body
        assert kind == "system-bus-name"
        assert details["name"].value.startswith(":")
        self.asked.append((action, flags))
        return Message.new_method_return(message, "(bba{ss})", [[self.allow, False, {}]])


async def authority(address: str, *, allow: bool) -> tuple[MessageBus, FakePolkit]:
    bus = await MessageBus(bus_address=address).connect()
    polkit = FakePolkit(allow=allow)
    bus.add_message_handler(polkit.handle)
    await bus.request_name("org.freedesktop.PolicyKit1")
    return bus, polkit


@pytest.fixture
async def manager(bus: MessageBus) -> AsyncIterator[FakeManager]:
    """A manager that is served as on the system bus: only root is trusted."""
    domain = FakeManager()
    async with BusService(bus, domain):
        await domain.ready_modem()
        yield domain


async def busctl(address: str, *arguments: str, user: int | None = AS_USER) -> tuple[int, str]:
    return await run("busctl", f"--address={address}", *arguments, address=address, user=user)


async def test_polkit_can_refuse(bus_address: str, manager: FakeManager) -> None:
    bus, polkit = await authority(bus_address, allow=False)
    status, said = await busctl(
        bus_address, "call", MM, MODEM, f"{MM}.Modem", "Enable", "b", "true"
    )
    assert status != 0
    assert f"polkit does not allow {MM}.Device.Control" in said
    assert manager.modems[0].state.name == "DISABLED"
    status, said = await busctl(bus_address, "call", MM, ROOT, MM, "ScanDevices")
    assert status != 0
    assert manager.rescans == 0
    call = ("call", MM, MODEM, f"{MM}.Modem", "Command", "su", "AT", "3")
    status, said = await busctl(bus_address, *call)
    assert status != 0
    assert [action for action, _ in polkit.asked] == [
        f"{MM}.Device.Control",
        f"{MM}.Control",
        f"{MM}.Control",
    ]
    bus.disconnect()


async def test_polkit_can_allow(bus_address: str, manager: FakeManager) -> None:
    bus, polkit = await authority(bus_address, allow=True)
    status, said = await busctl(
        bus_address,
        "--allow-interactive-authorization=false",
        "call",
        MM,
        MODEM,
        f"{MM}.Modem",
        "Enable",
        "b",
        "true",
    )
    assert (status, polkit.asked) == (0, [(f"{MM}.Device.Control", 0)]), said
    bus.disconnect()


async def test_polkit_may_ask_the_user_when_the_caller_says_so(
    bus_address: str, manager: FakeManager
) -> None:
    bus, polkit = await authority(bus_address, allow=True)
    call = ("call", "org.wwand1", "/org/wwand1", "org.wwand1.Manager", "Rescan")
    status, said = await busctl(bus_address, "--allow-interactive-authorization=true", *call)
    assert (status, polkit.asked) == (0, [("org.wwand1.Control", 1)]), said
    bus.disconnect()


async def test_without_polkit_only_root_may(bus_address: str, manager: FakeManager) -> None:
    status, said = await busctl(bus_address, "call", MM, ROOT, MM, "ScanDevices")
    assert status != 0
    assert "only root may do this" in said
    assert manager.rescans == 0


@pytest.mark.skipif(os.getuid() != 0, reason="shows what root may")
async def test_root_is_not_asked(bus_address: str, manager: FakeManager) -> None:
    bus, polkit = await authority(bus_address, allow=False)
    status, _ = await busctl(bus_address, "call", MM, ROOT, MM, "ScanDevices", user=None)
    assert (status, manager.rescans, polkit.asked) == (0, 1, [])
    bus.disconnect()


async def test_reading_needs_no_permission(bus_address: str, manager: FakeManager) -> None:
    bus, polkit = await authority(bus_address, allow=False)
    for call in (
        ("call", MM, MODEM, f"{MM}.Modem", "ListBearers"),
        ("call", MM, MODEM, f"{MM}.Modem.Simple", "GetStatus"),
        ("get-property", MM, MODEM, f"{MM}.Modem", "State"),
    ):
        status, said = await busctl(bus_address, *call)
        assert status == 0, said
    assert polkit.asked == []
    bus.disconnect()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may own the names on the system bus")
@pytest.mark.parametrize("with_modemmanager", [False, True])
async def test_the_system_bus_lets_through_what_it_should(
    tmp_path: Path, with_modemmanager: bool
) -> None:
    includes = f"<include>{DBUS / 'org.wwand1.conf'}</include>"
    if with_modemmanager:
        theirs = next(
            (
                file
                for folder in ("/etc/dbus-1/system.d", "/usr/share/dbus-1/system.d")
                if (file := Path(folder) / f"{MM}.conf").is_file()
            ),
            None,
        )
        if theirs is None:
            pytest.skip("ModemManager's own bus policy is not installed (Debian: modemmanager)")
        includes += f"<include>{theirs}</include>"
    async with (
        dbus_daemon(tmp_path, LIKE_THE_SYSTEM_BUS, includes) as address,
        connected(address) as bus,
    ):
        domain = FakeManager()
        async with BusService(bus, domain):
            await domain.ready_modem()
            polkit_needed = "polkit"  # got through the bus, and to the guard behind it
            for allowed, call in (
                ("", ("get-property", MM, MODEM, f"{MM}.Modem", "State")),
                ("", ("call", MM, MODEM, f"{MM}.Modem.Simple", "GetStatus")),
                (polkit_needed, ("call", MM, MODEM, f"{MM}.Modem", "Enable", "b", "true")),
                (
                    "",
                    ("get-property", "org.wwand1", "/org/wwand1", "org.wwand1.Manager", "Version"),
                ),
                (
                    "",
                    (
                        "call",
                        "org.wwand1",
                        "/org/wwand1",
                        "org.wwand1.Manager",
                        "ListRules",
                        "s",
                        "",
                    ),
                ),
                (
                    polkit_needed,
                    ("call", "org.wwand1", "/org/wwand1/Device/0", "org.wwand1.Device", "Reset"),
                ),
            ):
                status, said = await busctl(address, *call)
                assert (allowed in said) if allowed else (status == 0), (call, said)
            for for_root in (
                ("call", MM, ROOT, MM, "InhibitDevice", "sb", "x", "true"),
                ("call", MM, MODEM, f"{MM}.Modem", "GetCellInfo"),
            ):
                status, said = await busctl(address, *for_root)
                assert status != 0
                assert "polkit" not in said
                assert "denied" in said.lower(), said
            status, said = await busctl(
                address, "call", MM, ROOT, MM, "InhibitDevice", "sb", "x", "true", user=None
            )
            assert "no device x" in said


async def test_the_daemons_own_user_is_trusted_on_a_private_bus(
    bus: MessageBus, client: Client
) -> None:
    domain = FakeManager()
    async with BusService(bus, domain, private=True):
        async with asyncio.timeout(10):
            await client.call(ROOT, MM, "ScanDevices")
    assert domain.rescans == 1
