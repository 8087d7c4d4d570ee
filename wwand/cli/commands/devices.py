"""`wwanctl devices` and `wwanctl rescan`: what is plugged in and how far it has come."""

from typing import Any

from wwand.cli.command import Commands, Context
from wwand.cli.objects import MANAGER, ON_ITS_WAY, WWAND_ROOT, Device
from wwand.cli.output import Cell

TONES = {"modem": "good", "stuck": "bad", "ignored": "dim", **dict.fromkeys(ON_ITS_WAY, "busy")}


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add("devices", devices, "list the USB devices wwand looks after")
    parser.add_argument("--all", action="store_true", help="those it leaves alone, too")
    commands.add("rescan", rescan, "look at the USB bus again, and retry what is stuck")


async def devices(context: Context) -> None:
    """Print the table of devices."""
    everything = await context.client.devices()
    shown = [d for d in everything if context.args.all or not d.ignored]
    out = context.out
    out.document([document(device) for device in shown])
    if shown:
        out.table(
            [
                (
                    Cell(device.place, "head"),
                    device.usb_id,
                    device.title,
                    Cell(device.phase, TONES.get(device.phase, "")),
                    "-" if device.modem is None else f"modem{device.modem}",
                    why(device),
                )
                for device in shown
            ],
            head=("PLACE", "USB ID", "DEVICE", "PHASE", "MODEM", "WHY"),
        )
    else:
        out.line("No modem is plugged in.")
    if hidden := len(everything) - len(shown):
        devices_are = "device is" if hidden == 1 else "devices are"
        out.line(f"{hidden} other {devices_are} left alone: wwanctl devices --all", "dim")


async def rescan(context: Context) -> None:
    """Have the daemon look again."""
    await context.client.call(WWAND_ROOT, MANAGER, "Rescan")
    context.out.document({"rescanned": True})


def why(device: Device) -> str:
    """Its reason and what to do about it."""
    if device.next_step:
        return f"{device.reason}: {device.next_step}"
    return device.reason


def document(device: Device) -> dict[str, Any]:
    """All that is known of a device."""
    facts = device.facts
    return {
        "number": device.number,
        "place": device.place,
        "usb_id": device.usb_id,
        "manufacturer": facts["Manufacturer"],
        "product": facts["Product"],
        "phase": device.phase,
        "reason": device.reason,
        "next_step": device.next_step,
        "modem": device.modem,
        "plugin": facts["Plugin"],
        "sysfs": facts["SysfsPath"],
        "drivers": facts["Drivers"],
        "configurations": list(facts["Configurations"]),
        "active_configuration": facts["ActiveConfiguration"],
        "layouts": [
            {"configuration": configuration, "kind": kind, "driver": driver, "story": story}
            for configuration, kind, driver, story in facts["Layouts"]
        ],
        "ports": [
            {"name": name, "kind": kind, "interface": interface, "role": role}
            for name, kind, interface, role in facts["Ports"]
        ],
        "verdicts": [
            {"plugin": plugin, "score": score, "reason": reason}
            for plugin, score, reason in facts["Verdicts"]
        ],
        "history": [
            {"seconds": round(when, 3), "phase": phase, "reason": reason}
            for when, phase, reason in facts["History"]
        ],
    }
