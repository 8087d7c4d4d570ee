"""What the lives of all devices share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wwand.bearers.base import Applier
from wwand.config import Config, DeviceConfig
from wwand.device import UsbAccess
from wwand.memory import Memory
from wwand.modem.numbers import Numbers
from wwand.plugin import Plugins
from wwand.recovery import Recoveries
from wwand.switching.book import RuleBook
from wwand.switching.guard import LoopGuard
from wwand.switching.layouts import Kernel


@dataclass
class World:
    """What all lives share."""

    config: Config
    plugins: Plugins
    rules: RuleBook
    usb: UsbAccess
    kernel: Kernel
    memory: Memory
    make_applier: Callable[[DeviceConfig], Applier]
    numbers: Numbers = field(default_factory=Numbers)
    guard: LoopGuard = field(default_factory=LoopGuard)
    recoveries: Recoveries = field(default_factory=Recoveries)
    started: float = field(default_factory=time.monotonic)
