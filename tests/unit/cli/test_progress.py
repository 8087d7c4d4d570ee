"""Steps from a device's history, and how they are told."""

import asyncio
import io

import pytest

from tests.unit.cli.things import HISTORY
from wwand.cli.output import Output
from wwand.cli.progress import Progress, steps_of


def seconds(history: list[tuple[float, str, str]], since: float = 0.0) -> dict[str, float]:
    return {name: round(took, 3) for name, took in steps_of(history, since)}


def test_a_history_tells_the_steps_and_how_long_each_took() -> None:
    assert seconds(HISTORY) == {"switched": 0.7, "ports": 0.2, "modem": 0.5}


def test_only_steps_that_ended_after_the_command_began_count() -> None:
    assert seconds(HISTORY, since=1.8) == {"ports": 0.2, "modem": 0.5}
    assert seconds(HISTORY, since=3.0) == {}


def test_a_modem_that_needs_no_switch_has_no_such_step() -> None:
    assert seconds([HISTORY[0], *HISTORY[3:]]) == {"ports": 0.2, "modem": 0.5}


def test_a_step_in_progress_is_no_step_yet() -> None:
    assert seconds(HISTORY[:3]) == {}
    assert seconds(HISTORY[:4]) == {"switched": 0.7}


def test_a_second_life_begins_anew() -> None:
    again = [(when + 10, phase, reason) for when, phase, reason in HISTORY]
    assert seconds([*HISTORY, *again[:4]]) == {"switched": 0.7}
    assert seconds([*HISTORY, *again], since=10.0) == seconds(HISTORY)


def test_waiting_for_the_storage_comes_before_the_switch() -> None:
    settling = (1.05, "settling", "waiting for the storage to say what it is")
    expected = {"switched": 0.6, "ports": 0.2, "modem": 0.5}
    assert seconds([HISTORY[0], settling, *HISTORY[1:]]) == expected


def test_ports_that_are_asked_again_keep_the_switch() -> None:
    anew = [(3.0, "settling", ""), (3.1, "probing", ""), (3.5, "modem", "")]
    assert seconds([*HISTORY[:5], *anew]) == {"switched": 0.7, "ports": 0.1, "modem": 0.4}


def test_a_stuck_device_has_no_steps_behind_it() -> None:
    assert seconds([*HISTORY[:5], (9.0, "stuck", "no answer")]) == {}


class Stream(io.StringIO):
    """A pipe that can be taken for a terminal, and says when it was drawn on thrice."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.terminal = False
        self.thrice = asyncio.Event()

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        size = super().write(text)
        if self.getvalue().count("online") >= 3:
            self.thrice.set()
        return size


@pytest.fixture
def stream() -> Stream:
    return Stream()


async def test_in_a_pipe_each_step_is_one_line(stream: Stream) -> None:
    progress = Progress(Output(stream))
    progress.doing("switched")
    progress.done("switched", 1.3, "1c9e:9605 at 1-1")
    progress.doing("online")
    progress.done("online", 12.0)
    progress.close()
    assert stream.getvalue() == (
        "✓ switched     1.3 s   1c9e:9605 at 1-1\n"
        "✓ online        12 s\n"
    )  # fmt: skip


async def test_a_step_is_told_once(stream: Stream) -> None:
    progress = Progress(Output(stream))
    progress.done("ports", 1.0)
    progress.done("ports", 1.0)
    assert stream.getvalue().count("ports") == 1
    assert len(progress.as_data()) == 1


async def test_the_step_that_failed_is_marked(stream: Stream) -> None:
    progress = Progress(Output(stream))
    progress.doing("registered")
    progress.failed()
    assert stream.getvalue() == "✗ registered   0.0 s\n"


async def test_on_a_terminal_the_step_in_progress_moves_in_its_line(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.terminal = True
    monkeypatch.setattr(Output, "width", 30)
    progress = Progress(Output(stream, colour=False))
    progress.doing("online")
    await asyncio.wait_for(stream.thrice.wait(), 5)
    progress.done("online", 0.5)
    progress.close()
    drawn = stream.getvalue()
    assert drawn.count("\n") == 1
    assert drawn.endswith("\r\x1b[K✓ online       0.5 s\n")
    assert all(len(line) <= 30 for line in drawn.replace("\x1b[K", "\r").split("\r"))


async def test_with_json_nothing_but_the_document_is_printed(stream: Stream) -> None:
    progress = Progress(Output(stream, as_json=True))
    progress.doing("ports")
    progress.done("ports", 0.25, "ttyUSB0")
    progress.close()
    assert stream.getvalue() == ""
    assert progress.as_data() == [{"step": "ports", "seconds": 0.25, "detail": "ttyUSB0"}]
