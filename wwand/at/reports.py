"""Unsolicited reports: telling them from answers, and handing them to who listens."""

import re
from collections.abc import Callable

from wwand.at.command import strip_prefix
from wwand.errors import BadReply
from wwand.log import ObjectLog, redacted

TWO_LINES = ("+CMT", "+CDS", "+CBM")
"""Reports that bring a PDU on a line of its own (27.005 §3.4.1)."""

REPORTS = re.compile(
    r"\+(?:C(?:5G|G|E)?REG|CGEV|CMTI|CMT|CDSI?|CBM|CUSD|CIEV|CLIP|CCWA|CRING|CSS[IU]|CTZ[VEDU]+"
    r"|CPIN|CFUN|CSQ)\s*:.*|\^[A-Z]+\s*:.*|RING",
    re.IGNORECASE | re.DOTALL,
)
"""What is no part of an answer that may begin with anything, such as +CGMI's."""

Listener = Callable[[str], None]


class Listeners:
    """Who wants to hear which reports."""

    def __init__(self, log: ObjectLog) -> None:
        self._log = log
        self._entries: list[tuple[str | re.Pattern[str], Listener]] = []

    def add(self, prefix: str | re.Pattern[str], callback: Listener) -> Callable[[], None]:
        """Call `callback` with each report of that name, or matching; returns what ends that."""
        entry = (prefix, callback)
        self._entries.append(entry)

        def unsubscribe() -> None:
            if entry in self._entries:
                self._entries.remove(entry)

        return unsubscribe

    def names(self, text: str) -> bool:
        """Tell whether somebody listens to reports of that name."""
        return any(
            isinstance(wanted, str) and strip_prefix(text, wanted) is not None
            for wanted, _ in self._entries
        )

    def report(self, text: str) -> None:
        """Tell everybody who listens to `text`; one that fails does not keep it from the others."""
        heard = False
        for wanted, callback in tuple(self._entries):
            if isinstance(wanted, str):
                matches = strip_prefix(text, wanted) is not None
            else:
                matches = wanted.match(text) is not None
            if not matches:
                continue
            heard = True
            try:
                callback(text)
            except BadReply as error:
                self._log.debug("not understood: %s", error)
            except Exception:  # noqa: BLE001 - a listener's bug must not stop the port
                self._log.exception("a listener to %s failed", redacted(text))
        if not heard:
            self._log.debug("nobody listens to that")
