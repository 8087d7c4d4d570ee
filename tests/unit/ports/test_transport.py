import asyncio
import errno
import fcntl
import gc
import os
import pty
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from wwand.at.channel import AtChannel
from wwand.at.command import action
from wwand.device import Port, PortKind
from wwand.errors import PortBusy, PortGone, Unsupported
from wwand.ports import transport as transport_module
from wwand.ports.transport import PortTransport, lock_holder, open_port, opening_error

DEADLINE = 5.0


class Recorder(asyncio.Protocol):
    """Keeps what a transport brings."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.made = asyncio.Event()
        self._more = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made.set()

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)

    async def gets(self, wanted: bytes) -> None:
        """Wait until what came in ends so."""
        async with asyncio.timeout(DEADLINE):
            while not self.received.endswith(wanted):
                self._more.clear()
                await self._more.wait()


class Pty:
    """A pty whose far end plays the modem, behind a symlink as the simulator makes them."""

    def __init__(self, folder: Path) -> None:
        self.modem, self.slave = pty.openpty()
        os.set_blocking(self.modem, False)
        self.path = folder / "ttyUSB0"
        self.path.symlink_to(os.ttyname(self.slave))
        self.port = Port("ttyUSB0", PortKind.TTY, 0, path=self.path)

    def pull(self) -> None:
        """Unplug it."""
        if self.modem >= 0:
            os.close(self.slave)
            os.close(self.modem)
            self.modem = -1


@pytest.fixture
def tty(tmp_path: Path) -> Iterator[Pty]:
    made = Pty(tmp_path)
    yield made
    made.pull()


@pytest.fixture
async def protocol() -> Recorder:
    return Recorder()


@pytest.fixture
async def transport(tty: Pty, protocol: Recorder) -> AsyncIterator[PortTransport]:
    opened = await open_port(tty.port, protocol)
    async with asyncio.timeout(DEADLINE):
        await protocol.made.wait()
    yield opened
    opened.abort()
    await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE)


async def read(fd: int, length: int) -> bytes:
    """Read from the modem's end."""
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < length:
        ready = asyncio.Event()
        loop.add_reader(fd, ready.set)
        try:
            async with asyncio.timeout(DEADLINE):
                await ready.wait()
        finally:
            loop.remove_reader(fd)
        data += os.read(fd, length - len(data))
    return data


async def test_octets_pass_unchanged_in_both_directions(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    every = bytes(range(256))
    transport.write(every)
    assert await read(tty.modem, 256) == every
    os.write(tty.modem, every)
    await protocol.gets(every)
    assert protocol.received == every


async def test_what_came_before_the_opening_is_neither_echoed_nor_delivered(
    tty: Pty, protocol: Recorder
) -> None:
    os.write(tty.modem, b"^BOOT\r\n")
    assert await read(tty.modem, 9) == b"^BOOT\r\n\r\n"  # the fresh tty echoes already
    opened = await open_port(tty.port, protocol)
    os.write(tty.modem, b"OK\r\n")
    await protocol.gets(b"OK\r\n")
    assert protocol.received == b"OK\r\n"
    with pytest.raises(BlockingIOError):
        os.read(tty.modem, 100)
    opened.abort()
    await protocol.lost


async def test_the_tty_is_raw_without_flow_control(tty: Pty, transport: PortTransport) -> None:
    iflag, oflag, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(transport.fileno())
    assert (iflag, oflag, lflag) == (0, 0, 0)
    assert not cflag & termios.CRTSCTS
    assert cflag & termios.CLOCAL
    assert ispeed == ospeed == termios.B115200


async def test_a_port_in_use_names_the_process_that_has_it(
    tty: Pty, protocol: Recorder, tmp_path: Path
) -> None:
    script = (
        "import fcntl,sys;f=open(sys.argv[1],'rb+',0);fcntl.flock(f,2);print(flush=True);input()"
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(tty.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert other.stdout
    await other.stdout.readline()
    shows = lock_holder(tty.slave) is not None  # /proc/locks is empty in some containers
    with pytest.raises(PortBusy, match=f"ttyUSB0.*{other.pid if shows else ''}"):
        await open_port(tty.port, protocol)
    await other.communicate(b"\n")


async def test_the_holder_of_a_lock_is_read_from_the_kernels_list(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("w") as opened:
        status = os.fstat(opened.fileno())
        device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        locks = tmp_path / "locks"
        locks.write_text(
            f"1: POSIX  ADVISORY  WRITE 7 {device} 0 EOF\n"
            f"2: FLOCK  ADVISORY  WRITE 4711 {device} 0 EOF\n"
        )
        assert lock_holder(opened.fileno(), locks) == 4711
        assert lock_holder(opened.fileno(), tmp_path / "absent") is None


async def test_a_second_opening_is_refused_and_the_first_goes_on(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    with pytest.raises(PortBusy):
        await open_port(tty.port, Recorder())
    os.write(tty.modem, b"still here")
    await protocol.gets(b"still here")


async def test_a_released_port_can_be_locked_by_another_program(
    tty: Pty, transport: PortTransport
) -> None:
    transport.release_lock()
    with tty.path.open("rb+", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(PortBusy):
            transport.take_lock()
    transport.take_lock()


async def test_reading_again_makes_the_port_raw_and_keeps_what_came_meanwhile(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    transport.pause_reading()
    settings = termios.tcgetattr(tty.slave)
    settings[3] |= termios.ECHO
    termios.tcsetattr(tty.slave, termios.TCSANOW, settings)
    os.write(tty.modem, b"NO CARRIER")
    transport.resume_reading()
    await protocol.gets(b"NO CARRIER")
    assert termios.tcgetattr(tty.slave)[3] == 0


async def test_nothing_is_read_while_reading_is_paused(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    transport.pause_reading()
    os.write(tty.modem, b"for pppd")
    assert os.read(transport.fileno(), 100) == b"for pppd"
    assert protocol.received == b""
    transport.resume_reading()
    os.write(tty.modem, b"for us")
    await protocol.gets(b"for us")


async def test_a_pty_has_no_dtr(transport: PortTransport) -> None:
    assert not transport.drop_dtr()
    assert not transport.raise_dtr()


async def test_an_unplug_ends_the_connection_at_once_and_quietly(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    tty.pull()
    reason = await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE)
    assert isinstance(reason, OSError)
    transport.write(b"nobody reads this")
    transport.close()
    with pytest.raises(PortGone):
        transport.fileno()


async def test_closing_does_not_wait_for_a_modem_that_takes_nothing(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    transport.write(b"x" * 1_000_000)
    began = time.monotonic()
    transport.close()
    assert transport.is_closing()
    assert await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE) is None
    assert time.monotonic() - began < 1


async def test_a_long_text_reaches_a_slow_reader_whole(tty: Pty, transport: PortTransport) -> None:
    text = bytes(range(256)) * 200
    transport.write(text[:20_000])
    transport.write(text[20_000:])
    assert await read(tty.modem, len(text)) == text


async def test_after_closing_the_port_can_be_opened_again(
    tty: Pty, protocol: Recorder, transport: PortTransport
) -> None:
    transport.close()
    await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE)
    again = Recorder()
    opened = await open_port(tty.port, again)
    os.write(tty.modem, b"hello")
    await again.gets(b"hello")
    opened.close()
    await asyncio.wait_for(asyncio.shield(again.lost), DEADLINE)


async def test_one_open_tty_costs_one_descriptor(tty: Pty, protocol: Recorder) -> None:
    await open_and_close(tty.port)  # threads and epoll are there from now on
    before = len(os.listdir("/proc/self/fd"))
    opened = await open_port(tty.port, protocol)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    opened.close()
    await protocol.lost
    assert len(os.listdir("/proc/self/fd")) == before


async def open_and_close(port: Port) -> None:
    recorder = Recorder()
    (await open_port(port, recorder)).close()
    await recorder.lost


async def test_a_channel_can_send_as_soon_as_its_port_is_open(tty: Pty) -> None:
    async def answer() -> None:
        assert await read(tty.modem, 3) == b"AT\r"
        os.write(tty.modem, b"\r\nOK\r\n")

    modem = asyncio.create_task(answer())
    channel = AtChannel("ttyUSB0")
    await open_port(tty.port, channel)
    await channel.send(action("AT"))
    await modem
    await channel.close()


async def test_who_is_cancelled_while_a_port_opens_leaves_nothing_open(
    tty: Pty, protocol: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_open, opened = threading.Event(), threading.Event(), []

    def slow_open(port: Port) -> int:
        begun.set()
        may_open.wait(DEADLINE)
        opened.append(os.open(tty.path, os.O_RDWR | os.O_NOCTTY))
        return opened[0]

    monkeypatch.setattr(transport_module, "_open_device", slow_open)
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(open_port(Port("p", PortKind.WWAN, 0, path=tty.path), protocol))
    await loop.run_in_executor(None, begun.wait, DEADLINE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_open.set()
    await loop.shutdown_default_executor()
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


async def test_a_port_is_opened_once_an_opening_that_nobody_wants_any_more_is_over(
    tty: Pty, protocol: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that was reset comes back under the same name at once."""
    opened, may_return = threading.Event(), threading.Event()
    open_device = transport_module._open_device

    def slow_open(port: Port) -> int:
        fd = open_device(port)
        opened.set()
        may_return.wait(DEADLINE)
        return fd

    monkeypatch.setattr(transport_module, "_open_device", slow_open)
    loop = asyncio.get_running_loop()
    port = Port("p", PortKind.WWAN, 0, path=tty.path)
    before = asyncio.create_task(open_port(port, Recorder()))
    await loop.run_in_executor(None, opened.wait, DEADLINE)
    before.cancel()
    await asyncio.wait([before])
    after = asyncio.create_task(open_port(port, protocol))
    await asyncio.sleep(0)
    await loop.run_in_executor(None, may_return.set)
    async with asyncio.timeout(DEADLINE):
        (await after).close()


async def test_a_port_that_is_not_there_is_gone(tmp_path: Path, protocol: Recorder) -> None:
    for kind in (PortKind.TTY, PortKind.CDC_WDM):
        with pytest.raises(PortGone, match="port0"):
            await open_port(Port("port0", kind, 0, path=tmp_path / "none"), protocol)


async def test_what_is_no_tty_is_refused_as_one(tmp_path: Path, protocol: Recorder) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PortGone):
        await open_port(Port("file", PortKind.TTY, 0, path=file), protocol)


async def test_a_network_interface_can_not_be_opened(protocol: Recorder) -> None:
    with pytest.raises(Unsupported, match="wwan0"):
        await open_port(Port("wwan0", PortKind.NET, 0), protocol)


def test_the_reason_of_a_failed_opening_is_told() -> None:
    assert isinstance(opening_error("p", OSError(errno.EBUSY, "busy")), PortBusy)
    assert isinstance(opening_error("p", OSError(errno.EIO, "I/O error")), PortGone)
    assert opening_error("p", OSError(errno.EACCES, "denied")).next_step


# Message devices: a pty and a socket stand for cdc-wdm


async def test_a_message_device_is_read_and_written(tty: Pty, protocol: Recorder) -> None:
    port = Port("cdc-wdm0", PortKind.CDC_WDM, 0, path=tty.path)
    opened = await open_port(port, protocol)
    opened.write(b"\x01\x0f\x00")
    assert await read(tty.modem, 3) == b"\x01\x0f\x00"
    os.write(tty.modem, b"\x01\x0c\x00\x03")
    await protocol.gets(b"\x01\x0c\x00\x03")
    assert not opened.drop_dtr()
    with pytest.raises(PortBusy):
        await open_port(port, Recorder())
    tty.pull()
    assert isinstance(await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE), OSError)
    assert opened.is_closing()


async def test_a_message_device_that_is_gone_is_closed_without_a_word(
    tty: Pty, protocol: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = await open_port(Port("cdc-wdm0", PortKind.CDC_WDM, 0, path=tty.path), protocol)
    close = os.close

    def as_cdc_wdm_does(fd: int) -> None:
        close(fd)
        raise OSError(errno.ENODEV, "No such device")

    monkeypatch.setattr(os, "close", as_cdc_wdm_does)
    opened.close()
    await asyncio.wait_for(asyncio.shield(protocol.lost), DEADLINE)
    monkeypatch.undo()
    gc.collect()
    assert not caplog.records


async def test_a_message_device_that_is_busy_gets_all_messages_in_order(
    tmp_path: Path, protocol: Recorder
) -> None:
    path = tmp_path / "cdc-wdm0"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        opened = await open_port(Port("cdc-wdm0", PortKind.CDC_WDM, 0, path=path), protocol)
        peer, _ = server.accept()
    with peer:
        peer.setblocking(False)
        messages = [bytes([i]) * 50_000 for i in range(20)]
        for message in messages:
            opened.write(message)
        received = b""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE):
            while len(received) < 1_000_000:
                received += await loop.sock_recv(peer, 65536)
        assert received == b"".join(messages)
    assert isinstance(await asyncio.wait_for(protocol.lost, DEADLINE), OSError)


def test_pyserial_is_not_imported_before_a_tty_is_opened() -> None:
    code = "import sys, wwand.ports.transport; print('serial' in sys.modules)"
    root = Path(transport_module.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "False"
