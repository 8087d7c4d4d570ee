"""What tests inside the guest need: the simulator as a process, other programs, waiting."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.system.vm.copies import Lines, copied

DEADLINE = 180.0
"""Seconds for one step; the guest's processors are emulated and slow."""


def eventually(
    is_so: Callable[[], bool], what: str, deadline: float = DEADLINE, *, every: float = 0.1
) -> None:
    """Poll for something that nobody announces."""
    until = time.monotonic() + deadline
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {deadline:g} s: {what}")
        time.sleep(every)


def output(*command: str, deadline: float = DEADLINE) -> str:
    """Run a command; return what it wrote, both streams; raises when it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=deadline
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def mmcli(*arguments: str) -> Any:
    """Ask ModemManager; return its JSON."""
    return json.loads(output("mmcli", "-J", *arguments))


def ask(port: str, line: str, deadline: float = DEADLINE) -> str:
    """Send one AT command line to a port, tty or cdc-wdm; return all that came up to OK."""
    fd = os.open(f"/dev/{port}", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if os.isatty(fd):
            tty.setraw(fd)
        os.write(fd, f"{line}\r".encode())
        got, until = b"", time.monotonic() + deadline
        while not got.endswith((b"\r\nOK\r\n", b"ERROR\r\n")):
            if not select.select([fd], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"{port} said {got!r} to {line} within {deadline:g} s")
            got += os.read(fd, 4096)
    finally:
        os.close(fd)
    if not got.endswith(b"OK\r\n"):
        raise AssertionError(f"{port}: {line}: {got.decode()}")
    return got.decode()


class Process:
    """A program in the background whose lines can be waited for."""

    def __init__(self, command: Sequence[str], log: Path | None = None) -> None:
        self.name = Path(command[0]).name
        self._log = open(log, "wb") if log else None  # noqa: SIM115 - closed by stop
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log or subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._lines = Lines(self.name, self.process.stdout.fileno() if self.process.stdout else -1)

    def line(self, wanted: str, deadline: float = DEADLINE) -> str:
        """Wait for a line that contains `wanted`."""
        return self._lines.line(wanted, deadline)

    def ended(self, deadline: float = DEADLINE) -> int:
        """Wait for its end; return its exit status."""
        return self.process.wait(deadline)

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdout, self._log):
            if stream:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Simulator:
    """The control of a running simulator."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one order and return the answer; raises when it was refused."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(request.get("timeout", DEADLINE))
            client.connect(str(self._path))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile() as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
        if not answer["ok"]:
            raise AssertionError(answer["error"])
        return answer

    def wait(self, kind: str, **match: Any) -> dict[str, Any]:
        """Wait until that has happened; return the entry."""
        entry: dict[str, Any] = self.ask(do="wait", kind=kind, **match)["entry"]
        return entry

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return what has happened of that kind."""
        found: list[dict[str, Any]] = self.ask(do="journal", kind=kind)["entries"]
        return found

    def device(self, key: str | None = None) -> dict[str, Any]:
        """Describe one device, by default the first."""
        devices: list[dict[str, Any]] = self.ask(do="status")["devices"]
        return next(d for d in devices if key in (None, d["device"]))


@contextmanager
def simulator(*arguments: str) -> Iterator[Simulator]:
    """Attach models to the guest's USB bus as long as the context is open."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "control"
        attach = ("attach", "--control", str(path), *arguments)
        with copied("wwand.simulator", *attach) as (_, said):
            Lines("the simulator", said).line("ready", DEADLINE)
            yield Simulator(path)


def wait_for_devices(*names: str) -> None:
    """Wait until udev has finished with these device nodes."""
    output("udevadm", "wait", f"--timeout={DEADLINE:g}", "--settle", *(f"/dev/{n}" for n in names))
