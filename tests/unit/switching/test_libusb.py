import array
import errno
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import usb.core

from tests.unit.switching.sticks import CDROM, THREAD
from wwand.device import BulkPlan, ControlRequest, UsbDevice
from wwand.errors import DeviceGone, UsbError
from wwand.switching.libusb import LibUsb

PLAN = BulkPlan((bytes.fromhex(THREAD),))
STATUS = b"USBS\x124Vx\0\0\0\0\0"


def usb_error(number: int) -> usb.core.USBError:
    kind = usb.core.USBTimeoutError if number == errno.ETIMEDOUT else usb.core.USBError
    return kind("as the kernel says", -1, number)


@dataclass
class FakeHandle:
    """pyusb's device, as far as it is used; `answers` are what reads and writes come to."""

    active: set[int] = field(default_factory=lambda: {0})
    answers: dict[str, list[object]] = field(default_factory=dict)
    done: list[tuple[object, ...]] = field(default_factory=list)

    def _do(self, name: str, *arguments: object) -> object:
        self.done.append((name, *arguments))
        waiting = self.answers.get(name, [])
        answer = waiting.pop(0) if waiting else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_kernel_driver_active(self, interface: int) -> bool:
        return interface in self.active

    def detach_kernel_driver(self, interface: int) -> None:
        self._do("detach", interface)

    def write(self, endpoint: int, data: bytes, timeout: int) -> int:
        self._do("write", endpoint, bytes(data).hex(), timeout)
        return len(data)

    def read(self, endpoint: int, size: int, timeout: int) -> object:
        answer = self._do("read", endpoint)
        assert timeout <= 1000
        return array.array("B", answer if isinstance(answer, bytes) else STATUS)

    def clear_halt(self, endpoint: int) -> None:
        self._do("clear", endpoint)

    def ctrl_transfer(self, *arguments: object) -> object:
        answer = self._do("control", *arguments)
        return array.array("B", answer if isinstance(answer, bytes) else b"")

    def set_configuration(self, value: int) -> None:
        self._do("configure", value)

    def names(self) -> list[object]:
        return [call[0] for call in self.done]


@pytest.fixture
def handle() -> FakeHandle:
    return FakeHandle()


@pytest.fixture
def access(handle: FakeHandle) -> Iterator[LibUsb]:
    def find(bus: int, number: int) -> object:
        return handle if (bus, number) == (CDROM.busnum, CDROM.devnum) else None

    access = LibUsb(find, dispose=lambda opened: opened.done.append(("dispose",)))
    yield access
    access.close()


async def test_the_driver_is_unbound_the_message_sent_and_its_status_read(
    access: LibUsb, handle: FakeHandle
) -> None:
    await access.bulk(CDROM, PLAN)
    assert handle.done == [
        ("detach", 0),
        ("write", 0x01, THREAD, 3000),
        ("read", 0x81),
        ("dispose",),
    ]


async def test_data_before_the_status_is_taken_along(access: LibUsb, handle: FakeHandle) -> None:
    handle.answers["read"] = [bytes(128), STATUS]
    await access.bulk(CDROM, PLAN)
    assert handle.names().count("read") == 2


async def test_an_unbound_interface_is_not_unbound_again(
    access: LibUsb, handle: FakeHandle
) -> None:
    handle.active.clear()
    await access.bulk(CDROM, PLAN)
    assert "detach" not in handle.names()


async def test_a_device_that_leaves_instead_of_answering_is_told_as_gone(
    access: LibUsb, handle: FakeHandle
) -> None:
    handle.answers["read"] = [usb_error(errno.ENODEV)]
    with pytest.raises(DeviceGone):
        await access.bulk(CDROM, PLAN)
    assert handle.names()[-1] == "dispose"


async def test_other_errors_keep_the_kernels_number(access: LibUsb, handle: FakeHandle) -> None:
    handle.answers["write"] = [usb_error(errno.EIO)]
    with pytest.raises(UsbError) as failed:
        await access.bulk(CDROM, PLAN)
    assert failed.value.errno == errno.EIO


async def test_a_device_in_use_says_what_to_look_for(access: LibUsb, handle: FakeHandle) -> None:
    handle.answers["write"] = [usb_error(errno.EBUSY)]
    with pytest.raises(UsbError) as failed:
        await access.bulk(CDROM, PLAN)
    assert "usb_modeswitch" in failed.value.next_step


async def test_a_silent_device_is_no_error(access: LibUsb, handle: FakeHandle) -> None:
    handle.answers["read"] = [usb_error(errno.ETIMEDOUT)]
    await access.bulk(CDROM, PLAN)
    assert handle.names().count("read") == 1


async def test_a_refused_command_is_cleared_and_its_status_read(
    access: LibUsb, handle: FakeHandle
) -> None:
    handle.answers["read"] = [usb_error(errno.EPIPE), STATUS]
    await access.bulk(CDROM, PLAN)
    assert handle.done[2:5] == [("read", 0x81), ("clear", 0x81), ("read", 0x81)]


async def test_a_halted_endpoint_is_cleared_and_the_messages_sent_once_more(
    access: LibUsb, handle: FakeHandle
) -> None:
    handle.answers["write"] = [usb_error(errno.EPIPE)]
    await access.bulk(CDROM, PLAN)
    assert handle.names() == ["detach", "write", "clear", "clear", "write", "read", "dispose"]
    handle.answers["write"] = [usb_error(errno.EPIPE), usb_error(errno.EPIPE)]
    with pytest.raises(UsbError) as failed:
        await access.bulk(CDROM, PLAN)
    assert failed.value.errno == errno.EPIPE


async def test_a_plan_without_messages_only_unbinds(access: LibUsb, handle: FakeHandle) -> None:
    await access.bulk(CDROM, BulkPlan(()))
    assert handle.names() == ["detach", "dispose"]


async def test_a_missing_interface_or_endpoint_is_named(access: LibUsb) -> None:
    with pytest.raises(UsbError, match="no interface 7"):
        await access.bulk(CDROM, replace(PLAN, interface=7))
    (storage,) = CDROM.interfaces
    mute = replace(
        CDROM,
        configurations=(
            replace(CDROM.configurations[0], interfaces=(replace(storage, endpoints=()),)),
        ),
    )
    with pytest.raises(UsbError, match="no bulk endpoint"):
        await access.bulk(mute, PLAN)


async def test_a_device_that_is_not_there_any_more_is_gone(access: LibUsb) -> None:
    with pytest.raises(DeviceGone):
        await access.bulk(replace(CDROM, devnum=99), PLAN)


async def test_a_control_request_in_both_directions(access: LibUsb, handle: FakeHandle) -> None:
    handle.answers["control"] = [b"\x01\x02", None]
    assert await access.control(CDROM, ControlRequest(0xC0, 0x88, 0, length=8)) == b"\x01\x02"
    assert await access.control(CDROM, ControlRequest(0x40, 0x0B, 1, data=b"x")) == b""
    assert handle.done[0] == ("control", 0xC0, 0x88, 0, 0, 8, 1000)
    assert handle.done[2] == ("control", 0x40, 0x0B, 1, 0, b"x", 1000)


async def test_a_request_to_an_interface_needs_it_without_its_driver(
    access: LibUsb, handle: FakeHandle
) -> None:
    await access.control(CDROM, ControlRequest(0xA1, 0xA0, 0, 0, length=1))
    assert handle.names() == ["detach", "control", "dispose"]


async def test_a_configuration_is_selected_through_sysfs(
    access: LibUsb, handle: FakeHandle, tmp_path: Path
) -> None:
    (tmp_path / "bConfigurationValue").write_text("1\n")
    await access.configure(replace(CDROM, sysfs=str(tmp_path)), 2)
    assert (tmp_path / "bConfigurationValue").read_text() == "2\n"
    assert handle.done == []


async def test_without_a_writable_sysfs_libusb_selects_it(
    access: LibUsb, handle: FakeHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await access.configure(_without_attribute(tmp_path, monkeypatch), 2)
    assert handle.done == [("detach", 0), ("configure", 2), ("dispose",)]


def _without_attribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UsbDevice:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "read-only")

    monkeypatch.setattr("wwand.switching.libusb.open", refuse, raising=False)
    return replace(CDROM, sysfs=str(tmp_path))


async def test_a_place_that_is_gone_from_sysfs_cannot_be_configured(
    access: LibUsb, tmp_path: Path
) -> None:
    with pytest.raises(DeviceGone):
        await access.configure(replace(CDROM, sysfs=str(tmp_path / "1-9")), 2)


async def test_a_reset_of_a_device_without_node_tells_that_it_is_gone(tmp_path: Path) -> None:
    access = LibUsb(usbfs=tmp_path)
    with pytest.raises(DeviceGone):
        await access.reset(CDROM)
    access.close()


async def test_warming_up_loads_the_real_library_and_never_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    access = LibUsb()
    await access.warm_up()
    access.close()

    def without_backend(bus: int, number: int) -> object:
        raise usb.core.NoBackendError("No backend available")

    lame = LibUsb(without_backend)
    await lame.warm_up()
    lame.close()
    assert "No backend available" in caplog.text
