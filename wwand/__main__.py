"""Entry point of the `wwand` command, and of `python -m wwand`."""

import sys

OPENSSL = ("ssl", "_ssl", "_hashlib")
"""Python modules that load OpenSSL: 5 MiB for a daemon that speaks no TLS.

asyncio imports ssl where it can, and hashlib prefers _hashlib to its own code; both do without.
"""


def main() -> None:
    """Run the daemon, without OpenSSL."""
    for name in OPENSSL:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    from wwand.daemon import main as run  # imports asyncio

    run()


if __name__ == "__main__":
    main()
