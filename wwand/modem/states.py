"""The life of a modem as a table: every change of state that may happen, and no other."""

from wwand.status import ModemState

S = ModemState

ALLOWED: dict[ModemState, frozenset[ModemState]] = {
    S.UNKNOWN: frozenset({S.INITIALIZING, S.FAILED}),
    S.INITIALIZING: frozenset({S.LOCKED, S.DISABLED, S.FAILED}),
    S.LOCKED: frozenset({S.INITIALIZING, S.FAILED}),
    S.DISABLED: frozenset({S.ENABLING, S.LOCKED, S.INITIALIZING, S.FAILED}),
    S.ENABLING: frozenset({S.ENABLED, S.DISABLED, S.FAILED}),
    S.ENABLED: frozenset({S.SEARCHING, S.REGISTERED, S.DISABLING, S.FAILED}),
    S.SEARCHING: frozenset({S.ENABLED, S.REGISTERED, S.DISABLING, S.FAILED}),
    S.REGISTERED: frozenset({S.ENABLED, S.SEARCHING, S.CONNECTING, S.DISABLING, S.FAILED}),
    S.CONNECTING: frozenset(
        {S.CONNECTED, S.REGISTERED, S.SEARCHING, S.ENABLED, S.DISABLING, S.FAILED}
    ),
    S.CONNECTED: frozenset(
        {S.DISCONNECTING, S.REGISTERED, S.SEARCHING, S.ENABLED, S.DISABLING, S.FAILED}
    ),
    S.DISCONNECTING: frozenset(
        {S.CONNECTED, S.REGISTERED, S.SEARCHING, S.ENABLED, S.DISABLING, S.FAILED}
    ),
    S.DISABLING: frozenset({S.DISABLED, S.ENABLED, S.FAILED}),
    S.FAILED: frozenset({S.INITIALIZING}),
}
"""From → to. A failed modem can only begin anew, when its SIM is put in or it is reset."""
