"""The SCSI side of a stick's CD-ROM or card reader: what the kernel asks until it has settled."""

import struct
from dataclasses import dataclass, field

from wwand.simulator.model import Disk

TEST_UNIT_READY, REQUEST_SENSE, INQUIRY, MODE_SENSE_6, START_STOP, PREVENT = 0, 3, 18, 26, 27, 30
READ_CAPACITY, READ_10, READ_TOC, GET_CONFIGURATION, EVENT_STATUS = 0x25, 0x28, 0x43, 0x46, 0x4A
DISC_INFO, MODE_SENSE_10 = 0x51, 0x5A
WRITE_10 = 0x2A

KNOWN = frozenset(
    {TEST_UNIT_READY, REQUEST_SENSE, INQUIRY, MODE_SENSE_6, PREVENT, READ_CAPACITY, READ_10,
     WRITE_10, READ_TOC, GET_CONFIGURATION, EVENT_STATUS, DISC_INFO, MODE_SENSE_10}
    | {0x15, 0x2F, 0x35, 0x52, 0x55, 0x88, 0x9E, 0xA0, 0xA3, 0xA8, 0xAD, 0xB9, 0xBE}
)  # fmt: skip
"""Operation codes a host sends to every disk; those of the second row are refused here.

SPC-3, SBC-3, MMC-5.
"""

LOEJ = 0x02

CBW = struct.Struct("<4sIIBBB16s")
"""Signature, tag, length, flags, LUN, length of the command block, command block (BOT §5.1)."""
CSW = struct.Struct("<4sIIB")
"""Signature, tag, residue, status (BOT §5.2)."""

NO_SENSE = (0, 0, 0)
INVALID_COMMAND = (5, 0x20, 0)
INVALID_FIELD = (5, 0x24, 0)
NO_MEDIUM = (2, 0x3A, 0)
"""Sense key, additional code and qualifier (SPC-3 §4.5.6)."""

CD_BLOCK, DISK_BLOCK = 2048, 512


@dataclass(frozen=True, slots=True)
class Block:
    """A parsed command block wrapper."""

    tag: int
    length: int
    reads: bool
    cdb: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Block | None":
        """Read one; None when it is none."""
        if len(data) != CBW.size or not data.startswith(b"USBC"):
            return None
        _, tag, length, flags, _lun, size, cdb = CBW.unpack(data)
        return cls(tag, length, bool(flags & 0x80), cdb[: size & 0x1F])

    def status(self, residue: int, failed: bool) -> bytes:
        """Return the wrapper that ends the command."""
        return CSW.pack(b"USBS", self.tag, residue, int(failed))

    @property
    def ejects(self) -> bool:
        """START STOP UNIT with LoEj and without Start (SBC-3 §5.25)."""
        return self.cdb[:1] == bytes((START_STOP,)) and self.cdb[4] & 3 == LOEJ

    @property
    def known(self) -> bool:
        """Whether every disk gets such commands."""
        return not self.cdb or self.cdb[0] in KNOWN


@dataclass
class ScsiDisk:
    """A CD-ROM with a small zeroed disc, or a card reader without a card."""

    facts: Disk
    blocks: int = 512
    sense: tuple[int, int, int] = field(default=NO_SENSE)

    def run(self, cdb: bytes) -> bytes | None:
        """Execute one command; None is CHECK CONDITION, its reason is kept in `sense`."""
        if cdb[0] not in (REQUEST_SENSE, INQUIRY):
            self.sense = NO_SENSE
        match cdb[0]:
            case 0x03:
                key, code, qualifier = self.sense
                self.sense = NO_SENSE
                head = bytes((0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, qualifier))
                return head.ljust(18, b"\0")
            case 0x12:
                return self._refuse(INVALID_FIELD) if cdb[1] & 1 else self._inquiry()
            case 0x1B | 0x1E:
                return b""
            case 0x1A if not self.facts.cdrom:
                return bytes((3, 0, 0x80, 0))
            case _:
                return self._medium(cdb)

    def _medium(self, cdb: bytes) -> bytes | None:
        if cdb[0] not in KNOWN:
            return self._refuse(INVALID_COMMAND)
        if not self.facts.cdrom:
            return self._refuse(NO_MEDIUM)
        match cdb[0]:
            case 0x00:
                return b""
            case 0x25:
                return struct.pack(">II", self.blocks - 1, CD_BLOCK)
            case 0x28:
                return bytes(CD_BLOCK * struct.unpack_from(">H", cdb, 7)[0])
            case 0x43:
                return self._contents(cdb)
            case 0x46:  # one profile: CD-ROM, current
                return struct.pack(">IHH", 12, 0, 8) + struct.pack(">HBBHBB", 0, 3, 4, 8, 1, 0)
            case 0x4A:  # media event class, no change, medium present
                return struct.pack(">HBB", 6, 4, 0x10) + bytes((0, 2, 0, 0))
            case 0x51:  # finalised, one session
                return struct.pack(">HBBBBB", 32, 0x0E, 1, 1, 1, 1).ljust(34, b"\0")
            case 0x5A:  # page 2A, capabilities: reads CDs, has a tray that ejects
                page = bytes((0x2A, 18, 0, 0, 0x71, 0x60, 0x29, 0)).ljust(20, b"\0")
                return struct.pack(">HBBHH", 6 + len(page), 0, 0, 0, 0) + page
            case _:
                return self._refuse(INVALID_COMMAND)

    def _inquiry(self) -> bytes:
        kind = 0x05 if self.facts.cdrom else 0x00
        head = bytes((kind, 0x80, 0x02, 0x02, 31, 0, 0, 0))
        words = f"{self.facts.vendor:8.8}{self.facts.product:16.16}{self.facts.revision:4.4}"
        return head + words.encode("ascii")

    def _contents(self, cdb: bytes) -> bytes | None:
        minutes = bool(cdb[1] & 2)
        if cdb[2] & 0x0F == 1:  # session information
            return struct.pack(">HBBBBBBI", 10, 1, 1, 0, 0x14, 1, 0, 0)
        if cdb[2] & 0x0F:
            return self._refuse(INVALID_FIELD)

        def place(block: int) -> bytes:
            if not minutes:
                return struct.pack(">I", block)
            frames = block + 150  # MMC-5 §6.26: the lead-in counts two seconds of 75 frames
            return bytes((0, frames // 4500, frames // 75 % 60, frames % 75))

        rows = bytes((0, 0x14, 1, 0)) + place(0) + bytes((0, 0x14, 0xAA, 0)) + place(self.blocks)
        return struct.pack(">HBB", len(rows) + 2, 1, 1) + rows

    def _refuse(self, sense: tuple[int, int, int]) -> bytes | None:
        self.sense = sense
        return None
