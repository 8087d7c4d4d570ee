"""Background work that belongs to one object and ends with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from wwand.errors import InProgress, WwandError
from wwand.log import ObjectLog

T = TypeVar("T")


class Tasks:
    """The running tasks of one owner: failures are logged, `close` ends them all."""

    def __init__(self, log: ObjectLog) -> None:
        self._log = log
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, what: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work`; `what` names it in the log should it fail."""
        task = asyncio.create_task(self._run(what, work), name=what)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before it had begun
        return task

    async def _run(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except WwandError as error:
            self._log.warning("%s: %s", what, error)
        except Exception:  # noqa: BLE001 - a bug in one task ends that task, and is told
            self._log.exception("%s: a bug", what)

    async def close(self) -> None:
        """Cancel what still runs and wait for its end; the calling task itself is left alone."""
        others = self._running - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)


async def side_by_side(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run coroutines at the same time and return their results; the first failure ends the rest."""
    tasks = [asyncio.ensure_future(each) for each in work]
    if not tasks:
        return []
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def through(work: Coroutine[Any, Any, T]) -> T:
    """Do all of `work`: a caller that is cancelled meanwhile is so when it is done."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        task.exception()  # seen: the caller has no use for it any more
        raise asyncio.CancelledError
    return task.result()


class Alone:
    """Lets one in at a time; whoever comes meanwhile is told, not kept waiting."""

    def __init__(self, message: str) -> None:
        self._message = message
        self._taken = False

    async def __aenter__(self) -> None:
        if self._taken:
            raise InProgress(self._message)
        self._taken = True

    async def __aexit__(self, *_exc: object) -> None:
        self._taken = False
