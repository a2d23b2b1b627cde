"""What the ears of a call would make of a sound: for tuning them, without a call."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from server.audio import mulaw
from server.audio.framing import FRAME_MS, Reframer
from server.audio.silero import SileroModel
from server.audio.voice import Sensitivity
from server.turns.endpointing import Endpointer, Speech

SILENCE_DBFS = -96.0
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """The settings that decide when a caller counts as speaking."""

    sensitivity: Sensitivity
    barge_in: bool
    """Whether callers may interrupt."""
    onset_frames: int
    """Voiced frames of 20 ms that make an onset, at the latest."""
    hangover_ms: int
    """Silence that ends an utterance."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that a call would have acted on."""

    what: Literal["interrupt", "heard", "end"]
    """``interrupt``: the agent would have fallen silent; ``heard``: it would not, but the caller
    has begun; ``end``: the utterance was over."""
    at_ms: int
    """Since the meter began, in audio time."""
    after_ms: int
    """Since the sound began, or its length."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known after a piece of audio."""

    at_ms: int
    level_dbfs: float
    """Of its loudest frame."""
    floor_dbfs: float
    """The line's noise."""
    threshold_dbfs: float
    """A frame from here on is loud."""
    probability: float | None
    """How speech-like it was at most; None where the model does not listen."""
    speaking: bool
    """Whether an utterance is under way."""
    moments: tuple[Moment, ...]


class EarsMeter:
    """Runs audio through the ears that a call has.

    Args:
        model: Silero; None for energy alone.
        tuning: as the next call would have it.
    """

    def __init__(self, model: SileroModel | None, tuning: Tuning) -> None:
        self._endpointer = Endpointer(
            tuning.onset_frames, tuning.hangover_ms, model, tuning.sensitivity
        )
        self._tuning = tuning
        self._reframer = Reframer()
        self._at_ms = 0

    def tune(self, tuning: Tuning) -> None:
        """Go on with other settings."""
        self._tuning = tuning
        self._endpointer.tune(tuning.onset_frames, tuning.hangover_ms, tuning.sensitivity)

    def push(self, audio: bytes) -> Reading:
        """Take mu-law audio of any length and return what the ears made of it."""
        moments: list[Moment] = []
        loudest, likeliest = 0.0, None
        for frame in self._reframer.push(audio):
            self._at_ms += FRAME_MS
            loudest = max(loudest, mulaw.rms(frame))
            moment = self._hear(frame)
            if moment is not None:
                moments.append(moment)
            probability = self._endpointer.voice.probability
            if probability is not None:
                likeliest = max(likeliest or 0.0, probability)
        return Reading(
            at_ms=self._at_ms,
            level_dbfs=_dbfs(loudest),
            floor_dbfs=_dbfs(self._endpointer.floor_rms),
            threshold_dbfs=_dbfs(self._endpointer.threshold_rms),
            probability=None if likeliest is None else round(likeliest, 3),
            speaking=self._endpointer.utterance is not None,
            moments=tuple(moments),
        )

    def _hear(self, frame: bytes) -> Moment | None:
        change = self._endpointer.push(frame)
        if change is Speech.STARTED and self._endpointer.utterance is not None:
            what: Literal["interrupt", "heard"] = "interrupt" if self._tuning.barge_in else "heard"
            return Moment(what, self._at_ms, self._endpointer.utterance.total_ms)
        if change is Speech.ENDED:
            length_ms = self._endpointer.take().total_ms - self._tuning.hangover_ms
            return Moment("end", self._at_ms, max(0, length_ms))
        return None


def _dbfs(rms: float) -> float:
    """Return a level in decibels below full scale."""
    return round(max(SILENCE_DBFS, 20 * math.log10(max(rms, 1e-9) / _FULL_SCALE)), 1)
