"""`wwanctl explain`: the story of each device in plain words, and what to do next."""

from typing import Any

from wwand.cli import pick, words
from wwand.cli.client import PROPERTIES
from wwand.cli.command import Commands, Context, device_argument
from wwand.cli.commands.devices import TONES
from wwand.cli.commands.devices import document as device_document
from wwand.cli.commands.modems import bearer_document, read_bearers, registration
from wwand.cli.failures import NEXT
from wwand.cli.objects import MANAGER, WWAND_ROOT, Device, Modem
from wwand.cli.output import Cell, Output
from wwand.status import FailedReason, Lock, ModemState, RegistrationState

S = ModemState

WHERE = {
    "found": "It was just plugged in; wwand is looking at what it is.",
    "switching": "It shows up as something else than a modem and is being switched.",
    "configuring": "It is a modem; wwand selects another of its USB configurations.",
    "settling": "It is a modem; wwand waits for the kernel to make its ports.",
    "recovering": "The modem hangs; wwand is bringing it back.",
    "probing": "It is a modem; wwand is finding out which port speaks what.",
    "stuck": "It is stuck",
    "ignored": "It is left alone",
}

FAILED_STEPS = {
    FailedReason.SIM_MISSING: "put a SIM card in, then `wwanctl reset {n}`",
    FailedReason.SIM_ERROR: "take the SIM card out and put it in again, then `wwanctl reset {n}`",
}

STATE_STEPS = {
    S.DISABLED: "`wwanctl connect {n}` brings it online",
    S.ENABLED: "move the antenna; `wwanctl scan {n}` lists the networks",
    S.SEARCHING: "wait; if it stays so, move the antenna or try `wwanctl scan {n}`",
    S.REGISTERED: "`wwanctl connect {n}` brings it online",
}


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add("explain", explain, "tell what happened to a device, and why")
    device_argument(parser)


async def explain(context: Context) -> None:
    """Tell the story of one device, or of all that are not ignored."""
    client, out, name = context.client, context.out, context.args.device
    everything = await client.devices()
    if name is None:
        shown = [device for device in everything if not device.ignored]
    else:
        shown = [await _named(context, name)]
    modems = {modem.path: modem for modem in await client.modems()}
    uptime, plugins = [
        (await client.call(WWAND_ROOT, PROPERTIES, "Get", "ss", MANAGER, member))[0]
        for member in ("Uptime", "Plugins")
    ]
    stories = []
    for device in shown:
        modem = modems.get(str(device.facts["Modem"]))
        bearers = await read_bearers(client, modem) if modem else {}
        links = [bearer_document(path, bearer) for path, bearer in bearers.items()]
        stories.append((device, modem, *situation(device, modem, links)))
    broken = [(plugin, why) for plugin, why in plugins if why]
    out.document(
        {
            "devices": [
                {
                    **device_document(device),
                    "seconds_ago": round(_age(device, uptime), 3),
                    "situation": where,
                    "next_steps": steps,
                }
                for device, _, where, steps in stories
            ],
            "ignored": sum(device.ignored for device in everything),
            "plugins_left_out": [{"plugin": plugin, "why": why} for plugin, why in broken],
        }
    )
    for device, modem, where, steps in stories:
        _tell(out, device, modem, where, steps, _age(device, uptime))
    if not stories:
        out.line("No USB device that could be a modem is plugged in.")
        out.line()
        out.line("What to do next", "head")
        out.line("  plug it in (or another cable, or another socket); `lsusb` must list it")
    for plugin, why in broken:
        out.line(f"The plugin {plugin} was left out: {why}", "bad")
    others = len(everything) - len(shown)
    if others and name is None:
        out.line(f"{others} other devices are left alone: wwanctl devices --all", "dim")


async def _named(context: Context, name: str) -> Device:
    """The device of that name, which may be its modem's name as well."""
    devices = await context.client.devices()
    if not any(pick.is_device(device, name) for device in devices):
        found = pick.choose_modem(await context.client.modems(), devices, name)
        for device in devices:
            if found and device.facts["Modem"] == found.path:
                return device
    return await pick.device(context.client, name)


def _age(device: Device, uptime: float) -> float:
    history = device.facts["History"]
    return float(uptime - history[0][0]) if history else 0.0


def situation(
    device: Device, modem: Modem | None, links: list[dict[str, Any]]
) -> tuple[str, list[str]]:
    """Where the device is and why, in a sentence; and what to do next."""
    if modem is None:
        sentence = WHERE.get(device.phase, f"It is {device.phase}")
        if not sentence.endswith("."):
            sentence += f": {device.reason}." if device.reason else "."
        steps = [device.next_step] if device.next_step else []
        if device.on_its_way:
            steps = steps or ["wait a moment; `wwanctl monitor` shows it going on"]
        return sentence, steps
    sentence, step = _modem_situation(modem, links)
    steps = [device.next_step, step.format(n=modem.number)]
    return sentence, [step for step in steps if step]


def _modem_situation(modem: Modem, links: list[dict[str, Any]]) -> tuple[str, str]:
    name = f"modem{modem.number}"
    facts = modem.facts
    network = " ".join(
        part for part in (modem.operator and f"with {modem.operator}", _radio(modem)) if part
    )
    match modem.state:
        case S.FAILED:
            reason = facts["StateFailedReason"]
            why = words.FAILED_REASONS.get(reason) or "it does not say why"
            step = FAILED_STEPS.get(reason, "`wwanctl reset {n}` starts it anew")
            return f"{name} has failed: {why}.", step
        case S.LOCKED:
            lock = facts["UnlockRequired"]
            what = words.lock(lock) or "a lock"
            step = "`wwanctl sim {n} puk`" if lock == Lock.SIM_PUK else "`wwanctl sim {n} pin`"
            if lock not in (Lock.SIM_PIN, Lock.SIM_PUK):
                step = "ask whoever sold the modem for the unlock code"
            return f"{name} asks for {what} before it does anything else.", step
        case S.CONNECTED:
            ways = [
                f"through {link['interface']}" + _address(link)
                for link in links
                if link["connected"]
            ]
            return f"{name} is connected {network} {words.joined(ways)}.".replace("  ", " "), ""
        case S.REGISTERED:
            error = next((link["error"] for link in links if link["error"]), "")
            why, _, step = error.partition(NEXT)
            lost = f" The last connection failed: {why.rstrip('.')}." if why else ""
            return (
                f"{name} is registered {network}, and not connected.{lost}",
                step or STATE_STEPS[S.REGISTERED],
            )
        case S.SEARCHING | S.ENABLED:
            state = modem.gpp.get("RegistrationState")
            if state == RegistrationState.DENIED:
                return (
                    f"{name} is refused by the network.",
                    "ask the operator whether the SIM is active; `wwanctl scan {n}`",
                )
            return (
                f"{name} is switched on and has no network: {registration(modem.gpp)}.",
                STATE_STEPS[modem.state],
            )
        case S.DISABLED:
            return f"{name} is ready, and its radio is switched off.", STATE_STEPS[S.DISABLED]
        case state:
            return f"{name} is {words.state(state)}.", "`wwanctl monitor` shows it going on"


def _radio(modem: Modem) -> str:
    technology = words.technology(modem.technology)
    signal = "" if modem.signal is None else f"signal {modem.signal} %"
    both = ", ".join(part for part in (technology, signal) if part)
    return f"({both})" if both else ""


def _address(link: dict[str, Any]) -> str:
    addresses = [link[family].get("address") for family in ("ipv4", "ipv6")]
    known = [address for address in addresses if address]
    return f" as {words.joined(known)}" if known else ""


def _tell(
    out: Output, device: Device, modem: Modem | None, where: str, steps: list[str], age: float
) -> None:
    title = modem.title if modem else device.title
    phase = f"modem{modem.number}" if modem else device.phase
    out.line(
        f"{out.paint(device.place, 'head')}  {title} ({device.usb_id}), "
        f"{out.paint(phase, TONES.get(device.phase, ''))}"
    )
    out.line()
    out.line(f"What happened (it was plugged in {words.duration(age)} ago)", "head")
    out.table(timeline(device), indent=2)
    if device.facts["Verdicts"]:
        out.line()
        out.line("Who drives it", "head")
        out.table(
            [
                (
                    plugin,
                    Cell("drives it", "good")
                    if plugin == device.facts["Plugin"]
                    else ("stands back" if score else "does not"),
                    reason,
                )
                for plugin, score, reason in device.facts["Verdicts"]
            ],
            indent=2,
        )
    if device.facts["Ports"]:
        out.line()
        out.line("Its ports", "head")
        out.table(
            [
                (name, f"interface {interface}", kind, role or "-")
                for name, kind, interface, role in device.facts["Ports"]
            ],
            indent=2,
        )
    if device.facts["Layouts"]:
        out.line()
        out.line("How it can carry data", "head")
        out.table(
            [
                (f"configuration {configuration}", kind, driver, Cell(story, _tone(story)))
                for configuration, kind, driver, story in device.facts["Layouts"]
            ],
            indent=2,
        )
    out.line()
    out.line("Where it is now", "head")
    out.wrapped(where, 2)
    if steps:
        out.line()
        out.line("What to do next", "head")
        for step in steps:
            out.wrapped(step, 2)
    out.line()


def _tone(story: str) -> str:
    return {"in use": "good", "not tried": "dim"}.get(story, "bad")


def timeline(device: Device) -> list[tuple[str | Cell, ...]]:
    """Every step with its time since the first one; a phase is named where it begins."""
    history = device.facts["History"]
    rows: list[tuple[str | Cell, ...]] = []
    before = ""
    for when, phase, reason in history:
        named = Cell(phase if phase != before else "", TONES.get(phase, ""))
        rows.append((f"{when - history[0][0]:8.2f} s", named, reason))
        before = phase
    return rows
