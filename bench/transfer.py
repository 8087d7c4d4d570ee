"""A bulk transfer through the modem, by turns with an idle manager and with a loaded one.

The load is property reads, one after the other. The manager, its bus and the reader get the time
that the transfer leaves (SCHED_IDLE, sched(7)). Emulated processors are slower the more of them
are busy, whatever they do; what that costs is seen in a third kind of turn, in which the manager is
idle and a process computes that has nothing to do with it. Started as a program, this is the
sender, the reader, or the process that computes.
"""

import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from bench.facts import CARRIER
from bench.reads import Client, get_all
from tests.system.vm.guest import Process

PORT = 5001
WINDOW, WINDOWS = 1.5, 3
"""Seconds of one measurement, and how many there are of each kind."""

WARM_UP = 2.0
"""Seconds until TCP has found its pace."""

SILENCE = 20.0
"""Seconds without an octet that mean that the transfer is dead."""

MIB = 1 << 20
BUSY = 0.02
"""Share of a processor that the manager must at least need for the load to be one."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has to do with a transfer."""

    interface: str
    address: str
    """The far end of the transfer."""
    modem: str
    """The object path that is read."""
    manager: int
    beside: tuple[int, ...]
    """The bus, and the stack's other daemons."""


def transfer_rates(parties: Parties) -> dict[str, float]:
    """MiB/s `idle`, `beside` other work and `loaded`; how `busy` the manager was then."""
    found: dict[str, list[float]] = {"idle": [], "beside": [], "loaded": []}
    busy = []
    with ExitStack() as ending:
        ending.enter_context(_sender(parties.address))
        reader = ending.enter_context(_stopped("read", parties.modem))
        other = ending.enter_context(_stopped("compute", ""))
        ending.enter_context(_yielding(reader, other, parties.manager, *parties.beside))
        receiver = ending.enter_context(socket.socket())
        receiver.settimeout(SILENCE)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, parties.interface.encode())
        receiver.connect((parties.address, PORT))
        _receive(receiver, WARM_UP)
        for _ in range(WINDOWS):
            found["idle"].append(_receive(receiver, WINDOW))
            with _let_run(other):
                found["beside"].append(_receive(receiver, WINDOW))
            with _let_run(reader):
                before = _cpu_seconds(parties.manager)
                found["loaded"].append(_receive(receiver, WINDOW))
                busy.append((_cpu_seconds(parties.manager) - before) / WINDOW)
    rates = {kind: statistics.median(each) for kind, each in found.items()}
    rates["busy"] = statistics.median(busy)
    if rates["busy"] < BUSY:
        raise RuntimeError(f"the reads did not load the manager: {busy} of a processor")
    return rates


def _receive(receiver: socket.socket, seconds: float) -> float:
    buffer = bytearray(MIB)
    octets, began = 0, time.monotonic()
    while (taken := time.monotonic() - began) < seconds:
        if not (count := receiver.recv_into(buffer)):
            raise RuntimeError("the transfer ended by itself")
        octets += count
    return octets / taken / MIB


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process's first thread (linux Documentation/scheduler/sched-stats)."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


@contextmanager
def _sender(address: str) -> Iterator[None]:
    inside = ("ip", "netns", "exec", CARRIER)
    with Process((*inside, sys.executable, "-m", "bench.transfer", "send", address)) as process:
        process.line("ready")
        yield


@contextmanager
def _stopped(what: str, about: str) -> Iterator[int]:
    """A process that does its work while `_let_run` lets it."""
    with Process((sys.executable, "-m", "bench.transfer", what, about)) as process:
        process.line("ready")
        os.kill(process.process.pid, signal.SIGSTOP)
        try:
            yield process.process.pid
        finally:
            os.kill(process.process.pid, signal.SIGCONT)


@contextmanager
def _let_run(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGCONT)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGSTOP)


@contextmanager
def _yielding(*pids: int) -> Iterator[None]:
    """Give processes only the time that nobody else wants."""
    nothing = os.sched_param(0)
    for pid in pids:
        os.sched_setscheduler(pid, os.SCHED_IDLE, nothing)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.sched_setscheduler(pid, os.SCHED_OTHER, nothing)


def _send(address: str) -> None:
    """Send to whoever connects for as long as he takes it."""
    with socket.create_server((address, PORT)) as server:
        print("ready", flush=True)
        peer, _ = server.accept()
        block = bytes(MIB)
        with peer, suppress(ConnectionError):
            while True:
                peer.sendall(block)


def _read(modem: str) -> None:
    """Read all properties of a modem, again and again."""
    with Client() as client:
        print("ready", flush=True)
        while True:
            client.median(get_all(modem), 100)


def _compute(_about: str) -> None:
    """Keep a processor busy."""
    print("ready", flush=True)
    while True:
        pass


if __name__ == "__main__":
    {"send": _send, "read": _read, "compute": _compute}[sys.argv[1]](sys.argv[2])
