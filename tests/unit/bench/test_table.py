"""From rounds to tables: what holds, what cannot be compared, what was never measured."""

import socket
import struct

import pytest

from bench.__main__ import complaint
from bench.facts import AUTO, PEER, STEPS, WITH_NM, Round
from bench.guest import first
from bench.models import MODELS, Model, model
from bench.table import MEASURES, Row, rows, text, timeline
from bench.witness import new_addresses


def a_round(stack: str, model: Model, scale: float) -> Round:
    """A round whose times are `scale` times as long as the steps' numbers."""
    manager = "ModemManager" if stack == PEER else "wwand"
    return Round(
        stack,
        seconds={step: number * scale for number, step in enumerate(STEPS, start=1)},
        messages=int(model.switches),
        commands=round(40 * scale),
        asked={"command": round(50 * scale), "qmi": round(20 * scale)},
        chain=5,
        reads={"Get": 0.004 * scale, "GetAll": 0.008 * scale},
        resident={manager: 10 * scale},
        rates={"idle": 6.0, "beside": 5.5, "loaded": 5.0, "busy": 0.5},
        again={"ping": 3 * scale},
    )


def rounds_of(model: Model) -> list[Round]:
    return [a_round(stack, model, 10 if stack == PEER else 1) for stack in model.stacks]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_every_row_of_every_model_can_be_made(model: Model) -> None:
    rounds = rounds_of(model)
    assert complaint(model, rounds, 1) == ""
    found = rows(model, rounds)
    assert len(found) == len(model.wanted)
    assert all(row.peer for row in found)
    printed = text(found)
    assert all(row.title in printed for row in found)
    assert timeline(rounds).count("\n") == len(model.stacks) - 1


def test_the_longcheer_is_measured_with_networkmanager_too() -> None:
    assert model("longcheer-mmx352g").stacks == (PEER, AUTO, WITH_NM)
    assert model("qmi-lte").stacks == (PEER, AUTO)


@pytest.mark.parametrize(("ours", "holds"), [(3.0, True), (3.1, False)])
def test_a_limit_is_a_ratio_to_the_peer(ours: float, holds: bool) -> None:
    assert Row("", "s", [ours], [10.0], limit=0.3).holds is holds


def test_an_absolute_limit_is_for_wwand_alone() -> None:
    assert Row("", "", [1.2], [9.0], limit=1.25, absolute=True).holds
    assert not Row("", "", [1.3], [9.0], limit=1.25, absolute=True).holds


def test_a_lower_limit_is_told_in_the_remark() -> None:
    lte = model("qmi-lte")
    (row,) = (r for r in rows(lte, rounds_of(lte)) if r.title == MEASURES["object"].title)
    floor = STEPS.index("ttys") + 1 + 5 * 0.02
    assert f"the lower limit of {floor:.2f} s" in row.remark


def test_a_round_that_is_missing_is_complained_about() -> None:
    lte = model("qmi-lte")
    assert "0 rounds of 1" in complaint(lte, rounds_of(lte)[:1], 1)


def test_a_second_switch_message_is_complained_about() -> None:
    stick = model("longcheer-mmx352g")
    rounds = rounds_of(stick)
    rounds[1].messages = 2
    assert "switch messages, not 1" in complaint(stick, rounds, 1)


def test_a_step_that_never_came_is_named() -> None:
    entries = [{"at": 2.0, "kind": "command", "text": "AT", "port": 1}]
    assert first(entries, "command", "AT") == 2.0
    with pytest.raises(RuntimeError, match="no qmi WDS Start Network"):
        first(entries, "qmi", "WDS Start Network")


def test_new_addresses_are_told_by_interface() -> None:
    added, removed, loopback = 20, 21, socket.if_nametoindex("lo")

    def message(kind: int) -> bytes:
        body = struct.pack("=BBBBL", socket.AF_INET, 8, 0, 0, loopback) + b"\x05\0\1\0\x7f\0\0\0"
        return struct.pack("=LHHLL", 16 + len(body), kind, 0, 0, 0) + body

    assert new_addresses(message(removed) + message(added)) == ["lo"]
