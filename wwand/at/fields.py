"""Take the values out of what modems write: lists, ranges, brackets, digits in nibbles.  Pure."""

import re
from itertools import takewhile

from wwand.errors import BadReply

_GROUP = re.compile(r'\s*(?:\(((?:"[^"]*"|[^()"])*)\)?|((?:"[^"]*"|[^,()"])*))\s*(?:,|$)')
_ROW = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")


def split(text: str) -> list[str]:
    """Split at commas outside quotes and brackets; blanks and a field's quotes are taken off."""
    fields, start, depth, in_quotes = [], 0, 0, False
    for i, char in enumerate(text):
        if char == '"':
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "," and depth <= 0:
            fields.append(unquoted(text[start:i]))
            start = i + 1
    fields.append(unquoted(text[start:]))
    return fields


def unquoted(text: str) -> str:
    """Take off the blanks around a value, and its quotes if it is one quoted string."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text


def groups(text: str) -> list[str]:
    """Split the answer of a test command into its parameters, without their brackets.

    A bracket that is never closed reaches to the end of the text.
    """
    found, position = [], 0
    while match := _GROUP.match(text, position):
        found.append((match[1] if match[1] is not None else match[2]).strip())
        position = match.end()
        if not match[0].endswith(","):
            break
    if position < len(text):
        raise BadReply(f"brackets do not match: {text!r}")
    return found


def rows(text: str) -> list[str]:
    """Return what stands in each outermost pair of brackets."""
    return _ROW.findall(text)


def numbers(text: str) -> list[int]:
    """Read a list with ranges such as `0,2-4`, brackets allowed; sorted, each number once.

    A range of more than 1,000 numbers is refused: no such list is that long.
    """
    found: set[int] = set()
    for part in text.strip().strip("()").split(","):
        low, dash, high = (half.strip() for half in part.partition("-"))
        if not low and not dash:
            continue
        try:
            first, last = int(low), int(high or low)
        except ValueError:
            raise BadReply(f"not a list of numbers: {text!r}") from None
        if not 0 <= last - first <= 1000:
            raise BadReply(f"not a range: {part!r}")
        found.update(range(first, last + 1))
    return sorted(found)


def hexadecimal(text: str) -> int | None:
    """Read hex digits up to the first other character; None when there is no digit."""
    match = re.match(r"(?:0[xX](?=[0-9A-Fa-f]))?([0-9A-Fa-f]+)", text.strip())
    return int(match[1], 16) if match else None


def octets(text: str) -> bytes:
    """Read pairs of hex digits, quotes allowed."""
    try:
        return bytes.fromhex(unquoted(text))
    except ValueError:
        raise BadReply(f"not hex: {text!r}") from None


def bcd(data: bytes, *, low_first: bool = True) -> str:
    """Read decimal digits packed two to an octet, up to the first nibble that is none.

    SIM files have the low nibble first (3GPP TS 31.102 §4.2.2).
    """
    nibbles = (n for o in data for n in ((o & 15, o >> 4) if low_first else (o >> 4, o & 15)))
    return "".join(str(n) for n in takewhile(lambda n: n <= 9, nibbles))


def clean(text: str) -> str:
    """Return `text` without control characters."""
    return "".join(c for c in text if c >= " " and not "\x7f" <= c <= "\x9f")
