"""The system ring runs inside the test guest only: it loads drivers and owns the system bus."""

import os
import shutil

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """What one test asked wwand to keep up is none of the next test's business."""
    if os.environ.get("WWAND_VM"):
        shutil.rmtree("/var/lib/wwand", ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip everything here outside the guest."""
    if os.environ.get("WWAND_VM"):
        return
    skip = pytest.mark.skip(reason="runs inside the test guest: use tests/system/run")
    for item in items:
        if "tests/system" in item.path.as_posix():
            item.add_marker(skip)
