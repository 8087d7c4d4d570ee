"""Name servers per interface, given to whatever this machine resolves names with.

1. systemd-resolved, where /etc/resolv.conf leads to it: `resolvectl dns wwan0 …` and `revert`.
2. resolvconf or openresolv: `resolvconf -a wwan0.wwand` and `-d`.
3. Neither: a file, /run/wwand/resolv.conf, the interface of least metric first.
   /etc/resolv.conf itself is never written; make it a symbolic link to that file, or name the file
   to dnsmasq (`resolv-file=/run/wwand/resolv.conf`).
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wwand.log import ObjectLog
from wwand.net.children import find_program, run_tool
from wwand.net.machine import asking_machine

RESOLV_CONF = Path("/etc/resolv.conf")
RESOLVED = Path("/run/systemd/resolve")
STUBS = ("nameserver 127.0.0.53", "nameserver 127.0.0.54")
"""Addresses systemd-resolved listens on (systemd-resolved.service(8))."""

HEADER = "# Written by wwand: the name servers of its connections.\n"

log = ObjectLog(__name__, "dns")

Runner = Callable[..., Awaitable[tuple[int, str]]]
"""`children.run_tool`, or a test's stand-in."""


class Manager(Enum):
    """Who keeps this machine's list of name servers."""

    RESOLVED = "systemd-resolved"
    RESOLVCONF = "resolvconf"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class DnsEntry:
    """Name servers that were registered for an interface, and where."""

    interface: str
    manager: str


Noted = Callable[[DnsEntry | None], None]


def manager() -> Manager:
    """Find out who keeps the list now; asked anew each time, for it changes with packages."""
    if find_program("resolvectl") and _leads_to_resolved():
        return Manager.RESOLVED
    if find_program("resolvconf"):
        return Manager.RESOLVCONF
    return Manager.FILE


def _leads_to_resolved() -> bool:
    try:
        if RESOLV_CONF.resolve().is_relative_to(RESOLVED):
            return RESOLVED.exists()
        return any(stub in RESOLV_CONF.read_text() for stub in STUBS)
    except OSError:
        return False


class Resolver:
    """Registers name servers and takes them back."""

    def __init__(self, run_dir: Path, run: Runner = run_tool) -> None:
        self._file = run_dir / "resolv.conf"
        self._parts = run_dir / "dns"
        self._run = run

    async def add(
        self, interface: str, servers: tuple[str, ...], metric: int, noted: Noted
    ) -> None:
        """Register the servers of an interface, in place of those it had.

        `noted` is called before anything is done, with what `remove` takes back then, whatever
        becomes of this; with None when there are no servers. A resolver that refuses is reported
        and not an error: the link works without it. Raises MachineFailed.
        """
        usable = tuple(server for server in servers if _usable(server))
        keeper = manager()
        noted(DnsEntry(interface, keeper.value) if usable else None)
        if not usable:
            return
        with asking_machine(f"register the name servers of {interface}"):
            match keeper:
                case Manager.RESOLVED:
                    await self._tool("resolvectl", "dns", interface, *usable)
                case Manager.RESOLVCONF:
                    lines = "".join(f"nameserver {server}\n" for server in usable)
                    arguments = ("resolvconf", "-a", f"{interface}.wwand")
                    await self._tool(*arguments, stdin=lines)
                case Manager.FILE:
                    self._parts.mkdir(mode=0o755, parents=True, exist_ok=True)
                    part = {"metric": metric, "servers": usable}
                    self._write(self._parts / interface, json.dumps(part))
                    self._write_file()
        log.info("%s: %s for %s", keeper.value, " ".join(usable), interface)

    async def remove(self, entry: DnsEntry) -> None:
        """Take back what `add` noted; fine when there is nothing, or the interface is gone.

        Raises MachineFailed.
        """
        with asking_machine(f"take back the name servers of {entry.interface}"):
            match Manager(entry.manager):
                case Manager.RESOLVED:
                    # resolved forgets a link by itself when the interface goes
                    if _exists(entry.interface):
                        await self._tool("resolvectl", "revert", entry.interface)
                case Manager.RESOLVCONF:
                    await self._tool("resolvconf", "-d", f"{entry.interface}.wwand")
                case Manager.FILE:
                    (self._parts / entry.interface).unlink(missing_ok=True)
                    self._write_file()

    async def _tool(self, *arguments: str, stdin: str = "") -> None:
        status, said = await self._run(*arguments, stdin=stdin)
        if status:
            log.warning("%s %s failed: %s", *arguments[:2], said or f"status {status}")

    def _write_file(self) -> None:
        """Write all interfaces' servers; the file goes with the last one unless it is in use."""
        parts = [json.loads(p.read_text()) for p in self._parts.glob("*")]
        parts.sort(key=lambda part: int(part["metric"]))
        servers = [server for part in parts for server in part["servers"]]
        in_use = RESOLV_CONF.is_symlink() and RESOLV_CONF.resolve() == self._file.resolve()
        if not servers and not in_use:
            self._file.unlink(missing_ok=True)
            return
        lines = "".join(f"nameserver {server}\n" for server in dict.fromkeys(servers))
        self._write(self._file, HEADER + lines)

    def _write(self, file: Path, text: str) -> None:
        """Write a file so that it is whole at every moment: what is torn would hide the others."""
        new = self._file.with_suffix(".new")
        new.write_text(text)
        new.replace(file)


def _exists(interface: str) -> bool:
    return Path("/sys/class/net", interface).exists()


def _usable(server: str) -> bool:
    """Whether that is the address of a server; modems without one answer 0.0.0.0 or nothing."""
    try:
        address = ipaddress.ip_address(server)
    except ValueError:
        return False
    return not address.is_unspecified
