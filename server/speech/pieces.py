"""Where a recording holds speech, and how it is cut into pieces that a recogniser takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.audio.framing import FRAME_MS
from server.audio.vad import BASE_RMS, MOST_FLOOR_RMS

_QUIET_PERCENTILE = 10
_FLOOR_FACTOR = 2.5
_JOIN_MS = 300
"""A shorter silence is one inside a word or between two."""

_LEAST_VOICED_MS = 160
"""Less is a click or a breath: a recogniser would make words of it."""

_PAD_MS = 200
"""Kept of the silence around speech: a word begins and ends below the threshold."""

_CUT_FROM = 0.6
"""Speech without a pause is cut at its quietest moment in the rest of the longest piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one channel that goes to the recogniser at once."""

    channel: int
    start_ms: int
    end_ms: int


class Voiced:
    """Which frames of one channel are louder than its noise.

    Args:
        levels: of its frames of 20 ms, in 16-bit units.
    """

    def __init__(self, levels: NDArray[np.float32]) -> None:
        self._levels = levels
        noise = float(np.percentile(levels, _QUIET_PERCENTILE)) if levels.size else 0.0
        self.threshold_rms = max(BASE_RMS, min(noise, MOST_FLOOR_RMS) * _FLOOR_FACTOR)
        self._voiced = levels >= self.threshold_rms

    def voiced_ms(self, start_ms: int, end_ms: int) -> int:
        """Return how much sound there is between two moments."""
        frames = self._voiced[max(0, start_ms) // FRAME_MS : -(-end_ms // FRAME_MS)]
        return int(np.count_nonzero(frames)) * FRAME_MS

    def spans(self) -> list[tuple[int, int]]:
        """Return where there is speech, oldest first; clicks are left out."""
        edges = np.flatnonzero(np.diff(np.concatenate(([0], self._voiced.astype(np.int8), [0]))))
        joined: list[tuple[int, int]] = []
        for start, end in (edges.reshape(-1, 2) * FRAME_MS).tolist():
            if joined and start - joined[-1][1] < _JOIN_MS:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return [span for span in joined if self.voiced_ms(*span) >= _LEAST_VOICED_MS]

    def quietest_ms(self, start_ms: int, end_ms: int) -> int:
        """Return the middle of the quietest tenth of a second between two moments."""
        levels = self._levels[start_ms // FRAME_MS : end_ms // FRAME_MS]
        width = 100 // FRAME_MS
        if levels.size <= width:
            return end_ms
        at = int(np.argmin(np.convolve(levels, np.ones(width), mode="valid")))
        return start_ms + (at + width // 2) * FRAME_MS


def cut(channels: Sequence[Voiced], *, most_ms: int, pause_ms: int) -> list[Piece]:
    """Return the pieces of all channels in which there is speech, by their start.

    What one speaker says goes together, pauses included, until somebody else begins in a pause,
    a pause is longer than ``pause_ms``, or the piece would be longer than ``most_ms``. Silence
    makes no piece.
    """
    spans = [voiced.spans() for voiced in channels]
    found: list[Piece] = []
    for channel, own in enumerate(spans):
        others = sorted(
            start for other, all_ in enumerate(spans) if other != channel for start, _ in all_
        )
        short = [part for span in own for part in _parts(channels[channel], *span, most_ms)]
        found += _padded(channel, _grouped(short, others, most_ms, pause_ms))
    return sorted(found, key=lambda piece: (piece.start_ms, piece.channel))


def _parts(voiced: Voiced, start_ms: int, end_ms: int, most_ms: int) -> list[tuple[int, int]]:
    """Cut speech that has no pause and is too long."""
    most_ms -= 2 * _PAD_MS
    parts: list[tuple[int, int]] = []
    while end_ms - start_ms > most_ms:
        earliest = start_ms + int(most_ms * _CUT_FROM)
        at = voiced.quietest_ms(earliest, start_ms + most_ms)
        parts.append((start_ms, at))
        start_ms = at
    return [*parts, (start_ms, end_ms)]


def _grouped(
    spans: list[tuple[int, int]], others: list[int], most_ms: int, pause_ms: int
) -> list[tuple[int, int]]:
    begun = np.array(others)
    groups: list[tuple[int, int]] = []
    for start, end in spans:
        if groups:
            first, last = groups[-1]
            answered = bool(np.any((begun >= last - _JOIN_MS) & (begun < start)))
            fits = end - first <= most_ms - 2 * _PAD_MS and start - last <= pause_ms
            if fits and not answered:
                groups[-1] = (first, end)
                continue
        groups.append((start, end))
    return groups


def _padded(channel: int, groups: list[tuple[int, int]]) -> list[Piece]:
    """Add a little silence around each group, never of a neighbour's sound."""
    pieces: list[Piece] = []
    for at, (start, end) in enumerate(groups):
        before = groups[at - 1][1] if at else 0
        after = groups[at + 1][0] if at + 1 < len(groups) else end + _PAD_MS
        pieces.append(
            Piece(channel, max(before, start - _PAD_MS), max(end, min(after, end + _PAD_MS)))
        )
    return pieces
