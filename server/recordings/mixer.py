"""Both directions of a call on one time line: caller left, what the caller hears right. Pure.

The caller's audio is a steady stream, so its own length is the clock: frames that the network has
delayed change nothing, and only what is missing for good becomes silence. The agent's audio is
sent ahead of the ear; it stands where Twilio plays it, and what a ``clear`` has taken back does
not stand there at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from server.audio import mulaw

_RATE = mulaw.SAMPLE_RATE
_TOLERANCE = 40 * mulaw.BYTES_PER_MS
"""The caller's audio may be that far behind the clock before silence is put in its place."""

_STEADY_FRAMES = 25
"""Fewer frames than this do not tell a loss from a delay."""

_MAX_AHEAD = 2 * _RATE
"""A caller whose audio runs faster than the clock is not believed beyond this."""

_MAX_LAG = 2 * _RATE
_LAG_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Heard:
    """Audio of the caller that came in at ``at`` (monotonic seconds)."""

    at: float
    audio: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """Audio for the caller's ear, handed to Twilio at ``at``."""

    at: float
    audio: bytes


@dataclass(frozen=True, slots=True)
class Cleared:
    """Twilio was told to forget what it had not played."""

    at: float


@dataclass(frozen=True, slots=True)
class MarkSent:
    """A mark was sent after the audio so far."""

    at: float
    name: str


@dataclass(frozen=True, slots=True)
class MarkBack:
    """A mark has come back: what stood before it has been played."""

    at: float
    name: str


Happening = Heard | Sent | Cleared | MarkSent | MarkBack


class Mixer:
    """Turns what happened in a call into interleaved two-channel mu-law, piece by piece.

    Args:
        started_at: when the stream started, in the same clock as every ``at``.
    """

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._written = 0
        """Samples that have left this mixer, per channel; all positions below are such counts."""
        self._left = bytearray()
        """The caller's audio from ``_written`` on."""
        self._begun = False
        self._ahead = 0
        """How far the caller's audio is ahead of the clock; the agent's is moved by it."""
        self._right: deque[tuple[int, bytes]] = deque()
        """(position, audio) of the agent, in order, not overlapping."""
        self._right_end = 0
        self._line_free_at = 0
        """When Twilio will have played what it has, by our own clock."""
        self._lag = 0
        """How much later than by that clock the caller hears it: the network's way and back."""
        self._marks: dict[str, int] = {}

    def add(self, happenings: Iterable[Happening], at: float) -> bytes:
        """Take what has happened up to ``at``; return the audio that can no longer change."""
        happenings = list(happenings)
        self._hear([one for one in happenings if isinstance(one, Heard)])
        for one in happenings:
            if isinstance(one, Sent):
                self._send(one)
            elif isinstance(one, Cleared):
                self._clear(one.at)
            elif isinstance(one, MarkSent):
                self._marks[one.name] = self._line_free_at
            elif isinstance(one, MarkBack):
                self._mark_back(one)
        return self._take(min(self._left_end, self._position(at) + self._ahead))

    def finish(self, at: float) -> bytes:
        """Return the rest: the call ended at ``at``, and what was still to be played never was."""
        self._clear(at)
        end = max(self._left_end, self._right_end, self._position(at), self._written)
        return self._take(end)

    @property
    def _left_end(self) -> int:
        return self._written + len(self._left)

    @property
    def _shift(self) -> int:
        return self._lag + self._ahead

    def _position(self, at: float) -> int:
        return max(0, round((at - self._started_at) * _RATE))

    def _hear(self, frames: list[Heard]) -> None:
        if not frames:
            return
        # Delays only ever make audio late, so the most punctual frame tells where it belongs.
        end, behind = self._left_end, []
        for frame in frames:
            end += len(frame.audio)
            behind.append(self._position(frame.at) - end)
        missing = min(behind)
        if missing > 0 and (
            not self._begun or (missing > _TOLERANCE and len(frames) >= _STEADY_FRAMES)
        ):
            self._left += bytes([mulaw.SILENCE]) * missing
        self._begun = True
        self._ahead = max(0, -missing)
        if self._ahead > _MAX_AHEAD:
            self._ahead = _MAX_AHEAD
            return
        for frame in frames:
            self._left += frame.audio

    def _send(self, sent: Sent) -> None:
        at = self._position(sent.at)
        follows_on = at <= self._line_free_at and bool(self._right_end)
        start = self._right_end
        if not follows_on:
            start = max(start, at + self._shift, self._written)
            self._line_free_at = max(self._line_free_at, at)
        self._right.append((start, sent.audio))
        self._right_end = start + len(sent.audio)
        self._line_free_at += len(sent.audio)

    def _clear(self, at: float) -> None:
        now = self._position(at)
        self._marks.clear()  # their echoes prove nothing any more
        cut = max(now + self._shift, self._written)
        while self._right and self._right[-1][0] >= cut:
            self._right.pop()
        if self._right:
            start, audio = self._right[-1]
            self._right[-1] = (start, audio[: cut - start])
        self._right_end = min(self._right_end, cut)
        self._line_free_at = min(self._line_free_at, now)

    def _mark_back(self, mark: MarkBack) -> None:
        reckoned = self._marks.pop(mark.name, None)
        if reckoned is None:
            return
        late = min(max(0, self._position(mark.at) - reckoned), _MAX_LAG)
        self._lag = late if not self._lag else round(self._lag + _LAG_WEIGHT * (late - self._lag))

    def _take(self, end: int) -> bytes:
        """Return everything before ``end``, interleaved, and forget it."""
        begin, length = self._written, end - self._written
        if length <= 0:
            return b""
        both = np.full((length, 2), mulaw.SILENCE, dtype=np.uint8)
        left = np.frombuffer(bytes(self._left[:length]), dtype=np.uint8)
        both[: left.size, 0] = left
        del self._left[:length]
        while self._right and self._right[0][0] < end:
            start, audio = self._right.popleft()
            now, later = audio[: end - start], audio[end - start :]
            both[start - begin : start - begin + len(now), 1] = np.frombuffer(now, dtype=np.uint8)
            if later:
                self._right.appendleft((end, later))
                break
        self._written = end
        return both.tobytes()
