from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.discovery.tree import MICROMAX, MICROMAX_CDROM, MU609, FakeSysfs, Model
from wwand.device import Plugged, Unplugged, UsbDevice
from wwand.discovery.tracker import Tracker, Uevent


@pytest.fixture
def tree(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path)


@pytest.fixture
def tracker(tree: FakeSysfs) -> Tracker:
    return Tracker(tree.root)


def feed(tracker: Tracker, *events: Uevent) -> list[Plugged | Unplugged]:
    for event in events:
        tracker.note(event)
    return tracker.changes()


def plugged(changes: list[Plugged | Unplugged]) -> UsbDevice:
    (change,) = changes
    assert isinstance(change, Plugged)
    return change.device


def test_all_events_of_one_drain_make_one_snapshot(tree: FakeSysfs, tracker: Tracker) -> None:
    device = plugged(feed(tracker, *tree.plug("1-1", MICROMAX)))
    assert len(device.ports) == 4
    assert tracker.changes() == []


def test_each_late_port_makes_a_new_snapshot(tree: FakeSysfs, tracker: Tracker) -> None:
    *early, third, fourth = tree.plug("1-1", MICROMAX)
    assert [p.name for p in plugged(feed(tracker, *early)).ports] == ["ttyUSB0", "ttyUSB1"]
    assert len(plugged(feed(tracker, third)).ports) == 3
    assert len(plugged(feed(tracker, fourth)).ports) == 4


def test_an_event_that_changes_nothing_is_not_told(tree: FakeSysfs, tracker: Tracker) -> None:
    events = tree.plug("1-1", MICROMAX)
    feed(tracker, *events)
    assert feed(tracker, replace(events[0], action="change")) == []


def test_a_port_is_not_listed_before_udev_announced_it(tree: FakeSysfs, tracker: Tracker) -> None:
    events = tree.plug("1-1", MICROMAX)
    assert plugged(feed(tracker, events[0])).ports == ()


def test_unplug_is_told_once_whichever_event_comes_first(tree: FakeSysfs, tracker: Tracker) -> None:
    feed(tracker, *tree.plug("1-1", MICROMAX))
    gone = tree.unplug("1-1")
    assert feed(tracker, gone[-1]) == [Unplugged("1-1")]
    assert feed(tracker, *gone[:-1]) == []


def test_a_mode_switch_within_one_drain_is_an_unplug_and_a_plug(
    tree: FakeSysfs, tracker: Tracker
) -> None:
    feed(tracker, *tree.plug("1-1.4", MICROMAX_CDROM))
    changes = feed(tracker, *tree.unplug("1-1.4"), *tree.plug("1-1.4", MICROMAX))
    assert changes[0] == Unplugged("1-1.4")
    assert plugged(changes[1:]).id == MICROMAX.id


def test_another_configuration_is_the_same_device_with_other_ports(
    tree: FakeSysfs, tracker: Tracker
) -> None:
    before = plugged(feed(tracker, *tree.plug("1-1", MU609)))
    other = replace(
        MU609, active=1, drivers={0: "option", 1: "option"}, ports={"ttyUSB0": ("tty", 0)}
    )
    after = plugged(feed(tracker, *tree.deconfigure("1-1"), *tree.configure("1-1", other)))
    assert (after.devnum, after.active) == (before.devnum, 1)
    assert [(p.name, p.interface) for p in after.ports] == [("ttyUSB0", 0)]


def test_ports_announced_for_the_last_device_do_not_count_for_the_next(
    tree: FakeSysfs, tracker: Tracker
) -> None:
    feed(tracker, *tree.plug("1-1", MICROMAX))
    tree.unplug("1-1")  # whose events were lost
    again = tree.plug("1-1", MICROMAX)
    assert feed(tracker, again[0])[1:] == [Plugged(plugged(feed_all(tree, again[:1])))]
    assert plugged(feed(tracker, *again)).ports != ()


def feed_all(tree: FakeSysfs, events: list[Uevent]) -> list[Plugged | Unplugged]:
    return feed(Tracker(tree.root), *events)


def test_a_renamed_network_interface_is_one_port(tree: FakeSysfs, tracker: Tracker) -> None:
    model = replace(MU609, ports={"eth1": ("net", 0)})
    events = tree.plug("1-1", model)
    feed(tracker, *events)
    old = events[-1].path
    tree.root.joinpath(old[1:]).rename(tree.root / old[1:].replace("eth1", "enx0"))
    moved = replace(
        events[-1],
        action="move",
        path=old.replace("eth1", "enx0"),
    )
    assert [p.name for p in plugged(feed(tracker, moved)).ports] == ["enx0"]


def test_starting_again_tells_only_what_is_different(tree: FakeSysfs, tracker: Tracker) -> None:
    first = tree.plug("1-1", MICROMAX)
    feed(tracker, *first, *tree.plug("1-2", MU609))
    tree.unplug("1-2")
    third = tree.plug("1-3", MU609)
    tracker.restart([*first, *third])
    changes = tracker.changes()
    assert changes[0] == Unplugged("1-2")
    assert plugged(changes[1:]).key == "1-3"


def test_a_device_udev_is_not_done_with_waits_for_its_event(
    tree: FakeSysfs, tracker: Tracker
) -> None:
    device, _bind, *rest = tree.plug("1-1", MICROMAX)
    assert feed(tracker, *rest) == []
    assert len(plugged(feed(tracker, device)).ports) == 4


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize("model", [MICROMAX, MU609], ids=lambda m: str(m.id))
def test_any_order_of_the_events_and_any_cut_into_drains_ends_the_same(
    model: Model, data: st.DataObject
) -> None:
    with TemporaryDirectory() as root:
        tree = FakeSysfs(Path(root))
        # what came before, too: its removal may be told late
        old = tree.plug("1-1", MICROMAX_CDROM)
        tracker = Tracker(tree.root)
        feed(tracker, *old)
        removal = tree.unplug("1-1")
        events = tree.plug("1-1", model)
        expected = plugged(feed_all(tree, events))

        seen: list[Plugged | Unplugged] = []
        for event in data.draw(st.permutations([*removal, *events])):
            tracker.note(event)
            if data.draw(st.booleans()):
                seen += tracker.changes()
        seen += tracker.changes()

        assert seen[0] == Unplugged("1-1")
        assert seen[-1] == Plugged(expected)
        tree_gone = tree.unplug("1-1")
        assert feed(tracker, *data.draw(st.permutations(tree_gone))) == [Unplugged("1-1")]
