"""`wwanctl switch`, `config` and `rules`: from CD-ROM to modem, and USB configurations."""

from wwand.cli import pick
from wwand.cli.command import Commands, Context, device_argument
from wwand.cli.failures import Failure
from wwand.cli.objects import DEVICE, MANAGER, WWAND_ROOT, Device
from wwand.cli.output import Cell

SWITCH_PATIENCE = 120.0
"""Seconds: the reply comes at the end of the ladder; each of its steps may take half a minute."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    device_argument(commands.add("switch", switch, "turn a CD-ROM into the modem it is"))
    parser = commands.add("config", config, "select a USB configuration of a device")
    device_argument(parser, optional=False)
    parser.add_argument("value", metavar="N", type=int, help="value of the configuration")
    parser = commands.add("rules", rules, "tell which rules for mode switching are known")
    parser.add_argument("usb_id", metavar="ID", nargs="?", default="", help="USB id, 1c9e:f000")


async def switch(context: Context) -> None:
    """Switch a device's mode and wait until it is back."""
    device = await pick.device(context.client, context.args.device)
    await context.client.call(device.path, DEVICE, "Switch", patience=SWITCH_PATIENCE)
    await _tell(context, device)


async def config(context: Context) -> None:
    """Select a configuration."""
    device = await pick.device(context.client, context.args.device)
    value = context.args.value
    known = list(device.facts["Configurations"])
    if value not in known:
        names = ", ".join(str(one) for one in known) or "none"
        raise Failure(
            f"{device.place} has no configuration {value}", f"its configurations: {names}"
        )
    await context.client.call(device.path, DEVICE, "SelectConfiguration", "u", value)
    await _tell(context, device)


async def _tell(context: Context, before: Device) -> None:
    now = await pick.device(context.client, before.path)
    active = now.facts["ActiveConfiguration"]
    context.out.document(
        {
            "device": now.place,
            "before": before.usb_id,
            "usb_id": now.usb_id,
            "active_configuration": active,
        }
    )
    was = f" (it was {before.usb_id})" if before.usb_id != now.usb_id else ""
    context.out.line(f"{now.place} is {now.usb_id}{was}, configuration {active}.")


async def rules(context: Context) -> None:
    """Print the rules for one id, or where rules come from."""
    usb_id = context.args.usb_id.lower()
    (found,) = await context.client.call(WWAND_ROOT, MANAGER, "ListRules", "s", usb_id)
    keys = ("source", "rule", "actions") if usb_id else ("source", "rules", "note")
    context.out.document([dict(zip(keys, row, strict=True)) for row in found])
    if found:
        rows = [(Cell(source, "head"), rule, actions) for source, rule, actions in found]
        context.out.table(rows, head=[key.upper() for key in keys])
    else:
        context.out.line(f"No rule says how to switch {usb_id}." if usb_id else "No rules.")
