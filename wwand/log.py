"""Loggers that say which object is speaking, and keep secrets out: `[modem0/ttyUSB3] > AT+CSQ`."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

SECRET_COMMANDS = re.compile(
    r"(?i)((?:\A\s*AT|;)\s*(?:\+CPIN|\+CLCK|\+CPWD|\^CPIN|\+CGAUTH|\^AUTHDATA|\*PSAUTH|\$QCPDPP"
    r"|\^NDISDUP|\+CMGS|\+CMGW|\+CUSD|D)\s*=?)(.*)",
    re.DOTALL,
)
"""Commands whose arguments are PINs, passwords, numbers or texts, anywhere in a line."""

LONG_DIGITS = re.compile(r"\d{10,}")
"""IMEI, IMSI, ICCID and telephone numbers, wherever they turn up."""

SECRET_REPLIES = re.compile(r"(?i)(\+(?:CNUM|CMGL|CMGR|CMT|CDS|CUSD|CLIP|CPBR)\s*:)(.*)", re.DOTALL)
"""Replies and reports that carry numbers or texts."""


PDU = re.compile(r"\s*(?:[0-9A-Fa-f]{2}){10,}\s*")
"""A message, which follows the line with its head (27.005 §4)."""


def redacted(text: str) -> str:
    """Return a line of an AT dialogue with everything private replaced by asterisks."""
    for pattern in (SECRET_COMMANDS, SECRET_REPLIES):
        if (found := pattern.search(text)) and found[2].strip() not in ("", "?", "=?"):
            return f"{_without_numbers(text[: found.end(1)])}***"
    if PDU.fullmatch(text):
        return "***"
    return _without_numbers(text)


def _without_numbers(text: str) -> str:
    return LONG_DIGITS.sub(lambda digits: "*" * len(digits[0]), text)


class ObjectLog(logging.LoggerAdapter[logging.Logger]):
    """A module's logger, prefixed with one object's name."""

    def __init__(self, module: str, name: str) -> None:
        super().__init__(logging.getLogger(module))
        self._speaker = name

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Put the speaker in front."""
        return f"[{self._speaker}] {msg}", kwargs
