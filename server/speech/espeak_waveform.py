"""From the engine's samples to what a telephone line should get.

Resampling, level, trimming and fades on float32 samples in 16-bit units; numpy only. Pure.
"""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.float32]

LINE_RATE: Final = 8000
"""Samples a second on the line."""

TARGET_RMS: Final = 32768 * 10 ** (-20 / 20)
"""-20 dBFS, the level of the voiced part."""

PEAK_CEILING: Final = 32768 * 10 ** (-3.4 / 20)
"""The limiter's ceiling: -3 dBFS less half of the widest mu-law step there."""

_HALF_WIDTH = 36
_PASS_BAND_HZ = 3700.0
_KAISER_BETA = 7.0
_QUIET_DB = 26.0
_SILENCE = 32768 * 10 ** (-50 / 20)
_LEAD_MS = 10
_TAIL_MS = 40
_FADE_MS = 5
_LIMITER_MS = 4


def resample(pcm: NDArray[np.int16], sample_rate: int) -> Samples:
    """Return ``pcm`` at 8 kHz through a windowed-sinc low-pass at 3.7 kHz, polyphase.

    ``sample_rate`` must be at least 8 kHz; espeak-ng's is 22,050 Hz, so 160 outputs stand for 441
    inputs.
    """
    common = gcd(LINE_RATE, sample_rate)
    up, down = LINE_RATE // common, sample_rate // common
    phases = _phases(up, down, sample_rate)
    count = len(pcm) * up // down
    padded = np.zeros(len(pcm) + 2 * _HALF_WIDTH + down, dtype=np.float32)
    padded[_HALF_WIDTH : _HALF_WIDTH + len(pcm)] = pcm
    windows = sliding_window_view(padded, 2 * _HALF_WIDTH)
    output = np.empty(count, dtype=np.float32)
    for phase in range(min(up, count)):
        rows = len(range(phase, count, up))
        start = phase * down // up + 1
        output[phase::up] = windows[start::down][:rows] @ phases[phase]
    return output


@cache
def _phases(up: int, down: int, sample_rate: int) -> Samples:
    """Return the taps of each of the ``up`` output positions, each row summing to one."""
    cutoff = 2 * _PASS_BAND_HZ / sample_rate
    window = np.kaiser(4096, _KAISER_BETA)
    taps = np.empty((up, 2 * _HALF_WIDTH))
    for phase in range(up):
        fraction = phase * down % up / up
        distance = np.arange(1 - _HALF_WIDTH, _HALF_WIDTH + 1) - fraction
        place = (distance / _HALF_WIDTH + 1) / 2 * (len(window) - 1)
        shape = np.interp(place, np.arange(len(window)), window)
        taps[phase] = np.sinc(cutoff * distance) * shape
        taps[phase] /= taps[phase].sum()
    return taps.astype(np.float32)


def voiced_rms(samples: Samples, sample_rate: int = LINE_RATE) -> float:
    """Return the RMS over the 20 ms frames within 26 dB of the loudest; 0.0 without sound."""
    frame = sample_rate // 50
    whole = len(samples) // frame * frame
    if whole == 0:
        return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
    power = np.mean(np.square(samples[:whole].reshape(-1, frame)), axis=1)
    loud = power[power >= power.max() * 10 ** (-_QUIET_DB / 10)]
    return float(np.sqrt(loud.mean()))


def trim(samples: Samples, *, lead_ms: int = _LEAD_MS, tail_ms: int = _TAIL_MS) -> Samples:
    """Cut what is below -50 dBFS at both ends, but for ``lead_ms`` and ``tail_ms``; 8 kHz."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if len(loud) == 0:
        return samples[:0]
    start = max(0, int(loud[0]) - lead_ms * LINE_RATE // 1000)
    end = int(loud[-1]) + 1 + tail_ms * LINE_RATE // 1000
    return samples[start:end]


def fade(samples: Samples) -> Samples:
    """Return ``samples`` with 5 ms of raised-cosine fade at both ends, so that no edge clicks."""
    width = min(_FADE_MS * LINE_RATE // 1000, len(samples) // 2)
    if width == 0:
        return samples
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)).astype(np.float32)
    faded = samples.copy()
    faded[:width] *= ramp
    faded[-width:] *= ramp[::-1]
    return faded


def level(samples: Samples) -> Samples:
    """Bring the voiced part to -20 dBFS RMS and hold the peaks under -3 dBFS."""
    loudness = voiced_rms(samples)
    if loudness < 1.0:
        return samples
    return limit(samples * np.float32(TARGET_RMS / loudness))


def limit(samples: Samples) -> Samples:
    """Hold peaks under the ceiling by a gain that moves over 4 ms, without distorting the wave."""
    peak = np.abs(samples)
    if len(samples) == 0 or peak.max() <= PEAK_CEILING:
        return samples
    gain = np.minimum(1.0, PEAK_CEILING / np.maximum(peak, 1.0))
    reach = _LIMITER_MS * LINE_RATE // 1000
    padded = np.pad(gain, 2 * reach, constant_values=1.0)
    lowest = sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    smooth = sliding_window_view(lowest, 2 * reach + 1).mean(axis=1)
    limited: Samples = samples * smooth.astype(np.float32)
    return limited
