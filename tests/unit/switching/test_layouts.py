"""What a device offers, told from its descriptors and the kernel's tables."""

from dataclasses import replace

from wwand.device import Configuration, Interface, UsbDevice, UsbId
from wwand.status import LayoutKind as K
from wwand.switching.layouts import Layout, layouts, next_step


def vendor(number: int, proto: int, driver: str = "") -> Interface:
    return Interface(number, 0xFF, 1, proto, driver=driver)


FIRST = Configuration(1, tuple(vendor(n, p) for n, p in enumerate((1, 3, 2, 5, 6, 7))))
SECOND = Configuration(
    2,
    (
        Interface(0, 2, 6, 0, driver="cdc_ether"),
        Interface(1, 0x0A, 6, 0, driver="cdc_ether"),
        *(vendor(n, p, "option") for n, p in enumerate((1, 3, 2, 5, 6), 2)),
    ),
)
MU609 = UsbDevice("1-1", UsbId(0x12D1, 0x1573), "/sys/x", configurations=(FIRST, SECOND), active=2)


class Debian:
    """The aliases of Debian's 6.1 kernel, as far as they concern the device."""

    def candidates(self, modalias: str) -> tuple[str, ...]:
        if "icFFisc01ip07" in modalias:
            return ("option", "qmi_wwan")
        if "ic02isc06" in modalias:
            return ("cdc_ether",)
        return ("option",) if "icFF" in modalias else ()

    def unavailable(self, driver: str) -> str:
        return ""


class Bare(Debian):
    def candidates(self, modalias: str) -> tuple[str, ...]:
        return ()


def test_every_configuration_offers_its_layouts_once_each() -> None:
    assert layouts(MU609, Debian()) == (
        Layout(1, K.PPP, 0, "option"),
        Layout(1, K.QMI, 5, "qmi_wwan"),
        Layout(2, K.ECM, 0, "cdc_ether"),
        Layout(2, K.PPP, 2, "option"),
    )


def test_a_driver_that_the_kernel_has_not_is_named_by_the_interfaces_class() -> None:
    unbound = tuple(replace(i, driver="") for i in SECOND.interfaces)
    device = replace(MU609, configurations=(Configuration(2, unbound),))
    assert layouts(device, Bare()) == (Layout(2, K.ECM, 0, "cdc_ether"),)


def test_mbim_is_recognised() -> None:
    device = replace(MU609, configurations=(Configuration(3, (Interface(0, 2, 0x0E, 0),)),))
    assert layouts(device, Bare()) == (Layout(3, K.MBIM, 0, "cdc_mbim"),)


def test_a_disk_offers_nothing() -> None:
    disk = Interface(0, 8, 6, 0x50, driver="usb-storage")
    device = replace(MU609, configurations=(Configuration(1, (disk,)),))
    assert layouts(device, Debian()) == ()


def test_the_modalias_is_what_the_kernel_makes() -> None:
    assert MU609.modalias(FIRST.interfaces[5]) == (
        "usb:v12D1p1573d0000dc00dsc00dp00icFFisc01ip07in05"
    )


def test_the_next_step_names_openwrts_package() -> None:
    assert next_step("qmi_wwan").endswith("on OpenWrt: kmod-usb-net-qmi-wwan")
    assert next_step("strange") == "install or load it"
