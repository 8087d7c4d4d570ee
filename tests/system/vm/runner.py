"""Runs a command as root in a throw-away QEMU guest that sees this machine's root file system.

The guest's root is an overlay, tmpfs on top of a read-only share: nothing it writes reaches the
host, except what it writes under --out DIR (the same path in the guest, also $WWAND_VM_OUT).
Exit status: the command's; 124 on timeout; 125 when the guest died without reporting one.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __package__:
    from tests.system.vm.prepare import HERE, Prepared, prepare
else:  # started as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from tests.system.vm.prepare import HERE, Prepared, prepare

TIMED_OUT, DIED = 124, 125
ATTEMPTS = 3
"""About one boot in fifty hangs early in the kernel (TCG); the command has not begun then."""

BOOT_TIMEOUT = float(os.environ.get("WWAND_VM_BOOT_TIMEOUT", "45"))

CPU = "Nehalem,-spec-ctrl,+rdrand"
"""No AVX, which TCG makes slow; rdrand, without which the guest waits seconds for entropy."""

COMMAND_BEGINS = re.compile(rb"wwand-vm: [0-9.]+ command")


def say(text: str) -> None:
    """Tell whoever runs this."""
    sys.stderr.write(f"{text}\n")


def options(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--out", type=Path, help="directory shared read-write with the guest")
    parser.add_argument("--mem", type=int, default=1024, metavar="MB")
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--env", action="append", default=[], metavar="K=V")
    for part in ("udev", "dbus", "vhci"):
        parser.add_argument(f"--no-{part}", dest=part, action="store_false")
    parser.add_argument("--kmsg", type=Path, help="file for the guest kernel's console")
    parser.add_argument("--append", default="", help="more kernel command line")
    parser.add_argument("--verbose", action="store_true", help="show the console, and times")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND [ARG...]")
    chosen = parser.parse_args(argv)
    if chosen.command[:1] == ["--"]:
        del chosen.command[0]
    if not chosen.command:
        parser.error("no COMMAND")
    return chosen


def qemu(chosen: argparse.Namespace, what: Prepared, folder: Path, kmsg: Path) -> list[str]:
    """Return QEMU's command line."""
    settings = {
        "init": HERE / "guest-init",
        "modules": what.modules,
        "cmd": folder / "command.sh",
        "cwd": Path.cwd(),
        **{part: 0 for part in ("udev", "dbus", "vhci") if not getattr(chosen, part)},
    }
    shares = ["-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
              "-device", "virtio-9p-device,fsdev=root,mount_tag=root"]  # fmt: skip
    if chosen.out:
        out = chosen.out.resolve()
        out.mkdir(parents=True, exist_ok=True)
        settings["out"] = out
        shares += ["-fsdev", f"local,id=out,path={out},security_model=none,multidevs=remap",
                   "-device", "virtio-9p-device,fsdev=out,mount_tag=out"]  # fmt: skip
    # microvm has no timer to calibrate the TSC with, so it is told; it needs ACPI to announce
    # its virtio devices to Debian's kernel
    kernel_line = [
        "console=ttyS0 quiet panic=-1 reboot=t mitigations=off audit=0 apparmor=0",
        f"tsc=reliable tsc_early_khz={what.tsc_khz} no_timer_check",
        "rcupdate.rcu_expedited=1 cryptomgr.notests",
        chosen.append,
        *(f"wwand.{key}={value}" for key, value in settings.items()),
    ]
    return [
        "qemu-system-x86_64", "-M", "microvm,acpi=on,pit=on,pic=on,rtc=on",
        "-accel", "tcg,thread=multi", "-cpu", CPU,
        "-smp", str(chosen.smp), "-m", str(chosen.mem),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", str(what.kernel), "-initrd", str(what.initramfs),
        "-serial", f"file:{kmsg}",
        "-device", "virtio-serial-device",
        "-chardev", "stdio,id=out,signal=off",
        "-device", "virtserialport,chardev=out,name=wwand.out",
        "-chardev", f"file,id=ctl,path={folder}/status",
        "-device", "virtserialport,chardev=ctl,name=wwand.ctl",
        *shares,
        "-append", " ".join(kernel_line),
    ]  # fmt: skip


def command_begins(guest: subprocess.Popen[bytes], kmsg: Path, until: float) -> bool:
    """Wait until the guest starts the command, or has ended; False when it hangs."""
    while time.monotonic() < until:
        if kmsg.exists() and COMMAND_BEGINS.search(kmsg.read_bytes()):
            return True
        try:
            guest.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        return True
    return False


def boot_and_wait(arguments: list[str], kmsg: Path, timeout: float) -> bool:
    """Run the guest to its end; False when the time is over."""
    deadline = time.monotonic() + timeout
    for attempt in range(1, ATTEMPTS + 1):
        # QEMU's stdin must not reach EOF: the stdio device would count as closed, and the guest's
        # writes to it block
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as guest:
            try:
                boot = min(deadline, time.monotonic() + BOOT_TIMEOUT)
                if not command_begins(guest, kmsg, boot):
                    say(f"run: the guest hung while booting, attempt {attempt}")
                    continue
                guest.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            finally:
                if guest.poll() is None:
                    guest.kill()
            return True
    return False


def main(argv: list[str]) -> int:
    """Boot, run, clean up; return the exit status."""
    chosen = options(argv)
    began = time.monotonic()
    what = prepare()
    folder = Path(tempfile.mkdtemp(prefix="wwand-vm-"))
    kmsg = chosen.kmsg.resolve() if chosen.kmsg else folder / "kmsg"
    try:
        lines = [
            f"export {k}={shlex.quote(v)}" for k, _, v in (e.partition("=") for e in chosen.env)
        ]
        (folder / "command.sh").write_text(
            "\n".join([*lines, f"exec {shlex.join(chosen.command)}\n"])
        )
        arguments = qemu(chosen, what, folder, kmsg)
        if chosen.verbose:
            say(f"+ {shlex.join(arguments)}")
        if not boot_and_wait(arguments, kmsg, chosen.timeout):
            say(f"run: not finished after {chosen.timeout:g} s")
            return TIMED_OUT
        if chosen.verbose:
            say(kmsg.read_text(errors="replace"))
            say(f"run: {time.monotonic() - began:.2f} s in all")
        status = (folder / "status").read_text()
        if found := re.match(r"rc=(\d+)", status):
            return int(found[1])
        say("run: the guest ended without a status; its last words:")
        say("\n".join(kmsg.read_text(errors="replace").splitlines()[-25:]))
        return DIED
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
