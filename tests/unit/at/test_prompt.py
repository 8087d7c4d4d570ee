"""Only silence tells a prompt from a line that begins like one."""

import asyncio

import pytest

from wwand.at.parser import AtParser
from wwand.at.prompt import PromptWatch


@pytest.mark.parametrize(
    ("pieces", "prompts"),
    [((b"\r\n> ",), 1), ((b"\r\n> ", b"Model T <\r\n"), 0), ((b"\r\n> ", b"x\r\n", b"> "), 1)],
    ids=["a prompt", "a line", "a line and a prompt"],
)
async def test_what_a_line_has_stopped_at_tells(pieces: tuple[bytes, ...], prompts: int) -> None:
    found: list[None] = []
    parser = AtParser()
    watch = PromptWatch(parser, lambda: found.append(None))
    for piece in pieces:
        list(parser.feed(piece))
        watch.heard(0.0)
    for _ in range(3):  # turns of the loop, in which the silence is over
        await asyncio.sleep(0)
    assert len(found) == prompts


async def test_a_watch_that_was_stopped_says_nothing() -> None:
    found: list[None] = []
    parser = AtParser()
    watch = PromptWatch(parser, lambda: found.append(None))
    list(parser.feed(b"\r\n> "))
    watch.heard(0.0)
    watch.stop()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not found
