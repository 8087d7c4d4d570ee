from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.discovery.tree import CONTROLLER, MICROMAX, MICROMAX_CDROM, MU609, FakeSysfs, Model
from wwand.device import Port, PortKind, UsbId
from wwand.discovery import descriptors, sysfs
from wwand.discovery.sysfs import Announced, snapshot
from wwand.discovery.tracker import Uevent


@pytest.fixture
def tree(tmp_path: Path) -> FakeSysfs:
    return FakeSysfs(tmp_path)


def announced(events: list[Uevent]) -> list[Announced]:
    return [Announced(e.path, e.subsystem, e.node, e.properties) for e in events]


def test_the_micromax_as_a_cdrom(tree: FakeSysfs) -> None:
    tree.plug("1-1.4", MICROMAX_CDROM)
    device = snapshot(tree.root, "1-1.4")
    assert device
    assert (device.id, device.key) == (UsbId(0x1C9E, 0xF000), "1-1.4")
    assert (device.manufacturer, device.serial) == ("USB Modem", "1234567890ABCDEF")
    assert device.sysfs == str(tree.root / CONTROLLER / "1-1.4")
    assert device.drivers == ("usb-storage",)
    assert device.interfaces[0].triple == (8, 6, 0x50)


def test_the_micromax_as_a_modem_has_four_ports_with_their_interface_and_driver(
    tree: FakeSysfs,
) -> None:
    events = tree.plug("1-1.4", MICROMAX)
    device = snapshot(tree.root, "1-1.4", announced(events))
    assert device
    assert device.drivers == ("option", "usb-storage")
    assert device.interfaces[3].label == "function 3"
    assert device.ports[3] == Port("ttyUSB3", PortKind.TTY, 3, "option1", Path("/dev/ttyUSB3"))
    assert [p.name for p in device.ports] == ["ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB3"]
    assert device.properties["ttyUSB2.ID_MM_CANDIDATE"] == "1"
    assert not any("OTHER" in key for key in device.properties)


def test_the_mu609_shows_both_configurations_and_drivers_in_the_active_one_only(
    tree: FakeSysfs,
) -> None:
    device = snapshot(tree.root, "1-1", announced(tree.plug("1-1", MU609)))
    assert device
    assert [c.value for c in device.configurations] == [1, 2]
    assert device.active == 2
    assert all(i.driver == "" for i in device.configurations[0].interfaces)
    assert device.ports[0] == Port("enx00a0c6100570", PortKind.NET, 0, "cdc_ether", None)


def test_other_usbmisc_devices_and_the_wwan_device_itself_are_no_ports(tree: FakeSysfs) -> None:
    ports = {
        "cdc-wdm0": ("usbmisc", 0),
        "hiddev0": ("usbmisc", 0),
        "wwan0qmi0": ("wwan", 0),
        "wwan0": ("net", 0),
    }
    model = replace(MU609, active=1, drivers={0: "qmi_wwan"}, ports=ports)
    found = announced(tree.plug("1-1", model))
    found.append(Announced(found[-1].path.replace("/net/", "/wwan/"), "wwan"))
    device = snapshot(tree.root, "1-1", found)
    assert device
    assert [p.name for p in device.ports] == ["wwan0", "cdc-wdm0", "wwan0qmi0"]


def test_a_hub_and_an_empty_place_give_nothing(tree: FakeSysfs) -> None:
    tree.plug("1-2", replace(MICROMAX, device_class=9))
    assert snapshot(tree.root, "1-2") is None
    assert snapshot(tree.root, "1-3") is None
    assert sysfs.devices(tree.root) == ["1-2"]


def test_a_device_that_is_not_configured_yet_has_no_active_configuration(tree: FakeSysfs) -> None:
    tree.plug("1-1", replace(MICROMAX, active=0, drivers={}, ports={}))
    device = snapshot(tree.root, "1-1")
    assert device
    assert device.active == 0
    assert device.interfaces == ()
    assert len(device.configurations) == 1


def test_a_device_that_is_exchanged_while_it_is_read_is_read_again(
    tree: FakeSysfs, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.plug("1-1", MICROMAX_CDROM)
    read = descriptors.parse

    def exchange(raw: bytes) -> object:
        monkeypatch.setattr(sysfs, "parse", read)
        tree.unplug("1-1")
        tree.plug("1-1", MICROMAX)
        return read(raw)

    monkeypatch.setattr(sysfs, "parse", exchange)
    device = snapshot(tree.root, "1-1")
    assert device
    assert (device.id, device.devnum) == (MICROMAX.id, 5)


def test_a_device_that_vanishes_while_it_is_read_is_not_there(
    tree: FakeSysfs, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.plug("1-1", MICROMAX)
    read = descriptors.parse

    def vanish(raw: bytes) -> object:
        tree.unplug("1-1")
        return read(raw)

    monkeypatch.setattr(sysfs, "parse", vanish)
    assert snapshot(tree.root, "1-1") is None


def test_descriptors_that_cannot_be_read_leave_the_device_out(tree: FakeSysfs) -> None:
    tree.plug("1-1", MICROMAX)
    (tree.path("1-1") / "descriptors").write_bytes(b"")
    assert snapshot(tree.root, "1-1") is None


def test_what_the_storage_says_of_itself_is_in_the_properties(tree: FakeSysfs) -> None:
    tree.plug("1-1", MICROMAX_CDROM)
    unit = tree.path("1-1") / "1-1:1.0/host4/target4:0:0/4:0:0:0"
    unit.mkdir(parents=True)
    for name, text in {"vendor": "USBModem", "model": "Disk", "rev": "2.31", "type": "5"}.items():
        (unit / name).write_text(f"{text}    \n")
    device = snapshot(tree.root, "1-1")
    assert device
    assert device.properties == {
        "SCSI_VENDOR": "USBModem",
        "SCSI_MODEL": "Disk",
        "SCSI_REV": "2.31",
        "SCSI_TYPE": "5",
    }


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.3/ttyUSB3/tty/ttyUSB3", "1-1.4"),
        ("/devices/pci0000:00/0000:00:14.0/usb1/1-1", "1-1"),
        ("/devices/pci0000:00/0000:00:14.0/usb1", ""),
        ("/devices/virtual/net/lo", ""),
    ],
)
def test_the_device_a_path_belongs_to(path: str, key: str) -> None:
    assert sysfs.device_of(path) == key


def test_a_model_with_ports_on_an_unknown_driver_is_still_read(tree: FakeSysfs) -> None:
    model = Model(MICROMAX.id, MICROMAX.configurations, drivers={}, ports={})
    tree.plug("2-3", model)
    device = snapshot(tree.root, "2-3")
    assert device
    assert device.drivers == ()
