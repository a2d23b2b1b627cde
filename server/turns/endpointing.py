"""Has the caller begun to speak, and has the caller stopped? In audio time, frame by frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from server.audio.framing import FRAME_MS
from server.audio.silero import SileroModel
from server.audio.voice import NORMAL, Sensitivity, Voice, VoiceActivity

PRE_ROLL_MS = 300
"""Audio from before the estimated onset that goes along."""

_RING_MS = 1500
_ONSET_GAP_FRAMES = 2
"""Unvoiced frames that an onset may hold (a stop consonant is silent for 40 ms)."""

_FRESH_FRAMES = 6
_FRESH_WINDOW_FRAMES = 12
"""A sound that fills no more than half of the last 240 ms has just begun."""

_LOOK_BACK_MS = 1200
_LOOK_BACK_GAP_FRAMES = 5
"""Searching backwards for the onset, a silence longer than this ends the word."""

_SPEECH = 0.5
"""From this probability on the model calls a chunk speech."""

_STILL_SPEECH = 0.3
"""Below this, sound that goes on is no longer the caller's speech."""

_MAYBE_SPEECH = 0.15
"""Below this, a sound that begins is not worth holding a reply for."""


class Speech(Enum):
    """What one frame changed."""

    NOTHING = "nothing"
    STARTED = "started"
    CUT = "cut"
    """A monologue was committed in the middle; it goes on."""
    ENDED = "ended"


@dataclass(slots=True)
class Utterance:
    """The stretch of speech at hand."""

    voiced_ms: int
    """Sound in it, without its pauses."""
    total_ms: int
    """From its estimated onset to the frame at hand."""
    speech_ms: int = 0
    """How much of it the model calls speech; 0 without a model."""


class Endpointer:
    """Turns frames into the starts and ends of utterances.

    Args:
        onset_frames: frames that both detectors call voice and that make an onset at the
            latest; the model's evidence usually suffices sooner.
        hangover_ms: silence that ends the utterance.
        model: Silero; None for energy alone.
        sensitivity: how easily sound is taken for speech.
    """

    def __init__(
        self,
        onset_frames: int,
        hangover_ms: int,
        model: SileroModel | None = None,
        sensitivity: Sensitivity = NORMAL,
    ) -> None:
        self._activity = VoiceActivity(model)
        self.tune(onset_frames, hangover_ms, sensitivity)
        self._ring: deque[bytes] = deque(maxlen=_RING_MS // FRAME_MS)
        self._loud: deque[bool] = deque(maxlen=_LOOK_BACK_MS // FRAME_MS)
        self._voiced = 0
        self._gap = 0
        self._voice = Voice(loud=False, probability=None, evidence=0.0)
        self.utterance: Utterance | None = None
        """The utterance under way, or None in silence."""

    def tune(self, onset_frames: int, hangover_ms: int, sensitivity: Sensitivity) -> None:
        """Go on with other settings (see the class); what is known of the line's noise stays."""
        self._onset_frames = onset_frames
        self._hangover_frames = max(1, hangover_ms // FRAME_MS)
        self._evidence_enough = sensitivity.evidence
        self._activity.gate.base_rms = sensitivity.base_rms

    @property
    def voice(self) -> Voice:
        """What is known of the latest frame."""
        return self._voice

    @property
    def floor_rms(self) -> float:
        """The line's noise level at present, in 16-bit units."""
        return self._activity.gate.floor_rms

    @property
    def threshold_rms(self) -> float:
        """Level from which a frame counts as voiced at present."""
        return self._activity.gate.threshold_rms

    @property
    def suspects(self) -> bool:
        """Whether sound has begun that may turn out to be an onset."""
        if self.utterance is not None:
            return False
        voice = self._voice
        if voice.probability is None:
            return self._voiced > 0
        if not voice.loud:
            return False
        # Of a sound that has just begun the model cannot know yet.
        just_begun = sum(list(self._loud)[-_FRESH_WINDOW_FRAMES:]) <= _FRESH_FRAMES
        return just_begun or voice.probability >= _MAYBE_SPEECH

    def push(self, frame: bytes, echo_rms: float = 0.0) -> Speech:
        """Take the next 20 ms frame and return what it changed.

        Args:
            echo_rms: see :meth:`server.audio.voice.VoiceActivity.push`.
        """
        voice = self._voice = self._activity.push(frame, echo_rms)
        self._ring.append(frame)
        self._loud.append(voice.loud)
        if self.utterance is None:
            return self._before_onset(voice)
        self.utterance.total_ms += FRAME_MS
        if voice.probability is not None and voice.probability >= _SPEECH:
            self.utterance.speech_ms += FRAME_MS
        if voice.loud and (voice.probability is None or voice.probability >= _STILL_SPEECH):
            self.utterance.voiced_ms += FRAME_MS
            self._gap = 0
            return Speech.NOTHING
        self._gap += 1
        return Speech.NOTHING if self._gap < self._hangover_frames else Speech.ENDED

    def _before_onset(self, voice: Voice) -> Speech:
        if voice.loud and (voice.probability is None or voice.probability >= _SPEECH):
            self._voiced += 1
            self._gap = 0
        else:
            self._gap += 1
            if self._gap > _ONSET_GAP_FRAMES:
                self._voiced = 0
        if self._voiced < self._onset_frames and voice.evidence < self._evidence_enough:
            return Speech.NOTHING
        since_onset_ms = self._since_onset_ms()
        self.utterance = Utterance(since_onset_ms, since_onset_ms, self._voiced * FRAME_MS)
        self._gap = 0
        return Speech.STARTED

    def _since_onset_ms(self) -> int:
        """Return how long ago the sound began that has now been recognised as speech."""
        length = gap = 0
        for back, loud in enumerate(reversed(self._loud), start=1):
            if loud:
                length, gap = back, 0
            else:
                gap += 1
                if gap > _LOOK_BACK_GAP_FRAMES:
                    break
        return max(1, length) * FRAME_MS

    def take(self) -> Utterance:
        """Return the utterance that has just ended and listen for the next one."""
        ended = self.utterance
        if ended is None:
            raise ValueError("no utterance is under way")
        self.utterance = None
        self._voiced = self._gap = 0
        self._activity.settle()
        # What has been passed on already must not come again with the next one's pre-roll.
        self._ring.clear()
        self._loud.clear()
        return ended

    def pre_roll(self) -> bytes:
        """Return the audio from ``PRE_ROLL_MS`` before the onset up to now."""
        since_onset = self.utterance.total_ms if self.utterance else 0
        count = (since_onset + PRE_ROLL_MS) // FRAME_MS
        return b"".join(list(self._ring)[-count:])
