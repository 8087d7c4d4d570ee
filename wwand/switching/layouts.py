"""Layouts: the ways in which a device can carry data, in each of its USB configurations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from wwand.device import Configuration, Interface, UsbDevice
from wwand.status import LayoutKind


class Kernel(Protocol):
    """What the kernel can do."""

    def candidates(self, modalias: str) -> tuple[str, ...]:
        """The drivers that say they can drive an interface with that modalias."""
        ...

    def unavailable(self, driver: str) -> str:
        """Why a driver cannot be had, in words; empty when it can."""
        ...


KINDS = {
    "qmi_wwan": LayoutKind.QMI,
    "cdc_mbim": LayoutKind.MBIM,
    "cdc_ncm": LayoutKind.NCM,
    "huawei_cdc_ncm": LayoutKind.NCM,
    "cdc_ether": LayoutKind.ECM,
    "rndis_host": LayoutKind.ECM,
    "option": LayoutKind.PPP,
    "qcserial": LayoutKind.PPP,
    "sierra": LayoutKind.PPP,
    "cdc_acm": LayoutKind.PPP,
}
"""What a kernel driver makes of an interface (linux drivers/net/usb, drivers/usb/serial)."""

STANDARD = {
    (0x02, 0x06, 0x00): "cdc_ether",
    (0x02, 0x0D, 0x00): "cdc_ncm",
    (0x02, 0x0E, 0x00): "cdc_mbim",
    (0x02, 0x02, 0xFF): "rndis_host",
    (0xE0, 0x01, 0x03): "rndis_host",
    (0x02, 0x02, 0x01): "cdc_acm",
}
"""Interfaces whose class says what they are: a driver that is missing can be named."""

PACKAGES = {
    "qmi_wwan": "kmod-usb-net-qmi-wwan",
    "cdc_mbim": "kmod-usb-net-cdc-mbim",
    "cdc_ncm": "kmod-usb-net-cdc-ncm",
    "huawei_cdc_ncm": "kmod-usb-net-huawei-cdc-ncm",
    "cdc_ether": "kmod-usb-net-cdc-ether",
    "rndis_host": "kmod-usb-net-rndis",
    "option": "kmod-usb-serial-option",
    "qcserial": "kmod-usb-serial-qualcomm",
    "sierra": "kmod-usb-serial-sierrawireless",
    "cdc_acm": "kmod-usb-acm",
}
"""Where OpenWrt has the drivers."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to carry data."""

    configuration: int
    """bConfigurationValue that must be selected for it."""
    kind: LayoutKind
    interface: int
    """Number of the interface that its driver binds to."""
    driver: str

    def __str__(self) -> str:
        return f"{self.kind.value} in configuration {self.configuration}"


def layouts(device: UsbDevice, kernel: Kernel) -> tuple[Layout, ...]:
    """What the device can offer: one layout for each kind in each configuration, in their order."""
    return tuple(
        layout
        for configuration in device.configurations
        for layout in _of(device, configuration, kernel)
    )


def _of(device: UsbDevice, configuration: Configuration, kernel: Kernel) -> Iterator[Layout]:
    seen: set[LayoutKind] = set()
    for interface in configuration.interfaces:
        driver = _driver(device, interface, kernel)
        kind = KINDS.get(driver)
        if kind and kind not in seen:
            seen.add(kind)
            yield Layout(configuration.value, kind, interface.number, driver)


def _driver(device: UsbDevice, interface: Interface, kernel: Kernel) -> str:
    """The driver that is bound, or that would be."""
    if interface.driver:
        return "option" if interface.driver == "option1" else interface.driver
    found = [driver for driver in kernel.candidates(device.modalias(interface)) if driver in KINDS]
    # `option` takes whole vendors; a network driver that knows the interface comes before it
    found.sort(key=lambda driver: KINDS[driver] is LayoutKind.PPP)
    return found[0] if found else STANDARD.get(interface.triple, "")


def next_step(driver: str) -> str:
    """What to do about a driver that is not available."""
    package = PACKAGES.get(driver, "")
    return "install or load it" + (f"; on OpenWrt: {package}" if package else "")
