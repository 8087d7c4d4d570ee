"""Measures inside the test guest; started there by `python -m bench`.

A round begins without a stick and with the stack's daemons idle, plugs the stick in as storage, and
ends when the network has answered a ping and the daemons have been looked at.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.facts import LATENCY, MODEL, Round
from bench.reads import read_modem
from bench.stacks import STACKS, Daemon, Stack, choose_switcher, set_up
from bench.witness import Witness
from tests.system.vm.guest import Process, Simulator, eventually, output, simulator

PING_DEADLINE = 150.0
NAME_DEADLINE = 60.0
IDLE_WINDOW, IDLE_TICKS, IDLE_DEADLINE = 1.5, 3, 60.0
"""Idle: at most so many clock ticks of CPU time in a window of so many seconds."""


def cpu_ticks(pids: Iterable[int]) -> int:
    """User and system time of processes, children included (proc(5))."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total


def resident(pid: int) -> float:
    """VmRSS in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


async def until_idle(processes: dict[str, Process]) -> None:
    """Wait until start-up work is over."""
    pids = [each.process.pid for each in processes.values()]
    until = time.monotonic() + IDLE_DEADLINE
    before = cpu_ticks(pids)
    while True:
        await asyncio.sleep(IDLE_WINDOW)
        now = cpu_ticks(pids)
        if now - before <= IDLE_TICKS:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{', '.join(processes)} never idle")
        before = now


async def start(daemon: Daemon, witness: Witness, log: Path) -> Process:
    """Start a daemon and wait until it owns its name."""
    process = Process(daemon.command, log=log)
    until = time.monotonic() + NAME_DEADLINE
    while not await witness.call("NameHasOwner", daemon.bus_name):
        if process.process.poll() is not None or time.monotonic() > until:
            process.stop()
            raise RuntimeError(f"{daemon.name} did not start: see {log}")
        await asyncio.sleep(0.2)
    return process


async def measure(
    stack: Stack, stick: Simulator, witness: Witness, logs: Path, reads: int
) -> Round:
    """One round."""
    choose_switcher(stack)
    witness.forget()
    with ExitStack() as running:
        processes: dict[str, Process] = {}
        for daemon in stack.daemons:
            process = await start(daemon, witness, logs / f"{daemon.name}.log")
            processes[daemon.name] = running.enter_context(process)
        await until_idle(processes)
        begin = stick.ask(do="journal")["next"]
        began = time.monotonic()
        stick.ask(do="plug")
        await witness.until("ping", PING_DEADLINE)
        await until_idle(processes)
        result = Round(stack.name)
        result.resident = {n: resident(p.process.pid) for n, p in processes.items()}
        result.reads = await asyncio.to_thread(read_modem, witness.modem, reads)
        entries = stick.ask(do="journal", since=begin)["entries"]
        digest(result, entries, witness.times, began)
        stick.ask(do="unplug")
        await asyncio.to_thread(eventually, no_stick, "the stick's ports go")
    await asyncio.to_thread(eventually, no_call, "the calls end")
    output("udevadm", "settle")
    return result


async def rehearse(stick: Simulator, witness: Witness) -> None:
    """One plug that nobody measures: drivers are loaded, and files are in memory, for all stacks.

    No manager runs; usb_modeswitch switches.
    """
    choose_switcher(STACKS[0])
    stick.ask(do="plug")
    await witness.until("ttys", PING_DEADLINE)
    stick.ask(do="unplug")
    await asyncio.to_thread(eventually, no_stick, "the stick's ports go")
    output("udevadm", "settle")


def no_stick() -> bool:
    """Whether nothing of the stick is left."""
    return not list(Path("/dev").glob("ttyUSB*")) and not Path("/sys/class/net/ppp0").exists()


def no_call() -> bool:
    """Whether the simulated network serves nobody."""
    return not output("ip", "netns", "pids", "wwand-carrier").split()


def digest(
    result: Round, entries: list[dict[str, Any]], times: dict[str, float], began: float
) -> None:
    """Join what the stick and the witness have seen."""

    def first(kind: str, beginning: str = "") -> Any:
        return min(
            e["at"] for e in entries if e["kind"] == kind and e["text"].startswith(beginning)
        )

    commands = [e for e in entries if e["kind"] == "command"]
    plugs = [e["at"] for e in entries if e["kind"] == "plugged"]
    seen = times | {
        "message": first("message"),
        "switched": first("switched"),
        "back": plugs[1],
        "opened": first("opened"),
        "command": commands[0]["at"],
        "dialled": first("command", "ATD"),
        "connected": first("connected"),
    }
    result.seconds = {step: at - began for step, at in seen.items()}
    result.messages = sum(e["kind"] == "message" for e in entries)
    result.commands = sum(e["at"] <= times["registered"] for e in commands)
    ports = [e["port"] for e in commands if e["at"] <= times["object"]]
    result.chain = max(ports.count(port) for port in set(ports))


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main() -> None:
    """Run the rounds, one stack after the other, and write what they gave."""
    parser = argparse.ArgumentParser(prog="python -m bench.guest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reads", type=int, default=300)
    parser.add_argument("--stack", action="append", default=[])
    chosen = parser.parse_args()
    out = Path(os.environ["WWAND_VM_OUT"])
    logs = out / "logs"
    set_up()
    results: list[Round] = []
    with simulator(MODEL, "--latency", str(LATENCY), "--unplugged") as stick:
        async with Witness() as witness:
            await rehearse(stick, witness)
            for number in range(1, chosen.rounds + 1):
                for stack in STACKS:
                    if chosen.stack and stack.name not in chosen.stack:
                        continue
                    folder = logs / str(number) / stack.name.replace(" ", "")
                    folder.mkdir(parents=True, exist_ok=True)
                    found = await measure(stack, stick, witness, folder, chosen.reads)
                    say(
                        f"round {number}, {stack.name}: "
                        + ", ".join(
                            f"{step} {at:.2f}"
                            for step, at in sorted(found.seconds.items(), key=lambda s: s[1])
                        )
                    )
                    results.append(found)
                    file = out / "rounds.json"
                    file.write_text(json.dumps([each.as_json() for each in results]))


if __name__ == "__main__":
    asyncio.run(main())
