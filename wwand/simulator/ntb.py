"""NCM Transfer Blocks with 16-bit fields: several datagrams in one USB transfer. No I/O.

USB CDC NCM 1.0 §3: a header (NTH16) leads to a chain of datagram pointer tables (NDP16), which may
stand anywhere in the block.
"""

import struct

HEADER = struct.Struct("<4sHHHH")
"""NTH16: signature, own length, sequence, length of the block, first NDP (§3.2.1)."""
TABLE = struct.Struct("<4sHH")
"""NDP16: signature, length, next NDP; pairs of index and length follow (§3.3.1)."""
POINTER = struct.Struct("<HH")

HEADER_SIGNATURE, TABLE_SIGNATURE, TABLE_SIGNATURE_CRC = b"NCMH", b"NCM0", b"NCM1"
ALIGNMENT = 4
LARGEST_IN, LARGEST_OUT, MOST_DATAGRAMS = 16384, 16384, 16
"""The `rx_max` that Linux's log shows for Huawei's sticks, and as much the other way."""

ONLY_NTB16 = 1


def parameters() -> bytes:
    """Answer GET_NTB_PARAMETERS (§6.2.1, table 6-3)."""
    return struct.pack(
        "<HHIHHHHIHHHH",
        28, ONLY_NTB16, LARGEST_IN, ALIGNMENT, 0, ALIGNMENT, 0,
        LARGEST_OUT, ALIGNMENT, 0, ALIGNMENT, MOST_DATAGRAMS,
    )  # fmt: skip


def pack(datagrams: list[bytes], sequence: int) -> bytes:
    """Put datagrams into one block, the table first; raises ValueError when they do not fit."""
    place = HEADER.size + TABLE.size + POINTER.size * (len(datagrams) + 1)
    pointers, body = b"", b""
    for datagram in datagrams:
        padding = -place % ALIGNMENT
        pointers += POINTER.pack(place + padding, len(datagram))
        body += bytes(padding) + datagram
        place += padding + len(datagram)
    if place > LARGEST_IN:
        raise ValueError(f"{place} octets do not fit into a block of {LARGEST_IN}")
    table_length = TABLE.size + len(pointers) + POINTER.size
    header = HEADER.pack(HEADER_SIGNATURE, HEADER.size, sequence & 0xFFFF, place, HEADER.size)
    table = TABLE.pack(TABLE_SIGNATURE, table_length, 0)
    return header + table + pointers + POINTER.pack(0, 0) + body


def unpack(block: bytes) -> list[bytes]:
    """Take the datagrams out of a block; raises ValueError for what is none."""
    try:
        signature, length, _sequence, total, index = HEADER.unpack_from(block)
        if signature != HEADER_SIGNATURE or length != HEADER.size:
            raise ValueError("no NTH16")
        block = block[: total or len(block)]  # 0: the transfer's length counts (§3.2.1)
        datagrams: list[bytes] = []
        seen: set[int] = set()
        while index:
            if index in seen:
                raise ValueError("the tables go round in a circle")
            seen.add(index)
            index = _table(block, index, datagrams)
    except struct.error as error:
        raise ValueError(f"cut off: {error}") from error
    return datagrams


def _table(block: bytes, index: int, datagrams: list[bytes]) -> int:
    """Append a table's datagrams and return where the next one is."""
    signature, length, following = TABLE.unpack_from(block, index)
    if signature not in (TABLE_SIGNATURE, TABLE_SIGNATURE_CRC):
        raise ValueError("no NDP16")
    trailer = 4 if signature == TABLE_SIGNATURE_CRC else 0
    for place in range(index + TABLE.size, index + length, POINTER.size):
        start, size = POINTER.unpack_from(block, place)
        if not start or not size:
            break
        if start + size > len(block):
            raise ValueError("a datagram ends outside its block")
        datagrams.append(block[start : start + size - trailer])
    return int(following)
