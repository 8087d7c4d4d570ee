"""What the running kernel can do: whether a driver is there, loaded or ready to be loaded."""

import os
from functools import lru_cache
from pathlib import Path

BUSES = ("usb", "usb-serial", "wwan", "pci")


def driver_available(
    name: str, *, sysfs: Path = Path("/sys"), modules: Path = Path("/lib/modules")
) -> bool:
    """Tell whether the kernel has that driver: registered, loaded, built in, or a module file."""
    plain = name.replace("-", "_")
    spellings = {name, plain, name.replace("_", "-")}
    if (sysfs / "module" / plain).is_dir():
        return True
    if any((sysfs / "bus" / bus / "drivers" / s).is_dir() for bus in BUSES for s in spellings):
        return True
    release = modules / os.uname().release
    return any(
        plain in _module_names(file, _stamp(file))
        for file in (release / "modules.dep", release / "modules.builtin")
    )


def _stamp(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _module_names(file: Path, _stamp: int) -> frozenset[str]:
    """Return the modules a list of `kernel/…/qmi_wwan.ko[.xz][: …]` lines names."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    paths = (line.partition(":")[0] for line in lines)
    return frozenset(p.rpartition("/")[2].partition(".")[0].replace("-", "_") for p in paths)
