"""`python -m wwand.simulator`: virtual modems from a shell."""

import argparse
import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from wwand.errors import WwandError
from wwand.simulator.control import FAULTS, parse_fault
from wwand.simulator.library import load_model, model_names
from wwand.simulator.socket_control import serve_control


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m wwand.simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name the models that come with wwand")
    attach = commands.add_parser(
        "attach", help="make models USB devices of this machine, until interrupted (root)"
    )
    attach.add_argument("models", nargs="+", metavar="MODEL", help="a name, or a file.toml")
    attach.add_argument("--latency", type=float, default=0.0, help="seconds for every AT command")
    attach.add_argument("--control", type=Path, metavar="SOCKET", help="take JSON orders there")
    attach.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=VALUE]", help=", ".join(FAULTS)
    )
    attach.add_argument("--unplugged", action="store_true", help="wait for an order to plug in")
    return parser.parse_args()


async def attach(chosen: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    from wwand.simulator.carrier import carrier_network
    from wwand.simulator.usbip import UsbBus

    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    faults = [parse_fault(text) for text in chosen.fault]
    async with AsyncExitStack() as stack:
        carrier = await stack.enter_async_context(carrier_network())
        bus = UsbBus(chosen.models, carrier, latency=chosen.latency)
        stack.push_async_callback(bus.close)
        if chosen.control:
            await stack.enter_async_context(serve_control(bus.controls, chosen.control))
        for key in bus.sticks:
            for name, value in faults:
                bus.controls.fault(name, value, key=key)
            if not chosen.unplugged:
                bus.plug(key)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await end.wait()


def main() -> int:
    """Run one command; return the exit status."""
    chosen = arguments()
    try:
        if chosen.command == "list":
            rows = (f"{name}  {load_model(name).summary}\n" for name in model_names())
            sys.stdout.write("".join(rows))
        else:
            asyncio.run(attach(chosen))
    except WwandError as error:
        sys.stderr.write(f"{error}. {error.next_step}\n" if error.next_step else f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
