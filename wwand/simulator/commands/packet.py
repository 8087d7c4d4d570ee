"""27.007 §10: the packet domain: contexts, attachment, activation, events."""

from typing import TYPE_CHECKING

from wwand.simulator.commandline import Command, Form
from wwand.simulator.data import DataRefused
from wwand.simulator.replies import ERROR, OK, CommandSet, Refused, Reply, say

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.data import DataConnection
    from wwand.simulator.engine import Context
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

MOST_CONTEXTS = 16
TYPES = ("IP", "IPV6", "IPV4V6")
CME_UNSPECIFIED = 148
"""Unspecified GPRS error (27.007 §9.2.2.1)."""


def _cid(command: Command, index: int = 0) -> int:
    cid = command.number(index, 1)
    if not 1 <= cid <= MOST_CONTEXTS:
        raise Refused(50)
    return cid


@COMMANDS.on("+CGDCONT")
def define(port: "Terminal", command: Command) -> Reply:
    """Define contexts (§10.1.1)."""
    contexts = port.modem.contexts
    if command.form is Form.TEST:
        rows = (f'+CGDCONT: (1-{MOST_CONTEXTS}),"{t}",,,(0-2),(0-4)' for t in TYPES)
        return say(*rows)
    if command.form is Form.READ:
        return say(
            *(f'+CGDCONT: {c.cid},"{c.type}","{c.apn}","0.0.0.0",0,0' for c in _sorted(port))
        )
    cid = _cid(command)
    if len(command.values) == 1:
        contexts.pop(cid, None)
        return OK
    kind = command.value(1, "IP").upper()
    if kind not in TYPES:
        raise Refused(50)
    context = port.modem.context(cid)
    context.type, context.apn = kind, command.value(2)
    return OK


@COMMANDS.on("+CGAUTH")
def authenticate(port: "Terminal", command: Command) -> Reply:
    """Give a context a user and a password (§10.1.31)."""
    if command.form is Form.TEST:
        return say(f"+CGAUTH: (1-{MOST_CONTEXTS}),(0-2),64,64")
    if command.form is Form.READ:
        rows = (c for c in _sorted(port) if c.auth)
        return say(*(f'+CGAUTH: {c.cid},{c.auth},"{c.user}"' for c in rows))
    context = port.modem.context(_cid(command))
    context.auth = command.number(1)
    context.user, context.password = command.value(2), command.value(3)
    return OK


@COMMANDS.on("+CGATT")
def attach(port: "Terminal", command: Command) -> Reply:
    """Attach and detach (§10.1.9)."""
    modem = port.modem
    if command.form is Form.TEST:
        return say("+CGATT: (0,1)")
    if command.form is Form.READ:
        return say(f"+CGATT: {int(modem.attached and modem.network.registered)}")
    modem.attached = bool(command.number(0))
    if not modem.attached:
        modem.drop_calls("host")
    elif not modem.network.registered:
        raise Refused(30)
    return OK


@COMMANDS.on("+CGACT")
async def activate(port: "Terminal", command: Command) -> Reply:
    """Activate and deactivate contexts (§10.1.10)."""
    modem = port.modem
    if command.form is Form.TEST:
        return say("+CGACT: (0,1)")
    if command.form is Form.READ:
        return say(*(f"+CGACT: {c.cid},{int(c.active)}" for c in _sorted(port)))
    on = bool(command.number(0))
    named = [int(v) for v in command.values[1:]]
    for cid in named or [c.cid for c in _sorted(port)]:
        if cid not in modem.contexts:
            raise Refused(CME_UNSPECIFIED)
        if on and not modem.accepts(modem.contexts[cid]):
            raise Refused(CME_UNSPECIFIED)
        for terminal, call in list(modem.calls.items()):
            if call.cid == cid and not on:
                terminal.lose_carrier("host")
        if modem.data and modem.model.at.activation_connects:
            await _connect(modem.data, modem.contexts[cid], on)
        modem.set_active(cid, on)
    return OK


async def _connect(data: "DataConnection", context: "Context", on: bool) -> None:
    """Join the network interface to the context, or part them."""
    if on and not data.connected:
        try:
            await data.start(context)
        except DataRefused as refused:
            raise Refused(CME_UNSPECIFIED) from refused
    elif not on and data.context is context:
        data.stop()


@COMMANDS.on("+CGPADDR")
def addresses(port: "Terminal", command: Command) -> Reply:
    """Tell the contexts' addresses; PPP negotiates its own, so they are empty (§10.1.14)."""
    if command.form is Form.TEST:
        return say(f"+CGPADDR: ({','.join(str(c.cid) for c in _sorted(port))})")
    wanted = {int(v) for v in command.values}
    return say(
        *(f'+CGPADDR: {c.cid},"0.0.0.0"' for c in _sorted(port) if not wanted or c.cid in wanted)
    )


@COMMANDS.on("+CGEREP")
def events(port: "Terminal", command: Command) -> Reply:
    """Turn +CGEV on (§10.1.19)."""
    if command.form is Form.TEST:
        return say("+CGEREP: (0-2),(0,1)")
    if command.form is Form.READ:
        return say(f"+CGEREP: {port.reports.get('+CGEREP', 0)},0")
    port.reports["+CGEREP"] = command.number(0)
    return OK


@COMMANDS.on("+CGDATA")
def enter_data(_port: "Terminal", command: Command) -> Reply:
    """Only ATD enters the data state here (§10.1.12)."""
    return say('+CGDATA: ("PPP")') if command.form is Form.TEST else ERROR


@COMMANDS.on("+CGCLASS")
def mobile_class(_port: "Terminal", command: Command) -> Reply:
    """Class B: packet and circuit domain, one at a time (§10.1.17)."""
    rows = {Form.TEST: '+CGCLASS: ("B","CG","CC")', Form.READ: '+CGCLASS: "B"'}
    return say(rows[command.form]) if command.form in rows else OK


@COMMANDS.on("+CGSMS", "+CGQREQ", "+CGQMIN", "+CGEQREQ", "+CGEQMIN", "+CGAUTO")
def kept(port: "Terminal", command: Command) -> Reply:
    """Take settings of service quality that nobody looks at."""
    name = command.name
    if command.form is Form.SET:
        port.modem.settings[name] = command.args
        return OK
    if command.form is Form.READ and name in port.modem.settings:
        return say(f"{name}: {port.modem.settings[name]}")
    return OK


def _sorted(port: "Terminal") -> "list[Context]":
    return [context for _, context in sorted(port.modem.contexts.items())]
