"""What all rings share: the field data, and checks on everything that is logged."""

import json
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("wwand", deadline=None)  # the machine may be busy
settings.load_profile("wwand")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell starts jobs in the background so, and what the tests start would not hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

FIELD = Path(
    os.environ.get("WWAND_FIELD_DATA", Path(__file__).resolve().parents[2] / "shared" / "field")
)
"""Replies and dumps of real devices; not part of the project."""


def field_vectors(part: str, name: str) -> list[Any]:
    """Return the vectors of one file as test parameters; one that skips where there is no data."""
    file = FIELD / part / f"{name}.json"
    if not file.is_file():
        reason = f"no field data: {file} is absent (set WWAND_FIELD_DATA)"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id=f"{name}-absent")]
    return [
        pytest.param(vector, id=vector["id"].replace("/", "-"))
        for vector in json.loads(file.read_text())
    ]


class _Formatted(logging.Handler):
    """Formats every record, so that a broken log call fails the test that makes it."""

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()


@pytest.fixture(autouse=True)
def _log_calls_can_be_formatted() -> Iterator[None]:
    handler = _Formatted(level=logging.DEBUG)
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
