"""Object paths: what is where on the bus."""

from wwand.errors import NotFound

MM_NAME = "org.freedesktop.ModemManager1"
MM_ROOT = "/org/freedesktop/ModemManager1"
WWAND_NAME = "org.wwand1"
WWAND_ROOT = "/org/wwand1"

NONE = "/"
"""Stands for no object."""

MODEM = f"{MM_ROOT}/Modem/"
SIM = f"{MM_ROOT}/SIM/"
BEARER = f"{MM_ROOT}/Bearer/"
SMS = f"{MM_ROOT}/SMS/"
DEVICE = f"{WWAND_ROOT}/Device/"


def number(path: str, prefix: str) -> int:
    """Return the number of the object at `path`; NotFound when it is of another kind."""
    digits = path.removeprefix(prefix)
    if digits == path or not (digits.isascii() and digits.isdigit()):
        raise NotFound(f"{path} is not a {prefix.split('/')[-2].lower()}")
    return int(digits)
