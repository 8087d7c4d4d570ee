"""ModemManager itself, unmodified, reads and sends the messages of the virtual modem."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bus.conftest import Refused, run
from tests.bus.daemon import MM, MM_ROOT, MODEM, S, Witness, name_appears, witness
from tests.unit.simulator.qmi.conftest import Bench
from wwand.simulator.card import Card
from wwand.sms import pdu

MESSAGING = f"{MODEM}.Messaging"
SMS = f"{MM}.Sms"
NUMBER = "+491701234567"
LONG = "Grüße vom Netz! " * 15
PORT = "virtual0"
OPTIONS = ("--test-session", "--test-enable", "--test-no-udev", "--no-auto-scan")
MORE = ("--test-no-suspend-resume", "--test-no-qrtr")
DEADLINE = 60.0


@dataclass
class Peer:
    """ModemManager with the virtual modem on one port."""

    bench: Bench
    client: Witness
    address: str

    async def until(self, path: str, interface: str, name: str, value: Any) -> None:
        """Wait until a property has that value."""
        async with asyncio.timeout(DEADLINE):
            while True:
                heard = len(self.client.heard)
                try:
                    if await self.client.get(path, interface, name) == value:
                        return
                except Refused:  # it is not there yet
                    pass
                while len(self.client.heard) == heard:
                    await self.client.news()

    async def mmcli(self, *arguments: str) -> str:
        _, output = await run("mmcli", *arguments, address=self.address)
        return output


@pytest.fixture
async def peer(bus_address: str, tmp_path: Path) -> AsyncIterator[Peer]:
    if shutil.which("ModemManager") is None or shutil.which("mmcli") is None:
        pytest.skip("ModemManager is not installed")
    bench = Bench()
    async with port(bench, tmp_path / PORT), witness(bus_address) as client:
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus_address}
        with (tmp_path / "log").open("w") as log:
            running = await asyncio.create_subprocess_exec(
                *("ModemManager", *OPTIONS, *MORE),
                cwd=tmp_path,
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            await name_appears(client, MM)
            profile = ("stick", "generic", [PORT])
            await client.call(MM_ROOT, f"{MM}.Test", "SetProfile", "ssas", *profile)
            yield Peer(bench, client, bus_address)
        finally:
            running.terminate()
            await running.wait()
            bench.stick.leave()


@asynccontextmanager
async def port(bench: Bench, path: Path) -> AsyncIterator[None]:
    """A socket in place of the modem's serial port."""
    terminal = bench.modem.terminals[0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        terminal.opened(writer.write)
        try:
            while data := await reader.read(4096):
                terminal.feed(data)
        except ConnectionError:
            pass
        finally:
            terminal.closed()
            writer.close()

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    async with await asyncio.start_unix_server(serve, sock=listening):
        yield


async def test_modemmanager_understands_the_messages_of_the_virtual_modem(peer: Peer) -> None:
    modem = f"{MM_ROOT}/Modem/0"
    await peer.until(modem, MODEM, "State", S.DISABLED)
    assert "successfully enabled" in await peer.mmcli("-m", "0", "-e")
    await peer.until(modem, MODEM, "State", S.REGISTERED)

    peer.bench.controls.receive_text(NUMBER, LONG)
    message = f"{MM_ROOT}/SMS/0"
    await peer.until(message, SMS, "Text", LONG)
    assert await peer.client.get(message, SMS, "Number") == NUMBER
    assert "deleted" in await peer.mmcli("-m", "0", "--messaging-delete-sms=0")
    card: Card = peer.bench.modem.card
    assert (card.messages, card.in_modem) == ({}, {})

    facts = f"text='Größe',number={NUMBER},delivery-report-request=yes"
    assert "SMS/1" in await peer.mmcli("-m", "0", f"--messaging-create-sms={facts}")
    assert "successfully stored" in await peer.mmcli("-s", "1", "--store")
    assert "successfully sent" in await peer.mmcli("-s", "1", "--send")
    sent = pdu.decode(pdu.from_hex(peer.bench.modem.sent[0]))
    assert (sent.number, sent.text, sent.report_requested) == (NUMBER, "Größe", True)
    report = f"{MM_ROOT}/SMS/2"
    await peer.until(report, SMS, "PduType", 3)
    assert await peer.client.get(report, SMS, "DeliveryState") == 0

    for fault, member, name in (
        ("no-smsc", "--send", "SmscAddressUnknown"),
        ("memory-full", "--store", "MemoryFull"),
    ):
        peer.bench.controls.fault(fault)
        said = await peer.mmcli("-m", "0", f"--messaging-create-sms=text=x,number={NUMBER}")
        path = said.split()[-1]
        assert f"Message.{name}" in await peer.mmcli("-s", path, member)
