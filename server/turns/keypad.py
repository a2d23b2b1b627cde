"""The caller's keypad: numbers keyed in instead of said, and 0 for a person."""

from __future__ import annotations

from server.turns.context import Context
from server.turns.dictation import KEY_PAUSE_SECONDS, PHONE_DIGITS

PERSON_KEY = "0"
PERSON_PAUSE_SECONDS = 0.8
"""After a 0 that nothing follows, where no number is asked for: a person is wanted."""


class Keypad:
    """Collects keys until they are a number, or the wish for a person."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = ""
        self.complete_at: float | None = None
        """When the keys pressed so far count, if no other follows."""

    def press(self, key: str, *, expects_number: bool) -> str | None:
        """Take a key; return what was keyed in once it is whole, else None."""
        if key.isdigit():
            self._keys += key
            alone = not self._keys.strip(PERSON_KEY) and not expects_number
            pause = PERSON_PAUSE_SECONDS if alone else KEY_PAUSE_SECONDS
            self.complete_at = self._context.now + pause
        if key == "#" or len(self._keys) >= PHONE_DIGITS:
            return self.take()
        return None

    def take(self) -> str | None:
        """Return what was keyed in, if that is anything, and start anew."""
        keys, self._keys, self.complete_at = self._keys, "", None
        if keys and not keys.strip(PERSON_KEY):
            return PERSON_KEY  # pressed again and again, it means the same
        return keys if len(keys) > 1 else None
