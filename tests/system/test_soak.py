"""A few cycles of what `make soak` does fifty times."""

from tests.soak.cycles import KINDS, run, soaking
from tests.soak.table import text

CYCLES = 2


def test_neither_drops_nor_kills_pile_anything_up() -> None:
    with soaking("qmi") as soak:
        for kind in KINDS:
            report = run(soak, "qmi", kind, CYCLES)
            assert not report.complaints, text(report)
