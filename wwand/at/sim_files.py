"""Files of the SIM, read with +CRSM (27.007 §8.18): how to ask, and what is in them."""

from dataclasses import dataclass

from wwand.at.arguments import number
from wwand.at.charset import alpha
from wwand.at.command import AtCommand, query
from wwand.at.fields import bcd, octets
from wwand.errors import BadReply, NotFound, Unauthorized, WwandError

READ_BINARY = 176
"""102.221 §11.1.3."""
READ_RECORD = 178
"""102.221 §11.1.5."""

EF_ICCID = 0x2FE2
EF_IMSI = 0x6F07
EF_SPN = 0x6F46
EF_AD = 0x6FAD
EF_ECC = 0x6FB7
EF_GID1 = 0x6F3E
EF_GID2 = 0x6F3F
"""31.102 §4.2; EF_ICCID: 102.221 §13.2."""


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """What the card answered to one read."""

    sw1: int
    sw2: int
    data: bytes

    @property
    def content(self) -> bytes:
        """The data; raises what the status words mean (102.221 §10.2.1)."""
        if self.sw1 in (0x90, 0x91, 0x9F):
            return self.data
        raise _refusal(self.sw1, self.sw2)


def _refusal(sw1: int, sw2: int) -> WwandError:
    word = f"{sw1:02X}{sw2:02X}"
    if word in ("6A82", "6A83", "9404", "9402"):
        return NotFound(f"the SIM has no such file ({word})")
    if word in ("6982", "9804", "6985"):
        return Unauthorized(f"the SIM does not let this file be read ({word})", "Unlock the SIM")
    return BadReply(f"the SIM refused to read a file ({word})")


def _answer(sw1: int, sw2: int, data: str = "") -> SimAnswer:
    return SimAnswer(sw1, sw2, octets(data))


def read_file(file: int, length: int = 0) -> AtCommand[SimAnswer]:
    """Read a transparent file; a length of 0 is all of it, up to 256 octets."""
    size = number("length", length, 0, 255)
    where = number("file", file, 0, 0xFFFF)
    return query(f"AT+CRSM={READ_BINARY},{where},0,0,{size}", prefix="+CRSM", timeout=10)(_answer)


def read_record(file: int, record: int, length: int) -> AtCommand[SimAnswer]:
    """Read a record of a linear fixed file; mode 4 is an absolute number."""
    where, which = number("file", file, 0, 0xFFFF), number("record", record, 1, 254)
    size = number("length", length, 1, 255)
    text = f"AT+CRSM={READ_RECORD},{where},{which},4,{size}"
    return query(text, prefix="+CRSM", timeout=10)(_answer)


def provider_name(data: bytes) -> str:
    """Read EF_SPN (31.102 §4.2.12): a display condition, then the name; raises BadReply if none."""
    name = alpha(data[1:])
    if not name:
        raise BadReply("the SIM names no provider")
    return name


def mnc_length(data: bytes) -> int:
    """Read EF_AD (31.102 §4.2.18): its fourth octet says whether the MNC has 2 or 3 digits."""
    length = data[3] & 0x0F if len(data) > 3 else 0
    if length not in (2, 3):
        raise BadReply("the SIM does not say how long its MNC is")
    return length


def emergency_numbers(data: bytes) -> tuple[str, ...]:
    """Read EF_ECC (31.102 §4.2.21): three octets a number."""
    found = (bcd(data[i : i + 3]) for i in range(0, len(data), 3))
    return tuple(number for number in found if number)
