"""What this machine may have too little of for a link: memory, processes, files, space."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from wwand.errors import MachineFailed

REMEDIES = {
    errno.ENOSPC: "make room where `run-dir` is: `df -h` and `df -i` tell what is full",
    errno.EDQUOT: "make room where `run-dir` is: a quota is used up",
    errno.EROFS: "have it writable, or set another `run-dir` in the configuration",
    errno.ENOMEM: "free some memory: `free -m` tells how much there is",
    errno.EAGAIN: "raise the limit of processes (systemd: TasksMax) or end some",
    errno.EMFILE: "raise wwand's limit of open files (systemd: LimitNOFILE)",
    errno.ENFILE: "raise the machine's limit of open files (sysctl fs.file-max)",
}
"""What helps; fork(2), pipe(2), mkfifo(3) and write(2) say what each of them is due to."""


@contextmanager
def asking_machine(purpose: str) -> Iterator[None]:
    """Raise MachineFailed for what the kernel refuses; `purpose` says what cannot be done then."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        why = f"{error.strerror or error}{where}"
        next_step = REMEDIES.get(error.errno or 0, "see whether wwand runs as root, and its log")
        raise MachineFailed(f"cannot {purpose}: {why}", next_step) from error
