"""Entry point of the `wwand` command, and of `python -m wwand`."""

import sys
from importlib import import_module

OPENSSL = "ssl", "_hashlib"
"""Python modules that load OpenSSL."""

CONTENT_WITHOUT = "asyncio", "hashlib"
"""Modules that look for them at import, and do without for all that wwand asks."""


def main() -> None:
    """Run the daemon; a plugin may load OpenSSL, wwand itself leaves those five MiB to others."""
    hidden = [name for name in OPENSSL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    for name in CONTENT_WITHOUT:
        import_module(name)
    for name in hidden:
        del sys.modules[name]
    from wwand.daemon import main as run

    run()


if __name__ == "__main__":
    main()
