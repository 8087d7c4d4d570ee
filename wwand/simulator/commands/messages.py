"""27.005: short messages, in PDU mode, kept on the card or in the modem."""

from typing import TYPE_CHECKING

from wwand.simulator.commandline import Command, Form
from wwand.simulator.messages import SERVICE_CENTRE
from wwand.simulator.replies import OK, CommandSet, MessageRefused, Refused, Reply, say

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

CAPACITY = 20
STORES = ("SM", "ME")
RECEIVED_UNREAD, RECEIVED_READ, STORED_UNSENT, STORED_SENT, ALL = range(5)
"""<stat> in PDU mode (27.005 §3.1)."""

CMS_BAD_PDU, CMS_NO_SIM, CMS_PIN, CMS_BAD_INDEX, CMS_FULL, CMS_NO_SERVICE = (
    304,
    310,
    311,
    321,
    322,
    331,
)
CMS_NO_SMSC = 330


READING, WRITING = 0, 1
"""Which of the chosen stores a command is about (§3.2.2)."""


def _ready(port: "Terminal", use: int = READING) -> dict[int, tuple[int, str]]:
    modem = port.modem
    if not modem.card.present:
        raise MessageRefused(CMS_NO_SIM)
    if not modem.card.ready:
        raise MessageRefused(CMS_PIN)
    return modem.messages(modem.stores[use])


@COMMANDS.on("+CSMS")
def service(_port: "Terminal", command: Command) -> Reply:
    """Tell which kinds of messages work: sending, receiving, no broadcasts (§3.2.1)."""
    if command.form is Form.TEST:
        return say("+CSMS: (0,1)")
    return say("+CSMS: 0,1,1,0" if command.form is Form.READ else "+CSMS: 1,1,0")


@COMMANDS.on("+CPMS")
def stores(port: "Terminal", command: Command) -> Reply:
    """Choose the stores (§3.2.2)."""
    if command.form is Form.TEST:
        return say(f"+CPMS: {','.join(['(' + ','.join(_quoted(STORES)) + ')'] * 3)}")
    _ready(port)
    modem = port.modem
    counts = {name: f"{len(modem.messages(name))},{CAPACITY}" for name in STORES}
    if command.form is Form.READ:
        return say(f"+CPMS: {','.join(f'{_quoted([s])[0]},{counts[s]}' for s in modem.stores)}")
    wanted = command.values
    if not wanted or any(store not in STORES for store in wanted):
        raise MessageRefused(302)  # operation not allowed
    modem.choose_stores(wanted)
    return say(f"+CPMS: {','.join(counts[s] for s in modem.stores)}")


@COMMANDS.on("+CMGF")
def message_format(port: "Terminal", command: Command) -> Reply:
    """PDU mode is what works (§3.2.3)."""
    if command.form is Form.TEST:
        return say("+CMGF: (0)")
    if command.form is Form.READ:
        return say("+CMGF: 0")
    if command.number(0):
        raise Refused(4)
    return OK


@COMMANDS.on("+CSCA")
def service_centre(port: "Terminal", command: Command) -> Reply:
    """Tell the service centre's number (§3.3.1)."""
    _ready(port)
    number = "" if port.modem.knobs.no_smsc else SERVICE_CENTRE
    return say(f'+CSCA: "{number}",145') if command.form is Form.READ else OK


@COMMANDS.on("+CNMI")
def indications(port: "Terminal", command: Command) -> Reply:
    """Turn reports on: the second number those of new messages, the fourth of delivery (§3.4.1)."""
    if command.form is Form.TEST:
        return say("+CNMI: (0-2),(0,1),(0,2),(0,1),(0,1)")
    if command.form is Form.READ:
        arrived, delivered = (port.reports.get(name, 0) for name in ("+CNMI", "+CDS"))
        return say(f"+CNMI: 2,{arrived},0,{delivered},0")
    if command.number(1) > 1 or command.number(3) > 1:
        raise MessageRefused(CMS_BAD_PDU)
    port.reports["+CNMI"], port.reports["+CDS"] = command.number(1), command.number(3)
    return OK


@COMMANDS.on("+CMGL")
def listing(port: "Terminal", command: Command) -> Reply:
    """List messages of one status, or all; reading makes them read (§3.4.2)."""
    if command.form is Form.TEST:
        return say("+CMGL: (0-4)")
    held = _ready(port)
    wanted = command.number(0)
    rows: list[str] = []
    for index, (status, pdu) in sorted(held.items()):
        if wanted in (ALL, status):
            rows += (f"+CMGL: {index},{status},,{length(pdu)}", pdu)
            _mark_read(held, index)
    return say(*rows)


@COMMANDS.on("+CMGR")
def reading(port: "Terminal", command: Command) -> Reply:
    """Read one message (§3.4.3)."""
    if command.form is Form.TEST:
        return OK
    held = _ready(port)
    index = command.number(0)
    if index not in held:
        raise MessageRefused(CMS_BAD_INDEX)
    status, pdu = held[index]
    _mark_read(held, index)
    return say(f"+CMGR: {status},,{length(pdu)}", pdu)


@COMMANDS.on("+CMGD")
def deletion(port: "Terminal", command: Command) -> Reply:
    """Delete one message, or with a flag of 4 all of them (§3.5.4)."""
    held = _ready(port)
    if command.form is Form.TEST:
        return say(f"+CMGD: ({','.join(map(str, sorted(held)))}),(0-4)")
    if command.number(1) == 4:
        held.clear()
    elif held.pop(command.number(0), None) is None:
        raise MessageRefused(CMS_BAD_INDEX)
    return OK


@COMMANDS.on("+CMGS", "+CMGW")
async def sending(port: "Terminal", command: Command) -> Reply:
    """Take a PDU after the prompt and send or store it (§3.5.1, §3.5.3)."""
    if command.form is Form.TEST:
        return OK
    _ready(port)
    typed = await port.prompt()
    if typed is None:
        return OK
    pdu = typed.decode("ascii", "replace").strip()
    if not is_pdu(pdu) or length(pdu) != command.number(0):
        raise MessageRefused(CMS_BAD_PDU)
    if command.name == "+CMGW":
        return say(f"+CMGW: {_write(port, command, pdu)}")
    _can_send(port)
    return say(f"+CMGS: {port.modem.next_reference(pdu)}")


@COMMANDS.on("+CMSS")
def sending_stored(port: "Terminal", command: Command) -> Reply:
    """Send what is on the card (§3.5.2)."""
    held = _ready(port, WRITING)
    if command.form is Form.TEST:
        return OK
    index = command.number(0)
    if index not in held:
        raise MessageRefused(CMS_BAD_INDEX)
    _can_send(port)
    _, pdu = held[index]
    held[index] = (STORED_SENT, pdu)
    return say(f"+CMSS: {port.modem.next_reference(pdu)}")


def _write(port: "Terminal", command: Command, pdu: str) -> int:
    return port.modem.keep(command.number(1, STORED_UNSENT), pdu, port.modem.stores[WRITING])


def _can_send(port: "Terminal") -> None:
    if not port.modem.network.registered:
        raise MessageRefused(CMS_NO_SERVICE)
    if port.modem.knobs.no_smsc:
        raise MessageRefused(CMS_NO_SMSC)


@COMMANDS.on("+CMMS", "+CSCB", "+CSMP", "+CSDH", "+CNMA")
def taken(_port: "Terminal", command: Command) -> Reply:
    """Take settings that change nothing here."""
    return say(f"{command.name}: 0") if command.form is Form.READ else OK


def store(held: dict[int, tuple[int, str]], status: int, pdu: str, *, full: bool = False) -> int:
    """Put a message into the first free place; raises MessageRefused when there is none."""
    free = [index for index in range(1, CAPACITY + 1) if index not in held]
    if full or not free:
        raise MessageRefused(CMS_FULL)
    held[free[0]] = (status, pdu.upper())
    return free[0]


def _mark_read(held: dict[int, tuple[int, str]], index: int) -> None:
    status, pdu = held[index]
    if status == RECEIVED_UNREAD:
        held[index] = (RECEIVED_READ, pdu)


def is_pdu(text: str) -> bool:
    """Whether a text can be a PDU with its service centre's number (§3.1)."""
    try:
        return len(bytes.fromhex(text)) > 1
    except ValueError:
        return False


def length(pdu: str) -> int:
    """<length>: octets without the service centre's, whose own length comes first (§3.1)."""
    return len(pdu) // 2 - 1 - int(pdu[:2], 16)


def _quoted(names: tuple[str, ...] | list[str]) -> list[str]:
    return [f'"{name}"' for name in names]
