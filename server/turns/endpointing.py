"""Has the caller begun to speak, and has the caller stopped? By energy, in audio time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from server.audio.framing import FRAME_MS
from server.audio.vad import EnergyGate

PRE_ROLL_MS = 300
"""Audio from before the onset that goes along: detection comes later than the first sound."""

_RING_MS = 1000
_ONSET_GAP_FRAMES = 2
"""Unvoiced frames that an onset may hold (a stop consonant is silent for 40 ms)."""


class Speech(Enum):
    """What one frame changed."""

    NOTHING = "nothing"
    STARTED = "started"
    ENDED = "ended"


@dataclass(slots=True)
class Utterance:
    """The stretch of speech at hand."""

    voiced_ms: int
    """Sound in it, without its pauses."""
    total_ms: int
    """From its onset to the frame at hand."""


class Endpointer:
    """Turns frames into the starts and ends of utterances.

    Args:
        onset_frames: voiced frames that make an onset.
        hangover_ms: silence that ends the utterance.
    """

    def __init__(self, onset_frames: int, hangover_ms: int) -> None:
        self._gate = EnergyGate()
        self._onset_frames = onset_frames
        self._hangover_frames = max(1, hangover_ms // FRAME_MS)
        self._ring: deque[bytes] = deque(maxlen=_RING_MS // FRAME_MS)
        self._voiced = 0
        self._gap = 0
        self._run = 0
        self.utterance: Utterance | None = None
        """The utterance under way, or None in silence."""

    @property
    def suspects(self) -> bool:
        """Whether sound has begun that may turn out to be an onset."""
        return self.utterance is None and self._voiced > 0

    def push(self, frame: bytes) -> Speech:
        """Take the next 20 ms frame and return what it changed."""
        voiced = self._gate.is_voiced(frame)
        self._ring.append(frame)
        if self.utterance is None:
            return self._before_onset(voiced)
        self.utterance.total_ms += FRAME_MS
        if voiced:
            self.utterance.voiced_ms += FRAME_MS
            self._gap = 0
            return Speech.NOTHING
        self._gap += 1
        if self._gap < self._hangover_frames:
            return Speech.NOTHING
        return Speech.ENDED

    def _before_onset(self, voiced: bool) -> Speech:
        if voiced:
            self._voiced += 1
            self._gap = 0
        else:
            self._gap += 1
            if self._gap > _ONSET_GAP_FRAMES:
                self._voiced = self._run = 0
        if self._voiced:
            self._run += 1
        if self._voiced < self._onset_frames:
            return Speech.NOTHING
        self.utterance = Utterance(self._voiced * FRAME_MS, self._run * FRAME_MS)
        return Speech.STARTED

    def take(self) -> Utterance:
        """Return the utterance that has just ended and listen for the next one."""
        ended = self.utterance
        if ended is None:
            raise ValueError("no utterance is under way")
        self.utterance = None
        self._voiced = self._gap = self._run = 0
        return ended

    def pre_roll(self) -> bytes:
        """Return the audio from ``PRE_ROLL_MS`` before the onset up to now."""
        since_onset = self.utterance.total_ms if self.utterance else 0
        count = (since_onset + PRE_ROLL_MS) // FRAME_MS
        return b"".join(list(self._ring)[-count:])
