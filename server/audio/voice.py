"""Is somebody speaking? A quick gate on energy opens the question, Silero's evidence answers it.

Energy alone is quick and believes anything; Silero alone is right and late on soft onsets. So the
gate only decides when to listen closely: as it opens, the model re-reads the last moments from
the ring buffer, and its log-odds are added up until they suffice. How long that takes depends on
how speech-like the sound is, instead of on a fixed count of frames.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from server.audio import mulaw
from server.audio.framing import FRAME_MS
from server.audio.silero import SileroModel, SpeechEar
from server.audio.vad import BASE_RMS, EnergyGate

REREAD_MS = 320
"""What the model hears again when the gate opens."""

GATE_HOLD_MS = 600
"""The model goes on listening for this long after the last sound."""

EVIDENCE_BIAS = 2.2
"""Added to the log-odds of each 32 ms: a probability of 0.1 leaves the evidence as it is."""

EVIDENCE_ENOUGH = 3.5
"""Sum of log-odds from which there is speech, unless it is set otherwise."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How easily sound is taken for speech; measured in docs/decisions/voice-activity.md."""

    base_rms: float = BASE_RMS
    """No frame below this is voice, in 16-bit units."""
    evidence: float = EVIDENCE_ENOUGH
    """Sum of log-odds from which there is speech."""


NORMAL = Sensitivity()
SENSITIVITIES = {
    "normal": NORMAL,
    "quiet_room": Sensitivity(base_rms=40.0, evidence=2.5),
    "noisy": Sensitivity(base_rms=60.0, evidence=6.0),
}
"""By the name that a business chooses."""

_SILENT_FRAME = mulaw.silence(FRAME_MS)
_EVIDENCE_MOST = 8.0
_CERTAIN = 1e-4


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of one frame."""

    loud: bool
    """It is louder than the line's noise."""
    probability: float | None
    """How speech-like the latest 32 ms are; None where the model does not listen."""
    evidence: float
    """Accumulated log-odds; from ``Sensitivity.evidence`` on somebody is speaking."""


class VoiceActivity:
    """Frames in, what is known of each out.

    Args:
        model: Silero; None for energy alone.
    """

    def __init__(self, model: SileroModel | None) -> None:
        self.gate = EnergyGate()
        self._ear = SpeechEar(model) if model is not None else None
        self._ring: deque[bytes] = deque(maxlen=REREAD_MS // FRAME_MS)
        self._open_frames = 0
        self._probability: float | None = None
        self._evidence = 0.0

    def push(self, frame: bytes, echo_rms: float = 0.0) -> Voice:
        """Take the next 20 ms and return what is known now.

        Args:
            echo_rms: how loud the echo of our own voice may be at this moment, in 16-bit units;
                what is not louder is taken for it, and heard as silence.
        """
        if echo_rms and mulaw.rms(frame) < echo_rms:
            frame = _SILENT_FRAME
            self._evidence = 0.0
            loud = False
        else:
            loud = self.gate.is_voiced(frame)
        if self._ear is None:
            return Voice(loud, None, 0.0)
        was_open = self._open_frames > 0
        self._open_frames = GATE_HOLD_MS // FRAME_MS if loud else max(0, self._open_frames - 1)
        if self._open_frames and not was_open:
            # The model goes on from its last state: a fresh one takes clicks and tones for speech.
            self._listen(b"".join(self._ring))
        self._ring.append(frame)
        if self._open_frames:
            self._listen(frame)
        else:
            self._probability, self._evidence = None, 0.0
        return Voice(loud, self._probability, self._evidence)

    def settle(self) -> None:
        """Drop the evidence: what it stood for has been dealt with."""
        self._evidence = 0.0

    def _listen(self, audio: bytes) -> None:
        assert self._ear is not None  # noqa: S101 - only called where there is one
        for probability in self._ear.push(mulaw.decode(audio)):
            self._probability = probability
            bounded = min(max(probability, _CERTAIN), 1 - _CERTAIN)
            odds = math.log(bounded / (1 - bounded)) + EVIDENCE_BIAS
            self._evidence = min(max(0.0, self._evidence + odds), _EVIDENCE_MOST)
