"""The one line to the caller's ear: a reply, and at most one filler in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from server.turns.playout import Playout


@dataclass(slots=True)
class Filler:
    """A word of our own that bridges the wait for a reply."""

    id: str
    text: str
    index: int | None = None
    """Its row, once it sounds."""
    began_at: float | None = None
    """When it began to sound."""
    length_ms: int = 0
    """How long it is, once all of it has been sent."""
    over_at: float = 0.0
    """When its last sound will have been heard, once all of it has been sent."""

    def heard_ms(self, now: float) -> int:
        """Return how much of it, all of which has been sent, has been heard."""
        return self.length_ms - round(max(0.0, self.over_at - now) * 1000)


class Line:
    """Plays the filler first; what comes of the reply meanwhile waits behind it.

    Args:
        lead_ms: audio that may wait at Twilio.
        tail_ms: silence appended to each reply.
    """

    def __init__(self, lead_ms: int, tail_ms: int) -> None:
        self.playout = Playout(lead_ms, tail_ms)
        self.filler: Filler | None = None
        """The filler that is being sent."""
        self._behind: list[bytes] = []
        self._behind_is_whole = False

    def begin(self) -> None:
        """Start a new reply; what is left of the old one is gone, a filler plays on."""
        self._behind, self._behind_is_whole = [], False
        if self.filler is None:
            self.playout.begin()

    def add(self, audio: bytes) -> None:
        """Queue more of the reply."""
        if self.filler is None:
            self.playout.add(audio)
        else:
            self._behind.append(audio)

    def complete(self) -> None:
        """Nothing more of the reply will be added."""
        if self.filler is None:
            self.playout.complete()
        else:
            self._behind_is_whole = True

    def begin_filler(self, filler: Filler, audio: bytes) -> None:
        """Play ``filler`` before the reply, of which nothing has been added yet."""
        self.playout.begin()
        self.playout.add(audio)
        self.playout.complete()
        self.filler = filler

    def take_sent_filler(self, now: float) -> Filler | None:
        """Return the filler once all of it has been sent, and let the reply follow it."""
        filler = self.filler
        if filler is None or not self.playout.finished:
            return None
        filler.length_ms = self.playout.length_ms()
        filler.over_at = now + (filler.length_ms - self.playout.heard_ms(now)) / 1000
        return self._leave_filler()

    def stop_filler(self, now: float) -> tuple[Filler, int, int] | None:
        """Take the filler back, as Twilio's buffer is cleared; the reply stays queued.

        Returns:
            The filler, how much of it was heard and how long it is (ms); None without one.
        """
        if self.filler is None:
            return None
        self.playout.rewind(now)
        heard_ms, length_ms = self.playout.heard_ms(now), self.playout.length_ms()
        return self._leave_filler(), heard_ms, length_ms

    def _leave_filler(self) -> Filler:
        filler, self.filler = self.filler, None
        if filler is None:
            raise ValueError("no filler is under way")
        self.playout.begin()
        for audio in self._behind:
            self.playout.add(audio)
        if self._behind_is_whole:
            self.playout.complete()
        self._behind, self._behind_is_whole = [], False
        return filler
