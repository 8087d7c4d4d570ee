"""`wwanctl list` and `wwanctl show`: the modems and all that is known of one."""

import asyncio
from typing import Any

from wwand.cli import pick, words
from wwand.cli.client import Client
from wwand.cli.command import Commands, Context
from wwand.cli.failures import Failure
from wwand.cli.objects import BEARER, MODEM_TIME, NOTHING, SIM, Modem, Properties, number_of
from wwand.cli.output import Cell
from wwand.status import FailedReason, IpMethod, ModemState, RegistrationState

S = ModemState
TONES = {S.FAILED: "bad", S.LOCKED: "bad", S.REGISTERED: "good", S.CONNECTED: "good"}

RADIOS = ("Gsm", "Umts", "Lte", "Nr5g", "Cdma", "Evdo")
"""Properties of Modem.Signal."""

SIGNAL_UNITS = {
    "rssi": "dBm",
    "rscp": "dBm",
    "ecio": "dB",
    "rsrp": "dBm",
    "rsrq": "dB",
    "snr": "dB",
    "sinr": "dB",
    "io": "dBm",
    "error-rate": "%",
}
"""Their keys, in the order in which they are shown."""

CLOCK_PATIENCE = 5.0
"""Seconds that the network's time is worth."""

DNS_KEYS = ("dns1", "dns2", "dns3")


def add(commands: Commands) -> None:
    """Tell the parser."""
    commands.add("list", show_list, "list the modems")
    parser = commands.add("show", show, "tell everything about one modem", modem=True)
    private_option(parser)


def private_option(parser: Any) -> None:
    """Let the user ask for what is masked."""
    parser.add_argument(
        "--private", action="store_true", help="do not mask IMEI, IMSI, ICCID and numbers"
    )


async def show_list(context: Context) -> None:
    """Print the table of modems."""
    modems = await context.client.modems()
    out = context.out
    out.document([summary(modem) for modem in modems])
    if not modems:
        line = pick.no_modem(await context.client.devices()).line
        out.line(line[0].upper() + line[1:])
        return
    out.table(
        [
            (
                Cell(str(modem.number), "head"),
                modem.title,
                modem.place,
                Cell(state_words(modem), TONES.get(modem.state, "busy")),
                modem.operator or "-",
                words.technology(modem.technology) or "-",
                "-" if modem.signal is None else f"{modem.signal} %",
            )
            for modem in modems
        ],
        head=("NO", "MODEM", "PLACE", "STATE", "OPERATOR", "RADIO", "SIGNAL"),
    )


def summary(modem: Modem) -> dict[str, Any]:
    """A modem in short."""
    return {
        "number": modem.number,
        "path": modem.path,
        "place": modem.place,
        "title": modem.title,
        "state": words.state(modem.state),
        "failed_reason": words.FAILED_REASONS.get(modem.facts["StateFailedReason"], ""),
        "locked_by": words.lock(modem.facts["UnlockRequired"]),
        "operator": modem.operator,
        "technology": words.technology(modem.technology),
        "signal": modem.signal,
    }


def state_words(modem: Modem) -> str:
    """A modem's state, and why where it is not a good one."""
    state = words.state(modem.state)
    if modem.state is S.FAILED and modem.facts["StateFailedReason"] != FailedReason.NONE:
        return f"{state}: {words.FAILED_REASONS.get(modem.facts['StateFailedReason'], '')}"
    if modem.state is S.LOCKED:
        return f"{state}: {words.lock(modem.facts['UnlockRequired'])}"
    return state


async def show(context: Context) -> None:
    """Print everything about one modem."""
    modem = await pick.modem(context.client, context.args.modem)
    sim, bearers, time = await asyncio.gather(
        read_sim(context.client, modem),
        read_bearers(context.client, modem),
        read_time(context.client, modem),
    )
    modem = await pick.modem(context.client, modem.path)  # the zone may be known by now
    everything = document(modem, sim, bearers, time, private=context.args.private)
    out = context.out
    out.document(everything)
    tone = TONES.get(modem.state, "busy")
    out.line(
        f"{out.paint(f'modem{modem.number}', 'head')}  {modem.title} at {modem.place}, "
        f"{out.paint(state_words(modem), tone)}"
    )
    groups = {key: value for key, value in everything.items() if isinstance(value, dict)}
    groups |= {f"Connection {b['number']}": _flat(b) for b in everything["bearers"]}
    out.sections(groups)
    if not context.args.private and not out.as_json:
        out.line()
        out.line("Serial numbers are masked; --private shows them.", "dim")


async def read_sim(client: Client, modem: Modem) -> Properties:
    """The SIM's properties; none when there is no SIM."""
    path = modem.facts["Sim"]
    return {} if path == NOTHING else await client.properties(path, SIM)


async def read_bearers(client: Client, modem: Modem) -> dict[str, Properties]:
    """Every bearer's properties, by path."""
    paths = modem.facts["Bearers"]
    found = await asyncio.gather(*(client.properties(path, BEARER) for path in paths))
    return dict(zip(paths, found, strict=True))


async def read_time(client: Client, modem: Modem) -> str:
    """The network's time; nothing where it cannot be told, or the user may not ask."""
    if modem.state < S.REGISTERED or not modem.time:
        return ""
    try:
        (time,) = await client.call(
            modem.path, MODEM_TIME, "GetNetworkTime", patience=CLOCK_PATIENCE
        )
    except Failure:
        return ""
    return str(time)


def document(
    modem: Modem,
    sim: Properties,
    bearers: dict[str, Properties],
    time: str = "",
    *,
    private: bool,
) -> dict[str, Any]:
    """All that is known of a modem, grouped."""
    facts, gpp = modem.facts, modem.gpp

    def secret(text: str) -> str:
        return text if private else words.masked(text)

    allowed, preferred = facts["CurrentModes"]
    return {
        "number": modem.number,
        "path": modem.path,
        "hardware": {
            "manufacturer": facts["Manufacturer"],
            "model": facts["Model"],
            "firmware": facts["Revision"],
            "hardware_revision": facts["HardwareRevision"],
            "imei": secret(modem.imei),
            "capabilities": words.flags(facts["CurrentCapabilities"], words.CAPABILITIES),
        },
        "system": {
            "place": modem.place,
            "device": facts["Device"],
            "drivers": facts["Drivers"],
            "plugin": facts["Plugin"],
            "primary_port": facts["PrimaryPort"],
            "ports": [
                f"{name} ({words.PORTS.get(kind, str(kind))})"
                for name, kind in [*facts["Ports"], *facts.get("IgnoredPorts", [])]
            ],
        },
        "status": {
            "state": words.state(modem.state),
            "failed_because": words.FAILED_REASONS.get(facts["StateFailedReason"], ""),
            "locked_by": words.lock(facts["UnlockRequired"]),
            "tries_left": {
                words.lock(lock): tries
                for lock, tries in facts["UnlockRetries"].items()
                if words.lock(lock)
            },
            "power": words.power(facts["PowerState"]),
            "radio": words.technology(modem.technology),
            "signal": None if modem.signal is None else f"{modem.signal} %",
        },
        "signal": signal_values(modem.signal_values),
        "modes": {
            "allowed": words.modes(allowed),
            "preferred": words.modes(preferred),
            "possible": [words.mode_pair(*pair) for pair in facts["SupportedModes"]],
            "ip": words.flags(facts["SupportedIpFamilies"], words.FAMILIES),
        },
        "network": {
            "operator": gpp.get("OperatorName", ""),
            "code": gpp.get("OperatorCode", ""),
            "registration": registration(gpp),
            "packet_service": words.packet_service(gpp.get("PacketServiceState", 0)),
        },
        "time": {"local": time, **zone(modem.time.get("NetworkTimezone", {}))},
        "sim": {
            "iccid": secret(sim.get("SimIdentifier", "")),
            "imsi": secret(sim.get("Imsi", "")),
            "eid": secret(sim.get("Eid", "")),
            "operator": sim.get("OperatorName", ""),
            "operator_code": sim.get("OperatorIdentifier", ""),
            "own_numbers": [secret(number) for number in facts["OwnNumbers"]],
            "emergency_numbers": sim.get("EmergencyNumbers", []),
        },
        "bearers": [bearer_document(path, bearer) for path, bearer in bearers.items()],
    }


def signal_values(told: Properties) -> dict[str, dict[str, str]]:
    """What the modem measures of each radio technology it hears; nothing where it does not tell."""
    return {
        radio.lower(): {
            name.replace("-", "_"): f"{told[radio][name]:g} {unit}"
            for name, unit in SIGNAL_UNITS.items()
            if name in told[radio]
        }
        for radio in RADIOS
        if told.get(radio)
    }


def zone(told: Properties) -> dict[str, str]:
    """The network's zone as far as it is known, and how much of it is due to summer."""
    found = {}
    if (offset := told.get("offset")) is not None:
        hours, minutes = divmod(abs(offset), 60)
        found["zone"] = f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
    if (saving := told.get("dst-offset")) is not None:
        found["summer_time"] = f"{saving} minutes of it" if saving else "no"
    return found


def registration(gpp: Properties) -> str:
    """Whether a network serves the modem, in words."""
    value = gpp.get("RegistrationState", RegistrationState.UNKNOWN)
    return words.REGISTRATIONS.get(value, str(value))


def bearer_document(path: str, bearer: Properties) -> dict[str, Any]:
    """One data connection."""
    up, settings, stats = bearer["Connected"], bearer["Properties"], bearer["Stats"]
    error, why = bearer["ConnectionError"]
    return {
        "number": number_of(path),
        "connected": up,
        "suspended": bearer["Suspended"],
        "interface": bearer["Interface"] if up else "",
        "apn": settings.get("apn", ""),
        "user": settings.get("user", ""),
        "roaming": settings.get("allow-roaming", True),
        "ipv4": ip_document(bearer["Ip4Config"]) if up else {},
        "ipv6": ip_document(bearer["Ip6Config"]) if up else {},
        "error": why or error,
        "seconds": stats.get("duration", 0),
        "received": stats.get("rx-bytes", 0),
        "sent": stats.get("tx-bytes", 0),
    }


def ip_document(config: Properties) -> dict[str, Any]:
    """One family's IP configuration; empty while there is none."""
    method = config.get("method", IpMethod.UNKNOWN)
    if method == IpMethod.UNKNOWN and not config.get("address"):
        return {}
    return {
        "method": IpMethod(method).name.lower(),
        "address": f"{config['address']}/{config['prefix']}" if config.get("address") else "",
        "gateway": config.get("gateway", ""),
        "dns": [config[key] for key in DNS_KEYS if config.get(key)],
        "mtu": config.get("mtu"),
    }


def _flat(bearer: dict[str, Any]) -> dict[str, Any]:
    """A connection as one group of lines; counters only where something was counted."""
    shown = {key: value for key, value in bearer.items() if key != "number"}
    for family in ("ipv4", "ipv6"):
        config = shown.pop(family)
        shown |= {f"{family.replace('ip', 'IP')} {key}": config[key] for key in config}
    seconds = shown.pop("seconds")
    shown["for"] = words.duration(seconds) if seconds else ""
    for counter in ("received", "sent"):
        count = shown.pop(counter)
        shown[counter] = f"{count} bytes" if count else ""
    return shown
