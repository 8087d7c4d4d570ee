"""Strength of a signal as a bar shows it.  Pure."""

LEAST, MOST = -113, -51
"""dBm of an empty and of a full bar: those of +CSQ (27.007 §8.5)."""

NOTHING = -125
"""dBm that modems tell when they hear nothing, or less."""


def quality(dbm: int, least: int = LEAST, most: int = MOST) -> int | None:
    """Percent of the way from an empty to a full bar; None when nothing is heard."""
    if dbm <= NOTHING or dbm >= 0:
        return None
    return round(100 * (min(max(dbm, least), most) - least) / (most - least))
