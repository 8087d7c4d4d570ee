"""Measures one model inside the test guest; started there by `python -m bench`.

A round begins without a modem and with the stack's daemons idle, plugs the modem in, and ends when
the network has answered a ping and what the model's table wants beside that has been measured.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.facts import CARRIER, LATENCY, Round
from bench.models import Model, model
from bench.processes import end_all, resident, start, until_idle
from bench.reads import read_modem
from bench.stacks import Stack, choose_switcher, set_up, stack
from bench.transfer import Parties, transfer_rates
from bench.witness import Witness
from tests.system.vm.guest import Process, Simulator, eventually, output, simulator

PING_DEADLINE = 150.0
STEP_DEADLINE = 20.0
"""Seconds after the ping for what should have been seen before it."""

Entries = list[dict[str, Any]]


class Bench:
    """One model, and what watches it."""

    def __init__(self, measured: Model, device: Simulator, witness: Witness, reads: int) -> None:
        self._model = measured
        self._device = device
        self._witness = witness
        self._reads = reads

    async def rehearse(self) -> None:
        """One plug that nobody measures: drivers are loaded, and files are in memory, for all.

        No manager runs; usb_modeswitch switches.
        """
        choose_switcher(stack(self._model.stacks[0]))
        self._device.ask(do="plug")
        await self._witness.until("ttys", PING_DEADLINE)
        await self._unplug()

    async def measure(self, chosen: Stack, logs: Path) -> Round:
        """One round."""
        choose_switcher(chosen)
        self._witness.forget()
        with ExitStack() as running:
            processes: dict[str, Process] = {}
            for daemon in chosen.daemons:
                process = await start(daemon, self._witness, logs / f"{daemon.name}.log")
                processes[daemon.name] = running.enter_context(process)
            await until_idle(processes)
            begin = self._device.ask(do="journal")["next"]
            began = time.monotonic()
            self._device.ask(do="plug")
            result = Round(chosen.name)
            await self._witness.until("ping", PING_DEADLINE)
            for step in ("ttys", "object", "registered", "up"):
                await self._witness.until(step, STEP_DEADLINE)
            entries = self._entries(begin)
            self._digest(result, entries, began)
            await until_idle(processes)
            result.resident = {n: resident(p.process.pid) for n, p in processes.items()}
            result.reads = await asyncio.to_thread(read_modem, self._witness.modem, self._reads)
            if self._model.wants("idle rate", "beside rate", "loaded rate", "slowdown"):
                result.rates = await self._transfer(processes)
            if self._model.wants("again"):
                result.again = await self._drop()
            await self._unplug()
        for name in chosen.leaves:
            await asyncio.to_thread(eventually, partial(end_all, name), f"{name} ends")
        return result

    async def _transfer(self, processes: dict[str, Process]) -> dict[str, float]:
        manager, *others = (each.process.pid for each in processes.values())
        bus = await self._witness.call("GetConnectionUnixProcessID", "org.freedesktop.DBus")
        parties = Parties(
            interface=self._witness.interface,
            address=self._model.answers,
            modem=self._witness.modem,
            manager=manager,
            beside=(bus, *others),
        )
        return await asyncio.to_thread(transfer_rates, parties)

    async def _drop(self) -> dict[str, float]:
        """Let the network end the connection; the modem reports it, and the stack does the rest."""
        begin = self._device.ask(do="journal")["next"]
        self._device.ask(do="drop")
        self._witness.await_ping("again")
        await self._witness.until("again", PING_DEADLINE)
        entries = self._entries(begin)
        dropped = first(entries, "ended", "network")
        return {
            "dialled": first(entries, *self._model.dial) - dropped,
            "connected": first(entries, "connected") - dropped,
            "ping": self._witness.times["again"] - dropped,
        }

    async def _unplug(self) -> None:
        self._device.ask(do="unplug")
        await asyncio.to_thread(eventually, no_modem, "the modem's ports go")
        await asyncio.to_thread(eventually, no_call, "the calls end")
        output("udevadm", "settle")

    def _entries(self, begin: int) -> Entries:
        entries: Entries = self._device.ask(do="journal", since=begin)["entries"]
        return entries

    def _digest(self, result: Round, entries: Entries, began: float) -> None:
        """Join what the modem and the witness have seen."""
        times = self._witness.times
        commands = times_of(entries, "command")
        seen = times | {
            "command": min(commands + times_of(entries, "qmi")),
            "dialled": first(entries, *self._model.dial),
            "connected": first(entries, "connected"),
        }
        if commands:
            seen["opened"] = first(entries, "opened")
        if self._model.switches:
            seen["message"] = first(entries, "message")
            seen["switched"] = first(entries, "switched")
            seen["back"] = times_of(entries, "plugged")[1]
        result.seconds = {step: at - began for step, at in seen.items()}
        result.messages = len(times_of(entries, "message"))
        result.commands = sum(at <= times["registered"] for at in commands)
        for kind in ("command", "qmi"):
            result.asked[kind] = sum(at <= times["ping"] for at in times_of(entries, kind))
        ports = [
            e["port"] for e in entries if e["kind"] == "command" and e["at"] <= times["object"]
        ]
        result.chain = max((ports.count(port) for port in set(ports)), default=0)


def times_of(entries: Iterable[dict[str, Any]], kind: str, beginning: str = "") -> list[float]:
    """When such entries of the journal were made."""
    return [e["at"] for e in entries if e["kind"] == kind and e["text"].startswith(beginning)]


def first(entries: Iterable[dict[str, Any]], kind: str, beginning: str = "") -> float:
    """When the first such entry was made; raises when there is none."""
    if not (found := times_of(entries, kind, beginning)):
        raise RuntimeError(f"the virtual modem's journal has no {kind} {beginning}".rstrip())
    return min(found)


def no_modem() -> bool:
    """Whether nothing of the modem is left."""
    return not (
        list(Path("/dev").glob("ttyUSB*"))
        or list(Path("/sys/bus/usb/devices").glob("1-1:*"))
        or Path("/sys/class/net/ppp0").exists()
    )


def no_call() -> bool:
    """Whether the simulated network serves nobody."""
    return not output("ip", "netns", "pids", CARRIER).split()


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def told(result: Round) -> str:
    """A round in one line."""
    steps = [f"{step} {at:.2f}" for step, at in sorted(result.seconds.items(), key=lambda s: s[1])]
    steps += [f"{step} again {at:.2f}" for step, at in result.again.items()]
    steps += [f"{kind} {rate:.2f}" for kind, rate in result.rates.items()]
    return ", ".join(steps)


async def main() -> None:
    """Run the rounds, one stack after the other, and write what they gave."""
    parser = argparse.ArgumentParser(prog="python -m bench.guest")
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reads", type=int, default=300)
    parser.add_argument("--stack", action="append", default=[])
    chosen = parser.parse_args()
    measured = model(chosen.model)
    out = Path(os.environ["WWAND_VM_OUT"])
    set_up()
    results: list[Round] = []
    with simulator(measured.name, "--latency", str(LATENCY), "--unplugged") as device:
        async with Witness(measured) as witness:
            bench = Bench(measured, device, witness, chosen.reads)
            await bench.rehearse()
            for number in range(1, chosen.rounds + 1):
                for name in chosen.stack or measured.stacks:
                    folder = out / "logs" / str(number) / name.replace(" ", "")
                    folder.mkdir(parents=True, exist_ok=True)
                    found = await bench.measure(stack(name), folder)
                    say(f"{measured.name}, round {number}, {name}: {told(found)}")
                    results.append(found)
                    file = out / "rounds.json"
                    file.write_text(json.dumps([each.as_json() for each in results]))


if __name__ == "__main__":
    asyncio.run(main())
