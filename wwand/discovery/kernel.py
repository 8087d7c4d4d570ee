"""What the kernel can do: which drivers an interface may get, and whether they are there."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from sys import intern

BUSES = ("usb", "usb-serial", "wwan", "pci")

VENDOR = slice(4, 9)
"""Where `usb:v12D1p…` has its vendor."""

BUILT_IN, LOADABLE = LISTS = "modules.builtin", "modules.dep"

FORBIDDEN = re.compile(r"^\s*(?:blacklist\s+([\w-]+)|install\s+([\w-]+)\s+/\S*/(?:true|false)\b)")
"""modprobe.d(5): ways to keep a module from being loaded."""

MODPROBE = ("etc/modprobe.d", "run/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d")


class Kernel:
    """Answers from sysfs and the modules' lists, which are read again when they have changed.

    Of the lists, which have thousands of lines, only what is about `drivers` is kept.
    """

    def __init__(self, drivers: frozenset[str], root: Path = Path("/")) -> None:
        self._root = root
        self._drivers = drivers
        self._modules = root / "lib/modules" / os.uname().release

    def warm_up(self) -> None:
        """Read the lists; half a second on a slow processor."""
        self.candidates("")
        for name in LISTS:
            self._listed(name)

    def unavailable(self, driver: str) -> str:
        """Why a driver cannot be had, in words; empty when it is there or will be loaded."""
        plain = driver.replace("-", "_")
        spellings = {driver, plain, driver.replace("_", "-")}
        sysfs = self._root / "sys"
        if (sysfs / "module" / plain).is_dir():
            return ""
        if any((sysfs / "bus" / bus / "drivers" / s).is_dir() for bus in BUSES for s in spellings):
            return ""
        if plain in self._listed(BUILT_IN):
            return ""
        if plain not in self._listed(LOADABLE) and not self._file(spellings):
            return f"kernel module {driver} is not available"
        for file in self._modprobe_files():
            if plain in _forbidden(file, _stamp(file)):
                return f"kernel module {driver} is kept from being loaded by {file}"
        return ""

    def candidates(self, modalias: str) -> tuple[str, ...]:
        """The modules whose aliases say that they drive an interface with that modalias."""
        file = self._modules / "modules.alias"
        aliases = _aliases(file, _stamp(file), self._drivers)
        return tuple(
            name
            for vendor in (modalias[VENDOR], "*")
            for pattern, cls, name in aliases.get(vendor, ())
            # each pattern is a regular expression to fnmatch, and Huawei has hundreds
            if cls in modalias
            and modalias.startswith(pattern.partition("*")[0].partition("[")[0])
            and fnmatchcase(modalias, pattern)
        )

    def _listed(self, name: str) -> frozenset[str]:
        file = self._modules / name
        return _module_names(file, _stamp(file), self._drivers)

    def _file(self, spellings: set[str]) -> bool:
        """OpenWrt has its modules in one folder, and no list of them."""
        return any((self._modules / f"{name}.ko").is_file() for name in spellings)

    def _modprobe_files(self) -> Iterator[Path]:
        for folder in MODPROBE:
            yield from sorted((self._root / folder).glob("*.conf"))


def _stamp(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _lines(file: Path) -> Iterator[str]:
    """Line by line: modules.alias has a megabyte, of which the daemon would keep two."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError:
        return


@lru_cache(maxsize=4)
def _module_names(file: Path, _stamp: int, drivers: frozenset[str]) -> frozenset[str]:
    """Return the modules a list of `kernel/…/qmi_wwan.ko[.xz][: …]` lines names."""
    paths = (line.partition(":")[0] for line in _lines(file))
    names = (p.rpartition("/")[2].partition(".")[0].replace("-", "_") for p in paths)
    return frozenset(name for name in names if name in drivers)


@lru_cache(maxsize=64)
def _forbidden(file: Path, _stamp: int) -> frozenset[str]:
    found = (FORBIDDEN.match(line) for line in _lines(file))
    return frozenset((m[1] or m[2]).replace("-", "_") for m in found if m)


Alias = tuple[str, str, str]
"""A pattern, what it says of the interface's class without a wildcard, and the module."""


@lru_cache(maxsize=1)
def _aliases(file: Path, _stamp: int, drivers: frozenset[str]) -> dict[str, list[Alias]]:
    """The USB lines of modules.alias by vendor, `*` for those that take any vendor's."""
    found: dict[str, list[Alias]] = defaultdict(list)
    for line in _lines(file):
        if line.startswith("alias usb:v"):
            _, pattern, name = line.split()
            if name in drivers:
                vendor = "*" if pattern[5] == "*" else pattern[VENDOR]
                cls = pattern[pattern.rfind("ic") :].partition("*")[0]
                found[vendor].append((pattern, intern(cls), intern(name)))
    return found
