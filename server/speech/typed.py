"""Where there is no recogniser: the words that test calls type beside their audio.

The typed words reach the call's core by themselves; this only says, at the end of an utterance,
that nobody has recognised anything else.
"""

from __future__ import annotations

from collections.abc import Callable

from server.turns import events as on


class TypedWords:
    """A recogniser that recognises nothing.

    Args:
        tell: takes the event for the call's loop.
        words: what it reports: ``""`` for "no words", None for "recognition failed".
    """

    name = "typed-words"

    def __init__(self, tell: Callable[[on.Event], None], words: str | None = "") -> None:
        self._tell = tell
        self._words = words

    def hear(self, audio: bytes) -> None:
        """Hear nothing."""

    def commit(self, utterance_id: str) -> None:
        """Settle the utterance at once."""
        self._tell(on.Transcript(utterance_id, self._words))

    def drop_heard(self) -> None:
        """Nothing was kept."""

    def set_language(self, language: str) -> None:
        """Any language is the same to it."""

    def receive(self, message: bytes) -> list[on.Event]:
        """No wire, no messages."""
        return []

    def keep_alive(self) -> None:
        """Nothing to keep alive."""

    def close(self) -> None:
        """Nothing to close."""
