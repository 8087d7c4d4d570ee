"""What monitor says of a change."""

from typing import Any, cast

import pytest

from tests.unit.cli.things import HISTORY, ROOT, bearer, device, modem
from wwand.cli.client import Client
from wwand.cli.commands.monitor import Teller
from wwand.cli.objects import BEARER, DEVICE, MESSAGING, MODEM, MODEM_3GPP, Device, Modem
from wwand.cli.watch import Change, Picture

PATH = f"{ROOT}/Modem/0"


class Frozen(Picture):
    """A picture of given things."""

    def __init__(self, *things: Device | Modem, bearer: dict[str, Any] | None = None) -> None:
        super().__init__(cast(Client, None))
        for thing in things:
            self.put(thing)
        if bearer:
            self._objects[f"{ROOT}/Bearer/0"] = {BEARER: bearer}

    def put(self, thing: Device | Modem) -> None:
        if isinstance(thing, Device):
            self._objects[thing.path] = {DEVICE: dict(thing.facts)}
        else:
            self._objects[thing.path] = {MODEM: dict(thing.facts), MODEM_3GPP: dict(thing.gpp)}


def said(teller: Teller, change: Change) -> list[tuple[str, str]]:
    return [(who, what) for _, who, what, *_ in teller.events(change)]


def test_each_new_step_of_a_device_is_told_once() -> None:
    picture = Frozen(device(History=HISTORY[:2], Phase="switching", Modem="/"))
    teller = Teller(picture, everything=False)
    assert [who for _, who, *_ in teller.now()] == ["1-1"]
    picture.put(device(History=HISTORY[:5], Phase="probing", Modem="/"))
    change = Change("changed", "/org/wwand1/Device/0", DEVICE, {"History": HISTORY[:5]})
    assert said(teller, change) == [
        ("1-1", "switching  came back as 1c9e:9605"),
        ("1-1", "settling   longcheer: its port table has this id"),
        ("1-1", "probing    asking the ports what they speak"),
    ]
    assert said(teller, change) == []


def test_a_stuck_device_is_told_with_its_next_step() -> None:
    history = [*HISTORY[:1], (2.0, "stuck", "no port")]
    picture = Frozen(device(History=history, Phase="stuck", NextStep="load option", Modem="/"))
    change = Change("changed", "/org/wwand1/Device/0", DEVICE)
    assert said(Teller(picture, everything=False), change)[-1] == (
        "1-1",
        "stuck      no port: load option",
    )


@pytest.mark.parametrize(("everything", "lines"), [(False, 0), (True, 1)])
def test_ignored_devices_are_told_on_request(everything: bool, lines: int) -> None:
    ignored = device(Phase="ignored", Reason="no modem", History=[(1.0, "ignored", "no modem")])
    teller = Teller(Frozen(ignored), everything=everything)
    assert len(list(teller.now())) == lines
    assert len(said(teller, Change("removed", ignored.path))) == lines


def test_modems_come_and_go() -> None:
    teller = Teller(Frozen(modem()), everything=False)
    assert said(teller, Change("added", PATH)) == [
        ("modem0", "(+) Micromax MMX352G at 1-1, registered")
    ]
    assert said(teller, Change("removed", PATH)) == [("modem0", "(-) Micromax MMX352G")]


def test_a_state_change_is_told_with_its_reason() -> None:
    change = Change("state", PATH, values={"old": 8, "new": 10, "reason": 1})
    assert said(Teller(Frozen(modem()), everything=False), change) == [
        ("modem0", "registered → connecting (asked for)")
    ]


def test_signal_operator_and_locks_are_told_and_nothing_else_of_a_modem() -> None:
    teller = Teller(Frozen(modem()), everything=False)

    def changed(**values: Any) -> list[tuple[str, str]]:
        return said(teller, Change("changed", PATH, MODEM, values))

    assert changed(SignalQuality=(61, True)) == [("modem0", "signal 61 % HSUPA")]
    assert changed(UnlockRequired=2) == [("modem0", "asks for SIM PIN")]
    assert changed(UnlockRequired=1) == []
    assert changed(OwnNumbers=["1"], PowerState=3) == []
    change = Change("changed", PATH, MODEM_3GPP, {"OperatorName": "Example"})
    assert said(teller, change) == [("modem0", "operator Example")]


def test_a_new_message_is_told_by_its_number_alone() -> None:
    teller = Teller(Frozen(modem()), everything=False)
    there = [f"{ROOT}/SMS/3", f"{ROOT}/SMS/4"]
    change = Change("changed", PATH, MESSAGING, {"Messages": there}, {"Messages": there[:1]})
    assert said(teller, change) == [("modem0", "message 4: `wwanctl sms read 4`")]
    gone = Change("changed", PATH, MESSAGING, {"Messages": []}, {"Messages": there})
    assert said(teller, gone) == []


def test_connections_go_up_and_down() -> None:
    change = Change("changed", f"{ROOT}/Bearer/0", BEARER, {"Connected": True})
    up = Teller(Frozen(bearer=bearer()), everything=False)
    assert said(up, change) == [("bearer0", "up on ppp0 10.0.0.2/32")]
    lost = bearer(Connected=False, ConnectionError=("x", "connection lost: NO CARRIER"))
    down = Teller(Frozen(bearer=lost), everything=False)
    assert said(down, change) == [("bearer0", "down connection lost: NO CARRIER")]


def test_the_daemon_stops_and_starts() -> None:
    teller = Teller(Frozen(), everything=False)
    assert said(teller, Change("stopped")) == [("wwand", "stopped")]
    assert said(teller, Change("started")) == [("wwand", "started")]
