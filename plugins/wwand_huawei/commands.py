"""What Huawei's firmware answers beside, or in place of, 3GPP 27.007: declarations.  Pure.

Commands, fields and values: ModemManager's observations of the firmware, as facts, and the AT
manuals of the ME909 and MU609 modules.
"""

from dataclasses import dataclass

from wwand.at.command import AtCommand, action, query, query_text, report
from wwand.at.fields import unquoted
from wwand.at.sim import read_iccid, read_lock
from wwand.errors import BadReply
from wwand.status import AccessTechnology as Act
from wwand.status import Lock, PowerState

# --- which reports come, and where ----------------------------------------------------------------

REPORTS_OFF = action("AT^CURC=0")
REPORTS_ON = action("AT^CURC=1")
REPORTS_TO_PCUI = action("AT^PORTSEL=0")
REPORTS_TO_MODEM = action("AT^PORTSEL=1")

# --- what the ports are ---------------------------------------------------------------------------

PORT_NAMES = {
    "pcui": "pcui",
    "mdm": "modem",
    "modem": "modem",
    "3g_modem": "modem",
    "diag": "diag",
    "3g_diag": "diag",
    "4g_diag": "diag",
    "gps": "gps",
    "ndis": "net",
    "rndis": "net",
    "ncm": "net",
    "ecm": "net",
    "cdrom": "cdrom",
    "sd": "sd",
    "mass": "sd",
    "mass_two": "sd",
    "bt": "bt",
    "a_shell": "shell",
    "c_shell": "shell",
}
SERIAL = frozenset({"pcui", "modem", "diag", "gps", "shell"})
"""The kinds that have a tty."""


@query_text("AT^GETPORTMODE", prefix="^GETPORTMODE")
def port_modes(text: str) -> tuple[str, ...]:
    """The kinds of the ports, in order.

    The numbers begin at 0 or at 1, and count what has no interface as well, so only the order of
    the serial ones is of use.
    """
    pairs = (part.split(":")[-2:] for part in text.split(","))
    names = (pair[0].strip().lower() for pair in pairs if pair[-1].strip().isdecimal())
    found = tuple(PORT_NAMES[name] for name in names if name in PORT_NAMES)
    if not found:
        raise BadReply("no port that is known in ^GETPORTMODE")
    return found


# --- SIM ------------------------------------------------------------------------------------------

MOST_TRIES = 10
"""More are never left (31.101 §9.5 has 3 for a PIN and 10 for a PUK): such a number is no count."""


@query("AT^CPIN?", prefix="^CPIN")
def retries(
    state: str, _times: str, puk: int, pin: int, puk2: int, pin2: int, *_rest: str
) -> dict[Lock, int]:
    """Tries left; the state is +CPIN's, and what it asks for is counted a second time."""
    read_lock(state)
    counts = {Lock.SIM_PUK: puk, Lock.SIM_PIN: pin, Lock.SIM_PUK2: puk2, Lock.SIM_PIN2: pin2}
    return {lock: left for lock, left in counts.items() if 0 <= left <= MOST_TRIES}


iccid = query_text("AT^ICCID?", prefix="^ICCID")(lambda text: read_iccid(unquoted(text)))


@report("^SIMST")
def sim_state(state: int, *_rest: str) -> int:
    """0 invalid or locked, 1 valid, 2 and 3 invalid for speech or data, 4 both, 255 no card."""
    return state


# --- radio ----------------------------------------------------------------------------------------


@query("AT^RFSWITCH?", prefix="^RFSWITCH")
def radio_switch(software: bool, hardware: bool = True, *_rest: str) -> PowerState:
    """Both the command's and the case's switch must be on."""
    return PowerState.ON if software and hardware else PowerState.LOW


def switch_radio(on: bool) -> AtCommand[None]:
    """Switch the radio; firmware that has the query takes this rather than +CFUN."""
    return action(f"AT^RFSWITCH={on:d}", timeout=30)


RESET = action("AT^RESET", timeout=10)
RESET_MU736 = action("AT+CFUN=16", timeout=10)
"""For the MU736, which refuses ^RESET."""

# --- network --------------------------------------------------------------------------------------

SYSTEM_MODES = {
    2: Act.ONE_XRTT,
    3: Act.GSM,
    4: Act.EVDO0,
    5: Act.UMTS,
    7: Act.GSM | Act.UMTS,
    8: Act.ONE_XRTT | Act.EVDO0,
    15: Act.UMTS,  # TD-SCDMA
}
"""<sys_mode> of ^SYSINFO, and the first number of ^MODE."""

SUBMODES = {
    1: Act.GSM,
    2: Act.GPRS,
    3: Act.EDGE,
    4: Act.UMTS,
    5: Act.HSDPA,
    6: Act.HSUPA,
    7: Act.HSPA,
    8: Act.UMTS,  # TD-SCDMA
    9: Act.HSPA_PLUS,
    10: Act.EVDO0,
    11: Act.EVDOA,
    12: Act.EVDOB,
    13: Act.ONE_XRTT,
    16: Act.ONE_XRTT,
    17: Act.HSPA_PLUS,
    18: Act.HSPA_PLUS,
}
"""<sys_submode> of ^SYSINFO, and the second number of ^MODE."""

EXTENDED_MODES = {
    1: Act.GSM,
    2: Act.ONE_XRTT,
    3: Act.UMTS,
    4: Act.UMTS,  # TD-SCDMA
    6: Act.LTE,
}
"""<sysmode> of ^SYSINFOEX; 5, WiMAX, is no technology that a client knows."""

EXTENDED_SUBMODES = (
    {1: Act.GSM, 2: Act.GPRS, 3: Act.EDGE}
    | dict.fromkeys((21, 22, 23, 27), Act.ONE_XRTT)
    | {24: Act.EVDO0, 25: Act.EVDOA, 26: Act.EVDOB}
    | {28: Act.EVDO0, 29: Act.EVDOA, 30: Act.EVDOB}
    | {41: Act.UMTS, 42: Act.HSDPA, 43: Act.HSUPA, 44: Act.HSPA}
    | dict.fromkeys((45, 46), Act.HSPA_PLUS)
    | {61: Act.UMTS, 101: Act.LTE}
)
"""<submode> of ^SYSINFOEX."""


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """What serves the modem, as ^SYSINFO and ^SYSINFOEX number it."""

    status: int
    """0 no service, 1 restricted, 2 valid, 3 restricted to a region, 4 power saving."""
    domain: int | None
    """0 none, 1 circuits, 2 packets, 3 both, 4 searching."""
    roaming: int | None
    mode: int | None
    sim: int | None
    submode: int | None
    technology: Act
    """What mode and submode amount to; UNKNOWN without service."""


def _technology(
    status: int, mode: int | None, submode: int | None, modes: dict[int, Act], subs: dict[int, Act]
) -> Act:
    """The submode says more; the mode stands in where it says nothing."""
    if status == 0:
        return Act.UNKNOWN
    return subs.get(submode or 0) or modes.get(mode or 0, Act.UNKNOWN)


@query("AT^SYSINFO", prefix="^SYSINFO")
def system_info(
    status: int,
    domain: int | None = None,
    roaming: int | None = None,
    mode: int | None = None,
    sim: int | None = None,
    _lock: str = "",
    submode: int | None = None,
    *_rest: str,
) -> SystemInfo:
    """Any field but the first may be empty or missing."""
    technology = _technology(status, mode, submode, SYSTEM_MODES, SUBMODES)
    return SystemInfo(status, domain, roaming, mode, sim, submode, technology)


@query("AT^SYSINFOEX", prefix="^SYSINFOEX")
def extended_system_info(
    status: int,
    domain: int | None = None,
    roaming: int | None = None,
    sim: int | None = None,
    _reserved: str = "",
    mode: int | None = None,
    _mode_name: str = "",
    submode: int | None = None,
    *_rest: str,
) -> SystemInfo:
    """The names beside the numbers contradict them now and then: only the numbers count."""
    technology = _technology(status, mode, submode, EXTENDED_MODES, EXTENDED_SUBMODES)
    return SystemInfo(status, domain, roaming, mode, sim, submode, technology)


@report("^MODE")
def mode_changed(mode: int, submode: int | None = None, *_rest: str) -> Act:
    """The radio link changed."""
    return _technology(mode, mode, submode, SYSTEM_MODES, SUBMODES)


@report("^SRVST")
def service_changed(state: int, *_rest: str) -> int:
    """0 no service, 1 restricted, 2 valid, 3 restricted to a region, 4 power saving."""
    return state
