"""Vendors' command sets: what a model gets by `at.dialect`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wwand.simulator.commands import huawei
from wwand.simulator.replies import CommandSet

if TYPE_CHECKING:  # the modem starts its dialect
    from wwand.simulator.engine import Modem


@dataclass(frozen=True, slots=True)
class Dialect:
    """Commands, and what begins when the modem is powered on: its unsolicited reports."""

    commands: CommandSet
    start: Callable[["Modem"], None]
    packs_ussd: bool = False
    """Strings of +CUSD are packed septets, whatever character set is chosen."""


DIALECTS = {"huawei": Dialect(huawei.COMMANDS, huawei.start, packs_ussd=True)}
