"""27.007 §7.2, §7.3, §8.5, §8.9: registration, operators, signal, indicators."""

from typing import TYPE_CHECKING

from wwand.simulator.commandline import Command, Form
from wwand.simulator.network import AUTOMATIC, DEREGISTERED, MANUAL
from wwand.simulator.replies import ERROR, OK, CommandSet, Refused, Reply, say

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

SET_FORMAT, MANUAL_THEN_AUTOMATIC = 3, 4
"""Further <mode>s of +COPS."""

INDICATORS = (
    ("battchg", 5),
    ("signal", 5),
    ("service", 1),
    ("call", 1),
    ("roam", 1),
    ("smsfull", 1),
)
"""Names of +CIND (27.007 §8.9) with their greatest values."""

UNKNOWN_SIGNAL = 99


@COMMANDS.on("+CREG", "+CGREG", "+CEREG")
def registration(port: "Terminal", command: Command) -> Reply:
    """Tell the registration and turn its reports on."""
    name = command.name
    if name not in port.modem.network.facts.domains:
        return ERROR
    if command.form is Form.TEST:
        return say(f"{name}: (0-2)")
    if command.form is Form.READ:
        line = port.modem.registration_line(name, port)
        return say(f"{name}: {port.reports.get(name, 0)},{line}")
    mode = command.number(0)
    if mode not in (0, 1, 2):
        return ERROR
    port.reports[name] = mode
    return OK


@COMMANDS.on("+COPS")
def operators(port: "Terminal", command: Command) -> Reply:
    """Tell, choose and look for networks."""
    network = port.modem.network
    if command.form is Form.TEST:
        port.modem.card.need_ready()
        rows = [
            f'({o.status},"{port.text(o.long)}","{port.text(o.short)}","{o.code}",{o.technology})'
            for o in network.facts.operators
        ]
        return say(f"+COPS: {','.join(rows)},,(0-4),(0-2)")
    if command.form is Form.READ:
        serving = network.operator
        if serving is None:
            return say(f"+COPS: {network.mode}")
        names = (port.text(serving.long), port.text(serving.short), serving.code)
        name = names[network.format]
        return say(f'+COPS: {network.mode},{network.format},"{name}",{network.technology}')
    mode = command.number(0)
    if mode == SET_FORMAT:
        network.format = command.number(1)
        return OK if network.format in (0, 1, 2) else ERROR
    if mode not in (AUTOMATIC, MANUAL, DEREGISTERED, MANUAL_THEN_AUTOMATIC):
        return ERROR
    port.modem.card.need_ready()
    network.select(MANUAL if mode == MANUAL_THEN_AUTOMATIC else mode, command.value(2))
    return OK


@COMMANDS.on("+CSQ")
def signal(port: "Terminal", command: Command) -> Reply:
    """Tell the signal strength (27.007 §8.5)."""
    if command.form is Form.TEST:
        return say("+CSQ: (0-31,99),(0-7,99)")
    modem = port.modem
    return say(f"+CSQ: {modem.network.signal if modem.radio_on else UNKNOWN_SIGNAL},99")


@COMMANDS.on("+CESQ")
def extended_signal(port: "Terminal", command: Command) -> Reply:
    """Tell the signal as its technology measures it (27.007 §8.69)."""
    if command.form is Form.TEST:
        return say("+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)")
    network = port.modem.network
    if not network.registered:
        return say("+CESQ: 99,99,255,255,255,255")
    dbm = 2 * network.signal - 113
    if network.technology == 7:  # E-UTRAN: RSRQ -10 dB, RSRP from the strength (steps of §8.69)
        return say(f"+CESQ: 99,99,255,255,20,{max(0, dbm + 141 - 20)}")
    if network.technology >= 2:  # UTRAN
        return say(f"+CESQ: 99,99,{max(0, dbm + 121)},35,255,255")
    return say(f"+CESQ: {max(0, dbm + 111)},0,255,255,255,255")


@COMMANDS.on("+CIND")
def indicators(port: "Terminal", command: Command) -> Reply:
    """Tell the indicators (27.007 §8.9)."""
    network, modem = port.modem.network, port.modem
    if command.form is Form.TEST:
        rows = ",".join(f'("{name}",(0-{most}))' for name, most in INDICATORS)
        return say(f"+CIND: {rows}")
    if command.form is not Form.READ:
        return OK
    values = {
        "battchg": 5,
        "signal": min(5, network.signal // 6) if network.registered else 0,
        "service": int(network.registered),
        "call": int(bool(modem.calls)),
        "roam": int(network.stat == 5),
        "smsfull": 0,
    }
    return say("+CIND: " + ",".join(str(values[name]) for name, _ in INDICATORS))


@COMMANDS.on("+CMER")
def indicator_reports(port: "Terminal", command: Command) -> Reply:
    """Turn +CIEV on (27.007 §8.10)."""
    if command.form is Form.TEST:
        return say("+CMER: (0,3),(0),(0),(0,1),(0)")
    if command.form is Form.READ:
        return say(f"+CMER: {'3,0,0,1' if port.reports.get('+CMER') else '0,0,0,0'}")
    port.reports["+CMER"] = int(command.number(0) == 3 and command.number(3) == 1)
    return OK


@COMMANDS.on("+WS46")
def stack(port: "Terminal", command: Command) -> Reply:
    """Choose the generation: 12 GSM, 22 UTRAN, 25 both (27.007 §5.9)."""
    if command.form is Form.TEST:
        return say("(12,22,25)")
    now = port.modem.settings
    if command.form is Form.READ:
        return say(now.get("+WS46", "25"))
    if command.args not in ("12", "22", "25"):
        raise Refused(50)
    now["+WS46"] = command.args
    return OK
