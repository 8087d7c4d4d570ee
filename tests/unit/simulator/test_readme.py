"""The page for model authors tells the truth."""

import re
from importlib import resources

from wwand.simulator.control import FAULTS
from wwand.simulator.journal import Happened
from wwand.simulator.library import read_model

FOLDER = resources.files("wwand.simulator")
PAGE = (FOLDER / "README.md").read_text()
ORDERS = (FOLDER / "ORDERS.md").read_text()


def test_the_example_model_can_be_read() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    model = read_model("example", example[1])
    assert model.modes["storage"].switches[0].becomes == "modem"


def test_every_fault_and_every_kind_of_entry_is_explained() -> None:
    for name in FAULTS:
        assert f"`{name}`" in ORDERS
    listed = re.search(r"`(plugged [a-z ]+)`", ORDERS)
    assert listed
    assert sorted(listed[1].split()) == sorted(Happened)
