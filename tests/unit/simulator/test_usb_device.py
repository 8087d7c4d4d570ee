"""A model as a USB device, asked in USB/IP's words as the kernel does."""

import asyncio
import struct
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from tests.unit.simulator.conftest import DEADLINE, SWITCH
from tests.unit.simulator.kernel import Kernel, attached
from wwand.simulator.journal import Happened
from wwand.simulator.usbip_wire import EPIPE, RET_UNLINK

DTR_UP, DTR_DOWN = bytes.fromhex("2122010003000000"), bytes.fromhex("2122000003000000")
CLEAR_STORAGE = bytes.fromhex("a1fe000000000100")


@pytest.fixture
async def modem() -> AsyncIterator[Kernel]:
    async for kernel in attached("longcheer-mmx352g", "modem"):
        yield kernel


@pytest.fixture
async def cdrom() -> AsyncIterator[Kernel]:
    async for kernel in attached("longcheer-mmx352g", "storage"):
        yield kernel


async def test_the_descriptors_are_those_of_the_stick(modem: Kernel) -> None:
    status, device = await modem.control(bytes.fromhex("8006000100001200"), 18)
    assert status == 0
    assert device == bytes.fromhex("120100020000004 09e1c0596000003020401".replace(" ", ""))
    _, head = await modem.control(bytes.fromhex("8006000200000900"), 9)
    total = int.from_bytes(head[2:4], "little")
    _, whole = await modem.control(bytes.fromhex("80060002000000 02".replace(" ", "")), 512)
    assert len(whole) == total
    assert whole[4:9] == bytes((5, 1, 0, 0xE0, 250))
    assert whole.count(bytes((7, 5, 0x84, 3, 64, 0, 5))) == 1
    _, product = await modem.control(bytes.fromhex("800602030904ff00"), 255)
    assert product[2:].decode("utf-16-le") == "USB Modem"
    status, _ = await modem.control(bytes.fromhex("800609030904ff00"), 255)
    assert status == EPIPE


async def test_a_port_answers_when_dtr_is_up(modem: Kernel) -> None:
    await modem.control(DTR_UP)
    await modem.write(0x04, b"ATE0\r")
    got = b""
    while not got.endswith(b"OK\r\n"):
        got += await modem.read(0x85)
    assert got == b"ATE0\r\r\nOK\r\n"


async def test_dtr_down_forgets_what_was_not_fetched(modem: Kernel) -> None:
    await modem.control(DTR_UP)
    await modem.write(0x04, b"ATE0\r")
    async with asyncio.timeout(DEADLINE):
        await modem.stick.journal.until(Happened.COMMAND)
    await modem.control(DTR_DOWN)
    await modem.control(DTR_UP)
    await modem.write(0x04, b"AT\r")
    assert b"ATE0" not in await modem.read(0x85)


async def test_a_transfer_taken_back_is_not_answered(modem: Kernel) -> None:
    await modem.control(DTR_UP)
    waiting = modem.submit(0x85, 4096)
    modem.unlink(waiting)
    command, _, status, _ = await modem.answer()
    assert (command, status) == (RET_UNLINK, -104)
    modem.unlink(waiting)
    command, _, status, _ = await modem.answer()
    assert (command, status) == (RET_UNLINK, 0)


async def test_a_call_raises_carrier_detect_on_the_interrupt_endpoint(modem: Kernel) -> None:
    async with asyncio.timeout(DEADLINE):
        await modem.stick.journal.until(Happened.REGISTRATION, text="1")
    await modem.control(DTR_UP)
    await modem.write(0x04, b"ATD*99#\r")
    assert (await modem.read(0x84, 64)).hex() == "a1200000030002000300"
    await modem.control(DTR_DOWN)
    assert (await modem.read(0x84, 64)).hex() == "a1200000030002000200"
    assert modem.stick.journal.find(Happened.ENDED, text="dtr")


async def command(kernel: Kernel, cdb: str, length: int) -> tuple[int, bytes, int]:
    """Run a SCSI command; return the data stage's status and data, and the command's status."""
    raw = bytes.fromhex(cdb)
    block = struct.pack("<4sIIBBB16s", b"USBC", 7, length, 0x80, 0, len(raw), raw)
    await kernel.write(0x01, block)
    status, data = 0, b""
    if length:
        kernel.submit(0x81, length)
        _, _, status, data = await kernel.answer()
    wrapper = await kernel.read(0x81, 13)
    assert wrapper[:8] == b"USBS" + struct.pack("<I", 7)
    return status, data, wrapper[12]


async def test_the_cd_rom_says_what_the_owners_kernel_log_shows(cdrom: Kernel) -> None:
    status, data, result = await command(cdrom, "120000002400", 36)
    assert (status, result) == (0, 0)
    assert data[0] == 5
    assert data[8:].decode() == "USBModemDisk            2.31"
    assert (await cdrom.control(CLEAR_STORAGE, 1)) == (0, b"\0")


async def test_an_unknown_scsi_command_stalls_and_the_reason_can_be_asked(cdrom: Kernel) -> None:
    status, _, result = await command(cdrom, "a4000000000000000008", 8)
    assert (status, result) == (EPIPE, 1)
    _, sense, _ = await command(cdrom, "030000001200", 18)
    assert (sense[2], sense[12]) == (5, 0x20)


async def test_the_message_switches_and_is_noted(cdrom: Kernel) -> None:
    await cdrom.write(0x01, SWITCH)
    async with asyncio.timeout(DEADLINE):
        await cdrom.stick.journal.until(Happened.SWITCHED)
    assert cdrom.switched == ["modem"]
    assert [e.text for e in cdrom.stick.journal.find(Happened.MESSAGE)] == [SWITCH.hex()]


def test_what_answers_a_device_is_loaded_before_it_is_plugged_in() -> None:
    code = """if True:
        import sys
        from wwand.simulator import load_model
        from wwand.simulator.calls import Swallow
        from wwand.simulator.journal import Journal
        from wwand.simulator.stick import Stick
        for name in ("longcheer-mmx352g", "qmi-lte"):
            Stick(load_model(name), "1-1", Journal(), Swallow())
            print("wwand.simulator.qmi.engine" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
