"""`wwanctl sms`: list, read, send and delete short messages."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dbus_fast import Variant

from wwand.cli import pick, typed
from wwand.cli.client import variants
from wwand.cli.command import Commands, Context, modem_option
from wwand.cli.failures import Failure
from wwand.cli.objects import MESSAGING, SMS, Modem, Properties, number_of
from wwand.cli.output import Cell
from wwand.sms.facts import PduType, SmsState, Storage, Validity
from wwand.status import ModemState

ACTIONS = ("list", "read", "send", "delete")

SHOWN = 60
"""Characters of a text that a list shows."""

PART = 67
"""Characters of a part at least (23.040 §9.2.3.24)."""

PATIENCE = 130.0
"""Seconds for each part: a modem tries for two minutes."""

STATES = {
    SmsState.UNKNOWN: "not sent",
    SmsState.STORED: "stored",
    SmsState.RECEIVING: "incomplete",
    SmsState.RECEIVED: "received",
    SmsState.SENDING: "being sent",
    SmsState.SENT: "sent",
}

STORAGES = {Storage.SM: "SIM", Storage.ME: "modem", Storage.MT: "SIM or modem"}

TRIED, GIVEN_UP, UNKNOWN = 3, 0x40, 0x100
"""Where the ranges of delivery states begin (23.040 §9.2.3.15)."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "sms",
        sms,
        "list, read, send and delete short messages",
        epilog="list; read N; send NUMBER [TEXT]; delete N… or delete all. A TEXT that is not "
        "given is read from standard input: other users can see a command line.",
    )
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="what it is about: see below")
    parser.add_argument(
        "--report", action="store_true", help="send: ask the network to report the delivery"
    )
    parser.add_argument(
        "--validity", type=_minutes, metavar="MIN", help="send: minutes that it shall be tried"
    )
    modem_option(parser)


def _minutes(text: str) -> int:
    minutes = int(text)
    if not 0 < minutes <= 635040:  # 63 weeks (23.040 §9.2.3.12.1)
        raise argparse.ArgumentTypeError("1 to 635040 minutes")
    return minutes


@dataclass(frozen=True)
class Message:
    """One message."""

    path: str
    facts: Properties

    @property
    def number(self) -> int:
        """What it is called here."""
        return number_of(self.path)

    @property
    def state(self) -> str:
        """How far it has come, in words."""
        if self.facts["PduType"] == PduType.STATUS_REPORT:
            return "report"
        return STATES.get(self.facts["State"], "")

    @property
    def delivery(self) -> str:
        """What became of it; empty where nobody has told."""
        state = self.facts["DeliveryState"]
        if state >= UNKNOWN:
            return ""
        if state < TRIED:
            return ("delivered", "forwarded", "replaced")[state]
        return f"still being tried ({state})" if state < GIVEN_UP else f"failed ({state})"

    @property
    def document(self) -> dict[str, Any]:
        """All of it."""
        return {
            "message": self.number,
            "state": self.state,
            "number": self.facts["Number"],
            "time": self.facts["Timestamp"],
            "text": self.facts["Text"],
            "data": bytes(self.facts["Data"]).hex(),
            "stored_in": STORAGES.get(self.facts["Storage"], ""),
            "delivery": self.delivery,
            "delivery_time": self.facts["DischargeTimestamp"],
        }


async def sms(context: Context) -> None:
    """Do one of the actions."""
    args = context.args
    wrong = {
        "list": bool(args.words) and "list takes nothing more",
        "read": len(args.words) != 1 and "read takes the number of one message",
        "send": not 1 <= len(args.words) <= 2 and "send takes a number and a text in quotes",
        "delete": not args.words and "delete takes numbers of messages, or all",
    }[args.action]
    if wrong:
        args.parser.error(wrong)
    if args.action != "send" and (args.report or args.validity):
        args.parser.error("--report and --validity are for send")
    modem = await pick.modem(context.client, args.modem)
    if not modem.messaging or modem.state < ModemState.ENABLED:
        raise Failure(
            f"modem{modem.number} is {modem.state.name.lower()}: it has no messages",
            f"`wwanctl enable {modem.number}`",
        )
    match args.action:
        case "list":
            await _list(context, modem)
        case "read":
            await _read(context, modem, args.words[0])
        case "send":
            text = args.words[1] if args.words[1:] else typed.text().removesuffix("\n")
            await _send(context, modem, args.words[0], text)
        case "delete":
            await _delete(context, modem, args.words)


async def _messages(context: Context, modem: Modem) -> list[Message]:
    paths = modem.messaging["Messages"]
    read = (context.client.properties(path, SMS) for path in paths)
    found = await asyncio.gather(*read)
    return [Message(path, facts) for path, facts in zip(paths, found, strict=True)]


async def _list(context: Context, modem: Modem) -> None:
    messages = await _messages(context, modem)
    context.out.document([message.document for message in messages])
    if not messages:
        context.out.line(f"modem{modem.number} has no messages.")
        return
    rows = [
        (
            Cell(str(message.number), "head"),
            message.delivery or message.state,
            message.facts["Number"] or "-",
            message.facts["Timestamp"] or "-",
            _short(message.facts["Text"]) or ("(data)" if message.facts["Data"] else "-"),
        )
        for message in messages
    ]
    if not context.out.as_json:
        context.out.table(rows, ("N", "STATE", "NUMBER", "TIME", "TEXT"))


def _short(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def printable(text: str) -> str:
    """A text of somebody else without what would steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


async def _read(context: Context, modem: Modem, name: str) -> None:
    path = _path(modem, name)
    message = Message(path, await context.client.properties(path, SMS))
    facts = message.document
    context.out.document(facts)
    text = facts.pop("text")
    context.out.sections({"message": facts})
    if text:
        context.out.line()
        context.out.line(printable(text.replace("\r\n", "\n").replace("\r", "\n")))


async def _send(context: Context, modem: Modem, number: str, text: str) -> None:
    args, call = context.args, context.client.call
    properties: dict[str, tuple[str, Any]] = {"number": ("s", number), "text": ("s", text)}
    if args.report:
        properties["delivery-report-request"] = ("b", True)
    if args.validity:
        properties["validity"] = ("(uv)", [Validity.RELATIVE, Variant("u", args.validity)])
    (path,) = await call(modem.path, MESSAGING, "Create", "a{sv}", variants(properties))
    try:
        await call(path, SMS, "Send", patience=PATIENCE * (1 + len(text) // PART))
    except Failure:
        await call(modem.path, MESSAGING, "Delete", "o", path)
        raise
    context.out.document({"modem": modem.number, "message": number_of(path), "done": "send"})
    context.out.line(f"The message was sent; it is number {number_of(path)} here.")


async def _delete(context: Context, modem: Modem, names: Sequence[str]) -> None:
    if list(names) == ["all"]:
        paths = list(modem.messaging["Messages"])
    else:
        paths = [_path(modem, name) for name in dict.fromkeys(names)]
    for path in paths:
        await context.client.call(modem.path, MESSAGING, "Delete", "o", path, patience=PATIENCE)
    gone = [number_of(path) for path in paths]
    context.out.document({"modem": modem.number, "deleted": gone, "done": "delete"})
    words = "1 message was" if len(gone) == 1 else f"{len(gone)} messages were"
    context.out.line(f"{words} deleted.")


def _path(modem: Modem, name: str) -> str:
    for path in modem.messaging["Messages"]:
        if name in (str(number_of(path)), path):
            return str(path)
    raise Failure(f"modem{modem.number} has no message {name}", "see `wwanctl sms list`")
