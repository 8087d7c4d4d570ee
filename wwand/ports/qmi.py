"""Open a port for QMI: alone, or through the qmi-proxy program where that holds it already."""

import asyncio
import socket
import stat

from wwand.device import Port
from wwand.errors import PortGone, WwandError
from wwand.ports.transport import CharTransport, open_port, opening_error
from wwand.qmi.channel import QmiChannel

PROXY = "\0qmi-proxy"
"""The abstract socket of the program that libqmi's users share a port through (qmi-proxy.h)."""

BOOT = 30.0
"""Seconds a modem may take from its port's appearance until its firmware answers QMI."""


async def open_qmi(port: Port, timeout: float = BOOT, proxy: str = PROXY) -> QmiChannel:
    """Open a port and find out the modem's services.

    Two readers of a cdc-wdm device steal each other's answers, so a qmi-proxy that runs is used;
    on a port that is wwand's alone the modem is told to forget clients of the past. Raises what
    `open_port` does, and ModemTimeout when the modem says nothing.
    """
    channel = QmiChannel(port.name)
    proxied = _connect_proxy(port, proxy)
    try:
        if proxied is not None:
            loop = asyncio.get_running_loop()
            CharTransport(loop, channel, proxied.detach(), port.name)
            await asyncio.sleep(0)  # the loop calls connection_made
            channel.log.info("through qmi-proxy")
            await channel.open_through_proxy(str(port.path))
        else:
            await open_port(port, channel)
            await channel.synchronise(timeout)
        await channel.learn_services()
    except PortGone as error:
        await channel.close()
        if proxied is not None:
            raise PortGone(
                f"{port.name}: qmi-proxy gives no access to it", "stop qmi-proxy, or replug"
            ) from error
        raise
    except (WwandError, asyncio.CancelledError):
        await channel.close()
        raise
    return channel


def _connect_proxy(port: Port, address: str) -> socket.socket | None:
    """Connect to a qmi-proxy; None when there is none, or the port is no device of the kernel's."""
    try:
        if port.path is None or not stat.S_ISCHR(port.path.stat().st_mode):
            return None
    except OSError as error:
        raise opening_error(port.name, error) from None
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.setblocking(False)
    try:
        peer.connect(address)
    except OSError:
        peer.close()
        return None
    return peer
