"""Commands of V.250 and of 27.007 §9 that set a port up and hang up calls."""

from wwand.at.arguments import dial_string, number
from wwand.at.command import AtCommand, action, query_text
from wwand.at.fields import groups, numbers

ATTENTION = action("AT")
ECHO_OFF = action("ATE0")  # V.250 §6.2.4
VERBOSE_RESULTS = action("ATV1")  # V.250 §6.2.6
ALL_CALL_RESULTS = action("ATX4")  # V.250 §6.2.7
HANG_UP_ON_DTR = action("AT&D2")  # V.250 §6.2.9
CARRIER_FOLLOWS_CALL = action("AT&C1")  # V.250 §6.2.8
SET_UP = action("ATE0V1X4&C1")
"""Echo off first: what follows would otherwise come back as well."""
ERROR_NUMBERS = action("AT+CMEE=1")  # 27.007 §9.1
HANG_UP = action("ATH", timeout=10)  # V.250 §6.3.6
ONLINE_AGAIN = action("ATO", call=True, timeout=10)  # V.250 §6.3.7
NO_FLOW_CONTROL = action("AT+IFC=0,0")  # V.250 §6.2.12


@query_text("AT+GCAP", prefix="+GCAP")
def capabilities(text: str) -> tuple[str, ...]:
    """V.250 §6.1.9: the families of commands, such as +CGSM and +CIS707-A."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@query_text("AT+IFC=?", prefix="+IFC")
def flow_controls(text: str) -> frozenset[int]:
    """V.250 §6.2.12: what works in both directions: 0 none, 1 XON/XOFF, 2 RTS/CTS."""
    by_host, by_modem = (frozenset(numbers(group)) for group in groups(text)[:2])
    return by_host & by_modem


def dial_data(cid: int) -> AtCommand[None]:
    """27.007 §10.2.1.1: PPP over the PDP context `cid`; answered by CONNECT."""
    return action(f"ATD*99***{number('cid', cid, 1, 255)}#", timeout=60, call=True)


def dial(number: str) -> AtCommand[None]:
    """27.007 §6.2: a data call to a number."""
    return action(f"ATD{dial_string('number', number)}", timeout=60, call=True)


USSD_REPORTS_ON = action("AT+CUSD=1")
USSD_REPORTS_OFF = action("AT+CUSD=0")
"""27.007 §7.15; what else there is of USSD is in `wwand.at.ussd`."""
