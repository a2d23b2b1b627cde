"""Where to cut a caller who talks on and on: at the quietest moment of the half second allowed."""

from __future__ import annotations

from collections import deque

from server.audio import mulaw
from server.audio.framing import FRAME_MS

WINDOW_MS = 500
"""The cut falls within this time after the longest utterance (spec: call, 2)."""

_SMOOTH_FRAMES = 3
"""A dip is judged over 60 ms: between two pulses of a voice there is silence too."""


class MonologueCut:
    """Holds frames back until it is known where to cut them in two."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._levels: deque[float] = deque(maxlen=_SMOOTH_FRAMES)
        self._quietest = float("inf")
        self._cut_after = 0

    def push(self, frame: bytes) -> tuple[bytes, bytes] | None:
        """Take the next frame; return what comes before and after the cut once it is decided."""
        self._frames.append(frame)
        self._levels.append(mulaw.rms(frame))
        level = sum(self._levels)
        if len(self._levels) == _SMOOTH_FRAMES and level < self._quietest:
            self._quietest = level
            self._cut_after = len(self._frames) - _SMOOTH_FRAMES // 2
        if len(self._frames) * FRAME_MS < WINDOW_MS:
            return None
        return b"".join(self._frames[: self._cut_after]), b"".join(self._frames[self._cut_after :])

    def rest(self) -> bytes:
        """Return what is held back, for an utterance that ended before it had to be cut."""
        return b"".join(self._frames)
