import asyncio
import gc
import logging

import pytest

from wwand.errors import WwandError
from wwand.log import ObjectLog
from wwand.tasks import Tasks, side_by_side, through


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def give(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def fail(error: Exception) -> None:
    raise error


async def test_the_end_of_the_owner_is_the_end_of_its_tasks() -> None:
    tasks = Tasks(ObjectLog(__name__, "owner"))
    begun = tasks.spawn("begun", forever())
    await asyncio.sleep(0)
    not_begun = tasks.spawn("not begun", forever())
    await tasks.close()
    assert begun.cancelled()
    assert not_begun.cancelled()
    del begun, not_begun
    gc.collect()  # a coroutine that was never awaited would warn, and a warning is an error


async def test_a_task_that_fails_is_reported_and_takes_nobody_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks = Tasks(ObjectLog(__name__, "owner"))
    await asyncio.wait(
        [
            tasks.spawn("a call", fail(WwandError("no carrier"))),
            tasks.spawn("a sum", fail(ZeroDivisionError("oh"))),
        ]
    )
    levels = {r.getMessage(): r.levelno for r in caplog.records}
    assert levels == {
        "[owner] a call: no carrier": logging.WARNING,
        "[owner] a sum: a bug": logging.ERROR,
    }


async def test_a_task_can_end_the_others_of_its_owner() -> None:
    tasks = Tasks(ObjectLog(__name__, "owner"))
    other = tasks.spawn("other", forever())
    async with asyncio.timeout(5):
        await tasks.spawn("closing", tasks.close())
    assert other.cancelled()


async def test_side_by_side_gives_the_results_in_order() -> None:
    assert await side_by_side(give(1), give(2)) == [1, 2]


async def test_nothing_side_by_side_is_nothing() -> None:
    assert await side_by_side() == []


async def test_the_first_failure_side_by_side_ends_the_rest() -> None:
    before = asyncio.all_tasks()
    with pytest.raises(WwandError):
        await side_by_side(forever(), fail(WwandError("no")))
    assert asyncio.all_tasks() == before


async def test_work_that_has_to_be_done_is_done_however_often_its_caller_is_cancelled() -> None:
    may_end, done = asyncio.Event(), []

    async def work() -> None:
        await may_end.wait()
        done.append("all of it")

    caller = asyncio.create_task(through(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert done == ["all of it"]


async def test_work_that_has_to_be_done_gives_its_result_or_its_error() -> None:
    assert await through(give(5)) == 5
    with pytest.raises(ZeroDivisionError):
        await through(fail(ZeroDivisionError("oh")))
