"""What a command is: a parser, and a coroutine that gets its context."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wwand.cli.client import Client
from wwand.cli.output import Output

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - has no public name


@dataclass(frozen=True)
class Context:
    """What a command works with."""

    args: argparse.Namespace
    out: Output
    client: Client


Handler = Callable[[Context], Awaitable[None]]
"""Does the command; Failure when it cannot."""


class Commands:
    """Where each module puts its commands."""

    def __init__(self, subparsers: "Subparsers", common: argparse.ArgumentParser) -> None:
        self._subparsers = subparsers
        self._common = common

    def add(
        self, name: str, handler: Handler, words: str, *, epilog: str = "", modem: bool = False
    ) -> argparse.ArgumentParser:
        """Make the parser of a command; with `modem` it takes the MODEM that is meant."""
        parser = self._subparsers.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            epilog=epilog or None,
            parents=[self._common],
        )
        parser.set_defaults(handler=handler, parser=parser)
        if modem:
            parser.add_argument(
                "modem",
                metavar="MODEM",
                nargs="?",
                help="number, path, IMEI or USB place; default: the only one",
            )
        return parser


def modem_option(parser: argparse.ArgumentParser) -> None:
    """Let MODEM be an option, where the command's arguments are something else."""
    parser.add_argument(
        "-m",
        "--modem",
        metavar="MODEM",
        help="number, path, IMEI or USB place; default: the only one",
    )


def device_argument(parser: argparse.ArgumentParser, *, optional: bool = True) -> None:
    """Take the DEVICE that is meant."""
    parser.add_argument(
        "device",
        metavar="DEVICE",
        nargs="?" if optional else None,
        help="place on the bus (1-1), USB id or number; default: the only one",
    )
