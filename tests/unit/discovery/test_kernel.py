import os
from pathlib import Path

import pytest

from wwand.discovery.kernel import driver_available


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    where = tmp_path / "modules" / os.uname().release
    where.mkdir(parents=True)
    (where / "modules.dep").write_text(
        "kernel/drivers/net/usb/qmi_wwan.ko.xz: kernel/drivers/net/usb/usbnet.ko.xz\n"
        "kernel/drivers/usb/storage/usb-storage.ko:\n"
    )
    (where / "modules.builtin").write_text("kernel/drivers/usb/serial/option.ko\n")
    return tmp_path / "modules"


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("qmi_wwan", True),
        ("qmi-wwan", True),
        ("usb-storage", True),
        ("option", True),
        ("cdc_mbim", False),
        ("usbnet", False),  # it is only named as what another one needs
    ],
)
def test_a_driver_is_there_when_a_module_file_or_the_kernel_holds_it(
    tmp_path: Path, modules: Path, name: str, there: bool
) -> None:
    assert driver_available(name, sysfs=tmp_path, modules=modules) is there


def test_a_registered_driver_and_a_loaded_module_are_there(tmp_path: Path) -> None:
    (tmp_path / "bus/usb/drivers/usb-storage").mkdir(parents=True)
    (tmp_path / "module/cdc_mbim").mkdir(parents=True)
    nothing = tmp_path / "none"
    assert driver_available("usb_storage", sysfs=tmp_path, modules=nothing)
    assert driver_available("cdc_mbim", sysfs=tmp_path, modules=nothing)
    assert not driver_available("option", sysfs=tmp_path, modules=nothing)


def test_a_module_that_is_installed_later_is_seen(tmp_path: Path, modules: Path) -> None:
    assert not driver_available("cdc_mbim", sysfs=tmp_path, modules=modules)
    file = modules / os.uname().release / "modules.dep"
    file.write_text("kernel/drivers/net/usb/cdc_mbim.ko:\n")
    os.utime(file, ns=(1, 1))
    assert driver_available("cdc_mbim", sysfs=tmp_path, modules=modules)
