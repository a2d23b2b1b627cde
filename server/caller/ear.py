"""The caller's ear: Twilio's play-out buffer with marks and clear, in 20 ms steps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS

AUDIBLE_RMS = 150.0
"""A frame louder than this is heard as sound, in 16-bit units."""


@dataclass(slots=True)
class Ear:
    """What has been sent to the caller, what of it was played, and when.

    Twilio plays in order of arrival, echoes a mark when everything before it has been played,
    and on ``clear`` forgets the audio and echoes every waiting mark at once.
    """

    _waiting: deque[bytes | str] = field(default_factory=deque)
    _partial: bytes = b""
    heard: bytearray = field(default_factory=bytearray)
    """Everything played so far, silence included, mu-law."""
    most_waiting_ms: int = 0
    """The most audio that ever waited in the buffer."""

    def media(self, audio: bytes) -> None:
        """Take audio from the server."""
        data = self._partial + audio
        whole = len(data) - len(data) % FRAME_BYTES
        self._partial = data[whole:]
        self._waiting.extend(data[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))
        self.most_waiting_ms = max(self.most_waiting_ms, self.waiting_ms)

    def mark(self, name: str) -> list[str]:
        """Take a mark; return the marks to echo now (itself, if nothing waits before it)."""
        if not self._waiting:
            return [name]
        self._waiting.append(name)
        return []

    def clear(self) -> list[str]:
        """Forget the waiting audio; return the marks to echo now."""
        marks = [item for item in self._waiting if isinstance(item, str)]
        self._waiting.clear()
        self._partial = b""
        return marks

    def play(self) -> tuple[bool, list[str]]:
        """Play the next 20 ms; return whether there was sound, and the marks to echo now."""
        frame = mulaw.silence(FRAME_MS)
        if self._waiting and isinstance(self._waiting[0], bytes):
            frame = self._waiting.popleft()  # type: ignore[assignment]
        self.heard += frame
        marks: list[str] = []
        while self._waiting and isinstance(self._waiting[0], str):
            marks.append(str(self._waiting.popleft()))
        return mulaw.rms(frame) >= AUDIBLE_RMS, marks

    @property
    def waiting_ms(self) -> int:
        """Audio that has arrived and has not been played."""
        return FRAME_MS * sum(isinstance(item, bytes) for item in self._waiting)
