"""`wwanctl connect` and `disconnect`: bring a modem online and tell how far it has come."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from wwand.cli import pick, words
from wwand.cli.client import Client, variants
from wwand.cli.command import Commands, Context
from wwand.cli.commands.modems import bearer_document
from wwand.cli.failures import Failure
from wwand.cli.objects import BEARER, ON_ITS_WAY, SIMPLE, Device, Modem
from wwand.cli.progress import PHASES, STEPS, Progress, steps_of
from wwand.cli.secret import first_line
from wwand.cli.watch import Picture
from wwand.status import IpFamily, ModemState

S = ModemState
T = TypeVar("T")

IP_TYPES = {"ipv4": IpFamily.IPV4, "ipv6": IpFamily.IPV6, "ipv4v6": IpFamily.IPV4V6}

WAIT = 60.0
"""Seconds for a device that is on its way: two tries of a slow switch and a modem that boots."""
PATIENCE = 180.0
"""Seconds for Simple.Connect: the daemon gives up before that, and says why."""
GOODBYE = 10.0
"""Seconds for taking back a connection that is not wanted any more."""


def add(commands: Commands) -> None:
    """Tell the parser."""
    parser = commands.add(
        "connect",
        connect,
        "bring a modem online, and this machine with it",
        epilog="It may be started before the modem is there.",
        modem=True,
    )
    parser.add_argument("--apn", metavar="APN", help="default: what the daemon finds out")
    parser.add_argument("--user", metavar="USER", help="user name, where the APN wants one")
    password = parser.add_mutually_exclusive_group()
    password.add_argument("--password-file", metavar="FILE", help="its first line is the password")
    password.add_argument(
        "--password", metavar="PASSWORD", help="can be seen by every user of this machine (ps)"
    )
    parser.add_argument("--ip-type", choices=tuple(IP_TYPES), help="default: what the SIM allows")
    parser.add_argument("--no-roaming", action="store_true", help="only in the home network")
    parser.add_argument(
        "--no-ip", action="store_true", help="leave the interface's addresses to somebody else"
    )
    parser.add_argument(
        "--wait",
        type=float,
        metavar="S",
        help=f"seconds to wait for a modem (default: {WAIT:.0f} when one is on its way)",
    )
    commands.add("disconnect", disconnect, "take a modem's connections down", modem=True)


async def connect(context: Context) -> None:
    """Wait for the modem, connect it, print where."""
    settings = _settings(context)
    picture = Picture(context.client)
    await picture.open()
    progress = Progress(context.out)
    attempt = Attempt(context.client, picture, progress, context.args.modem, context.args.wait)
    following = asyncio.create_task(attempt.follow())
    began = time.monotonic()
    try:
        modem = await attempt.with_follower(following, attempt.modem())
        path = await attempt.with_follower(following, attempt.connect(modem, settings))
        attempt.online()
    except BaseException:
        progress.failed()
        raise
    finally:
        progress.close()
        following.cancel()
        with suppress(asyncio.CancelledError, Failure):
            await following
    bearer = bearer_document(path, await context.client.properties(path, BEARER))
    _tell(context, modem, bearer, progress, time.monotonic() - began)


def _settings(context: Context) -> dict[str, tuple[str, Any]]:
    args = context.args
    settings: dict[str, tuple[str, Any]] = {"wwand-apply-ip": ("b", not args.no_ip)}
    if args.password is not None:
        print(
            "wwanctl: --password can be seen by every user of this machine; use --password-file",
            file=sys.stderr,
        )
    password = first_line(args.password_file) if args.password_file else args.password
    for key, value in (("apn", args.apn), ("user", args.user), ("password", password)):
        if value is not None:
            settings[key] = ("s", value)
    if args.ip_type:
        settings["ip-type"] = ("u", int(IP_TYPES[args.ip_type]))
    if args.no_roaming:
        settings["allow-roaming"] = ("b", False)
    return settings


@dataclass
class Attempt:
    """One way online: waits, calls, and tells its steps as the daemon reports them."""

    client: Client
    picture: Picture
    progress: Progress
    name: str | None
    wait: float | None

    def __post_init__(self) -> None:
        self._news = asyncio.Event()
        self._modem_path = ""
        self._connecting_since = 0.0
        self._registered_at = 0.0

    async def with_follower(
        self, following: "asyncio.Task[None]", work: Coroutine[Any, Any, T]
    ) -> T:
        """Do `work`; a failure of the follower (wwand stopped) ends it."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait((task, following), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                following.result()
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def follow(self) -> None:
        """Take in what the daemon reports; Failure when it ends."""
        async with aclosing(self.picture.changes()) as changes:
            async for change in changes:
                if change.kind == "stopped":
                    raise Failure("wwand stopped", "see its log: `journalctl -u wwand`")
                if change.kind == "state" and change.path == self._modem_path:
                    self._state_changed(S(change.values["new"]))
                if change.kind != "removed":
                    self._device_steps()
                self._news.set()

    # --- until there is a modem ----------------------------------------------------------------

    async def modem(self) -> Modem:
        """Wait for the modem; Failure as soon as it is clear that it will not come."""
        deadline = time.monotonic() + (WAIT if self.wait is None else self.wait)
        while True:
            self._news.clear()
            if found := pick.choose_modem(self.picture.modems, self.picture.devices, self.name):
                return found
            self._hopeless()
            self._show_waiting()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._news.wait()
            except TimeoutError:
                raise self._too_late() from None

    def _candidates(self) -> list[Device]:
        """The devices that are meant; whichever is on its way, where the name fits none."""
        devices = [d for d in self.picture.devices if not d.ignored]
        if self.name is None:
            return devices
        named = [d for d in devices if pick.is_device(d, self.name)]
        return named or [d for d in devices if d.on_its_way]

    def _hopeless(self) -> None:
        """Fail unless a device is on its way, or the user wants to wait for one in any case."""
        candidates = self._candidates()
        if any(d.on_its_way for d in candidates):
            return
        for device in candidates:
            if device.phase == "stuck":
                raise Failure(
                    f"{device.place} is stuck: {device.reason}",
                    device.next_step or f"`wwanctl explain {device.place}`",
                )
        if self.wait is None:
            if self.name is None:
                raise pick.no_modem(self.picture.devices)
            raise Failure(f"there is no modem {self.name}", "`wwanctl list`, or wait with --wait S")

    def _show_waiting(self) -> None:
        for device in self._candidates():
            if device.phase in PHASES and device.phase != "modem":
                began = time.monotonic() - self.picture.since(device.facts["History"][0][0])
                note = device.reason if device.phase == "switching" else ""
                self.progress.doing(STEPS[PHASES[device.phase]], note, began)
                return
        self.progress.doing("plugged in", "waiting for a modem")

    def _too_late(self) -> Failure:
        for device in self._candidates():
            if device.phase in ON_ITS_WAY:
                return Failure(
                    f"{device.place} is still {device.phase}: {device.reason}",
                    f"`wwanctl explain {device.place}`, or give it longer with --wait",
                )
        return Failure("no modem came", "plug one in; see `wwanctl devices --all`")

    def _device_steps(self) -> None:
        """Tell the steps that the device has finished since this command began."""
        for device in self._candidates():
            path = str(device.facts["Modem"])
            if self._modem_path and path != self._modem_path:
                continue
            for name, seconds in steps_of(device.facts["History"], self.picture.uptime):
                self.progress.done(name, seconds, self._detail(name, device))

    def _detail(self, name: str, device: Device) -> str:
        if name == "switched":
            return f"{device.usb_id} at {device.place}"
        if name == "ports":
            return ", ".join(port for port, *_ in device.facts["Ports"])
        modem = self.picture.modem(str(device.facts["Modem"]))
        return f"modem{modem.number}, {modem.title}" if modem else ""

    # --- until it is online ------------------------------------------------------------------

    async def connect(self, modem: Modem, settings: dict[str, tuple[str, Any]]) -> str:
        """Have it connected; returns the bearer. Taken back when this is cancelled."""
        self._modem_path = modem.path
        self._device_steps()
        self._connecting_since = time.monotonic()
        if modem.state >= S.REGISTERED:
            self._registered_at = self._connecting_since
        self._state_changed(modem.state)
        call = asyncio.create_task(
            self.client.call(
                modem.path, SIMPLE, "Connect", "a{sv}", variants(settings), patience=PATIENCE
            )
        )
        try:
            (path,) = await asyncio.shield(call)
        except asyncio.CancelledError:
            self.progress.failed()
            with suppress(Failure, TimeoutError):
                await self._take_back(modem, call)
            raise
        return str(path)

    async def _take_back(self, modem: Modem, connecting: "asyncio.Task[list[Any]]") -> None:
        """Undo a connection in the making; one that comes up all the same is taken down."""
        try:
            async with asyncio.timeout(GOODBYE):
                await self.client.call(modem.path, SIMPLE, "Disconnect", "o", "/")
                await connecting
                await self.client.call(modem.path, SIMPLE, "Disconnect", "o", "/")
        finally:
            connecting.cancel()

    def _state_changed(self, state: ModemState) -> None:
        if state < S.REGISTERED:
            note = "" if state is S.SEARCHING else f"the modem is {words.state(state)}"
            self.progress.doing("registered", note, self._connecting_since)
            return
        if not self._registered_at:
            self._registered_at = time.monotonic()
            self.progress.done(
                "registered", self._registered_at - self._connecting_since, self._network()
            )
        self.progress.doing("online", "", self._registered_at)

    def _network(self) -> str:
        modem = self.picture.modem(self._modem_path)
        if modem is None:
            return ""
        facts = [modem.operator, words.technology(modem.technology)]
        if modem.signal is not None:
            facts.append(f"{modem.signal} %")
        return ", ".join(fact for fact in facts if fact)

    def online(self) -> None:
        """Tell the last step."""
        if not self._registered_at:
            self._state_changed(S.REGISTERED)
        self.progress.done("online", time.monotonic() - self._registered_at)


def _tell(
    context: Context, modem: Modem, bearer: dict[str, Any], progress: Progress, seconds: float
) -> None:
    out = context.out
    out.document(
        {
            "modem": modem.number,
            "bearer": bearer,
            "seconds": round(seconds, 3),
            "steps": progress.as_data(),
        }
    )
    interface = bearer["interface"]
    if context.args.no_ip:
        out.line(f"modem{modem.number} is connected on {interface}; its addresses are up to you.")
    else:
        out.line(f"Online through {out.paint(interface, 'head')} after {words.duration(seconds)}.")
    rows = []
    for config in (bearer["ipv4"], bearer["ipv6"]):
        for label in ("address", "gateway", "dns"):
            value = config.get(label)
            if value:
                text = value if isinstance(value, str) else ", ".join(value)
                rows.append((label.upper() if label == "dns" else label, text))
    if rows:
        out.table(rows, indent=2)


async def disconnect(context: Context) -> None:
    """Take all connections of a modem down."""
    modem = await pick.modem(context.client, context.args.modem)
    await context.client.call(modem.path, SIMPLE, "Disconnect", "o", "/", patience=PATIENCE)
    context.out.document({"modem": modem.number, "connected": False})
    context.out.line(f"modem{modem.number} is disconnected.")
