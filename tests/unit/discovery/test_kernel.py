import os
from pathlib import Path

import pytest

from wwand.discovery.kernel import Kernel

DRIVERS = frozenset({"qmi_wwan", "cdc_ether", "cdc_mbim", "option", "usb_storage", "usbnet"})
HUAWEI_7 = "usb:v12D1p1573d0000dc00dsc00dp00icFFisc01ip07in05"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    where = tmp_path / "lib/modules" / os.uname().release
    where.mkdir(parents=True)
    return where


@pytest.fixture
def kernel(tmp_path: Path, modules: Path) -> Kernel:
    (modules / "modules.dep").write_text(
        "kernel/drivers/net/usb/qmi_wwan.ko.xz: kernel/drivers/net/usb/usbnet.ko.xz\n"
        "kernel/drivers/usb/storage/usb-storage.ko:\n"
    )
    (modules / "modules.builtin").write_text("kernel/drivers/usb/serial/option.ko\n")
    (modules / "modules.alias").write_text(
        "# Aliases extracted from modules themselves.\n"
        "alias usb:v12D1p*d*dc*dsc*dp*icFFisc01ip07in* qmi_wwan\n"
        "alias usb:v12D1p*d*dc*dsc*dp*icFFisc01ip09in* qmi_wwan\n"
        "alias usb:v*p*d*dc*dsc*dp*ic02isc06ip00in* cdc_ether\n"
        "alias usb:v12D1p1506d010[0-9]dc*dsc*dp*ic*isc*ip*in01* option\n"
        "alias usb:v12D1p*d*dc*dsc*dp*icFFisc01ip07in* another\n"
        "alias pci:v000012D1d*sv*sd*bc*sc*i* hisi\n"
    )
    return Kernel(DRIVERS, tmp_path)


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
    kernel: Kernel, name: str, there: bool
) -> None:
    said = kernel.unavailable(name)
    assert said == ("" if there else f"kernel module {name} is not available")


def test_a_registered_driver_and_a_loaded_module_are_there(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/usb/drivers/usb-storage").mkdir(parents=True)
    (tmp_path / "sys/module/cdc_mbim").mkdir(parents=True)
    kernel = Kernel(DRIVERS, tmp_path)
    assert not kernel.unavailable("usb_storage")
    assert not kernel.unavailable("cdc_mbim")
    assert kernel.unavailable("option")


def test_a_module_that_is_installed_later_is_seen(kernel: Kernel, modules: Path) -> None:
    assert kernel.unavailable("cdc_mbim")
    file = modules / "modules.dep"
    file.write_text("kernel/drivers/net/usb/cdc_mbim.ko:\n")
    os.utime(file, ns=(1, 1))
    assert not kernel.unavailable("cdc_mbim")


def test_a_module_file_counts_where_there_is_no_list(kernel: Kernel, modules: Path) -> None:
    (modules / "cdc-mbim.ko").touch()
    assert not kernel.unavailable("cdc_mbim")


@pytest.mark.parametrize("line", ["blacklist qmi-wwan", "install qmi_wwan /bin/false # no"])
def test_who_keeps_a_module_from_being_loaded_is_named(
    kernel: Kernel, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "etc/modprobe.d/mine.conf"
    file.parent.mkdir(parents=True)
    file.write_text(f"# qmi\n{line}\n")
    assert kernel.unavailable("qmi_wwan").endswith(f"kept from being loaded by {file}")
    assert not kernel.unavailable("usb-storage")


def test_candidates_are_told_by_vendor_and_by_class(kernel: Kernel) -> None:
    assert kernel.candidates(HUAWEI_7) == ("qmi_wwan",)
    ethernet = "usb:v12D1p1573d0000dc00dsc00dp00ic02isc06ip00in00"
    assert kernel.candidates(ethernet) == ("cdc_ether",)
    assert kernel.candidates(HUAWEI_7.replace("12D1", "12D2")) == ()


@pytest.mark.parametrize(("release", "drivers"), [("0105", ("option",)), ("0110", ())])
def test_a_release_may_be_one_of_a_range(
    kernel: Kernel, release: str, drivers: tuple[str, ...]
) -> None:
    modalias = f"usb:v12D1p1506d{release}dc00dsc00dp00icFFisc02ip01in01"
    assert kernel.candidates(modalias) == drivers


def test_without_lists_nothing_is_there_and_nothing_fails(tmp_path: Path) -> None:
    kernel = Kernel(DRIVERS, tmp_path)
    assert kernel.candidates(HUAWEI_7) == ()
    assert kernel.unavailable("option")
