"""What frames on a QMI modem's network interface are to the kernel: Ethernet, or bare IP packets.

linux drivers/net/usb/qmi_wwan.c: attribute `qmi/raw_ip` since 4.5, which can be changed only while
the interface is down.
"""

import errno
import fcntl
import socket
import struct
from pathlib import Path

from wwand.errors import WwandError
from wwand.net.netlink import Netlink, switch_link

NET = Path("/sys/class/net")

SIOCSIFHWADDR = 0x8924
ARPHRD_ETHER = 1
"""linux/sockios.h, linux/if_arp.h."""


class RawIp:
    """The kernel's end of one network interface; every method raises WwandError."""

    def __init__(self, interface: str, root: Path = NET, netlink: Netlink | None = None) -> None:
        self.interface = interface
        self._file = root / interface / "qmi" / "raw_ip"
        self._address = root / interface / "address"
        self._netlink = netlink

    @property
    def possible(self) -> bool:
        """Whether the driver can do raw IP at all."""
        return self._file.exists()

    def set(self, on: bool) -> None:
        """Take the interface down, and have its frames be what is wanted."""
        switch_link(self.interface, False, self._netlink)
        if not on:
            self._mend_address()
        if not self.possible:
            if on:
                raise WwandError(
                    f"the driver of {self.interface} cannot do raw IP, which the modem insists on",
                    "use a kernel from 4.5 on",
                )
            return
        wanted = "Y" if on else "N"
        try:
            if self._file.read_text().strip() == wanted:
                return
            self._file.write_text(wanted)
        except OSError as error:
            raise WwandError(
                f"cannot switch raw IP on {self.interface}: {error.strerror}",
                "is the interface kept up by another program?"
                if error.errno == errno.EBUSY
                else "",
            ) from None

    def _mend_address(self) -> None:
        """Give the interface an address by which the driver takes Ethernet for what it is.

        qmi_wwan_rx_fixup takes a frame for bare IP when its first octet looks like IPv4 or IPv6;
        that octet is the first of this address, which the driver makes up at random.
        """
        try:
            old = bytes.fromhex(self._address.read_text().strip().replace(":", ""))
        except (OSError, ValueError):
            return
        if len(old) != 6 or old[0] >> 4 not in (4, 6):
            return
        new = bytes([0x02, *old[1:]])  # locally administered (IEEE 802 §8.2)
        name = self.interface.encode().ljust(16, b"\0")
        order = name + struct.pack("=H", ARPHRD_ETHER) + new.ljust(14, b"\0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            try:
                fcntl.ioctl(handle, SIOCSIFHWADDR, order.ljust(40, b"\0"))
            except OSError as error:
                raise WwandError(
                    f"cannot set the address of {self.interface}: {error.strerror}"
                ) from None
