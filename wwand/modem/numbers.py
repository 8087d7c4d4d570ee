"""The numbers in the paths of objects on the bus."""

import itertools
from dataclasses import dataclass, field


@dataclass
class Numbers:
    """The numbers of objects on the bus: global per class, never used twice by one daemon."""

    modem: "itertools.count[int]" = field(default_factory=itertools.count)
    sim: "itertools.count[int]" = field(default_factory=itertools.count)
    bearer: "itertools.count[int]" = field(default_factory=itertools.count)
    sms: "itertools.count[int]" = field(default_factory=itertools.count)
