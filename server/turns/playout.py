"""What the caller hears and when: the queue before Twilio's buffer, and the ledger of it."""

from __future__ import annotations

from collections import deque

from server.audio import mulaw
from server.audio.framing import FRAME_MS, Reframer, frames_of

_ECHO_WINDOW_SECONDS = 0.5
"""The echo of our voice comes 80-150 ms late, and the network's way comes on top."""

_ECHO_GAIN = 0.178
"""15 dB below what was played: echo is 20 to 30 dB below, so this leaves it some room."""


class Playout:
    """Feeds one reply at a time to the line, never more than ``lead_ms`` ahead of the ear.

    It keeps the whole reply, so that after an interruption that was none it can go on from the
    frame that was to be heard next.

    Args:
        lead_ms: audio that may wait at Twilio.
        tail_ms: silence appended to each reply.
    """

    def __init__(self, lead_ms: int, tail_ms: int) -> None:
        self._lead = lead_ms / 1000
        self._tail = mulaw.silence(tail_ms)
        self._frames: list[bytes] = []
        self._sent = 0
        self._spoken = 0
        """Frames of the reply without its tail."""
        self._reframer = Reframer()
        self._complete = False
        self._line_free_at = 0.0
        self._lag = 0.0
        self._levels: deque[tuple[float, float]] = deque(maxlen=100)
        """(when it is played, how loud it is) of the frames sent lately."""

    @property
    def finished(self) -> bool:
        """Whether all of the present reply, tail included, has been sent."""
        return self._complete and self._sent == len(self._frames)

    @property
    def played_out_at(self) -> float:
        """When the audio sent so far will have been played."""
        return self._line_free_at

    def begin(self) -> None:
        """Start a new reply; what is left of the old one is gone."""
        self._frames = []
        self._sent = self._spoken = 0
        self._reframer = Reframer()
        self._complete = False

    def add(self, audio: bytes) -> None:
        """Queue more of the present reply."""
        frames = self._reframer.push(audio)
        self._spoken += len(frames)
        self._frames.extend(frames)

    def complete(self) -> None:
        """Nothing more will be added: flush the last part-frame and append the tail."""
        if self._complete:
            return
        rest = self._reframer.take()
        if rest:
            self._spoken += 1
        self._frames.extend(frames_of(rest + self._tail))
        self._complete = True

    def due(self, now: float) -> bytes:
        """Return the audio to send now, possibly empty, and account for it as sent."""
        waiting = len(self._frames) - self._sent
        if not waiting:
            return b""
        self._line_free_at = max(self._line_free_at, now)
        room = int((now + self._lead - self._line_free_at) * 1000 + 1e-6) // FRAME_MS
        count = min(room, waiting)
        if count <= 0:
            return b""
        going = self._frames[self._sent : self._sent + count]
        self._sent += count
        for frame in going:
            self._line_free_at += FRAME_MS / 1000
            self._levels.append((self._line_free_at, mulaw.rms(frame)))
        return b"".join(going)

    def next_due(self) -> float | None:
        """Return when more may be sent, or None when nothing waits."""
        if self._sent == len(self._frames):
            return None
        return self._line_free_at - self._lead + FRAME_MS / 1000

    def note_lag(self, seconds: float) -> None:
        """Note how much later than reckoned a mark came back: twice the network's way."""
        self._lag += 0.3 * (max(0.0, seconds) / 2 - self._lag)

    def heard_ms(self, now: float) -> int:
        """Return how much of the present reply, without its tail, has been played."""
        unplayed_ms = max(0.0, self._line_free_at + self._lag - now) * 1000
        played_ms = max(0.0, self._sent * FRAME_MS - unplayed_ms)
        return int(min(played_ms, self._spoken * FRAME_MS) + 1e-6)

    def length_ms(self) -> int:
        """Return how long the present reply is, as far as it is known."""
        return self._spoken * FRAME_MS

    def rewind(self, now: float) -> None:
        """Twilio's buffer is being cleared: what was not heard of the reply is unsent again."""
        self._sent = min(self._sent, self.heard_ms(now) // FRAME_MS)
        self._line_free_at = now - self._lag  # all of it has been heard
        self._levels = deque(
            ((at, level) for at, level in self._levels if at <= now), maxlen=self._levels.maxlen
        )

    def echo_rms(self, now: float) -> float:
        """Return how loud the echo of what was played may be now, in 16-bit units."""
        since = now - _ECHO_WINDOW_SECONDS
        while self._levels and self._levels[0][0] < since:
            self._levels.popleft()
        played = [level for at, level in self._levels if at - FRAME_MS / 1000 <= now]
        return max(played, default=0.0) * _ECHO_GAIN
