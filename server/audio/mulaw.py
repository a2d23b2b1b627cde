"""G.711 mu-law, 8-bit companded samples at 8 kHz (ITU-T G.711), by table look-up.

The standard library's ``audioop`` did this until Python 3.13 removed it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 8000
"""Samples a second on a telephone line; one mu-law byte each."""

BYTES_PER_MS = SAMPLE_RATE // 1000

SILENCE = 0xFF
"""The byte of a zero sample."""

_BIAS = 0x84
_CLIP = 32635


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent = (code >> 4) & 0x07
    magnitude = (((code & 0x0F) << 3) + _BIAS) << exponent
    sample = np.where(code & 0x80, _BIAS - magnitude, magnitude - _BIAS)
    return sample.astype(np.int16)


def _encode_table() -> NDArray[np.uint8]:
    """Code of every 16-bit sample, indexed by the sample as unsigned."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    sign = np.where(sample < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    code: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return code


_DECODE = _decode_table()
_ENCODE = _encode_table()


def decode(ulaw: bytes) -> NDArray[np.int16]:
    """Return the 16-bit samples of ``ulaw``; one per byte."""
    samples: NDArray[np.int16] = _DECODE[np.frombuffer(ulaw, dtype=np.uint8)]
    return samples


def encode(pcm: NDArray[np.int16]) -> bytes:
    """Return the mu-law bytes of the 16-bit samples ``pcm``; one per sample."""
    return _ENCODE[pcm.astype(np.int16, copy=False).view(np.uint16)].tobytes()


def rms(ulaw: bytes) -> float:
    """Return the root mean square of ``ulaw`` in 16-bit units; 0.0 when empty."""
    if not ulaw:
        return 0.0
    pcm = decode(ulaw).astype(np.float32)
    return float(np.sqrt(np.dot(pcm, pcm) / pcm.size))


def silence(duration_ms: int) -> bytes:
    """Return ``duration_ms`` of digital silence."""
    return bytes([SILENCE]) * (duration_ms * BYTES_PER_MS)


def duration_ms(ulaw: bytes) -> float:
    """Return how long ``ulaw`` sounds, in milliseconds."""
    return len(ulaw) / BYTES_PER_MS
