"""Recognition of a whole recording: runs in a helper process, and nowhere else.

It reads the file, cuts it at silences, has an engine understand the pieces, several at once where
the engine is a service, and puts them together again by time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from server.audio.recording import WavRecording
from server.clock import monotonic
from server.errors import ProtocolError
from server.speech.pieces import Piece, Voiced, cut
from server.speech.recognise import RecogniserError, Segment, UnreadableError

_LEAST_VOICED_MS = 100
"""A text on less sound than this was invented."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What an engine is given: one speaker, no longer than it takes."""

    samples: NDArray[np.int16]
    rate: int
    seconds_left: float
    """Until nobody waits for the words any more."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an engine understood, in ms from the clip's start; ``end_ms`` None: to its end."""

    start_ms: int
    end_ms: int | None
    text: str


class Engine(Protocol):
    """One provider's way to understand a clip."""

    most_ms: int
    """No clip may be longer."""

    pause_ms: int
    """A longer silence parts two clips."""

    at_once: int
    """Clips that it is given at the same time."""

    def understand(self, clip: Clip) -> list[Words]:
        """Return the words of ``clip``, oldest first; RecogniserError where there are none."""
        ...


_ENGINES = {
    "google": "server.speech.google_stt",
    "whisper": "server.speech.whisper",
    "openai": "server.speech.openai_stt",
}
"""By provider, the module whose ``engine(request)`` makes it; loaded when first asked for."""


def recognise(request: dict[str, Any], _: bytes = b"") -> bytes:
    """Return the segments of the request's recording, as a JSON list.

    The request holds ``provider``, ``path``, ``language`` (the provider's own code), ``hints``,
    ``channels`` (0: all), ``seconds`` (after which nobody waits), and what the engine needs.

    Raises:
        RecogniserError: the recording cannot be read, or the provider failed.
    """
    make: Callable[[dict[str, Any]], Engine] = importlib.import_module(
        _ENGINES[request["provider"]]
    ).engine
    path = Path(request["path"])
    segments = understand(path, make(request), request["channels"], request["seconds"])
    return orjson.dumps([asdict(segment) for segment in segments])


def understand(path: Path, engine: Engine, channels: int, seconds: float) -> list[Segment]:
    """Return what is said in the recording at ``path`` (see :func:`recognise`)."""
    deadline = monotonic() + seconds
    try:
        recording = WavRecording(path)
    except (ProtocolError, OSError) as error:
        raise UnreadableError(f"no recording: {error}") from error
    count = min(channels or recording.channels, recording.channels)
    voiced = [Voiced(recording.levels(channel)) for channel in range(count)]
    pieces = cut(voiced, most_ms=engine.most_ms, pause_ms=engine.pause_ms)

    def words_of(piece: Piece) -> list[Segment]:
        left = deadline - monotonic()
        if left <= 0:
            raise RecogniserError("the recording took too long", code="recogniser_timeout")
        samples = recording.samples(piece.channel, piece.start_ms, piece.end_ms)
        words = engine.understand(Clip(samples, recording.rate, left))
        return _segments(piece, words, voiced[piece.channel])

    pool = ThreadPoolExecutor(engine.at_once)
    try:
        found = [segment for part in pool.map(words_of, pieces) for segment in part]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return sorted(found, key=lambda segment: (segment.start_ms, segment.channel))


def _segments(piece: Piece, words: list[Words], voiced: Voiced) -> list[Segment]:
    """Return the words at their place in the recording, without what was made up on silence."""
    found: list[Segment] = []
    for part in words:
        start = min(piece.start_ms + max(0, part.start_ms), piece.end_ms)
        end = piece.end_ms if part.end_ms is None else piece.start_ms + part.end_ms
        end = min(max(start, end), piece.end_ms)
        text = " ".join(part.text.split())
        if text and voiced.voiced_ms(start, end) >= _LEAST_VOICED_MS:
            found.append(Segment(start, end, piece.channel, text))
    return found
