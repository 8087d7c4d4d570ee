"""What stands for an IP configuration that wwand has put on this machine."""

import asyncio
from collections.abc import Callable

from wwand.errors import WwandError
from wwand.status import IpConfig


class Nothing:
    """An IP configuration in place."""

    interface = "wwan0"
    ip4: IpConfig | None = None
    ip6: IpConfig | None = None
    error: WwandError | None = None
    on_change: Callable[[], None] | None = None

    def __init__(self) -> None:
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def take_down(self) -> None:
        """Nobody waits for its end any more."""
        self.ended.cancel()
