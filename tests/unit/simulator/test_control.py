"""JSON orders on the control socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.conftest import DEADLINE, Host, modem
from wwand.errors import BadArgument
from wwand.simulator.control import FAULTS, parse_fault
from wwand.simulator.pty import Simulation
from wwand.simulator.socket_control import serve_control


async def ask(path: Path, **request: Any) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            return answer
    finally:
        writer.close()
        await writer.wait_closed()


async def test_orders_come_through_the_socket(
    simulation: Simulation, host: Host, tmp_path: Path
) -> None:
    path = tmp_path / "control"
    async with serve_control(simulation.controls, path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert await ask(path, do="fault", name="signal", value=25) == {"ok": True}
        assert await host.ask("AT+CSQ") == "+CSQ: 25,99"
        (device,) = (await ask(path, do="status"))["devices"]
        assert (device["device"], device["id"], device["open"]) == ("1-1", "1c9e:9605", [3])
        commands = await ask(path, do="journal", kind="command")
        assert [(e["port"], e["text"]) for e in commands["entries"]] == [(3, "ATE0"), (3, "AT+CSQ")]
        assert not (await ask(path, do="sms", pdu="00"))["ok"]
    assert not path.exists()


async def test_waiting_on_the_socket_ends_when_it_has_happened(
    simulation: Simulation, host: Host, tmp_path: Path
) -> None:
    path = tmp_path / "control"
    async with serve_control(simulation.controls, path):
        seen = (await ask(path, do="journal"))["next"]
        waiting = asyncio.create_task(ask(path, do="wait", kind="unplugged", since=seen))
        assert (await ask(path, do="status"))["ok"]
        assert not waiting.done()
        assert (await ask(path, do="unplug"))["ok"]
        assert (await waiting)["entry"]["device"] == "1-1"
        await host.gone()


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "dance"},
        {"do": "fault", "name": "gravity"},
        {"do": "fault", "name": "registration", "value": "maybe"},
        {"do": "fault", "name": "signal", "value": "loud"},
        {"do": "unplug", "device": "9-9"},
        {},
    ],
)
async def test_a_bad_order_is_answered_with_a_reason(
    simulation: Simulation, request_: dict[str, Any]
) -> None:
    await modem(simulation)
    answer = await simulation.controls.do(request_)
    assert not answer["ok"]
    assert answer["error"]


@pytest.mark.parametrize("name", FAULTS)
async def test_every_fault_can_be_set_before_and_while_a_modem_is_there(
    simulation: Simulation, name: str
) -> None:
    takes = FAULTS[name].takes
    values = {"flag": True, "port": 1, "number": 3, "seconds": 0.0, "end": "33"}
    value = values.get(takes, takes.split("|")[0])
    simulation.controls.fault(name, value)
    simulation.controls.fault("never-return", on=False)
    simulation.controls.fault("ignore-switches", 0)
    await modem(simulation)
    simulation.controls.fault(name, value)


def test_a_fault_on_the_command_line_has_a_value_or_is_a_flag() -> None:
    assert parse_fault("refuse") == ("refuse", True)
    assert parse_fault("mute=2") == ("mute", "2")
    with pytest.raises(BadArgument):
        parse_fault("gravity=0")
