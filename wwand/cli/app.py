"""The command line: parse it, do the command, turn what went wrong into one line and a status."""

import argparse
import asyncio
import os
import signal
import sys
from typing import NoReturn

from wwand import __version__
from wwand.cli.client import Client
from wwand.cli.command import Commands, Context
from wwand.cli.commands import (
    at,
    connect,
    devices,
    explain,
    modems,
    monitor,
    network,
    power,
    sim,
    simulate,
    sms,
    usb,
)
from wwand.cli.failures import Failure
from wwand.cli.output import Output

DONE, FAILED, INTERRUPTED, TERMINATED = 0, 1, 130, 143
"""Exit statuses; 2 is argparse's for a wrong command line, the last two are the shells'."""

EPILOG = """\
MODEM is a number (0), modem0, an object path, an IMEI or the USB place (1-1) of a modem;
DEVICE is a USB place, a USB id (1c9e:9605) or a number. Where there is only one, leave it out.
Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage."""


def common_options() -> argparse.ArgumentParser:
    """The options that may stand before and after the command; absent ones leave no trace."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("general options")
    group.add_argument("--bus", metavar="BUS", help="system (default), session or an address")
    group.add_argument("--json", action="store_true", help="print one JSON document")
    group.add_argument(
        "--timeout", type=_seconds, metavar="S", help="seconds to wait for each answer"
    )
    group.add_argument(
        "--no-colour", "--no-color", dest="no_colour", action="store_true", help="no colours"
    )
    return common


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise ValueError
    return seconds


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    common = common_options()
    parser = argparse.ArgumentParser(
        prog="wwanctl",
        description="Look after USB cellular modems with wwand.",
        epilog=EPILOG,
        parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wwanctl {__version__}")
    commands = Commands(
        parser.add_subparsers(title="commands", metavar="COMMAND", required=True), common
    )
    for module in (
        devices, modems, connect, power, explain, monitor, network, sim, sms, at, usb, simulate
    ):  # fmt: skip
        module.add(commands)
    return parser


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; usage errors end the program with status 2."""
    defaults = argparse.Namespace(
        bus=os.environ.get("WWAND_BUS") or "system", json=False, timeout=None, no_colour=False
    )
    return make_parser().parse_args(argv, defaults)


async def run(args: argparse.Namespace) -> None:
    """Do what the command line says."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    plain = args.no_colour or bool(os.environ.get("NO_COLOR"))
    out = Output(as_json=args.json, colour=False if plain else None)
    async with Client(args.bus, args.timeout, interactive=sys.stdin.isatty()) as client:
        await args.handler(Context(args, out, client))


def main() -> NoReturn:
    """Entry point of `wwanctl`."""
    args = parse()
    status = DONE
    try:
        asyncio.run(run(args))
    except Failure as failure:
        print(f"wwanctl: {failure.line}", file=sys.stderr)
        status = FAILED
    except KeyboardInterrupt:
        status = DONE if args.handler is monitor.monitor else INTERRUPTED
    except asyncio.CancelledError:
        status = TERMINATED
    except BrokenPipeError:  # `wwanctl monitor | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    sys.exit(status)
