"""`wwanctl ussd`: codes such as *100#, and the menus that networks answer with."""

import asyncio
import contextlib
import sys
from typing import Any

from wwand.cli import pick, typed
from wwand.cli.command import Commands, Context
from wwand.cli.failures import Failure
from wwand.cli.objects import MODEM_USSD, Modem

PATIENCE = 110.0
"""Seconds for the network, and some for the daemon, so that its error arrives and not ours."""

WAITS = 3
STATES = {0: "not possible", 1: "idle", 2: "waiting for the network", WAITS: "open"}
"""MMModem3gppUssdSessionState in words."""

WHAT_NEXT = "The network waits for an answer: wwanctl ussd --respond TEXT, or --cancel."


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "ussd",
        ussd,
        "send a code such as *100# to the network, and answer its menus",
        epilog="On a terminal a menu is answered as it comes; an empty line ends it. CODE or TEXT "
        "can be -, which is read from standard input.",
    )
    parser.add_argument(
        "words", nargs="*", metavar="[MODEM] CODE", help="such as '*100#', in quotes"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--respond", metavar="TEXT", help="answer what the network asked")
    action.add_argument("--cancel", action="store_true", help="end the dialogue")
    action.add_argument(
        "--status", action="store_true", help="tell what the network has said or asked"
    )


async def ussd(context: Context) -> None:
    """Do one of the four."""
    args = context.args
    names = list(args.words)
    text = args.respond
    if text is None and not (args.cancel or args.status):
        if not names:
            args.parser.error("give a CODE, in quotes, or --respond, --cancel or --status")
        text = names.pop()
    if len(names) > 1:
        args.parser.error("give a MODEM and one CODE, in quotes")
    text = None if text is None else _checked(text)
    modem = await pick.modem(context.client, names[0] if names else None)
    if text is not None:
        await _converse(context, modem, "Initiate" if args.respond is None else "Respond", text)
    elif args.cancel:
        await context.client.call(modem.path, MODEM_USSD, "Cancel")
        context.out.document({"modem": modem.number, "state": STATES[1]})
        context.out.line("The dialogue is over.")
    else:
        await _status(context, modem)


async def _status(context: Context, modem: Modem) -> None:
    said = await context.client.properties(modem.path, MODEM_USSD)
    told = {
        "modem": modem.number,
        "state": STATES.get(said["State"], str(said["State"])),
        "notification": readable(said["NetworkNotification"]),
        "request": readable(said["NetworkRequest"]),
    }
    context.out.document(told)
    context.out.sections({f"Dialogue of modem{modem.number}": told | {"modem": None}})


async def _converse(context: Context, modem: Modem, method: str, text: str) -> None:
    """Send it; on a terminal go on until the network, or the user, has enough."""
    client, out = context.client, context.out
    talks = sys.stdin.isatty() and out.terminal and not out.as_json
    while True:
        said = await _sent(context, modem, method, text)
        waits = (await client.properties(modem.path, MODEM_USSD))["State"] == WAITS
        out.document({"modem": modem.number, "answer": said, "waits": waits})
        for line in said.splitlines() or ["(no text)"]:
            out.line(line)
        if not waits:
            return
        if not talks:
            out.line(WHAT_NEXT, "dim")
            return
        method, text = "Respond", await _typed(context, modem)
        if not text:
            await _end(context, modem)
            return


async def _sent(context: Context, modem: Modem, method: str, text: str) -> str:
    try:
        (said,) = await context.client.call(
            modem.path, MODEM_USSD, method, "s", text, patience=PATIENCE
        )
    except asyncio.CancelledError:  # Ctrl-C: the network may still be asked
        await _end(context, modem)
        raise
    return readable(said)


async def _typed(context: Context, modem: Modem) -> str:
    """Ask for an answer; Ctrl-C ends the dialogue at once."""
    context.out.raw("Answer (an empty line ends it): ")
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        try:
            line.set_result(typed.line())
        except Failure as failure:
            line.set_exception(failure)

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        text = await line
    except (asyncio.CancelledError, Failure):
        await _end(context, modem)
        raise
    finally:
        loop.remove_reader(sys.stdin.fileno())
    try:
        return _checked(text.rstrip("\n")) if text.strip() else ""
    except Failure:
        await _end(context, modem)
        raise


async def _end(context: Context, modem: Modem) -> None:
    with contextlib.suppress(Failure):  # it may be over already
        await context.client.call(modem.path, MODEM_USSD, "Cancel")


def _checked(text: str) -> str:
    """Refuse what no network takes; the daemon knows the rest of the rules."""
    if text == "-":
        text = typed.line().rstrip("\n")
    if not text or not text.isprintable():
        raise Failure("that is no code: it is empty or holds a control character", "try '*100#'")
    return text


def readable(text: Any) -> str:
    """What a network says, without what would move a terminal's cursor."""
    return "".join(char for char in str(text) if char.isprintable() or char == "\n")
