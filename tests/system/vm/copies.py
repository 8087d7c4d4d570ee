"""The project's own programs in copies of this process, which has loaded them already.

An emulated processor takes five seconds to load Python and a program of this project. That is what
the start of the daemon is about; the virtual modem and wwanctl are started again and again.
"""

import importlib
import multiprocessing
import os
import runpy
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

FORK = multiprocessing.get_context("fork")

PROGRAMS = {
    "wwand.simulator": ("wwand.simulator.usbip", "wwand.simulator.carrier"),
    "wwand.cli": ("wwand.cli.app", "dbus_fast.aio"),
}
"""The modules that can be run, and what each of them will want."""

ENDING = 20.0
"""Seconds for a program to end after SIGTERM."""


class Lines:
    """What a program writes, line by line."""

    def __init__(self, name: str, stream: int) -> None:
        self._name, self._stream = name, stream
        self._seen = b""

    def line(self, wanted: str, deadline: float) -> str:
        """Wait for a line that contains `wanted`; seconds."""
        until = time.monotonic() + deadline
        while True:
            while b"\n" in self._seen:
                line, _, self._seen = self._seen.partition(b"\n")
                if wanted in line.decode(errors="replace"):
                    return line.decode(errors="replace")
            if not select.select([self._stream], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"{self._name} did not say {wanted!r} within {deadline:g} s")
            if not (data := os.read(self._stream, 4096)):
                raise AssertionError(f"{self._name} ended without saying {wanted!r}")
            self._seen += data


def _become(module: str, arguments: tuple[str, ...], out: int, errors: int) -> None:
    """Be that program: its command line, its streams, and its exit status."""
    os.dup2(out, 1)
    os.dup2(errors, 2)
    sys.stdout, sys.stderr = (os.fdopen(n, "w", buffering=1, closefd=False) for n in (1, 2))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


@contextmanager
def copied(
    module: str, *arguments: str, errors: int | None = None
) -> Iterator[tuple[multiprocessing.process.BaseProcess, int]]:
    """Run a module as a program; gives the process and what it writes, and ends it at the end.

    Its standard error is the descriptor `errors`, or else in what it writes.
    """
    for name in PROGRAMS[module]:
        importlib.import_module(name)
    read, write = os.pipe()
    ends = (write, write if errors is None else errors)
    process = FORK.Process(target=_become, args=(module, arguments, *ends))
    process.start()
    os.close(write)
    try:
        yield process, read
    finally:
        process.terminate()
        process.join(ENDING)
        if process.exitcode is None:
            process.kill()
            process.join()
        os.close(read)


def output_of(
    module: str, *arguments: str, deadline: float, errors: int | None = None
) -> tuple[int, str]:
    """Run a module as a program to its end; return its exit status and what it wrote."""
    until, said = time.monotonic() + deadline, b""
    with copied(module, *arguments, errors=errors) as (process, read):
        while True:
            if not select.select([read], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"{module} {' '.join(arguments)}: not within {deadline:g} s")
            if not (data := os.read(read, 65536)):
                break
            said += data
        process.join(max(0.0, until - time.monotonic()))
        assert process.exitcode is not None, f"{module} closed its output, and goes on"
        return process.exitcode, said.decode()
