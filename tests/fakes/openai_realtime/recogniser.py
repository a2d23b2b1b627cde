"""Tells which known recording a stretch of telephone audio contains, without any speech model."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .mulaw import SAMPLE_RATE, Samples, decode
from .records import SessionRecord

HOP_MS = 20
_HOP = SAMPLE_RATE * HOP_MS // 1000
_WINDOW = 2 * _HOP
_BAND_EDGES_HZ = (100, 350, 600, 900, 1300, 1900, 2700, 3800)
_RANGE_DB = 40.0
_SILENCE_DB = -65.0
_MIN_OVERLAP = 0.5


@dataclass(frozen=True)
class Match:
    """The best known recording for some audio: its name, its text, a score up to 1."""

    name: str
    text: str
    score: float


class EnvelopeRecogniser:
    """Recognises known recordings by cross-correlation of their log-energy envelopes.

    Envelopes are taken every 20 ms in seven bands; each recording slides along the heard audio.
    A cut start or end, silence around, another level or some noise do not matter; half of what
    sounds in the recording has to be there. An instance is a ``transcribe`` for the options.

    ``recordings``: name -> (mu-law audio at 8 kHz, its words). ``threshold``: least score, 0 to 1.
    Raises ValueError for a recording without speech.
    """

    def __init__(self, recordings: Mapping[str, tuple[bytes, str]], threshold: float = 0.7) -> None:
        self.threshold = threshold
        self._texts = {name: text for name, (_, text) in recordings.items()}
        self._known = {name: _envelope(audio) for name, (audio, _) in recordings.items()}
        for name, envelope in self._known.items():
            if not len(envelope):
                raise ValueError(f"the recording {name!r} is silent")

    def __call__(self, session: SessionRecord, audio: bytes, index: int) -> str:
        """The words of the recording heard in ``audio``, or "" when there is none."""
        found = self.best(audio)
        return found.text if found is not None and found.score >= self.threshold else ""

    def best(self, audio: bytes) -> Match | None:
        """The nearest recording whatever its score; None when ``audio`` is silent."""
        heard = _envelope(audio)
        if not len(heard) or not self._known:
            return None
        scores = {name: _similarity(known, heard) for name, known in self._known.items()}
        name = max(scores, key=lambda candidate: scores[candidate])
        return Match(name, self._texts[name], scores[name])


def _envelope(mulaw: bytes) -> Samples:
    """Log energy in dB, (frames, bands), from the first to the last frame that is not silent."""
    samples = decode(mulaw)
    if len(samples) < _WINDOW:
        return np.zeros((0, len(_BAND_EDGES_HZ) - 1))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2 / _WINDOW**2
    edges = np.array(_BAND_EDGES_HZ) * _WINDOW // SAMPLE_RATE
    bands = np.stack(
        [power[:, low:high].sum(axis=1) for low, high in pairwise(edges)],
        axis=1,
    )
    total_db = 10 * np.log10(bands.sum(axis=1) + 1e-12)
    loudest = float(total_db.max())
    if loudest < _SILENCE_DB:
        return np.zeros((0, bands.shape[1]))
    sounding = np.flatnonzero(total_db > loudest - _RANGE_DB * 0.75)
    inside = bands[sounding[0] : sounding[-1] + 1]
    level: Samples = np.maximum(10 * np.log10(inside + 1e-12), loudest - _RANGE_DB)
    return level


def _similarity(known: Samples, heard: Samples) -> float:
    """Best normalised correlation over all shifts, weighted by how much of ``known`` is covered."""
    ones_known, ones_heard = np.ones(len(known)), np.ones(len(heard))
    count = np.correlate(ones_heard, ones_known, "full")
    covariance, known_power, heard_power = (np.zeros_like(count) for _ in range(3))
    for band in range(known.shape[1]):
        x, y = known[:, band] - known[:, band].mean(), heard[:, band] - heard[:, band].mean()
        sum_x = np.correlate(ones_heard, x, "full")
        sum_y = np.correlate(y, ones_known, "full")
        covariance += np.correlate(y, x, "full") - sum_x * sum_y / count
        known_power += np.correlate(ones_heard, x**2, "full") - sum_x**2 / count
        heard_power += np.correlate(y**2, ones_known, "full") - sum_y**2 / count
    scale = np.sqrt(np.maximum(known_power, 1e-9) * np.maximum(heard_power, 1e-9))
    coverage = count / len(known)
    unexplained = count / len(heard)
    score = covariance / scale * np.sqrt(coverage) * unexplained**0.25
    usable = coverage >= _MIN_OVERLAP
    return float(score[usable].max()) if usable.any() else 0.0
