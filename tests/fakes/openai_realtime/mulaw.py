"""G.711 mu-law audio at 8 kHz: conversion, and the voice of the stand-in.

Audio is ``bytes`` of mu-law, one byte a sample, 8 bytes a millisecond; PCM is float in -1..1.
Kept apart from the product's codec on purpose: with the same code a fake has the same mistakes.
"""

import zlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float64]

SAMPLE_RATE = 8000
BYTES_PER_MS = 8
SILENCE = b"\xff"
WORD_MS = 330
_SPOKEN_MS = 270
_BIAS = 132
_CLIP = 32635


def _decode_table() -> Samples:
    codes = np.arange(256) ^ 0xFF
    exponent, mantissa = (codes >> 4) & 7, codes & 15
    magnitude = (((mantissa << 3) + _BIAS) << exponent) - _BIAS
    return np.where(codes & 0x80, -magnitude, magnitude) / 32768.0


_DECODE = _decode_table()


def decode(mulaw: bytes) -> Samples:
    """Mu-law bytes to samples in -1..1."""
    return _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]


def encode(samples: Samples) -> bytes:
    """Samples in -1..1 (clipped beyond) to mu-law bytes."""
    pcm = np.round(np.asarray(samples) * 32768.0).astype(np.int64)
    magnitude = np.minimum(np.abs(pcm), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int64) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    codes = np.where(pcm < 0, 0x80, 0) | (exponent << 4) | mantissa
    return bytes((codes ^ 0xFF).astype(np.uint8))


def to_pcm16_24khz(mulaw: bytes) -> bytes:
    """Mu-law to the service's ``audio/pcm``: 16-bit little-endian at 24 kHz (sample repeated)."""
    return np.repeat(np.round(decode(mulaw) * 32767.0), 3).astype("<i2").tobytes()


def speak(text: str) -> bytes:
    """A voiced-like burst for each word of ``text``, WORD_MS long with its gap.

    Deterministic: the same word always sounds the same, different words differ in pitch and
    colour. Empty text gives no audio.
    """
    return b"".join(_word(word) for word in text.split())


def _word(word: str) -> bytes:
    seed = zlib.crc32(word.encode())
    pitch_hz = 110 + seed % 90
    formant_hz = 400 + (seed >> 8) % 1200
    time = np.arange(SAMPLE_RATE * _SPOKEN_MS // 1000) / SAMPLE_RATE
    voice = np.zeros_like(time)
    for harmonic in range(1, 3400 // pitch_hz):
        distance = (harmonic * pitch_hz - formant_hz) / 500
        voice += np.exp(-(distance**2)) * np.sin(2 * np.pi * harmonic * pitch_hz * time)
    envelope = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.03)
    loudest = float(np.max(np.abs(voice))) or 1.0
    return encode(0.35 * envelope * voice / loudest) + SILENCE * (
        (WORD_MS - _SPOKEN_MS) * BYTES_PER_MS
    )
