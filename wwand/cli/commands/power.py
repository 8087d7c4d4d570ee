"""`wwanctl enable`, `disable` and `reset`."""

from wwand.cli import pick, words
from wwand.cli.command import Commands, Context
from wwand.cli.objects import DEVICE, MODEM

ENABLE_PATIENCE = 60.0
"""Seconds: some modems need half a minute to power their radio up (field reports, AT+CFUN=1)."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    commands.add("enable", enable, "switch a modem's radio on", modem=True)
    commands.add("disable", disable, "disconnect, and switch the radio off", modem=True)
    parser = commands.add("reset", reset, "restart a modem, or its USB device", modem=True)
    parser.add_argument("--device", metavar="PLACE", help="reset this USB device instead")


async def enable(context: Context) -> None:
    """Switch the radio on."""
    await _enable(context, on=True)


async def disable(context: Context) -> None:
    """Switch the radio off."""
    await _enable(context, on=False)


async def _enable(context: Context, *, on: bool) -> None:
    modem = await pick.modem(context.client, context.args.modem)
    await context.client.call(modem.path, MODEM, "Enable", "b", on, patience=ENABLE_PATIENCE)
    now = await pick.modem(context.client, modem.path)
    context.out.document({"modem": modem.number, "state": words.state(now.state)})
    context.out.line(f"modem{modem.number} is {words.state(now.state)}.")


async def reset(context: Context) -> None:
    """Restart a modem or a device."""
    client, args = context.client, context.args
    if args.device is not None:
        if args.modem is not None:
            args.parser.error("give MODEM or --device, not both")
        device = await pick.device(client, args.device)
        await client.call(device.path, DEVICE, "Reset", patience=ENABLE_PATIENCE)
        what, told = f"The USB device at {device.place}", {"device": device.place}
    else:
        modem = await pick.modem(client, args.modem)
        await client.call(modem.path, MODEM, "Reset", patience=ENABLE_PATIENCE)
        what, told = f"modem{modem.number}", {"modem": str(modem.number)}
    context.out.document({**told, "reset": True})
    context.out.line(f"{what} starts anew: wwanctl monitor")
