"""Huawei's commands: system information, modes, signal, the card, and the dial command of NDIS.

Forms and numbers are those of Huawei's published AT command manuals and of what its sticks sent.
"""

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from wwand.simulator import clock
from wwand.simulator.commandline import Command, Form
from wwand.simulator.data import NETWORK_FAILURE, DataRefused
from wwand.simulator.model import Speaks
from wwand.simulator.network import ROAMING
from wwand.simulator.replies import ERROR, OK, CommandSet, Refused, Reply, say

if TYPE_CHECKING:  # terminals look their handlers up
    from wwand.simulator.data import DataConnection
    from wwand.simulator.engine import Context, Modem
    from wwand.simulator.terminal import Terminal

COMMANDS = CommandSet()

GSM, WCDMA, LTE = "GSM", "WCDMA", "LTE"
GENERATIONS = {0: GSM, 1: GSM, 2: WCDMA, 3: GSM, 4: WCDMA, 5: WCDMA, 6: WCDMA, 7: LTE}
"""<AcT> of 27.007 §7.3 -> what ^HCSQ and ^SYSINFOEX call it."""

SYSINFO_MODES = {GSM: 3, WCDMA: 5, LTE: 6}
SYSINFO_SUBMODES = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 6, 6: 7}
"""<sys_mode> and <sys_submode> of ^SYSINFO and ^MODE."""

SYSINFOEX_MODES = {GSM: 1, WCDMA: 3, LTE: 6}
SYSINFOEX_SUBMODES = {
    0: (1, "GSM"),
    1: (2, "GPRS"),
    2: (41, "WCDMA"),
    3: (3, "EDGE"),
    4: (42, "HSDPA"),
    5: (43, "HSUPA"),
    6: (44, "HSPA"),
    7: (101, "LTE"),
}
"""<submode> of ^SYSINFOEX and its name."""

MODE_TECHNOLOGIES = {"13": 3, "14": 5, "01": 3, "02": 5, "03": 7}
"""<mode> of ^SYSCFG, and the first of ^SYSCFGEX's <acqorder> -> <AcT> that is then used."""

KEEP = {
    "^SYSCFG": ("16", "3", "40000000", "2", "4"),
    "^SYSCFGEX": ("99", "40000000", "2", "4", "40000000"),
}
"""What leaves a field of these settings as it was."""

FACTORY = {
    "^SYSCFG": "2,0,3FFFFFFF,1,2",
    "^SYSCFGEX": '"00",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF',
    "^CURC": "1",
    "^PORTSEL": "0",
}

SYSCFG_TEST = '^SYSCFG:(2,13,14,16),(0-3),((3fffffff,"All bands")),(0-2),(0-4)'
SYSCFGEX_TEST = (
    '^SYSCFGEX: ("00","01","02","03","0201","0302","030201","99"),((3fffffff,"All Bands")),(0-3),'
    '(0-4),((7fffffffffffffff,"All bands"))'
)

NO_CARD = 255
RESET_SECONDS = 0.1
"""From ^RESET's OK to leaving the bus."""

RATES = "21600000,5760000"
"""Down and up, as ^DHCP reports them."""


def start(modem: "Modem") -> None:
    """Report by itself, on the port that ^PORTSEL chooses, as long as ^CURC allows."""
    for name, value in FACTORY.items():
        modem.settings.setdefault(name, value)
    said: dict[str, str] = {}

    def tell() -> None:
        for line in _state(modem):
            name = line.partition(":")[0]
            if said.get(name) != line:
                said[name] = line
                _report(modem, line)

    modem.watchers.append(tell)
    modem.on_time.append(lambda: _report_time(modem))
    if modem.data:
        modem.data.watchers.append(lambda _up, _reason: _report_connection(modem, 0))


@COMMANDS.on("^CURC", "^PORTSEL")
def reports(port: "Terminal", command: Command) -> Reply:
    """Unsolicited reports: whether, and on PCUI (0) or the modem port (1)."""
    settings = port.modem.settings
    if command.form is Form.READ:
        return say(f"{command.name}: {settings[command.name]}")
    if command.form is Form.TEST:
        return say(
            f"{command.name}: (0-2)" if command.name == "^CURC" else f"{command.name}: (0,1)"
        )
    if command.value(0) not in ("0", "1", "2")[: 3 if command.name == "^CURC" else 2]:
        return ERROR
    settings[command.name] = command.value(0)
    return OK


@COMMANDS.on("^SYSINFO")
def system_information(port: "Terminal", _command: Command) -> Reply:
    """Tell service, domain, roaming, mode, card, lock, sub-mode."""
    modem = port.modem
    if not modem.network.registered:
        return say(f"^SYSINFO:0,0,0,0,{_card(modem)}")
    act = modem.network.technology
    mode, submode = SYSINFO_MODES[GENERATIONS[act]], SYSINFO_SUBMODES.get(act, 0)
    return say(f"^SYSINFO:2,3,{_roams(modem)},{mode},{_card(modem)},,{submode}")


@COMMANDS.on("^SYSINFOEX")
def extended_information(port: "Terminal", _command: Command) -> Reply:
    """Tell the same with names, and LTE."""
    modem = port.modem
    if not modem.network.registered:
        return say(f'^SYSINFOEX:0,0,0,{_card(modem)},,0,"NO SERVICE",0,"NO SERVICE"')
    act = modem.network.technology
    name, (submode, sub_name) = GENERATIONS[act], SYSINFOEX_SUBMODES[act]
    head = f"^SYSINFOEX:2,3,{_roams(modem)},{_card(modem)},"
    return say(f'{head},{SYSINFOEX_MODES[name]},"{name}",{submode},"{sub_name}"')


@COMMANDS.on("^SYSCFG", "^SYSCFGEX")
def modes(port: "Terminal", command: Command) -> Reply:
    """Read and set the generations that are used."""
    modem, name = port.modem, command.name
    if command.form is Form.TEST:
        return say(SYSCFG_TEST if name == "^SYSCFG" else SYSCFGEX_TEST)
    if command.form is Form.READ:
        return say(f"{name}:{modem.settings[name]}")
    now = modem.settings[name].replace('"', "").split(",")
    wanted = command.values[: len(now)]
    if command.form is not Form.SET or len(wanted) < len(now):
        return ERROR
    kept = [
        old if new in ("", keep) else new
        for old, new, keep in zip(now, wanted, KEEP[name], strict=True)
    ]
    first = kept[0]
    modem.network.technology = MODE_TECHNOLOGIES.get(
        first if name == "^SYSCFG" else first[:2], modem.model.network.technology
    )
    if name == "^SYSCFGEX":
        kept[0] = f'"{first}"'
    modem.settings[name] = ",".join(kept)
    modem.changed()
    return OK


@COMMANDS.on("^HCSQ")
def signal(port: "Terminal", command: Command) -> Reply:
    """Tell the signal as its generation measures it."""
    if command.form is Form.TEST:
        return say('^HCSQ: ("NOSERVICE","GSM","WCDMA","LTE")')
    return say(_signal(port.modem))


@COMMANDS.on("^CPIN")
def tries(port: "Terminal", command: Command) -> Reply:
    """Tell the lock, the tries it has left, and those of PUK, PIN, PUK2, PIN2."""
    if command.form is not Form.READ:
        return ERROR
    card = port.modem.card
    lock = card.lock
    left = {"SIM PIN": card.pin_tries, "SIM PUK": card.puk_tries}.get(lock, "")
    rest = f"{card.puk_tries},{card.pin_tries},{card.puk2_tries},{card.pin2_tries}"
    return say(f"^CPIN: {lock},{left},{rest}")


@COMMANDS.on("^ICCID")
def iccid(port: "Terminal", command: Command) -> Reply:
    """Tell the card's number."""
    if command.form is not Form.READ:
        return ERROR
    if not port.modem.card.present:
        raise Refused(10)
    return say(f"^ICCID: {port.modem.card.facts.iccid}")


@COMMANDS.on("^RFSWITCH")
def radio_switch(port: "Terminal", command: Command) -> Reply:
    """Switch the radio by software; the switch of the case is always on."""
    modem = port.modem
    if command.form is Form.READ:
        return say(f"^RFSWITCH:{int(modem.radio_on)},1")
    if command.form is not Form.SET or command.value(0) not in ("0", "1"):
        return ERROR
    modem.set_radio(1 if command.value(0) == "1" else 4)
    return OK


@COMMANDS.on("^NWTIME")
def network_time(port: "Terminal", command: Command) -> Reply:
    """Tell local time, its zone in quarters of an hour, daylight saving in hours."""
    if command.form is not Form.READ:
        return ERROR
    line = _time(port.modem)
    if line is None or not port.modem.network.registered:
        raise Refused(30)
    return say(line)


@COMMANDS.on("^RESET")
def reset(port: "Terminal", _command: Command) -> Reply:
    """Leave the bus and come back."""
    port.modem.later(RESET_SECONDS, port.modem.restart)
    return OK


@COMMANDS.on("^NDISDUP")
def dial(port: "Terminal", command: Command) -> Reply:
    """Connect the network interface (`1,1,"apn","user","password",auth`) or end that (`1,0`)."""
    modem = port.modem
    if command.form is Form.TEST:
        return say("^NDISDUP: (1-16),(0,1)")
    if modem.knobs.refuse_ndisdup or modem.data is None or command.form is not Form.SET:
        return ERROR
    if not command.number(1):
        if not modem.data.connected and not modem.data.connecting:
            return ERROR
        modem.data.stop()
        return OK
    modem.card.need_ready()
    context = modem.context(command.number(0))
    if len(command.values) > 2:
        context.apn = command.value(2)
        context.user, context.password = command.value(3), command.value(4)
        context.auth = command.number(5, 2 if context.user else 0)
    if modem.data.connected:
        _report_connection(modem, 0)
    else:
        modem.spawn(_connect(modem, modem.data, context))
    return OK


@COMMANDS.on("^NDISSTATQRY")
def connection_state(port: "Terminal", command: Command) -> Reply:
    """Tell for each family whether the network interface is connected."""
    if command.form is Form.TEST:
        return OK
    if port.modem.data is None:
        return ERROR
    rows = (f'{up},,,"{family}"' for family, up in _families(port.modem))
    return say(f"^NDISSTATQRY: {','.join(rows)}")


@COMMANDS.on("^DHCP")
def addresses(port: "Terminal", command: Command) -> Reply:
    """Tell address, mask, gateway, DHCP server, two name servers and two rates.

    Addresses are hexadecimal with the first octet last.
    """
    data = port.modem.data
    told = data.addressing if data else None
    if command.form is not Form.READ or told is None or told.ipv4 is None:
        return ERROR
    servers = [*told.dns4, IPv4Address(0), IPv4Address(0)][:2]
    gateway = told.gateway4 or IPv4Address(0)
    words = (told.ipv4.ip, told.ipv4.netmask, gateway, gateway, *servers)
    return say(f"^DHCP: {','.join(_backwards(word) for word in words)},{RATES}")


async def _connect(modem: "Modem", data: "DataConnection", context: "Context") -> None:
    from wwand.simulator.engine import pause

    await pause(modem.knobs.latency)
    try:
        await data.start(context)
    except DataRefused as refused:
        _report_connection(modem, refused.cause)
    except Exception:  # noqa: BLE001 - whatever the carrier's machinery says, the host hears why
        _report_connection(modem, NETWORK_FAILURE)


def _backwards(address: IPv4Address) -> str:
    number = int.from_bytes(address.packed, "little")
    return f"{number:08X}" if number else "0"


def _time(modem: "Modem") -> str | None:
    now = clock.local(modem)
    return f"^NWTIME: {now:%y/%m/%d,%H:%M:%S}{clock.zone(modem)},00" if now else None


def _report_time(modem: "Modem") -> None:
    if line := _time(modem):
        _report(modem, line)


def _families(modem: "Modem") -> list[tuple[str, int]]:
    """What the connection carries; a modem without LTE knows IPv4 only."""
    told = modem.data.addressing if modem.data else None
    rows = [("IPV4", int(bool(told and told.ipv4)))]
    if GENERATIONS[modem.model.network.technology] == LTE:
        rows.append(("IPV6", int(bool(told and told.ipv6))))
    return rows


def _report_connection(modem: "Modem", cause: int) -> None:
    for family, up in _families(modem):
        if up or family == "IPV4" or cause:
            _report(modem, f'^NDISSTAT: {up},{cause or ""},,"{family}"')


def _report(modem: "Modem", line: str) -> None:
    if modem.settings["^CURC"] == "0":
        return
    wants_modem_port = modem.settings["^PORTSEL"] == "1"
    ports = [t for t in modem.terminals.values() if t.interface.speaks is Speaks.AT]
    chosen = next((t for t in ports if t.interface.dials == wants_modem_port), None)
    if chosen and chosen.is_open:
        chosen.unsolicited(line)


def _state(modem: "Modem") -> list[str]:
    network = modem.network
    lines = [f"^SIMST:{_card(modem)}", f"^SRVST:{2 if network.registered else 0}"]
    if network.registered:
        act = network.technology
        if GENERATIONS[act] != LTE:
            lines.append(f"^MODE:{SYSINFO_MODES[GENERATIONS[act]]},{SYSINFO_SUBMODES[act]}")
        lines.append(f"^RSSI:{network.signal}")
        if "^HCSQ" not in modem.model.at.refuses:
            lines.append(_signal(modem))
    return lines


def _signal(modem: "Modem") -> str:
    """Put the strength of +CSQ into the words of ^HCSQ; the qualities are fair ones."""
    network = modem.network
    if not network.registered:
        return '^HCSQ:"NOSERVICE"'
    dbm = 2 * network.signal - 113
    rssi = min(96, max(0, dbm + 121))
    match GENERATIONS[network.technology]:
        case "LTE":  # RSRP 25 dB below, SINR 10 dB, RSRQ -10 dB
            return f'^HCSQ:"LTE",{rssi},{min(97, max(0, dbm - 25 + 141))},151,20'
        case "WCDMA":  # RSCP 3 dB below, Ec/Io -6 dB
            return f'^HCSQ:"WCDMA",{rssi},{max(0, rssi - 3)},53'
        case generation:
            return f'^HCSQ:"{generation}",{rssi}'


def _roams(modem: "Modem") -> int:
    return int(modem.network.stat == ROAMING)


def _card(modem: "Modem") -> int:
    return int(modem.card.ready) if modem.card.present else NO_CARD
