"""What the daemon learns and must not forget: one JSON file in the state directory."""

import hashlib
import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wwand.bearers.apn import Profile
from wwand.status import Auth

logger = logging.getLogger(__name__)


PROFILE = "profiles"
"""The sort of facts that says which access point works with a card."""

KEPT = 100
"""Facts of one sort; the oldest is forgotten first."""


class Memory:
    """Facts that outlive the daemon; every change is on disk, whole, before it returns."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "memory.json"
        self._facts: dict[str, Any] = {}
        try:
            self._facts = {**json.loads(self._file.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            logger.warning("%s is not readable, beginning anew: %s", self._file, error)

    def pin_refused(self, card: str, pin: str) -> bool:
        """Whether that card has refused that PIN before."""
        return _mark(card, pin) in self._facts.get("refused-pins", [])

    def note_refused_pin(self, card: str, pin: str) -> None:
        """Remember a wrong PIN, so that a configuration with it does not block the card."""
        self._note_marks([*self._facts.get("refused-pins", []), _mark(card, pin)])

    def forget_refused_pin(self, card: str, pin: str) -> None:
        """Forget a PIN that was wrong once, but is accepted now."""
        if self.pin_refused(card, pin):
            mark = _mark(card, pin)
            self._note_marks([other for other in self._facts["refused-pins"] if other != mark])

    def _note_marks(self, marks: list[str]) -> None:
        self._facts["refused-pins"] = marks[-KEPT:]
        self._save()

    def recall(self, what: str, of: str) -> Any:
        """What was noted last; None when nothing was."""
        return self._facts.get(what, {}).get(of)

    def note(self, what: str, of: str, fact: Any) -> None:
        """Remember a fact that JSON can hold; None forgets it."""
        known = self._facts.setdefault(what, {})
        if known.get(of) == fact:
            return
        known.pop(of, None)
        if fact is not None:
            known[of] = fact
            for oldest in [*known][:-KEPT]:
                del known[oldest]
        self._save()

    def profile(self, card: str) -> Profile | None:
        """What worked last with that card."""
        noted = self.recall(PROFILE, _mark(PROFILE, card))
        try:
            return Profile(**{**noted, "auth": Auth(noted["auth"])}) if noted else None
        except (TypeError, KeyError, ValueError):
            return None  # written by another version

    def note_profile(self, card: str, profile: Profile) -> None:
        """Remember an access point that works, password and all: only root can read the file."""
        self.note(PROFILE, _mark(PROFILE, card), asdict(profile))

    def _save(self) -> None:
        """Write a file beside, and put it in the old one's place at once (rename(2))."""
        new = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(self._facts, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._file, error)


def _mark(one: str, other: str) -> str:
    """A mark from which neither is read at a glance; a PIN is a wrong one in any case."""
    return hashlib.sha256(f"{one}\0{other}".encode()).hexdigest()
