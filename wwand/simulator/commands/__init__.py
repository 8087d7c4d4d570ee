"""The engine's AT commands, one module for each area, and the search for a command's handler."""

from typing import TYPE_CHECKING

from wwand.simulator.commandline import Command, Form
from wwand.simulator.commands import general, messages, network, packet, services, sim
from wwand.simulator.commands.dialects import DIALECTS
from wwand.simulator.model import Answer, Setting
from wwand.simulator.replies import ERROR, OK, Handler, Reply

if TYPE_CHECKING:  # the modem's terminals look handlers up here
    from wwand.simulator.engine import Modem

SETS = (
    general.COMMANDS,
    sim.COMMANDS,
    network.COMMANDS,
    packet.COMMANDS,
    messages.COMMANDS,
    services.COMMANDS,
)
HANDLERS: dict[str, Handler] = {
    name: handler for part in SETS for name, handler in part.handlers.items()
}


def find(modem: "Modem", command: Command) -> Handler:
    """Return what answers a command: the model's words first, then the engine; ERROR if neither."""
    at = modem.model.at
    if command.name in at.refuses or command.key in at.refuses:
        return lambda _port, _command: ERROR
    if answer := at.replies.get(str(command).upper()) or at.replies.get(command.key):
        return lambda port, _command: _word_by_word(port.modem, answer)
    if setting := at.settings.get(command.name):
        return lambda port, command: _setting(port.modem, command, setting)
    dialect = DIALECTS.get(at.dialect)
    if dialect and (handler := dialect.commands.handlers.get(command.name)):
        return handler
    if handler := HANDLERS.get(command.name):
        return handler
    return lambda _port, _command: ERROR


async def _word_by_word(modem: "Modem", answer: Answer) -> Reply:
    from wwand.simulator.engine import pause

    await pause(answer.latency)
    facts = modem.facts()
    return Reply(tuple(line.format(**facts) for line in answer.lines), answer.final)


def _setting(modem: "Modem", command: Command, setting: Setting) -> Reply:
    name = command.name
    if command.form is Form.READ:
        return Reply((f"{name}: {modem.settings[name]}",))
    if command.form is Form.TEST and setting.test:
        return Reply((f"{name}: {setting.test}",))
    if command.form is Form.SET and (not setting.values or command.args in setting.values):
        modem.settings[name] = command.args
        return OK
    return ERROR
