"""Connection manager for USB cellular modems: from CD-ROM to online in one daemon."""

__version__ = "0.1.0"
