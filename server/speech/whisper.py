"""faster-whisper, the recogniser of recordings on this machine. For the helper process."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import Any

import numpy as np

from server.clock import monotonic
from server.speech.file_engine import Clip, Words
from server.speech.recognise import RecogniserError

_RATE = 16_000
_MOST_HINT_CHARS = 400
"""The model reads few words besides the sound; the first hints are the most important ones."""


def is_installed() -> bool:
    """Tell whether the package is there, without loading it."""
    return importlib.util.find_spec("faster_whisper") is not None


class WhisperEngine:
    """See :class:`server.speech.file_engine.Engine`.

    It hears half a minute at a time, however short the clip, and tells times of its own: so its
    clips are long. Silence inside them makes it invent, which is thrown out afterwards.
    """

    most_ms = 300_000
    pause_ms = 3000
    at_once = 1

    def __init__(self, model: str, language: str, hints: list[str]) -> None:
        try:
            self._model = _model(model)
        except Exception as error:  # whatever stands in the way: file, network, memory
            message = f"the model cannot be loaded: {type(error).__name__}"
            raise RecogniserError(message, code="whisper_model") from error
        self._language = language
        self._hints = " ".join(hints)[:_MOST_HINT_CHARS]

    def understand(self, clip: Clip) -> list[Words]:
        """See :class:`server.speech.file_engine.Engine`."""
        deadline = monotonic() + clip.seconds_left
        found: list[Words] = []
        try:
            segments, _ = self._model.transcribe(
                _at_models_rate(clip),
                language=self._language,
                hotwords=self._hints or None,
                condition_on_previous_text=False,  # else one invention leads to the next
            )
            for segment in segments:  # made one by one, as they are asked for
                found.append(
                    Words(round(segment.start * 1000), round(segment.end * 1000), segment.text)
                )
                if monotonic() > deadline:
                    raise RecogniserError("too slow", code="whisper_timeout")
        except RecogniserError:
            raise
        except Exception as error:
            raise RecogniserError(f"{type(error).__name__}: {error}", code="whisper") from error
        return found


def engine(request: dict[str, Any]) -> WhisperEngine:
    """Return the engine for a request (see :func:`server.speech.file_engine.recognise`)."""
    return WhisperEngine(request["model"], request["language"], request["hints"])


@functools.lru_cache(maxsize=1)
def _model(name: str) -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415 - heavy, and often not installed

    # One core stays free for the calls, whatever the priority of this process.
    threads = max(1, (os.cpu_count() or 1) - 1)
    return WhisperModel(name, compute_type="int8", cpu_threads=threads)


def _at_models_rate(clip: Clip) -> Any:
    count = round(clip.samples.size * _RATE / clip.rate)
    at = np.arange(count) * (clip.rate / _RATE)
    samples = np.interp(at, np.arange(clip.samples.size), clip.samples) if count else []
    return np.asarray(samples, np.float32) / 32768.0
