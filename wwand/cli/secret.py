"""Secrets from files: only from such that nobody else can read."""

import os
import stat
from pathlib import Path

from wwand.cli.failures import Failure


def lines_of(path: str) -> list[str]:
    """Lines of a file with secrets; Failure when others can read it."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & 0o077:
                raise Failure(f"others can read {path}", f"run `chmod 600 {path}`")
            return file.read().splitlines()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None


def first_line(path: str) -> str:
    """The first line of such a file."""
    lines = lines_of(path)
    if not lines:
        raise Failure(f"{path} is empty", "write the password into its first line")
    return lines[0]
