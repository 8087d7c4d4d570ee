"""27.007 §7.4, §7.5, §8.3, §8.18: what is asked of the SIM card."""

from typing import TYPE_CHECKING

from wwand.simulator.card import CME_WRONG
from wwand.simulator.commandline import Command, Form
from wwand.simulator.replies import ERROR, OK, CommandSet, Refused, Reply, say

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

READ_BINARY, READ_RECORD, GET_RESPONSE, UPDATE_BINARY, STATUS = 176, 178, 192, 214, 242
"""Instructions of +CRSM (27.007 §8.18; 3GPP TS 51.011 §9.2)."""

DONE, NOT_FOUND, WRONG_COMMAND = "144,0", "106,130", "109,0"
"""Status words 9000, 6A82 and 6D00 in decimal (3GPP TS 31.101 §10.2.1)."""

CME_BAD_PARAMETERS, CME_NOT_ALLOWED = 50, 3


@COMMANDS.on("+CPIN")
def pin(port: "Terminal", command: Command) -> Reply:
    """Ask for the lock, or open it."""
    modem, card = port.modem, port.modem.card
    if command.form is Form.TEST:
        return OK
    if command.form is Form.READ:
        return say(f"+CPIN: {card.lock}")
    codes = command.values
    if card.lock == "SIM PUK":
        if len(codes) != 2:
            raise Refused(12)
        card.unblock(*codes)
    elif card.lock == "SIM PIN":
        card.verify(codes[0])
    else:
        raise Refused(CME_NOT_ALLOWED)
    modem.network.reconsider()
    modem.changed()
    return OK


@COMMANDS.on("+CLCK")
def facility(port: "Terminal", command: Command) -> Reply:
    """Query and set facility locks; only SC, the PIN, can be set."""
    card = port.modem.card
    if command.form is Form.TEST:
        return say('+CLCK: ("SC","FD","PN","PU","PP","PC","PS")')
    name, mode, password, *_ = [*command.values, "", ""]
    if mode == "2":
        on = name == "SC" and card.pin_enabled
        return say(f"+CLCK: {int(on)}")
    if name != "SC" or mode not in ("0", "1"):
        raise Refused(CME_NOT_ALLOWED)
    card.verify(password)
    card.pin_enabled = mode == "1"
    port.modem.changed()
    return OK


@COMMANDS.on("+CPWD")
def change_pin(port: "Terminal", command: Command) -> Reply:
    """Change the PIN."""
    if command.form is Form.TEST:
        return say('+CPWD: ("SC",8),("P2",8)')
    name, old, new, *_ = [*command.values, "", "", ""]
    card = port.modem.card
    if name != "SC" or not card.pin_enabled:
        raise Refused(CME_NOT_ALLOWED)
    if not new.isdigit() or not 4 <= len(new) <= 8:
        raise Refused(CME_WRONG)
    card.verify(old)
    card.pin = new
    return OK


@COMMANDS.on("+CPINR")
def tries(port: "Terminal", command: Command) -> Reply:
    """Tell how many tries are left."""
    card = port.modem.card
    rows = {
        "SIM PIN": (card.pin_tries, 3),
        "SIM PUK": (card.puk_tries, 10),
        "SIM PIN2": (card.pin2_tries, 3),
        "SIM PUK2": (card.puk2_tries, 10),
    }
    if command.form is Form.TEST:
        return OK
    return say(*(f"+CPINR: {name},{left},{most}" for name, (left, most) in rows.items()))


@COMMANDS.on("+CIMI")
def imsi(port: "Terminal", command: Command) -> Reply:
    """Tell the subscriber's identity (27.007 §5.6)."""
    if command.form is Form.TEST:
        return OK
    port.modem.card.need_ready()
    return say(port.modem.card.facts.imsi)


@COMMANDS.on("+CCID", "+ICCID")
def iccid(port: "Terminal", command: Command) -> Reply:
    """Tell the card's number; can be read before the PIN."""
    if command.form is Form.TEST:
        return OK
    _present(port)
    return say(f'{command.name}: "{port.modem.card.facts.iccid}"')


@COMMANDS.on("+CNUM")
def own_number(port: "Terminal", command: Command) -> Reply:
    """Tell the subscriber's numbers (27.007 §7.1)."""
    if command.form is Form.TEST:
        return OK
    card = port.modem.card
    card.need_ready()
    number = card.facts.number
    kind = 145 if number.startswith("+") else 129  # 24.008 §10.5.4.7: international or unknown
    return say(f'+CNUM: "","{number}",{kind}') if number else OK


@COMMANDS.on("+CRSM")
def restricted_access(port: "Terminal", command: Command) -> Reply:
    """Read a file of the card."""
    if command.form is Form.TEST:
        return OK
    if command.form is not Form.SET:
        return ERROR
    instruction, number = command.number(0), command.number(1)
    _present(port)
    card = port.modem.card
    if number != 0x2FE2:  # EF ICCID needs no PIN (31.102 §4.1... access condition ALW)
        card.need_ready()
    contents = card.file(number)
    if instruction not in (READ_BINARY, GET_RESPONSE, STATUS):
        return say(f"+CRSM: {WRONG_COMMAND}")
    if contents is None:
        return say(f"+CRSM: {NOT_FOUND}")
    if instruction == READ_BINARY:
        start = command.number(2) * 256 + command.number(3)
        length = command.number(4) or len(contents)
        return say(f'+CRSM: {DONE},"{contents[start : start + length].hex().upper()}"')
    # 51.011 §9.2.1: bytes 3-4 size, 5-6 file id, 7 type EF, 14 structure transparent
    head = f"0000{len(contents):04X}{number:04X}04000000000102{0:04X}"
    return say(f'+CRSM: {DONE},"{head}"')


@COMMANDS.on("+CSIM")
def generic_access(_port: "Terminal", command: Command) -> Reply:
    """Raw APDUs are not served: status word 6D00."""
    return OK if command.form is Form.TEST else say('+CSIM: 4,"6D00"')


@COMMANDS.on("+CPBS", "+CPBR", "+CPBF")
def phone_book(port: "Terminal", command: Command) -> Reply:
    """Show an empty phone book (27.007 §8.11, §8.12)."""
    port.modem.card.need_ready()
    if command.name == "+CPBS":
        rows = {Form.TEST: '("SM","ON")', Form.READ: '"SM",0,250'}
        return say(f"+CPBS: {rows[command.form]}") if command.form in rows else OK
    return say(f"{command.name}: (1-250),40,14") if command.form is Form.TEST else OK


def _present(port: "Terminal") -> None:
    if not port.modem.card.present:
        raise Refused(10)
