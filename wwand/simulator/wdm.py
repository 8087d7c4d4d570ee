"""A cdc-wdm port: a channel of whole messages, and the engine behind it that answers them."""

from collections.abc import Callable, Collection
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from wwand.simulator.model import InterfaceModel, Speaks

if TYPE_CHECKING:  # the modem makes its channels
    from wwand.simulator.engine import Modem

Send = Callable[[bytes], None]
"""Says one message to the host."""


class WdmEngine(Protocol):
    """What understands the messages: QMI, or AT text."""

    def received(self, message: bytes) -> None:
        """Take one message of the host (CDC WMC 1.1 §6: SEND_ENCAPSULATED_COMMAND)."""
        ...

    def rebooted(self) -> None:
        """The firmware has started anew, and the device has stayed on the bus."""
        ...

    def gone(self) -> None:
        """The device left the bus or was configured anew: stop everything, say nothing more."""
        ...


MakeEngine = Callable[["Modem", InterfaceModel, Send], WdmEngine]
"""The engine gets the modem, the interface it is on, and how to say a message."""


class AtText:
    """AT commands in messages: the embedded channel of Huawei's NCM sticks."""

    def __init__(self, modem: "Modem", interface: InterfaceModel, send: Send) -> None:
        self._terminal = modem.add_port(replace(interface, speaks=Speaks.AT))
        self._send = send

    def received(self, message: bytes) -> None:
        """Hand the text to a terminal, which is open from the first message on."""
        if not self._terminal.is_open:
            self._terminal.opened(self._send)
        self._terminal.feed(message)

    def rebooted(self) -> None:
        """AT has nobody who would have to know."""

    def gone(self) -> None:
        """The modem ends its terminals itself."""


def load_engines(spoken: Collection[Speaks]) -> None:
    """Load what is large, before a device is there: hosts give it five seconds to be configured."""
    if Speaks.QMI in spoken:
        import_module("wwand.simulator.qmi.engine")


def _qmi(modem: "Modem", interface: InterfaceModel, send: Send) -> WdmEngine:
    from wwand.simulator.qmi.engine import QmiEngine  # large, and it needs the modem's module

    return QmiEngine(modem, interface, send)


ENGINES: dict[Speaks, MakeEngine] = {Speaks.HUAWEI_NCM: AtText, Speaks.QMI: _qmi}
"""Who understands what; what nobody understands is never answered."""


class WdmChannel:
    """One cdc-wdm port of a modem; a back end hands the host's messages to `written`."""

    def __init__(self, modem: "Modem", interface: InterfaceModel) -> None:
        self.modem = modem
        self.interface = interface
        self.on_message: Send = lambda _message: None
        """Hears what the engine says; a back end sets it."""
        make = ENGINES.get(interface.speaks)
        self._engine = make(modem, interface, self._say) if make else None

    def written(self, message: bytes) -> None:
        """Take one message of the host; a modem that hangs says nothing to it."""
        if self._engine and (not self._silent or self.modem.listens):
            self._engine.received(message)

    def closed(self) -> None:
        """Somebody closed the port."""
        self.modem.port_closed()

    def rebooted(self) -> None:
        """The firmware has started anew."""
        if self._engine:
            self._engine.rebooted()

    def gone(self) -> None:
        """The device left the bus."""
        if self._engine:
            self._engine.gone()
        self.on_message = lambda _message: None

    def _say(self, message: bytes) -> None:
        if not self._silent:
            self.on_message(message)

    @property
    def _silent(self) -> bool:
        modem = self.modem
        return modem.silent or (self.interface.speaks is Speaks.QMI and modem.knobs.qmi_silent)
