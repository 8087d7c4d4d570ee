"""What wwand asks of pppd, written as one of pppd's options files."""

from dataclasses import dataclass, field
from pathlib import Path

from wwand.errors import BadArgument
from wwand.status import Auth, IpFamily

PLACEHOLDER = "wwand"
"""User and password where none is known.

Many modems ask for CHAP or PAP although the access point needs neither, and take whatever they are
told. pppd knows no empty password: it would look into /etc/ppp/*-secrets (auth.c, auth_reset)."""

PROTOCOLS = {
    Auth.PAP: "pap",
    Auth.CHAP: "chap",
    Auth.MSCHAP: "mschap",
    Auth.MSCHAPV2: "mschap-v2",
    Auth.EAP: "eap",
}
"""Names in pppd's refuse-… options."""

COMMON = (
    "nodetach",
    "nopersist",
    "maxfail 1",
    # What is said on fd 1 is how wwand learns of addresses, whatever `logfile` the system has set
    "logfd 1",
    # The daemon has the tty open and locked itself
    "nolock",
    "nocrtscts",
    "noauth",
    # Routes and DNS are the daemon's business, with a metric and undone at the end
    "nodefaultroute",
    "nodefaultroute6",
    "noipdefault",
    # pppd also writes the answer to /etc/ppp/resolv.conf, which nothing can turn off
    "usepeerdns",
    # A script that is not there is passed over in silence, and the system's own are not run
    "ip-up-script /nonexistent",
    "ip-down-script /nonexistent",
    # The other end of this link is the stick itself, over USB: compression only costs time there
    "noccp",
    "nobsdcomp",
    "nodeflate",
    "novj",
    # pppd repeats a lost request after 3 s by default; the first one is often lost while the modem
    # goes from commands to data
    "lcp-restart 1",
    "lcp-max-configure 10",
    "lcp-max-terminate 2",
    "ipcp-restart 1",
    "ipv6cp-restart 1",
    # While the context is being activated modems are silent, or refuse addresses again and again
    "ipcp-max-configure 30",
    "ipcp-max-failure 30",
    "ipcp-accept-local",
    "ipcp-accept-remote",
)
"""Options of every call (pppd(8)); they win over /etc/ppp/options, which pppd reads first."""


@dataclass(frozen=True, slots=True)
class PppRequest:
    """How to run PPP over a call that is connected already."""

    user: str = ""
    password: str = field(default="", repr=False)
    auth: Auth = Auth.UNKNOWN
    """What may be used; UNKNOWN means CHAP or PAP."""
    family: IpFamily = IpFamily.IPV4
    ifname: str = ""
    """Wanted name of the interface; pppd chooses `pppN` when it is empty."""
    carrier: bool = False
    """End when the modem drops carrier detect; only for modems known to give that signal."""
    echo_interval: int = 5
    """Seconds without traffic after which the modem is asked for a sign of life; 0 never asks."""
    echo_failure: int = 4
    """Unanswered questions after which the link counts as dead."""


def families(family: IpFamily) -> IpFamily:
    """The single families that a bearer's IP type stands for, among IPV4 and IPV6."""
    both = IpFamily.IPV4 | IpFamily.IPV6
    if family & IpFamily.IPV4V6 or not family & both:
        return both
    return family & both


def options(tty: Path, request: PppRequest) -> str:
    """Return the text of the options file; raises BadArgument for a word pppd could misread."""
    wanted = families(request.family)
    # The daemon decides about DTR and hang-up; with `modem` pppd might wait for a carrier signal
    # that many sticks never give, and would sleep 1 s at its end (tty.c)
    lines = [_word(str(tty)), *COMMON, "modem" if request.carrier else "local"]
    lines.append("+ipv6" if wanted & IpFamily.IPV6 else "noipv6")
    if not wanted & IpFamily.IPV4:
        lines.append("noip")
    if request.echo_interval:
        # adaptive: nothing is asked while data comes in, so a modem that never answers stays usable
        lines += [
            "lcp-echo-adaptive",
            f"lcp-echo-interval {request.echo_interval}",
            f"lcp-echo-failure {request.echo_failure}",
        ]
    else:
        lines += ["lcp-echo-interval 0", "lcp-echo-failure 0"]
    if request.ifname:
        lines.append(f"ifname {_word(request.ifname)}")
    lines += _authentication(request)
    return "\n".join(lines) + "\n"


def _authentication(request: PppRequest) -> list[str]:
    allowed = request.auth or Auth.CHAP | Auth.PAP
    lines = [f"refuse-{name}" for flag, name in PROTOCOLS.items() if not allowed & flag]
    lines.append(f"user {_word(request.user or PLACEHOLDER)}")
    lines.append(f"password {_word(request.password or PLACEHOLDER)}")
    return lines


def _word(text: str) -> str:
    """Quote one word (pppd(8), OPTIONS FILES)."""
    if any(c < " " or c == "\x7f" for c in text):
        raise BadArgument("a control character cannot be part of a PPP option")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
