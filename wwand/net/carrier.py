"""Waiting until a network interface can carry something."""

import asyncio
import socket
from contextlib import suppress

from wwand.net.link import Link

RTMGRP_LINK = 1
"""linux/rtnetlink.h."""


async def has_carrier(link: Link, patience: float) -> bool:
    """Wait until the driver says that frames would get through; False when not within `patience`.

    Seconds; what is sent before is lost. Raises NetlinkFailed when the interface has gone.
    """
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as listening:
        listening.setblocking(False)
        listening.bind((0, RTMGRP_LINK))

        def heard() -> None:
            with suppress(OSError):  # nothing more, or too much came (ENOBUFS): look in any case
                while listening.recv(65536):
                    pass
            news.set()

        loop.add_reader(listening, heard)
        try:
            async with asyncio.timeout(patience):
                while not link.has_carrier:
                    await news.wait()
                    news.clear()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(listening)
    return True
