"""ITU-T V.250 and 27.007 §5, §8: the interpreter's settings, identity, radio, keypad and calls."""

import re
from typing import TYPE_CHECKING

from wwand.simulator.calls import Call
from wwand.simulator.commandline import Command, Form
from wwand.simulator.replies import (
    ERROR,
    NO_CARRIER,
    OK,
    CommandSet,
    Handler,
    Refused,
    Reply,
    say,
)

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

DATA_CALL = re.compile(r"\*(?:98|99)(?:\*[^*#]*){0,2}(?:\*(\d+))?#|\*99\*\*\*(\d+)#")
"""The service codes that ask for a PDP context, the cid last (27.007 §10.2.1.1)."""

CHARSETS = ("GSM", "IRA", "UCS2", "HEX")


@COMMANDS.on("E", "V", "Q")
def switches(port: "Terminal", command: Command) -> Reply:
    """Echo, verbose results, suppressed results (V.250 §6.2.4 to §6.2.6)."""
    if command.args not in ("", "0", "1"):
        return ERROR
    value = command.args == "1"
    if command.name == "E":
        port.echo = value
    elif command.name == "V":
        port.verbose = value
    else:
        port.quiet = value
    return OK


@COMMANDS.on("&D")
def dtr(port: "Terminal", command: Command) -> Reply:
    """What a drop of DTR does (V.250 §6.2.9)."""
    mode = int(command.args or 0)
    if mode > 2:
        return ERROR
    port.dtr_mode = mode
    return OK


@COMMANDS.on("X", "&C", "&K", "&S", "L", "M", "+ICF", "+IFC", "+IPR", "&W", "+FCLASS", "+DS")
def accepted(_port: "Terminal", command: Command) -> Reply:
    """Settings of a modem with a real line or a real UART; kept by nobody."""
    ranges = {"+IFC": "(0-2),(0-2)", "+ICF": "(0-3),(0-1)", "+IPR": "(),(0)", "+FCLASS": "(0)"}
    now = {"+IFC": "2,2", "+ICF": "3,3", "+IPR": "0", "+FCLASS": "0"}
    if command.form is Form.TEST and command.name in ranges:
        return say(f"{command.name}: {ranges[command.name]}")
    if command.form is Form.READ and command.name in now:
        return say(f"{command.name}: {now[command.name]}")
    return OK


@COMMANDS.on("Z", "&F")
def factory(port: "Terminal", command: Command) -> Reply:
    """Reset the port's settings (V.250 §6.1); Z leaves the character set, as ModemManager expects.

    It chooses one first, sends Z, and goes on in that character set.
    """
    charset = port.charset
    port.hang_up("reset")
    port.reset()
    if command.name == "Z":
        port.charset = charset
    return OK


@COMMANDS.on("&V")
def show(port: "Terminal", _command: Command) -> Reply:
    """Show the settings."""
    echo, verbose, quiet = (int(v) for v in (port.echo, port.verbose, port.quiet))
    return say(f"E{echo} Q{quiet} V{verbose} &D{port.dtr_mode} +CMEE={port.cmee}")


@COMMANDS.on("+CMEE")
def error_form(port: "Terminal", command: Command) -> Reply:
    """How errors are put (27.007 §9.1)."""
    return _number(port, command, "cmee", "(0-2)", 2)


@COMMANDS.on("+CSCS")
def charset(port: "Terminal", command: Command) -> Reply:
    """Character set of strings (27.007 §5.5)."""
    if command.form is Form.TEST:
        return say(f"+CSCS: ({','.join(f'{chr(34)}{c}{chr(34)}' for c in CHARSETS)})")
    if command.form is Form.READ:
        return say(f'+CSCS: "{port.charset}"')
    if command.value(0).upper() not in CHARSETS:
        return ERROR
    port.charset = command.value(0).upper()
    return OK


@COMMANDS.on("+CFUN")
def radio(port: "Terminal", command: Command) -> Reply:
    """Switch the radio on and off (27.007 §8.2)."""
    modem = port.modem
    if command.form is Form.TEST:
        return say("+CFUN: (0,1,4),(0,1)")
    if command.form is Form.READ:
        return say(f"+CFUN: {modem.radio}")
    level = command.number(0, 1)
    if level not in (0, 1, 4):
        return ERROR
    if command.number(1):
        modem.reboot()
    else:
        modem.set_radio(level)
    return OK


@COMMANDS.on("I")
def information(port: "Terminal", _command: Command) -> Reply:
    """Identify in the free form of V.250 §6.1.3."""
    identity = port.modem.model.identity
    return say(
        f"Manufacturer: {identity.manufacturer}",
        f"Model: {identity.model}",
        f"Revision: {identity.revision}",
        f"IMEI: {identity.imei}",
        f"+GCAP: {','.join(identity.capabilities)}",
    )


@COMMANDS.on("+GCAP")
def capabilities(port: "Terminal", _command: Command) -> Reply:
    """List capabilities (V.250 §6.1.9)."""
    return say(f"+GCAP: {','.join(port.modem.model.identity.capabilities)}")


def _identity(field: str) -> Handler:
    def answer(port: "Terminal", command: Command) -> Reply:
        value = getattr(port.modem.model.identity, field)
        return OK if command.form is Form.TEST else say(value) if value else ERROR

    return answer


for _field, _names in {
    "manufacturer": ("+CGMI", "+GMI"),
    "model": ("+CGMM", "+GMM"),
    "revision": ("+CGMR", "+GMR"),
    "imei": ("+CGSN", "+GSN"),
    "hardware_revision": ("+HWREV",),
}.items():
    COMMANDS.on(*_names)(_identity(_field))  # 27.007 §5.1 to §5.4, V.250 §6.1.4 to §6.1.7


@COMMANDS.on("D")
async def dial(port: "Terminal", command: Command) -> Reply:
    """Start a data call (27.007 §10.2.1.1); speech finds nobody."""
    modem = port.modem
    number = command.args.strip().upper().lstrip("TP")
    found = DATA_CALL.fullmatch(number)
    if not found or not port.interface.dials:
        return NO_CARRIER if number else ERROR
    context = modem.context(int(found[1] or found[2] or 1))
    modem.card.need_ready()
    if not modem.accepts(context) or any(c.cid == context.cid for c in modem.calls.values()):
        return NO_CARRIER
    call = Call(context.cid, modem.credentials(context))
    port.dialling(True)
    try:
        await call.set_up(modem.carrier)
    except BaseException:
        call.close()
        raise
    finally:
        port.dialling(False)
    return Reply(final="CONNECT", call=call)


@COMMANDS.on("H", "+CHUP")
def hang_up(port: "Terminal", _command: Command) -> Reply:
    """End the call (V.250 §6.3.6); on a second port, every call."""
    if port in port.modem.calls:
        port.hang_up("host")
    else:
        port.modem.drop_calls("host")
    return OK


@COMMANDS.on("O")
def online(port: "Terminal", _command: Command) -> Reply:
    """Return to the data state (V.250 §6.3.7)."""
    return Reply(final="CONNECT") if port.has_call else NO_CARRIER


@COMMANDS.on("+CPAS")
def activity(port: "Terminal", _command: Command) -> Reply:
    """Tell whether a call is in progress (27.007 §8.1)."""
    return say(f"+CPAS: {4 if port.modem.calls else 0}")


@COMMANDS.on("+CLCC")
def no_calls(_port: "Terminal", _command: Command) -> Reply:
    """No speech calls (27.007 §7.18)."""
    return OK


@COMMANDS.on("+CRC", "+CLIP", "+CLIR", "+CCWA", "+CSSN", "+COLP", "+CMOD", "+CVHU")
def services(port: "Terminal", command: Command) -> Reply:
    """Reports of supplementary services: kept, never sent (27.007 §7)."""
    name = command.name
    if command.form is Form.TEST:
        return say(f"{name}: (0,1)")
    if command.form is Form.READ:
        return say(f"{name}: {port.reports.get(name, 0)}")
    port.reports[name] = command.number(0)
    return OK


def register(port: "Terminal", command: Command) -> Reply:
    """Read or write an S-register (V.250 §5.3.2)."""
    number = int(command.name[1:])
    if number not in port.registers:
        return ERROR
    if command.form is Form.READ:
        return say(f"{port.registers[number]:03d}")
    value = int(command.args or 0)
    if value > 255:
        return ERROR
    port.registers[number] = value
    return OK


for _register in (0, 3, 4, 5, 6, 7, 8, 10, 12):
    COMMANDS.on(f"S{_register}")(register)


def _number(port: "Terminal", command: Command, name: str, test: str, most: int) -> Reply:
    """Read or write one of the port's own numbers."""
    if command.form is Form.TEST:
        return say(f"{command.name}: {test}")
    if command.form is Form.READ:
        return say(f"{command.name}: {getattr(port, name)}")
    value = command.number(0)
    if not 0 <= value <= most:
        raise Refused(50)
    setattr(port, name, value)
    return OK
