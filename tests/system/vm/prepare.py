"""Makes what the guest boots from: Debian's kernel, its modules, and a small initramfs.

Needs the Debian packages busybox-static, cpio and kmod, and apt to fetch the kernel's package.
Everything is kept in a cache directory; a second call finds it there.
"""

import ctypes
import fcntl
import hashlib
import lzma
import mmap
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(
    os.environ.get("WWAND_VM_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wwand" / "vm"
)

ROOT_MODULES = ("virtio_mmio", "9pnet_virtio", "9p", "overlay", "virtio_console")
"""What the guest needs before it has a root file system, and the console of its command."""

RDTSC = bytes.fromhex("0f3148c1e2204809d0c3")
"""rdtsc; shl rdx,32; or rax,rdx; ret"""

XZ_MAGIC = b"\xfd7zXZ\x00"


@dataclass(frozen=True)
class Prepared:
    """What to boot."""

    kernel: Path
    initramfs: Path
    modules: Path
    tsc_khz: int


def prepare() -> Prepared:
    """Build what is missing and return where it is."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = _kernel_tree()
        version = sorted(p.name for p in (tree / "lib" / "modules").iterdir())[-1]
        kernel = CACHE / f"vmlinux-{version}"
        if not kernel.exists():
            _unpack_kernel(tree / "boot" / f"vmlinuz-{version}", kernel)
        initramfs = _initramfs(tree, version)
    return Prepared(kernel, initramfs, tree / "lib" / "modules", tsc_khz())


def _kernel_tree() -> Path:
    """Unpack the kernel package that linux-image-amd64 stands for."""
    tree = CACHE / "kernel"
    if tree.exists():
        return tree
    package = os.environ.get("WWAND_VM_KERNEL_PACKAGE") or _current_kernel()
    download = CACHE / "download"
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir()
    subprocess.run(["apt-get", "download", package], cwd=download, check=True)
    (archive,) = download.glob("*.deb")
    half = CACHE / "kernel.half"
    shutil.rmtree(half, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", str(archive), str(half)], check=True)
    (version,) = (half / "lib" / "modules").iterdir()
    subprocess.run(["depmod", "-b", str(half), version.name], check=True)
    half.rename(tree)
    shutil.rmtree(download)
    return tree


def _current_kernel() -> str:
    listing = subprocess.run(
        ["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=True
    ).stdout
    words = [line.split()[-1] for line in listing.splitlines() if "Depends: linux-image-" in line]
    if not words:
        raise SystemExit(
            "apt does not know linux-image-amd64: run apt-get update, or name another kernel"
            " package in WWAND_VM_KERNEL_PACKAGE"
        )
    return words[0]


def _unpack_kernel(vmlinuz: Path, target: Path) -> None:
    """Take the ELF out of the image: QEMU boots it, and the guest need not un-xz itself."""
    image = vmlinuz.read_bytes()
    elf = lzma.LZMADecompressor().decompress(image[image.find(XZ_MAGIC) :])
    if not elf.startswith(b"\x7fELF"):
        raise SystemExit(f"{vmlinuz} holds no ELF kernel compressed with xz")
    target.write_bytes(elf)


def _initramfs(tree: Path, version: str) -> Path:
    """Pack busybox, the modules for the root and the first init; named by what is in it."""
    init = HERE / "initramfs-init"
    digest = hashlib.sha256(version.encode() + init.read_bytes()).hexdigest()[:12]
    archive = CACHE / f"initramfs-{digest}.cpio"
    if archive.exists():
        return archive
    root = CACHE / "initramfs"
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("bin", "m", "proc", "sys", "dev", "newroot"):
        (root / folder).mkdir(parents=True)
    busybox = shutil.which("busybox") or "/bin/busybox"
    shutil.copy(busybox, root / "bin" / "busybox")
    order = []
    for module in ROOT_MODULES:
        steps = subprocess.run(
            ["modprobe", "-d", str(tree), "-S", version, "--show-depends", module],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for line in steps.splitlines():
            verb, *rest = line.split()
            name = Path(rest[0]).name
            if verb == "insmod" and name not in order:
                order.append(name)
                shutil.copy(rest[0], root / "m" / name)
    (root / "m" / "order").write_text("".join(f"{name}\n" for name in order))
    shutil.copy(init, root / "init")
    (root / "init").chmod(0o755)
    names = "".join(f"{p.relative_to(root)}\n" for p in sorted(root.rglob("*")))
    with open(archive.with_suffix(".half"), "wb") as out:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"],
            cwd=root,
            input=names.encode(),
            stdout=out,
            check=True,
        )
    archive.with_suffix(".half").rename(archive)
    return archive


def tsc_khz() -> int:
    """Measure the host's time stamp counter, which QEMU without KVM hands to the guest.

    The guest's machine has no clock to calibrate it with.
    """
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(RDTSC)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    read = ctypes.CFUNCTYPE(ctypes.c_uint64)(address)
    began, first = time.monotonic_ns(), read()
    time.sleep(0.2)  # the measured interval
    ended, last = time.monotonic_ns(), read()
    khz: float = (last - first) / (ended - began) * 1e6
    return round(khz)
