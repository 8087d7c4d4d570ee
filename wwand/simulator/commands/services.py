"""27.007 §7.15, §8.14, §8.40, §8.41: codes that people type, and the network's clock."""

from typing import TYPE_CHECKING

from wwand.gsm import gsm
from wwand.gsm7 import pack_string, septets, unpack_string
from wwand.simulator import clock
from wwand.simulator.commandline import Command, Form
from wwand.simulator.commands.dialects import DIALECTS
from wwand.simulator.replies import ERROR, OK, CommandSet, Refused, Reply, say
from wwand.simulator.ussd import DONE, NOT_SUPPORTED, Said

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

GSM_SCHEME, UCS2_SCHEME = 15, 72
"""<dcs> of 23.038 §5."""

CME_NO_SERVICE = 30


@COMMANDS.on("+CCLK")
def network_clock(port: "Terminal", command: Command) -> Reply:
    """Tell the network's time, with its zone in quarters of an hour (27.007 §8.14)."""
    if command.form is Form.SET:
        return OK
    now = clock.local(port.modem)
    if now is None:
        return say(f'+CCLK: "{clock.NEVER_SET}"')
    return say(f'+CCLK: "{now:%y/%m/%d,%H:%M:%S}{clock.zone(port.modem)}"')


@COMMANDS.on("+CTZR", "+CTZU")
def clock_settings(port: "Terminal", command: Command) -> Reply:
    """Report changes of the zone; set the clock by the network (27.007 §8.40, §8.41)."""
    most = 3 if command.name == "+CTZR" else 1
    if command.form is Form.TEST:
        return say(f"{command.name}: (0-{most})")
    if command.form is Form.READ:
        return say(f"{command.name}: {port.reports.get(command.name, 0)}")
    value = command.number(0)
    if not 0 <= value <= most:
        return ERROR
    port.reports[command.name] = value
    return OK


@COMMANDS.on("+CUSD")
def ussd(port: "Terminal", command: Command) -> Reply:
    """Send a USSD string; the answer comes as a report (27.007 §7.15)."""
    if command.form is Form.TEST:
        return say("+CUSD: (0-2)")
    if command.form is Form.READ:
        return say(f"+CUSD: {port.reports.get('+CUSD', 0)}")
    mode = command.number(0)
    if mode == 2:
        port.modem.ussd.cancel()
        return OK
    port.reports["+CUSD"] = mode & 1
    if not command.value(1):
        return OK
    if not port.modem.network.registered:
        raise Refused(CME_NO_SERVICE)
    said = port.modem.ussd.ask(_read(port, command.value(1), command.number(2, GSM_SCHEME)))
    if said:
        port.after_result(ussd_line(port, said))
    return OK


def ussd_line(port: "Terminal", said: Said) -> str:
    """Write what the network says as this port does; texts it cannot write are UCS2."""
    if said.outcome == NOT_SUPPORTED or not said.text:
        return f"+CUSD: {said.outcome or DONE}"
    codes = septets(said.text)
    packs = _packs(port)
    if packs and codes:
        return f'+CUSD: {said.outcome},"{pack_string(codes).hex().upper()}",{GSM_SCHEME}'
    if not codes or not said.text.isascii():
        wide = said.text.encode("utf-16-be").hex().upper()
        return f'+CUSD: {said.outcome},"{wide}",{UCS2_SCHEME}'
    written = codes.hex().upper() if port.charset == "HEX" else port.text(said.text)
    return f'+CUSD: {said.outcome},"{written}",{GSM_SCHEME}'


def _read(port: "Terminal", text: str, scheme: int) -> str:
    """Read what the host writes; raises ValueError for what it should not write so."""
    if scheme == UCS2_SCHEME or (port.charset == "UCS2" and not _packs(port)):
        return bytes.fromhex(text).decode("utf-16-be")
    if _packs(port):
        return unpack_string(bytes.fromhex(text))
    return gsm(bytes.fromhex(text)) if port.charset == "HEX" else text


def _packs(port: "Terminal") -> bool:
    dialect = DIALECTS.get(port.modem.model.at.dialect)
    return dialect is not None and dialect.packs_ussd
