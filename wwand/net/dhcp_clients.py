"""The DHCP clients that systems have: how each is run so that it reports, and touches nothing."""

from dataclasses import dataclass
from pathlib import Path

from wwand.errors import NoDriver
from wwand.net.children import find_program, run_tool

SCRIPT = Path(__file__).with_name("dhcp-report")
REPORT = "WWAND_REPORT"
"""Names to the script where to write; two of the clients do not hand their environment on."""

DHCLIENT_CONF = """\
request subnet-mask, routers, domain-name-servers, interface-mtu;
initial-interval 1;
backoff-cutoff 4;
retry 2;
"""
"""dhclient.conf(5); without it the system's own is used, which sends the host's name."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client's command line for an interface."""

    name: str
    command: tuple[str, ...]
    farewell: tuple[str, ...] = ()
    """A command that makes it give the lease back and end; without one SIGTERM does that."""


async def find(interface: str, folder: Path) -> Client:
    """Choose a client that is installed; raises NoDriver. Its files are kept in `folder`.

    dhclient comes last: its AppArmor profile, where there is one, lets it run no other script than
    the system's, and its makers have given it up.
    """
    if program := find_program("udhcpc"):
        return udhcpc((program,), interface)
    if (program := find_program("busybox")) and await _has_udhcpc(program):
        return udhcpc((program, "udhcpc"), interface)
    if program := find_program("dhcpcd"):
        return dhcpcd(program, interface, folder)
    if program := find_program("dhclient"):
        return dhclient(program, interface, folder)
    raise NoDriver(
        "no DHCP client is installed",
        "install one of the packages `udhcpc`, `dhcpcd-base` or `isc-dhcp-client` (Debian)",
    )


async def _has_udhcpc(busybox: str) -> bool:
    status, said = await run_tool(busybox, "--list")
    return not status and "udhcpc" in said.split()


def udhcpc(program: tuple[str, ...], interface: str) -> Client:
    """busybox's: a second between requests, two after three of them, for as long as it runs."""
    options = ("-f", "-R", "-T", "1", "-t", "3", "-A", "2", "-O", "mtu")
    return Client("udhcpc", (*program, *options, "-s", str(SCRIPT), "-i", interface))


def dhcpcd(program: str, interface: str, folder: Path) -> Client:
    """Roy Marples' (dhcpcd(8)); it does not look at the carrier, which is the modem's business."""
    return Client(
        "dhcpcd",
        (
            *(program, "--nobackground", "--ipv4only", "--noconfigure", "--noarp", "--noipv4ll"),
            *("--nolink", "--config", "/dev/null", "--script", str(SCRIPT)),
            *("--option", "subnet_mask,routers,domain_name_servers,interface_mtu"),
            *("--env", f"{REPORT}={report_file(folder)}", interface),
        ),
        (program, "--ipv4only", "--release", interface),
    )


def dhclient(program: str, interface: str, folder: Path) -> Client:
    """ISC's (dhclient(8)), with files of its own so that no other run of it is disturbed."""
    files = ("-cf", f"{folder}/conf", "-lf", f"{folder}/leases", "-pf", f"{folder}/pid")
    report = ("-e", f"{REPORT}={report_file(folder)}")
    (folder / "conf").write_text(DHCLIENT_CONF)
    (folder / "leases").touch()
    return Client(
        "dhclient",
        (program, "-4", "-d", *files, *report, "-sf", str(SCRIPT), interface),
        (program, "-4", "-r", *files, "-sf", "/bin/true", interface),
    )


def report_file(folder: Path) -> Path:
    """The FIFO through which the script tells."""
    return folder / "report"
