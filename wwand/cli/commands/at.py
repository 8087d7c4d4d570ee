"""`wwanctl at`: one AT command to a modem."""

from wwand.cli import pick
from wwand.cli.command import Commands, Context
from wwand.cli.objects import MODEM

ANSWER = 10.0
"""Seconds the modem is given for its answer, unless --timeout says otherwise."""
MARGIN = 5.0
"""Seconds more for the daemon, so that its error arrives and not ours."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add("at", at, "send an AT command to a modem and print its answer")
    parser.add_argument(
        "words",
        nargs="+",
        metavar="[MODEM] COMMAND",
        help="such as AT+CSQ; --timeout is the time the modem has to answer",
    )


async def at(context: Context) -> None:
    """Send the command and print the lines that come back."""
    *names, command = context.args.words
    if len(names) > 1:
        context.args.parser.error("give a MODEM and one COMMAND, in quotes")
    modem = await pick.modem(context.client, names[0] if names else None)
    seconds = context.args.timeout or ANSWER
    context.client.timeout = seconds + MARGIN
    (answer,) = await context.client.call(
        modem.path, MODEM, "Command", "su", command, max(1, round(seconds))
    )
    lines = [line for line in answer.splitlines() if line]
    context.out.document({"modem": modem.number, "command": command, "answer": lines})
    for line in lines:
        context.out.line(line)
