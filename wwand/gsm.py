"""The alphabet of seven bits in which networks, SIMs and messages write (3GPP TS 23.038).  Pure."""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet (3GPP TS 23.038 §6.2.1)."""

EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""What follows 0x1B (3GPP TS 23.038 §6.2.1.1)."""


def gsm(data: bytes) -> str:
    """Read septets, one to an octet."""
    text, escaped = [], False
    for octet in data:
        if octet == 0x1B and not escaped:
            escaped = True
        else:
            extension = EXTENSION.get(octet & 0x7F) if escaped else None
            text.append(extension or BASIC[octet & 0x7F])
            escaped = False
    return "".join(text)
