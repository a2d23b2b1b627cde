"""Is there sound? An energy gate over 20 ms frames with a noise floor of its own."""

from __future__ import annotations

from server.audio import mulaw

CALIBRATION_FRAMES = 30
"""Frames from which the first noise floor is taken (600 ms)."""

BASE_RMS = 55.0
"""No frame below this is voice, in 16-bit units; about -55 dBFS."""

_FLOOR_FACTOR = 2.5
_LOUD_RMS = 600.0
_FOLLOW = 0.02


class EnergyGate:
    """Tells voiced frames from the line's noise by their level.

    The floor is the lower quartile of the quiet frames of the calibration (a caller who starts
    with "hello" must not raise it), then follows the quiet frames slowly.
    """

    def __init__(self) -> None:
        self._quiet: list[float] = []
        self._to_calibrate = CALIBRATION_FRAMES
        self.floor_rms = BASE_RMS / _FLOOR_FACTOR
        """The line's noise level at present, in 16-bit units."""

    @property
    def threshold_rms(self) -> float:
        """Level from which a frame counts as voiced."""
        return max(BASE_RMS, self.floor_rms * _FLOOR_FACTOR)

    def is_voiced(self, frame: bytes) -> bool:
        """Return whether ``frame`` is louder than the line's noise; learns from it."""
        level = mulaw.rms(frame)
        voiced = level >= self.threshold_rms
        if self._to_calibrate:
            self._calibrate(level)
        elif not voiced:
            self.floor_rms += _FOLLOW * (level - self.floor_rms)
        return voiced

    def _calibrate(self, level: float) -> None:
        if level < _LOUD_RMS:
            self._quiet.append(level)
        self._to_calibrate -= 1
        if not self._to_calibrate and self._quiet:
            self.floor_rms = sorted(self._quiet)[len(self._quiet) // 4]
