"""What the caller hears and when: the queue before Twilio's buffer, and the ledger of it."""

from __future__ import annotations

from collections import deque

from server.audio import mulaw
from server.audio.framing import FRAME_MS, Reframer, frames_of


class Playout:
    """Feeds one reply at a time to the line, never more than ``lead_ms`` ahead of the ear.

    Args:
        lead_ms: audio that may wait at Twilio.
        tail_ms: silence appended to each reply.
    """

    def __init__(self, lead_ms: int, tail_ms: int) -> None:
        self._lead = lead_ms / 1000
        self._tail = mulaw.silence(tail_ms)
        self._queue: deque[bytes] = deque()
        self._reframer = Reframer()
        self._complete = False
        self._sent_frames = 0
        self._reply_frames = 0
        self._line_free_at = 0.0
        """When what was sent so far has been played, in the core's time."""

    @property
    def started(self) -> bool:
        """Whether any of the present reply has been sent."""
        return self._sent_frames > 0

    @property
    def finished(self) -> bool:
        """Whether all of the present reply, tail included, has been sent."""
        return self._complete and not self._queue

    @property
    def played_out_at(self) -> float:
        """When the audio sent so far will have been played."""
        return self._line_free_at

    def begin(self) -> None:
        """Start a new reply; what is left of the old one is gone."""
        self._queue.clear()
        self._reframer = Reframer()
        self._complete = False
        self._sent_frames = self._reply_frames = 0

    def add(self, audio: bytes) -> None:
        """Queue more of the present reply."""
        frames = self._reframer.push(audio)
        self._reply_frames += len(frames)
        self._queue.extend(frames)

    def complete(self) -> None:
        """Nothing more will be added: flush the last part-frame and append the tail."""
        if self._complete:
            return
        rest = self._reframer.take()
        if rest:
            self._reply_frames += 1
        self._queue.extend(frames_of(rest + self._tail) if rest else frames_of(self._tail))
        self._complete = True

    def due(self, now: float) -> bytes:
        """Return the audio to send now, possibly empty, and account for it as sent."""
        if not self._queue:
            return b""
        self._line_free_at = max(self._line_free_at, now)
        room = int((now + self._lead - self._line_free_at) * 1000 + 1e-6) // FRAME_MS
        count = min(room, len(self._queue))
        if count <= 0:
            return b""
        self._sent_frames += count
        self._line_free_at += count * FRAME_MS / 1000
        return b"".join(self._queue.popleft() for _ in range(count))

    def next_due(self) -> float | None:
        """Return when more may be sent, or None when nothing waits."""
        if not self._queue:
            return None
        return self._line_free_at - self._lead + FRAME_MS / 1000

    def heard_ms(self, now: float) -> int:
        """Return how much of the present reply, without its tail, has been played."""
        unplayed_ms = max(0.0, self._line_free_at - now) * 1000
        played_ms = max(0.0, self._sent_frames * FRAME_MS - unplayed_ms)
        return int(min(played_ms, self._reply_frames * FRAME_MS))

    def length_ms(self) -> int:
        """Return how long the present reply is, as far as it is known."""
        return self._reply_frames * FRAME_MS

    def flush(self, now: float) -> None:
        """Forget everything unsent; Twilio's buffer is being cleared too."""
        self._queue.clear()
        self._reframer = Reframer()
        self._complete = True
        self._line_free_at = now
