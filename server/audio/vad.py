"""Is there sound? An energy gate over 20 ms frames with a noise floor of its own."""

from __future__ import annotations

from collections import deque

from server.audio import mulaw

CALIBRATION_FRAMES = 30
"""Frames from which the first noise floor is taken (600 ms)."""

BASE_RMS = 55.0
"""No frame below this is voice, in 16-bit units, unless it is set otherwise; about -55 dBFS."""

MOST_FLOOR_RMS = 150.0
"""Calibration believes no line to be noisier than this: it would be a caller's first word."""

_FLOOR_FACTOR = 2.5
_FOLLOW = 0.02
_FALL = 0.1
"""A line that has become much quieter is believed sooner."""

_RISE_FRAMES = 150
"""Sound that is steady for this long (3 s) is no speech: the floor rises to its quietest."""

_STEADY_RATIO = 4.0
"""The loudest moment of steady noise is no louder than this times its quietest."""


class EnergyGate:
    """Tells voiced frames from the line's noise by their level.

    The floor is the lower quartile of the calibration, then follows the quiet frames slowly. A
    noise that begins later would be voice for ever, so the floor also rises to a sound that has
    been steady for three seconds: speech is not, noise is.
    """

    def __init__(self) -> None:
        self.base_rms = BASE_RMS
        """No frame below this is voice, in 16-bit units."""
        self._first: list[float] = []
        self._to_calibrate = CALIBRATION_FRAMES
        self._recent: deque[float] = deque(maxlen=_RISE_FRAMES)
        self._voiced_run = 0
        self.floor_rms = BASE_RMS / _FLOOR_FACTOR
        """The line's noise level at present, in 16-bit units."""

    @property
    def threshold_rms(self) -> float:
        """Level from which a frame counts as voiced."""
        return max(self.base_rms, self.floor_rms * _FLOOR_FACTOR)

    def is_voiced(self, frame: bytes) -> bool:
        """Return whether ``frame`` is louder than the line's noise; learns from it."""
        level = mulaw.rms(frame)
        voiced = level >= self.threshold_rms
        if self._to_calibrate:
            self._calibrate(level)
        elif not voiced:
            follow = _FALL if level < self.floor_rms / 2 else _FOLLOW
            self.floor_rms += follow * (level - self.floor_rms)
        self._voiced_run = self._voiced_run + 1 if voiced else 0
        self._recent.append(level)
        if self._voiced_run >= _RISE_FRAMES:
            self._voiced_run = 0
            quietest = min(self._recent)
            if max(self._recent) < _STEADY_RATIO * quietest:
                self.floor_rms = max(self.floor_rms, quietest)
        return voiced

    def _calibrate(self, level: float) -> None:
        self._first.append(level)
        self._to_calibrate -= 1
        if not self._to_calibrate:
            quartile = sorted(self._first)[len(self._first) // 4]
            self.floor_rms = min(quartile, MOST_FLOOR_RMS)
            self._first.clear()
