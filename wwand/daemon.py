"""The daemon: make the parts, join them, run until told to stop."""

import argparse
import asyncio
import fcntl
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbus_fast import BusType
from dbus_fast.aio import MessageBus

from wwand import __version__
from wwand.bearers.base import Applied, Applier, Bearer
from wwand.config import DEFAULT_FILE, Config, DeviceConfig, load
from wwand.device import Discovery, UsbAccess, UsbId
from wwand.errors import WwandError
from wwand.manager import Manager, Simulator
from wwand.memory import Memory
from wwand.net.applied import IpPlan, Network
from wwand.net.ppp_options import PppRequest
from wwand.plugin import Plugins
from wwand.service.root import BusService
from wwand.service.sleep import SleepWatch
from wwand.serving import qmi
from wwand.switching.book import RuleBook
from wwand.switching.layouts import KINDS, Kernel
from wwand.world import World

QMI_DRIVER = "qmi_wwan"

logger = logging.getLogger(__name__)


def ip_applier(network: Network) -> Callable[[DeviceConfig], Applier]:
    """Make what puts a connected bearer's IP configuration on this machine."""

    def for_device(config: DeviceConfig) -> Applier:
        wanted = config.connection

        async def apply(bearer: Bearer) -> Applied:
            settings = bearer.settings
            plan = IpPlan(
                name=f"bearer{bearer.number}",
                interface="" if bearer.tty else bearer.interface,
                tty=bearer.tty,
                ppp=PppRequest(
                    user=settings.user,
                    password=settings.password,
                    auth=settings.allowed_auth,
                    family=bearer.family,
                ),
                ip4=bearer.ip4,
                ip6=bearer.ip6,
                metric=wanted.metric,
                default_route=wanted.default_route,
                dns=wanted.dns,
                watchdog=wanted.watchdog,
            )
            return await network.bring_up(plan)

        return apply

    return for_device


@dataclass(frozen=True, slots=True)
class Hardware:
    """The USB bus that is served."""

    discovery: Discovery
    usb: UsbAccess
    kernel: Kernel
    simulator: Simulator | None = None
    warm_up: Callable[[], Awaitable[None]] | None = None
    """Loads what the first switch needs."""


async def run(
    bus: MessageBus,
    hardware: Hardware,
    config: Config,
    network: Network,
    memory: Memory,
    on_ready: Callable[[], None],
    *,
    private: bool = False,
) -> None:
    """Serve modems on `bus` until cancelled; WwandError when the bus is lost."""
    plugins = Plugins(config.disabled_plugins)
    rules = RuleBook(plugins.switch_rules())
    world = World(
        config, plugins, rules, hardware.usb, hardware.kernel, memory, ip_applier(network)
    )
    manager = Manager(hardware.discovery, world, hardware.simulator)
    await network.clean_up_after_crash()
    async with BusService(bus, manager, private=private), SleepWatch(bus, manager):
        following = asyncio.create_task(manager.run())
        lost = asyncio.create_task(bus.wait_for_disconnect())
        try:
            on_ready()
            await warm_up(hardware, rules)
            if not manager.devices and not hardware.kernel.unavailable(QMI_DRIVER):
                await qmi.preload()
            await asyncio.wait((following, lost), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
            raise WwandError("the connection to the message bus was lost")
        finally:
            following.cancel()
            lost.cancel()
            await asyncio.wait((following, lost))


async def warm_up(hardware: Hardware, rules: RuleBook) -> None:
    """Load, while nobody waits for it, what the first stick would wait for."""
    await asyncio.to_thread(importlib.import_module, "wwand.ports.tty")
    # unpacks usb_modeswitch's archive; no device has the id of nothing
    await asyncio.to_thread(rules.known_for, UsbId(0, 0))
    if hardware.warm_up:
        await hardware.warm_up()


@asynccontextmanager
async def hardware(simulate: list[str] | None) -> AsyncIterator[Hardware]:
    """The USB bus of this machine, or a made-up one with these virtual modems."""
    if simulate is not None:
        from wwand.simulator.orders import Orders  # only simulations need them
        from wwand.simulator.pty import Simulation

        async with Simulation(simulate, latency=0.02) as simulation:
            yield Hardware(simulation, simulation, simulation, Orders(simulation))
    else:
        from wwand.discovery.kernel import Kernel as RealKernel
        from wwand.discovery.udev import UdevDiscovery
        from wwand.switching.libusb import LibUsb

        usb = LibUsb()
        try:
            kernel = RealKernel(frozenset(KINDS))

            async def warm_up() -> None:
                await asyncio.to_thread(kernel.warm_up)
                await usb.warm_up()

            yield Hardware(UdevDiscovery(), usb, kernel, warm_up=warm_up)
        finally:
            usb.close()


async def main_async(arguments: argparse.Namespace) -> None:
    """Run the daemon as the command line says."""
    config = load(arguments.config)
    logging.getLogger().setLevel((arguments.log_level or config.daemon.log_level).upper())
    run_dir = arguments.run_dir or config.daemon.run_dir
    make_run_dir(run_dir)
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(run_dir))
        bus = await connect(arguments.bus)
        stack.callback(bus.disconnect)
        usb = await stack.enter_async_context(hardware(arguments.simulate))
        network = Network(run_dir)
        stack.callback(network.close)
        task = asyncio.current_task()
        assert task
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        private = arguments.bus != "system"
        memory = Memory(arguments.state_dir or config.daemon.state_dir)
        await run(bus, usb, config, network, memory, notify_ready, private=private)


def make_run_dir(run_dir: Path) -> None:
    """Have a directory to write to, or say why there is none."""
    step = "run wwand as root, or name another one: --run-dir"
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WwandError(f"{run_dir} cannot be made: {error.strerror}", step) from None
    if not os.access(run_dir, os.W_OK | os.X_OK):
        raise WwandError(f"{run_dir} is not for this user to write to", step)


@contextmanager
def alone(run_dir: Path) -> Iterator[None]:
    """Be the only daemon with this directory: what another has noted there is not to be undone."""
    with ExitStack() as stack:
        try:
            # closed in children: a pppd that outlives its daemon must not keep the next one out
            lock = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WwandError(
                f"another wwand uses {run_dir}",
                "see `systemctl status wwand`, or give this one a directory of its own: --run-dir",
            ) from None
        except OSError as error:
            raise WwandError(
                f"{run_dir} cannot be locked: {error.strerror}", "name another one: --run-dir"
            ) from None
        yield


async def connect(which: str) -> MessageBus:
    """Connect to the system bus, the session bus or the bus at an address."""
    try:
        match which:
            case "system":
                bus = MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True)
            case "session":
                bus = MessageBus(bus_type=BusType.SESSION, negotiate_unix_fd=True)
            case address:
                bus = MessageBus(address, negotiate_unix_fd=True)
        return await bus.connect()
    except (OSError, ValueError) as error:
        raise WwandError(
            f"no message bus ({which}): {error}", "start dbus, or give --bus an address"
        ) from None


def notify_ready() -> None:
    """Tell systemd, where it started us, that the names are there (sd_notify(3))."""
    logger.info("wwand %s is ready", __version__)
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", address.replace("@", "\0", 1))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="wwand", description="Connection manager for USB cellular modems."
    )
    parser.add_argument("--version", action="version", version=f"wwand {__version__}")
    parser.add_argument("--config", type=Path, help=f"default: {DEFAULT_FILE}, if it is there")
    parser.add_argument(
        "--bus", default="system", metavar="system|session|ADDRESS", help="default: system"
    )
    parser.add_argument("--state-dir", type=Path, help="default: /var/lib/wwand")
    parser.add_argument("--run-dir", type=Path, help="default: /run/wwand")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"))
    parser.add_argument(
        "--simulate",
        type=lambda text: [model for model in text.split(",") if model],
        metavar="MODEL[,MODEL…]",
        help="serve virtual modems instead of this machine's; with an empty name none is plugged in"
        " until `wwanctl simulate` does",
    )
    return parser.parse_args(argv)


def main() -> None:
    """Run as the command line says; exits with a line on what went wrong."""
    arguments = parse()
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        asyncio.run(main_async(arguments))
    except asyncio.CancelledError:
        logger.info("stopped")
    except WwandError as error:
        step = f" - {error.next_step}" if error.next_step else ""
        sys.exit(f"wwand: {error}{step}")
