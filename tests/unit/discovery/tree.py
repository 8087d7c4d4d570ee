"""A sysfs tree in a temporary directory, and the uevents that a plug of its devices brings."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from wwand.device import Configuration, Endpoint, Interface, Transfer, UsbId
from wwand.discovery.descriptors import DEVICE
from wwand.discovery.tracker import Uevent

CONTROLLER = "devices/pci0000:00/0000:00:14.0/usb1"
SUBDIR = {"tty": "tty", "net": "net", "usbmisc": "usbmisc", "wwan": "wwan"}


def bulk_pair(out: int, into: int, interrupt: int = 0) -> tuple[Endpoint, ...]:
    extra = (Endpoint(interrupt, Transfer.INTERRUPT, 64),) if interrupt else ()
    return (*extra, Endpoint(into, Transfer.BULK), Endpoint(out, Transfer.BULK))


@dataclass
class Model:
    """One mode of a device: descriptors, drivers per interface, ports (subsystem, interface)."""

    id: UsbId
    configurations: tuple[Configuration, ...]
    active: int = 1
    strings: tuple[str, str, str] = ("USB Modem", "USB Modem", "1234567890ABCDEF")
    drivers: dict[int, str] = field(default_factory=dict)
    ports: dict[str, tuple[str, int]] = field(default_factory=dict)
    device_class: int = 0


STORAGE = Interface(0, 0x08, 0x06, 0x50, bulk_pair(0x01, 0x81))

MICROMAX_CDROM = Model(
    UsbId(0x1C9E, 0xF000), (Configuration(1, (STORAGE,)),), drivers={0: "usb-storage"}
)
MICROMAX = Model(
    UsbId(0x1C9E, 0x9605),
    (
        Configuration(
            1,
            (
                Interface(0, 0xFF, 0xFF, 0xFF, bulk_pair(0x01, 0x81)),
                Interface(1, 0xFF, 0xFF, 0xFF, bulk_pair(0x02, 0x82)),
                Interface(2, 0xFF, 0xFF, 0xFF, bulk_pair(0x03, 0x83)),
                Interface(3, 0xFF, 0xFF, 0xFF, bulk_pair(0x04, 0x85, 0x84)),
                Interface(4, 0x08, 0x06, 0x50, bulk_pair(0x05, 0x86)),
            ),
        ),
    ),
    drivers=dict.fromkeys(range(4), "option") | {4: "usb-storage"},
    ports={f"ttyUSB{n}": ("tty", n) for n in range(4)},
)
MU609 = Model(
    UsbId(0x12D1, 0x1573),
    (
        Configuration(
            1,
            (
                Interface(0, 0xFF, 0x01, 0x01, bulk_pair(0x01, 0x81)),
                Interface(1, 0xFF, 0x01, 0x02, bulk_pair(0x02, 0x82, 0x83)),
                Interface(2, 0xFF, 0x01, 0x09, bulk_pair(0x03, 0x85, 0x84)),
            ),
        ),
        Configuration(
            2,
            (
                Interface(0, 0x02, 0x06, 0x00, (Endpoint(0x81, Transfer.INTERRUPT, 16),)),
                Interface(1, 0x0A, 0x00, 0x00),
                Interface(2, 0xFF, 0x01, 0x01, bulk_pair(0x01, 0x82)),
                Interface(3, 0xFF, 0x01, 0x02, bulk_pair(0x02, 0x84, 0x83)),
            ),
        ),
    ),
    active=2,
    strings=("Huawei Technologies", "HUAWEI Mobile", ""),
    drivers={0: "cdc_ether", 1: "cdc_ether", 2: "option", 3: "option"},
    ports={"enx00a0c6100570": ("net", 0), "ttyUSB0": ("tty", 2), "ttyUSB1": ("tty", 3)},
)


def descriptors(model: Model) -> bytes:
    """The bytes of the `descriptors` file, with the class-specific ones a real device sends."""
    vendor, product = model.id
    head = DEVICE.pack(
        18, 1, 0x200, model.device_class, 0, 0, 64, vendor, product, 0x0102, 3, 2, 4,
        len(model.configurations),
    )  # fmt: skip
    return head + b"".join(configuration(c) for c in model.configurations)


def configuration(c: Configuration) -> bytes:
    body = b"".join(
        bytes((9, 4, i.number, 0, len(i.endpoints), *i.triple, 0))
        + bytes.fromhex("0524000110")  # a CDC header functional descriptor
        + b"".join(
            struct.pack("<BBBBHB", 7, 5, e.address, e.transfer.value, e.max_packet, 0)
            for e in i.endpoints
        )
        + bytes((9, 4, i.number, 1, 0, 0xEE, 0xEE, 0xEE, 0))  # an alternate setting
        for i in c.interfaces
    )
    return (
        struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(c.interfaces), c.value, 0, 0xE0, 250)
        + body
    )


class FakeSysfs:
    """Plugs and unplugs models at places; nothing announces it by itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._devnum = 3
        (root / "bus/usb/devices").mkdir(parents=True)

    def path(self, key: str) -> Path:
        return self.root / CONTROLLER / key

    def plug(self, key: str, model: Model) -> list[Uevent]:
        """Make the tree of one device, and return the uevents in the order udev sends them."""
        self._devnum += 1
        path = self.path(key)
        path.mkdir(parents=True)
        (self.root / "bus/usb/devices" / key).symlink_to(path)
        values = {
            "devnum": self._devnum,
            "busnum": 1,
            "bConfigurationValue": model.active or "",
            **dict(zip(("manufacturer", "product", "serial"), model.strings, strict=True)),
        }
        for name, value in values.items():
            if value != "":
                (path / name).write_text(f"{value}\n")
        (path / "descriptors").write_bytes(descriptors(model))
        return [
            self._event(
                "add", key, "usb", "usb_device", node=f"/dev/bus/usb/001/{self._devnum:03}"
            ),
            self._event("bind", key, "usb", "usb_device"),
            *self.configure(key, model),
        ]

    def configure(self, key: str, model: Model) -> list[Uevent]:
        """Make the interfaces and ports of the active configuration."""
        (self.path(key) / "bConfigurationValue").write_text(f"{model.active}\n")
        events = []
        for number, driver in model.drivers.items():
            where = f"{key}/{key}:{model.active}.{number}"
            self._bind(where, "usb", driver)
            (self.path(where) / "interface").write_text(f"function {number}\n")
            events += [
                self._event("add", where, "usb", "usb_interface"),
                self._event("bind", where, "usb", "usb_interface"),
            ]
        for name, (subsystem, number) in model.ports.items():
            events.append(self.port(key, model, name, subsystem, number))
        return events

    def port(self, key: str, model: Model, name: str, subsystem: str, number: int) -> Uevent:
        """Make one port."""
        parent = f"{key}/{key}:{model.active}.{number}"
        if name.startswith("ttyUSB"):
            parent = f"{parent}/{name}"
            self._bind(parent, "usb-serial", "option1")
        where = f"{parent}/{SUBDIR[subsystem]}/{name}"
        self.path(where).mkdir(parents=True)
        node = "" if subsystem == "net" else f"/dev/{name}"
        return self._event("add", where, subsystem, node=node, ID_MM_CANDIDATE="1", OTHER="x")

    def _bind(self, where: str, bus: str, driver: str) -> None:
        target = self.root / "bus" / bus / "drivers" / driver
        target.mkdir(parents=True, exist_ok=True)
        self.path(where).mkdir(parents=True)
        (self.path(where) / "driver").symlink_to(target)

    def unplug(self, key: str) -> list[Uevent]:
        """Take the device away; the events come leaves first."""
        paths = sorted(
            p for p in self.path(key).rglob("*") if p.is_dir() and p.parent.name in SUBDIR
        )
        events = [
            self._event("remove", str(p.relative_to(self.root / CONTROLLER)), p.parent.name)
            for p in paths
        ]
        (self.root / "bus/usb/devices" / key).unlink()
        _remove(self.path(key))
        return [*events, self._event("remove", key, "usb", "usb_device")]

    def deconfigure(self, key: str) -> list[Uevent]:
        """Take the interfaces away and leave the device."""
        interfaces = [p for p in self.path(key).iterdir() if p.is_dir()]
        for path in interfaces:
            _remove(path)
        (self.path(key) / "bConfigurationValue").write_text("\n")
        return [
            self._event("remove", f"{key}/{p.name}", "usb", "usb_interface") for p in interfaces
        ]

    def _event(
        self,
        action: str,
        where: str,
        subsystem: str,
        devtype: str = "",
        node: str = "",
        **props: str,
    ) -> Uevent:
        return Uevent(action, f"/{CONTROLLER}/{where}", subsystem, devtype, node, props)


def _remove(path: Path) -> None:
    for item in path.iterdir():
        if item.is_dir() and not item.is_symlink():
            _remove(item)
        else:
            item.unlink()
    path.rmdir()
