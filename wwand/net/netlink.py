"""The daemon's one netlink socket, opened when it is first needed.

The kernel carries a request out, and queues its answer, before send() returns (rtnetlink_rcv in
linux net/core/rtnetlink.c), so nothing here waits.
"""

import errno
import ipaddress
import itertools
import os
import socket

from wwand.errors import DeviceGone, WwandError
from wwand.net import rtnetlink
from wwand.net.rtnetlink import Request

RECEIVE = 1 << 16
"""Octets of one read: more than the kernel puts into one datagram (NLMSG_GOODSIZE)."""


class NetlinkFailed(WwandError):
    """The kernel refused a change; `code` is its errno."""

    def __init__(self, code: int) -> None:
        why = os.strerror(code)
        super().__init__(f"the kernel refused a change of the network set-up: {why}")
        self.code = code


class Netlink:
    """Changes links, addresses and routes; every method raises NetlinkFailed."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._numbers = itertools.count(1)

    def index(self, interface: str) -> int:
        """Return an interface's index; 0 when there is none of that name."""
        try:
            return socket.if_nametoindex(interface)
        except OSError:
            return 0

    def link(self, index: int) -> tuple[int, int]:
        """Return an interface's flags and MTU."""
        return rtnetlink.read_link(self._ask(rtnetlink.get_link(index)))

    def set_link(self, index: int, *, up: bool | None = None, mtu: int = 0) -> None:
        """Raise or lower an interface, or set its MTU."""
        self._ask(rtnetlink.set_link(index, up=up, mtu=mtu))

    def address(self, add: bool, index: int, text: str, prefix: int, flags: int = 0) -> None:
        """Add an address or take it away."""
        ip = ipaddress.ip_address(text)
        self._ask(rtnetlink.address(add, index, _family(ip.version), ip.packed, prefix, flags))

    def default_route(
        self, add: bool, index: int, family: int, metric: int, gateway: str = ""
    ) -> None:
        """Add a default route or take it away."""
        packed = ipaddress.ip_address(gateway).packed if gateway else b""
        self._ask(rtnetlink.default_route(add, index, family, metric, packed))

    def close(self) -> None:
        """Close the socket if it was opened."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: Request) -> bytes:
        """Do one request; returns the payload of its answer."""
        try:
            return self._answer(request)
        except OSError as error:
            self.close()  # whatever still waits in it belongs to no request
            raise NetlinkFailed(error.errno or errno.EIO) from error

    def _answer(self, request: Request) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
        number = next(self._numbers)
        self._socket.send(request.packed(number))
        while True:
            for message in rtnetlink.messages(self._socket.recv(RECEIVE)):
                if message.sequence != number:
                    continue
                if error := message.error:
                    raise NetlinkFailed(error)
                return message.payload


def switch_link(interface: str, up: bool, netlink: Netlink | None = None) -> None:
    """Raise or lower the interface of that name, over a socket of its own unless one is given."""
    through = netlink or Netlink()
    try:
        index = through.index(interface)
        if not index:
            raise DeviceGone(f"there is no network interface {interface}")
        through.set_link(index, up=up)
    except NetlinkFailed as error:
        raise WwandError(
            f"cannot take {interface} {'up' if up else 'down'}: {os.strerror(error.code)}"
        ) from None
    finally:
        if netlink is None:
            through.close()


def _family(version: int) -> int:
    return int(socket.AF_INET if version == 4 else socket.AF_INET6)
